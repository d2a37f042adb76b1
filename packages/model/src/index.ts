export { defaultModelConfig, type ModelConfig, modelConfig } from './config.js';
export { type ConvolveWeights, convolve, type Pooling } from './convolve.js';
export { logDegrees } from './encoders/inputs.js';
export { accidentalHits, type CandidatePins } from './losses/accidental-hits.js';
export type { Candidates } from './losses/candidates.js';
export { type MaxMarginOptions, maxMargin } from './losses/max-margin.js';
export { type SampledSoftmaxOptions, sampledSoftmax } from './losses/sampled-softmax.js';
export { PinSage, type PinSageOptions, pooling } from './pinsage.js';
export { type RunConfig, RunDirectory } from './run-directory.js';
