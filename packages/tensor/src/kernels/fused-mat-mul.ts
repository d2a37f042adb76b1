import * as tf from '@tensorflow/tfjs-core';
import { matMul } from './batch-mat-mul.js';
import type { KernelCall, NativeKernel } from './kernel.js';

/** A matrix product, then a bias for each column, then relu. Other activations and biases are TF.js's. */
export const fusedMatMul: NativeKernel = {
  kernelName: tf._FusedMatMul,
  native: ({ inputs, attrs, backend }: KernelCall<'a' | 'b' | 'bias', tf._FusedMatMulAttrs>) => {
    const { a, b } = inputs;
    const bias: tf.TensorInfo | undefined = inputs.bias;
    const relu = attrs.activation === 'relu';
    if (!relu && (attrs.activation ?? 'linear') !== 'linear') return undefined;
    const columns = attrs.transposeB ? b.shape[b.shape.length - 2] : b.shape[b.shape.length - 1];
    const biasValues = bias && backend.floats(bias);
    if (bias && (biasValues?.length !== columns || bias.shape[bias.shape.length - 1] !== columns)) return undefined;
    const output = matMul(backend, a, b, attrs.transposeA, attrs.transposeB);
    if (output !== undefined) backend.kernels.addBias(output.values, columns, biasValues, relu);
    return output?.info;
  },
};
