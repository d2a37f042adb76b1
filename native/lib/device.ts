import { spawnSync } from 'node:child_process';
import { addon, addonPath } from './addon.js';
import { checkChoice, checkInteger, PinSageError } from './errors.js';

/** Where a call runs: on the processor, or on the first NVIDIA GPU. Results are the same bits. */
export type Device = 'cpu' | 'cuda';

/** What there is of CUDA. */
export interface CudaStatus {
  /** Whether the addon was built with CUDA kernels. */
  built: boolean;
  /** Why no call can run on a GPU; empty where one can. */
  problem: string;
  /** Memory is in bytes. */
  devices: { name: string; computeCapability: string; memory: number }[];
  /** cuBLAS, which the tensor kernels need, and NCCL; `problem` is empty where one can be opened. */
  libraries: { name: string; version: string; path: string; problem: string }[];
}

let known: CudaStatus | undefined;

/** What there is of CUDA, found out once. */
export function cudaStatus(): CudaStatus {
  known ??= addon.cudaBuilt ? probe() : addon.cudaStatus();
  return known as CudaStatus;
}

let taken: string | undefined;

/**
 * Of processes that share a machine's GPUs, makes the `index`-th one use GPU `index` mod their number, where it sees several: it sees no
 * other from then on, and counts it as the first. Before it first uses one, since CUDA reads the environment once; later calls change
 * nothing.
 *
 * @returns the GPU as CUDA_VISIBLE_DEVICES calls it; undefined where there are none
 */
export function takeGpu(index: number): string | undefined {
  checkInteger('index', index, 0, 2 ** 31 - 1);
  const status = cudaStatus();
  const { devices, problem } = status;
  if (problem !== '' || taken !== undefined) return taken;
  const gpu = index % devices.length;
  taken = process.env.CUDA_VISIBLE_DEVICES?.split(',')[gpu] ?? String(gpu);
  if (devices.length > 1) {
    process.env.CUDA_VISIBLE_DEVICES = taken;
    known = { ...status, devices: [devices[gpu]] };
  }
  return taken;
}

/** Asks a process of its own first, which a broken driver may take down instead of this one. */
function probe(): CudaStatus {
  const program = 'process.stdout.write(JSON.stringify(require(process.argv[1]).cudaStatus()))';
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['-e', program, addonPath], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (status === 0) return JSON.parse(stdout);
  const end = signal === null ? `exit code ${status}` : signal;
  const problem = `CUDA's driver is broken: a process that asked it for GPUs ended with ${end}. ${stderr}`.trim();
  return { built: true, problem, devices: [], libraries: [] };
}

/** Where calls run that do not say: what the environment's PINSAGE_DEVICE says ('cpu', 'cuda' or 'auto'), else 'cpu'. */
export function defaultDevice(): Device {
  return chooseDevice((process.env.PINSAGE_DEVICE ?? 'cpu') as Device, 'PINSAGE_DEVICE');
}

/** The device, if calls can run there. 'auto' is a GPU where there is one. */
export function chooseDevice(device: Device | 'auto' = defaultDevice(), argument = 'device'): Device {
  checkChoice(argument, device, ['cpu', 'cuda', 'auto']);
  if (device === 'auto') return cudaStatus().problem === '' ? 'cuda' : 'cpu';
  return checkDevice(device, argument);
}

/** The device, if calls can run there. */
export function checkDevice(device: Device = defaultDevice(), argument = 'device'): Device {
  checkChoice(argument, device, ['cpu', 'cuda']);
  if (device === 'cuda') {
    const { problem } = cudaStatus();
    if (problem !== '') {
      throw new PinSageError('MISSING_DEPENDENCY', `${argument} is 'cuda': ${problem}`, {
        argument,
        value: device,
        allowed: "'cpu'",
      });
    }
  }
  return device;
}
