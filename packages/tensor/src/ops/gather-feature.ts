import { type DeferredFeature, type FeatureTable, invalidArgument } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import { CudaBackend } from '../cuda-backend.js';

/** The GPU's copy of a feature, which stays as long as its source. */
const tables = new WeakMap<object, FeatureTable>();

/**
 * The rows of a feature that a batch left where they are, gathered on the GPU from its copy there: f32, f16 or int8, exactly. The copy
 * is made by the first call; where the GPU's memory is full, it lies in pinned memory of the host's. A constant: no gradient.
 *
 * @returns float32 [pins, width]
 * @throws PinSageError INVALID_ARGUMENT on another backend than 'pinsage' on a GPU, or for a pin without a row
 */
export function gatherFeature({ source, pins, known }: DeferredFeature): tf.Tensor2D {
  const backend = tf.backend();
  if (!(backend instanceof CudaBackend)) {
    throw invalidArgument('backend', tf.getBackend(), "backend 'pinsage' on device 'cuda', for a deferred feature");
  }
  let table = tables.get(source);
  if (table === undefined) {
    table = backend.kernels.featureTable(source);
    tables.set(source, table);
  }
  const output = backend.output([pins.length, source.width]);
  backend.kernels.gatherFeature(table, pins, known, output.values);
  return tf.engine().makeTensorFromTensorInfo(output.info) as tf.Tensor2D;
}
