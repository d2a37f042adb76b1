import type { DeviceFloats } from '@pinsage/native';
import type * as tf from '@tensorflow/tfjs-core';
import { CpuBackend } from './cpu-backend.js';
import { CudaBackend } from './cuda-backend.js';
import { pinSageBackend } from './fused.js';

/**
 * The memory of a tensor that nobody else sees, to be read and changed in place while the tensor lives, or undefined: on a GPU, on
 * another backend, or where something else shares it. In contrast to dataSync() it stays the backend's to use again.
 */
export function ownFloats(tensor: tf.Tensor): Float32Array | undefined {
  const backend = pinSageBackend();
  return backend instanceof CpuBackend && backend.exclusive(tensor) ? backend.floats(tensor) : undefined;
}

/** The same on a GPU: undefined elsewhere, or where another tensor shares it. */
export function ownDeviceFloats(tensor: tf.Tensor): DeviceFloats | undefined {
  const backend = pinSageBackend();
  return backend instanceof CudaBackend && backend.exclusive(tensor) ? backend.ownFloats(tensor) : undefined;
}
