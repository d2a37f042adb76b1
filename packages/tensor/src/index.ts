// First: the gradients below chain operations on its tensors.
import '@tensorflow/tfjs-core';
import '#tfjs-gradients';
import './register.js';

export type { Precision } from './backend.js';
export { poolStatistics } from './cpu-backend.js';
export { deviceFallbacks, isOnGpu } from './cuda-backend.js';
export { gradientsAsTheyCome } from './gradients-as-they-come.js';
export { Adam, type AdamOptions, type AdamState } from './ops/adam.js';
export { type ClippedGradients, clipByGlobalNorm } from './ops/clip-by-global-norm.js';
export { type Bag, embeddingBag } from './ops/embedding-bag.js';
export { gatherFeature } from './ops/gather-feature.js';
export { gatherRows } from './ops/gather-rows.js';
export { hingeLoss } from './ops/hinge-loss.js';
export { importancePool } from './ops/importance-pool.js';
export { l2Normalize } from './ops/l2-normalize.js';
export { type Activation, linear } from './ops/linear.js';
export { maxPool } from './ops/max-pool.js';
export { type Bins, piecewiseLinear, piecewiseWidth } from './ops/piecewise-linear.js';
export {
  type RandomNormalOptions,
  type RandomOptions,
  type RandomUniformOptions,
  randomNormal,
  randomUniform,
} from './ops/random.js';
export { softmaxCrossEntropy } from './ops/softmax-cross-entropy.js';
export { transformedPool } from './ops/transformed-pool.js';
export { ownDeviceFloats, ownFloats } from './own-floats.js';
export type { PoolStatistics } from './pool.js';
export { type BackendName, type BackendOptions, useBackend } from './use-backend.js';
