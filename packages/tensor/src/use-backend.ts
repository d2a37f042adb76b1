import {
  checkChoice,
  chooseDevice,
  type Device,
  deviceTensorKernels,
  invalidArgument,
  type Kernels,
  PinSageError,
  PRECISIONS,
  tensorKernels,
} from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import type { Precision } from './backend.js';
import { pinSageBackend } from './fused.js';
import { defaultBackend } from './register.js';

export type BackendName = 'pinsage' | 'cpu' | 'tensorflow';

export interface BackendOptions {
  /**
   * Of backend 'pinsage': 'cuda' is the first NVIDIA GPU, 'auto' that where there is one, else the processor. Default: what the
   * environment's PINSAGE_DEVICE says, else 'cpu'.
   */
  device?: Device | 'auto';
  /**
   * Of matrix products on 'pinsage'. 'bf16' rounds their operands to bfloat16: about twice as fast on processors with AVX512-BF16 or
   * AMX, and on GPUs. 'tf32' rounds to 10 bits of mantissa, on GPUs alone. Both sum in float32, and everything else stays float32.
   * Default 'float32'.
   */
  precision?: Precision;
}

/** Optional peers that provide the 'tensorflow' backend, the first that loads wins. */
const TENSORFLOW_PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

/**
 * Makes a backend the one that all TF.js code of this process runs on.
 *
 * @param name 'pinsage' (native kernels), 'cpu' (plain JavaScript) or 'tensorflow' (TensorFlow's C library through the optional
 *   peers @tensorflow/tfjs-node-gpu or @tensorflow/tfjs-node). Default 'pinsage', which is also in use before any call.
 * @returns the device that tensors are on
 * @throws PinSageError MISSING_DEPENDENCY when 'tensorflow' is asked for and neither peer can be loaded or started, 'cuda' and
 *   there is no GPU, or a precision that this machine or build has no products in; the backend stays what it was
 */
export async function useBackend(name: BackendName = 'pinsage', options: BackendOptions = {}): Promise<Device> {
  checkChoice('name', name, ['pinsage', 'cpu', 'tensorflow']);
  const device = deviceOf(name, options.device);
  const precision = checkChoice('precision', options.precision ?? 'float32', PRECISIONS);
  if (precision !== 'float32') {
    if (name !== 'pinsage') throw invalidArgument('precision', precision, `'float32' on backend '${name}'`);
    tryProduct(device, PRECISIONS.indexOf(precision));
  }
  // Undefined before TF.js has been asked for anything.
  const previous = tf.getBackend() ?? defaultBackend();
  if (name === 'tensorflow') await loadTensorFlow();
  if (!(await tf.setBackend(device === 'cuda' ? 'pinsage-cuda' : name))) {
    // TF.js has written the reason to the console, and is left without any backend.
    await tf.setBackend(previous);
    throw missing(`Backend '${name}' is registered and could not be started`);
  }
  const backend = pinSageBackend();
  if (backend !== undefined) backend.precision = precision;
  return device;
}

function deviceOf(name: BackendName, device: Device | 'auto' | undefined): Device {
  if (name === 'pinsage') return chooseDevice(device);
  if (device === 'cuda') throw invalidArgument('device', device, `'cpu' on backend '${name}'`);
  return 'cpu';
}

/** A product of one number, to hear now whether there is such a kernel. */
function tryProduct(device: Device, precision: number): void {
  if (device === 'cpu') {
    multiplyOne(tensorKernels, new Float32Array(1), precision);
    return;
  }
  const kernels = deviceTensorKernels();
  const number = kernels.upload(new Float32Array(1));
  try {
    multiplyOne(kernels, number, precision);
  } finally {
    kernels.release(number);
  }
}

function multiplyOne<F>(kernels: Kernels<F>, number: F, precision: number): void {
  kernels.matMul(number, number, number, 1, 1, 1, false, false, 1, 1, precision, false);
}

async function loadTensorFlow(): Promise<void> {
  // Whoever builds or patches a peer of his own has loaded it before. Undefined: registered, and did not start.
  if (tf.findBackend('tensorflow') !== null) return;
  const failures: string[] = [];
  for (const name of TENSORFLOW_PACKAGES) {
    try {
      await import(name);
      return;
    } catch (cause) {
      failures.push(`${name}: ${(cause as Error).message.split('\n')[0]}`);
    }
  }
  throw missing(
    `The 'tensorflow' backend needs @tensorflow/tfjs-node-gpu or @tensorflow/tfjs-node, and neither could be loaded ` +
      `(${failures.join('; ')})`,
  );
}

function missing(what: string): PinSageError {
  return new PinSageError(
    'MISSING_DEPENDENCY',
    `${what}. The npm install of these packages fetches libtensorflow 2.9 and fails on Node 23 and later: install with Node 20 ` +
      `or 22 (npm install @tensorflow/tfjs-node), build it against a newer TensorFlow (tools/build-tfjs-node.mjs in PinSage's ` +
      `repository) and load it first, or stay with the default backend 'pinsage', which needs neither.`,
  );
}
