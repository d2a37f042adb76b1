import { addN } from './add_n.js';
import { batchMatMul } from './batch_mat_mul.js';
import { binaryKernels } from './binary.js';
import { concat } from './concat.js';
import { fill, onesLike, zerosLike } from './fill.js';
import { fusedMatMul } from './fused_mat_mul.js';
import { gather } from './gather.js';
import type { NativeKernel } from './kernel.js';
import { pad } from './pad.js';
import { maxKernel, meanKernel, sumKernel } from './reductions.js';
import { slice } from './slice.js';
import { softmax } from './softmax.js';
import { split } from './split.js';
import { transpose } from './transpose.js';
import { unaryKernels } from './unary.js';
import { unsortedSegmentSum } from './unsorted_segment_sum.js';

/** The kernels of TF.js that backend 'pinsage' has natively. */
export const kernels: NativeKernel[] = [
  ...binaryKernels,
  ...unaryKernels,
  addN,
  batchMatMul,
  concat,
  fill,
  fusedMatMul,
  gather,
  maxKernel,
  meanKernel,
  onesLike,
  pad,
  slice,
  softmax,
  split,
  sumKernel,
  transpose,
  unsortedSegmentSum,
  zerosLike,
];
