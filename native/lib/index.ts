import { addon } from './addon.js';
import { checkInteger } from './errors.js';

export type { Batch, BatchOptions, NewPins } from './batch.js';
export type { BoardBagOptions, BoardBags } from './board-bags.js';
export { type BuildOptions, buildRows, type CsrArrays, type CsrRows, type Edges, type RowOptions } from './csr.js';
export { type CudaStatus, chooseDevice, cudaStatus, type Device, defaultDevice, takeGpu } from './device.js';
export { DEVICE_GROUP_ID, DeviceGroup } from './device-group.js';
export * from './errors.js';
export {
  type DeferredFeature,
  type DenseSource,
  type FeatureSource,
  type GatheredFeature,
  type GatherOptions,
  gatherFeatures,
} from './features.js';
export {
  commitRename,
  commitReplace,
  fileDigest,
  ioError,
  MappedFile,
  replaceFile,
  syncDirectory,
  temporaryName,
  writeFileAtomic,
} from './files.js';
export { GramFactor, type SparseMatrix } from './gram.js';
export { Graph, type GraphOptions } from './graph.js';
export { type AlsOptions, alsFoldIn } from './implicit-als.js';
export { type ArrayType, largeArray, usableMemory } from './memory.js';
export type { NeighborhoodOptions, Neighborhoods } from './neighborhoods.js';
export type { PageRankBand, PageRankBandOptions, PageRankOptions } from './pagerank.js';
export { type PoolOptions, poolNeighbors } from './pool-neighbors.js';
export { type Operation, ProcessGroup, type ProcessGroupOptions, WIRES, type Wire } from './process-group.js';
export { fold, randomWords } from './random.js';
export type { Recommendations, RecommendOptions, RecommendQuery } from './recommend.js';
export { release } from './release.js';
export * from './safetensors.js';
export {
  type CandidateFilter,
  type CandidateLists,
  type RankOptions,
  rankScores,
  rankVectors,
  type SearchOptions,
  type SearchResult,
  searchScores,
  searchVectors,
} from './search.js';
export { runTask, type TaskOptions } from './task.js';
export {
  BINARY,
  type BinaryOperation,
  BROADCAST,
  type Broadcast,
  type DeviceFloats,
  type DeviceTensorKernels,
  deviceTensorKernels,
  type FeatureTable,
  type Kernels,
  PRECISIONS,
  REDUCTIONS,
  type TensorKernels,
  tensorKernels,
  UNARY,
  type UnaryOperation,
} from './tensor.js';
export type { TwoHopWeights } from './two-hop.js';
export { type IndexSearchOptions, type IndexStore, VectorIndex, type VectorIndexOptions } from './vector-index.js';
export type { WalkOptions } from './walk-options.js';

/** The library that matrix products run on: `oneDNN`, `BLAS` or `plain loop`. */
export const blas: string = addon.blas;

/** The instruction set that the graph kernels run on, as Highway calls it: `AVX3`, `NEON`, …; `plain` without Highway. */
export const simd: string = addon.simd;

/** What process groups run on: `Gloo`, or `none` in a build without it. */
export const collectives: string = addon.collectives;

/** Threads that a call uses when it does not say. */
export function getThreads(): number {
  return addon.getThreads();
}

/** Sets the process-wide number of threads; 0 goes back to the number of processors. */
export function setThreads(threads: number): void {
  addon.setThreads(checkInteger('threads', threads, 0, 1024));
}
