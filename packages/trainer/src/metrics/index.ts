export { type BootstrapOptions, bootstrap, bootstrapDifferences, type Difference, type Interval } from './bootstrap.js';
export { coverage } from './coverage.js';
export { hitRate } from './hit-rate.js';
export { holm } from './holm.js';
export { scaledMrr } from './mrr.js';
export { ndcg } from './ndcg.js';
export { recall } from './recall.js';
