import type * as tf from '@tensorflow/tfjs-core';
import type { PinSageBackend } from '../backend.js';

/** What TF.js calls a kernel with. */
export interface KernelCall<InputNames extends string, Attributes = object> {
  inputs: Record<InputNames, tf.TensorInfo>;
  attrs: Attributes;
  backend: PinSageBackend;
}

/** A native kernel; it answers undefined to what it does not cover, and TF.js's own kernel does that. */
export interface NativeKernel {
  kernelName: string;
  // biome-ignore lint/suspicious/noExplicitAny: each kernel states its own inputs and attributes.
  native: (call: KernelCall<any, any>) => tf.TensorInfo | tf.TensorInfo[] | undefined;
}
