// First: the gradients below chain operations on its tensors.
import '@tensorflow/tfjs-core';
import '#tfjs-gradients';

export { type Precision, poolStatistics } from './backend.js';
export { Adam, type AdamOptions, type AdamState } from './ops/adam.js';
export { type ClippedGradients, clipByGlobalNorm } from './ops/clip_by_global_norm.js';
export { type Bag, embeddingBag } from './ops/embedding_bag.js';
export { gatherRows } from './ops/gather_rows.js';
export { hingeLoss } from './ops/hinge_loss.js';
export { importancePool } from './ops/importance_pool.js';
export { l2Normalize } from './ops/l2_normalize.js';
export { type Activation, linear } from './ops/linear.js';
export { maxPool } from './ops/max_pool.js';
export { type RandomNormalOptions, type RandomOptions, type RandomUniformOptions, randomNormal, randomUniform } from './ops/random.js';
export { softmaxCrossEntropy } from './ops/softmax_cross_entropy.js';
export type { PoolStatistics } from './pool.js';
export { type BackendName, type BackendOptions, useBackend } from './use_backend.js';
