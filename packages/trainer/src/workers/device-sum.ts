import { DEVICE_GROUP_ID, DeviceGroup, PinSageError, type ProcessGroup } from '@pinsage/native';
import { isOnGpu, ownDeviceFloats } from '@pinsage/tensor';
import * as tf from '@tensorflow/tfjs-core';
import type { TrainerConfig } from '../config.js';
import type { Workers } from './workers.js';

/** Why a worker cannot sum on its GPU, as a number that workers exchange. */
const OBSTACLES = ['', 'is not on a GPU', 'shares its GPU with another one', 'has no NCCL'] as const;

/** @param workers each one's obstacle @returns the first one's; undefined where nobody has any */
export function obstacleOf(workers: readonly number[]): string | undefined {
  const rank = workers.findIndex((obstacle) => obstacle !== 0);
  return rank === -1 ? undefined : `worker ${rank} ${OBSTACLES[workers[rank]]}`;
}

function ownObstacle(workers: Workers): number {
  if (!isOnGpu()) return 1;
  if (workers.sharesGpu) return 2;
  return DeviceGroup.problem() === '' ? 0 : 3;
}

/**
 * The GPUs of all workers as a group, where gradients are to be summed there. All workers come here together. Says once why they are not,
 * where that is a surprise: on GPUs.
 *
 * @throws MISSING_DEPENDENCY where NCCL was asked for, and a worker cannot
 */
export async function joinGpus(
  workers: Workers,
  exchange: TrainerConfig['exchange'],
): Promise<DeviceGroup | undefined> {
  if (exchange === 'host') return undefined;
  const all = await workers.exchange([ownObstacle(workers)]);
  const obstacle = obstacleOf(all.map(([each]) => each));
  if (obstacle !== undefined) {
    const own = isOnGpu() ? DeviceGroup.problem() : '';
    const what = `Gradients cannot be summed between GPUs: ${obstacle}.${own && ` ${own}`}`;
    if (exchange === 'nccl') {
      throw new PinSageError('MISSING_DEPENDENCY', what, { argument: 'exchange', value: exchange, allowed: "'host'" });
    }
    if (workers.rank === 0 && isOnGpu()) console.warn(`${what} They go through the host's memory.`);
    return undefined;
  }
  const id = new Uint8Array(DEVICE_GROUP_ID);
  if (workers.rank === 0) id.set(DeviceGroup.createId());
  // Numbers travel as the bits that they are.
  await workers.broadcast([new Float32Array(id.buffer)]);
  return DeviceGroup.join(workers.group, id);
}

/**
 * The sum of all workers' gradients of one step, on their GPUs. All of it is asked for when the backward pass has been: the workers' queues
 * then have the same order, which a gradient that comes earlier at one of them would break.
 */
export class DeviceSum {
  readonly #group: ProcessGroup;
  readonly #gpus: DeviceGroup;
  readonly #variables: readonly tf.Variable[];

  constructor(group: ProcessGroup, gpus: DeviceGroup, variables: readonly tf.Variable[]) {
    this.#group = group;
    this.#gpus = gpus;
    this.#variables = variables;
  }

  /** There is nothing to do early. */
  watch(): void {}

  /** As GradientSum. */
  finish(loss: tf.Scalar, gradients: tf.NamedTensorMap): { loss: number; grads: tf.NamedTensorMap } {
    const grads = { ...gradients };
    const floats = this.#variables.map((variable) => {
      const gradient = grads[variable.name] ?? tf.zerosLike(variable);
      const own = ownDeviceFloats(gradient);
      grads[variable.name] = own === undefined ? tf.mul(gradient, 1) : gradient;
      return own ?? ownDeviceFloats(grads[variable.name])!;
    });
    this.#gpus.allReduce(floats);
    const losses = Float32Array.from(loss.dataSync());
    this.#group.allReduce([losses]).wait();
    return { loss: losses[0], grads };
  }
}
