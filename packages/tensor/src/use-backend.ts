import { checkChoice, invalidArgument, PinSageError, tensorKernels } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import type { Precision } from './backend.js';
import { pinSageBackend } from './fused.js';

export type BackendName = 'pinsage' | 'cpu' | 'tensorflow';

export interface BackendOptions {
  /**
   * Of matrix products on 'pinsage': 'bf16' rounds their operands to bfloat16 and sums in float32, about twice as fast on
   * processors with AVX512-BF16 or AMX; everything else stays float32. Default 'float32'.
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
 * @throws PinSageError MISSING_DEPENDENCY when 'tensorflow' is asked for and neither peer can be loaded or started, or
 *   'bf16' and this machine or build has no such products; the backend stays what it was
 */
export async function useBackend(name: BackendName = 'pinsage', options: BackendOptions = {}): Promise<void> {
  checkChoice('name', name, ['pinsage', 'cpu', 'tensorflow']);
  const precision = checkChoice('precision', options.precision ?? 'float32', ['float32', 'bf16']);
  if (precision === 'bf16') {
    if (name !== 'pinsage') throw invalidArgument('precision', precision, `'float32' on backend '${name}'`);
    // A product of one number, to hear now whether there is such a kernel.
    tensorKernels.matMul(
      new Float32Array(1),
      new Float32Array(1),
      new Float32Array(1),
      1,
      1,
      1,
      false,
      false,
      1,
      1,
      true,
      false,
    );
  }
  // Undefined before TF.js has been asked for anything.
  const previous = tf.getBackend() ?? 'pinsage';
  if (name === 'tensorflow') await loadTensorFlow();
  if (!(await tf.setBackend(name))) {
    // TF.js has written the reason to the console, and is left without any backend.
    await tf.setBackend(previous);
    throw missing(`Backend '${name}' is registered and could not be started`);
  }
  const backend = pinSageBackend();
  if (backend !== undefined) backend.precision = precision;
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
