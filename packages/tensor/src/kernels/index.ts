import { addN } from './add-n.js';
import { batchMatMul } from './batch-mat-mul.js';
import { binaryKernels } from './binary.js';
import { concat } from './concat.js';
import { fill, onesLike, zerosLike } from './fill.js';
import { fusedMatMul } from './fused-mat-mul.js';
import { gather } from './gather.js';
import type { NativeKernel } from './kernel.js';
import { pad } from './pad.js';
import { reductionKernels } from './reductions.js';
import { scatterNd, tensorScatterUpdate } from './scatter-nd.js';
import { slice } from './slice.js';
import { softmax } from './softmax.js';
import { sparseSegmentMean, sparseSegmentSum } from './sparse-segment.js';
import { split } from './split.js';
import { topK } from './top-k.js';
import { transpose } from './transpose.js';
import { unaryKernels } from './unary.js';
import { unsortedSegmentSum } from './unsorted-segment-sum.js';

/** The kernels of TF.js that backend 'pinsage' has natively. */
export const kernels: NativeKernel[] = [
  ...binaryKernels,
  ...unaryKernels,
  ...reductionKernels,
  addN,
  batchMatMul,
  concat,
  fill,
  fusedMatMul,
  gather,
  onesLike,
  pad,
  scatterNd,
  slice,
  softmax,
  split,
  sparseSegmentMean,
  sparseSegmentSum,
  tensorScatterUpdate,
  topK,
  transpose,
  unsortedSegmentSum,
  zerosLike,
];
