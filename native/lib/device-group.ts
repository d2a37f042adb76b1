import { addon } from './addon.js';
import { cudaStatus } from './device.js';
import { fromNative, PinSageError } from './errors.js';
import type { ProcessGroup } from './process-group.js';
import { runTask } from './task.js';
import type { DeviceFloats } from './tensor.js';
import { checkArray } from './typed-arrays.js';

/** Bytes of what the processes of a DeviceGroup have to know. */
export const DEVICE_GROUP_ID = 128;

/**
 * Processes of a ProcessGroup, each with a GPU of its own, that sum numbers there by NVIDIA's NCCL, which is opened when it is first
 * needed. All of them make the same calls with the same lengths, and get the same bits.
 */
export class DeviceGroup {
  readonly #processes: ProcessGroup;
  readonly #handle: unknown;

  private constructor(processes: ProcessGroup, handle: unknown) {
    this.#processes = processes;
    this.#handle = handle;
  }

  /** Why this process can be in none; empty where it can. */
  static problem(): string {
    const { built, problem } = cudaStatus();
    return built && problem === '' ? addon.deviceGroupProblem() : problem;
  }

  /** [DEVICE_GROUP_ID] What all processes of a group have to know, which one of them makes. @throws MISSING_DEPENDENCY */
  static createId(): Uint8Array {
    needNccl();
    return Uint8Array.from(native(() => addon.deviceGroupId()));
  }

  /** Returns when all have come. @throws MISSING_DEPENDENCY · INTERNAL where NCCL fails, such as for two processes with one GPU */
  static async join(processes: ProcessGroup, id: Uint8Array): Promise<DeviceGroup> {
    checkArray('id', id, Uint8Array, DEVICE_GROUP_ID);
    needNccl();
    const handle = addon.createDeviceGroup();
    const own = Uint8Array.from(id);
    await runTask({}, (threads, control) => addon.joinDeviceGroup(handle, processes.handle, own, threads, control));
    return new DeviceGroup(processes, handle);
  }

  /** In place: the sum over all processes. Blocks until it is there. @throws PEER_LOST · CLOSED */
  allReduce(arrays: DeviceFloats[]): void {
    native(() => addon.deviceGroupAllReduce(this.#handle, this.#processes.handle, arrays));
  }

  close(): void {
    addon.closeDeviceGroup(this.#handle);
  }
}

function needNccl(): void {
  const problem = DeviceGroup.problem();
  if (problem !== '') throw new PinSageError('MISSING_DEPENDENCY', problem);
}

function native<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw fromNative(error);
  }
}
