import { defaultDevice } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import { CpuBackend } from './cpu-backend.js';
import { CudaBackend } from './cuda-backend.js';
import { kernels } from './kernels/index.js';

/** The one that is in use before any call of useBackend(). */
export function defaultBackend(): string {
  return defaultDevice() === 'cuda' ? 'pinsage-cuda' : 'pinsage';
}

// Backend "pinsage": every kernel of the CPU backend, and ours in the place of those that we have. "pinsage-cuda" is the same on
// a GPU.
const highest = 10;
tf.registerBackend('pinsage', () => new CpuBackend(), highest - 1);
tf.registerBackend('pinsage-cuda', () => new CudaBackend(), defaultBackend() === 'pinsage-cuda' ? highest : 0);

const ours = new Map(kernels.map(({ kernelName, native }) => [kernelName, native]));
for (const { kernelName, kernelFunc, ...rest } of tf.getKernelsForBackend('cpu')) {
  const native = ours.get(kernelName) ?? (() => undefined);
  tf.registerKernel({
    ...rest,
    kernelName,
    backendName: 'pinsage',
    kernelFunc: (call) => native(call as never) ?? kernelFunc(call),
  });
  tf.registerKernel({
    ...rest,
    kernelName,
    backendName: 'pinsage-cuda',
    kernelFunc: (call) =>
      native(call as never) ?? (call.backend as CudaBackend).onHost(kernelName, () => kernelFunc(call)),
  });
}
