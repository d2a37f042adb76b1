import { addon } from './addon.js';
import { checkInteger } from './errors.js';

export type { Batch, BatchOptions, NewPins } from './batch.js';
export type { BuildOptions, CsrArrays, Edges } from './csr.js';
export * from './errors.js';
export { type FeatureSource, type GatheredFeature, gatherFeatures } from './features.js';
export {
  commitRename,
  commitReplace,
  ioError,
  MappedFile,
  syncDirectory,
  temporaryName,
  writeFileAtomic,
} from './files.js';
export { Graph } from './graph.js';
export type { NeighborhoodOptions, Neighborhoods } from './neighborhoods.js';
export type { PageRankBand, PageRankBandOptions, PageRankOptions } from './pagerank.js';
export { fold, randomWords } from './random.js';
export * from './safetensors.js';
export * from './search.js';
export { runTask, type TaskOptions } from './task.js';
export {
  BINARY,
  type BinaryOperation,
  BROADCAST,
  type Broadcast,
  type TensorKernels,
  tensorKernels,
  UNARY,
  type UnaryOperation,
} from './tensor.js';
export type { WalkOptions } from './walk-options.js';

/** The library that matrix products run on: `oneDNN`, `BLAS` or `plain loop`. */
export const blas: string = addon.blas;

/** Threads that a call uses when it does not say. */
export function getThreads(): number {
  return addon.getThreads();
}

/** Sets the process-wide number of threads; 0 goes back to the number of processors. */
export function setThreads(threads: number): void {
  addon.setThreads(checkInteger('threads', threads, 0, 1024));
}
