import { addon } from './addon.js';
import { fromNative } from './errors.js';

/** The order is the addon's. */
export const UNARY = [
  'abs',
  'exp',
  'neg',
  'reciprocal',
  'relu',
  'rsqrt',
  'sigmoid',
  'sqrt',
  'square',
  'step',
  'tanh',
] as const;
export const BINARY = ['add', 'sub', 'multiply', 'divide', 'maximum', 'minimum', 'squaredDifference'] as const;
export const REDUCTIONS = ['max', 'min', 'product'] as const;
/** How the second operand of a binary operation lies under the first, seen as rows of `width`. */
export const BROADCAST = ['none', 'scalar', 'row', 'column'] as const;

export type UnaryOperation = (typeof UNARY)[number];
export type BinaryOperation = (typeof BINARY)[number];
export type Reduction = (typeof REDUCTIONS)[number];
export type Broadcast = (typeof BROADCAST)[number];
type F32 = Float32Array;
type I32 = Int32Array;

/**
 * The tensor kernels: synchronous, multi-threaded, results written into the caller's last array. Matrices are dense and row-major,
 * `width` and `columns` are the length of a row. Every length is checked; a wrong one is a PinSageError INVALID_ARGUMENT.
 * What each computes stands in native/include/pinsage/tensor/.
 */
export interface TensorKernels {
  /** An ArrayBuffer outside the JavaScript heap, aligned to 64 bytes, not cleared. */
  allocate(bytes: number): ArrayBuffer;
  /** Detaches the buffer and gives its memory back without waiting for the garbage collector. */
  release(buffer: ArrayBuffer): void;
  /**
   * c = op(a) op(b), or c += op(a) op(b), for max(aBatches, bBatches) pairs of matrices; the shorter side repeats. bf16 rounds
   * the operands.
   */
  matMul(
    a: F32,
    b: F32,
    c: F32,
    m: number,
    n: number,
    k: number,
    transposeA: boolean,
    transposeB: boolean,
    aBatches: number,
    bBatches: number,
    bf16: boolean,
    accumulate: boolean,
  ): void;
  addBias(y: F32, width: number, bias: F32 | undefined, relu: boolean): void;
  reluGradient(dy: F32, y: F32, width: number, dz: F32, db: F32 | undefined): void;
  piecewiseLinear(
    numbers: F32,
    edges: Float64Array,
    mean: number,
    deviation: number,
    y: F32,
    stride: number,
    offset: number,
  ): void;
  /** `operation` is an index into UNARY. */
  unary(operation: number, x: F32, y: F32): void;
  /** `operation` is an index into BINARY, `broadcast` into BROADCAST. */
  binary(operation: number, x: F32, other: F32, broadcast: number, width: number, swapped: boolean, y: F32): void;
  /** y = the sum of the terms, in their order. */
  addAll(terms: F32[], y: F32): void;
  sumRows(x: F32, columns: number, scale: number, y: F32): void;
  sumColumns(x: F32, columns: number, scale: number, y: F32): void;
  /** `operation` is an index into REDUCTIONS. */
  reduceRows(operation: number, x: F32, columns: number, y: F32): void;
  /** The k largest of each row, largest first, and their columns. */
  topK(x: F32, columns: number, k: number, values: F32, indices: I32): void;
  sumOfSquares(x: F32): number;
  /**
   * Copies a box of elements: that of index (i₁, i₂, …) lies at offset + Σ iₐ strideₐ on either side. No element may be
   * written twice.
   */
  copyBox(
    from: F32,
    fromOffset: number,
    fromStrides: number[],
    to: F32,
    toOffset: number,
    toStrides: number[],
    sizes: number[],
  ): void;
  /** Numbers that are a function of (seed, stream, position) alone; `stream` is a 32-bit word. */
  randomUniform(seed: bigint, stream: number, low: number, high: number, y: F32): void;
  randomNormal(seed: bigint, stream: number, mean: number, deviation: number, y: F32): void;
  softmax(x: F32, columns: number, y: F32): void;
  l2Normalize(x: F32, width: number, y: F32): void;
  l2NormalizeGradient(x: F32, dy: F32, width: number, dx: F32): void;
  gatherRows(x: F32, width: number, rows: I32, y: F32): void;
  /** dx is cleared, then dy's rows are added to it in order; rows out of range are left out. */
  scatterRows(dy: F32, width: number, rows: I32, dx: F32): void;
  importancePool(h: F32, width: number, neighbors: I32, weights: F32, neighborsPerNode: number, y: F32): void;
  importancePoolGradient(dy: F32, width: number, neighbors: I32, weights: F32, neighborsPerNode: number, dh: F32): void;
  /** dz = the gradient of the pool before the relu that made t, db = its column sums. */
  importancePoolBeforeRelu(
    dy: F32,
    width: number,
    neighbors: I32,
    weights: F32,
    neighborsPerNode: number,
    t: F32,
    dz: F32,
    db: F32,
  ): void;
  maxPool(h: F32, width: number, neighbors: I32, weights: F32, neighborsPerNode: number, y: F32): void;
  maxPoolGradient(
    h: F32,
    width: number,
    neighbors: I32,
    weights: F32,
    neighborsPerNode: number,
    dy: F32,
    dh: F32,
  ): void;
  embeddingBag(table: F32, width: number, offsets: I32, rows: I32, weights: F32, y: F32): void;
  embeddingBagGradient(dy: F32, width: number, offsets: I32, rows: I32, weights: F32, dtable: F32): void;
  softmaxCrossEntropy(logits: F32, rows: number, columns: number, labels: I32, masked: I32 | undefined): number;
  softmaxCrossEntropyGradient(
    logits: F32,
    rows: number,
    columns: number,
    labels: I32,
    masked: I32 | undefined,
    dy: number,
    dlogits: F32,
  ): void;
  hingeLoss(scores: F32, rows: number, columns: number, positive: F32, margin: number, masked: I32 | undefined): number;
  hingeLossGradient(
    scores: F32,
    rows: number,
    columns: number,
    positive: F32,
    margin: number,
    masked: I32 | undefined,
    dy: number,
    dscores: F32,
  ): void;
  adam(
    values: F32[],
    gradients: F32[],
    firsts: F32[],
    seconds: F32[],
    learningRate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    weightDecay: number,
    iteration: number,
    /** Not 0: rows of this width whose gradient is all zero are left as they are. */
    rowWidths: number[],
  ): void;
}

// biome-ignore lint/suspicious/noExplicitAny: the interface above states each call's types.
function checked(kernel: (...values: any[]) => unknown) {
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  return (...values: any[]) => {
    try {
      return kernel(...values);
    } catch (error) {
      throw fromNative(error);
    }
  };
}

export const tensorKernels = Object.fromEntries(
  Object.entries(addon.tensor as Record<string, () => unknown>).map(([name, kernel]) => [name, checked(kernel)]),
) as unknown as TensorKernels;
