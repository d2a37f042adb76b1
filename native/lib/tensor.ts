import { addon } from './addon.js';
import { checkDevice } from './device.js';
import { fromNative } from './errors.js';
import { checkSources, type DenseSource } from './features.js';

/** The order is the addon's. */
export const UNARY = [
  'abs',
  'exp',
  'neg',
  'reciprocal',
  'relu',
  'rsqrt',
  'sigmoid',
  'softplus',
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
/** The order is the addon's. */
export const PRECISIONS = ['float32', 'bf16', 'tf32'] as const;
type I32 = Int32Array;

/** A dense feature of all pins where a GPU reads it. */
export type FeatureTable = object;

/** float32 numbers in a GPU's memory. */
export interface DeviceFloats {
  readonly length: number;
}

/**
 * The tensor kernels of a device, for dense float32 numbers in its memory (F); indices and what belongs to them are typed arrays on
 * every device. Results are written into the caller's last array. Matrices are dense and row-major, `width` and `columns` are the
 * length of a row. Every length is checked; a wrong one is a PinSageError INVALID_ARGUMENT. What each computes stands in
 * native/include/pinsage/tensor/.
 */
export interface Kernels<F> {
  /** Elements from `begin` to `end`, in the same memory. */
  subarray(numbers: F, begin: number, end: number): F;
  /**
   * c = op(a) op(b), or c += op(a) op(b), for max(aBatches, bBatches) pairs of matrices; the shorter side repeats. `precision`
   * is an index into PRECISIONS, of the operands.
   */
  matMul(
    a: F,
    b: F,
    c: F,
    m: number,
    n: number,
    k: number,
    transposeA: boolean,
    transposeB: boolean,
    aBatches: number,
    bBatches: number,
    precision: number,
    accumulate: boolean,
  ): void;
  addBias(y: F, width: number, bias: F | undefined, relu: boolean): void;
  reluGradient(dy: F, y: F, width: number, dz: F, db: F | undefined): void;
  fill(y: F, value: number): void;
  /** `operation` is an index into UNARY. */
  unary(operation: number, x: F, y: F): void;
  /** `operation` is an index into BINARY, `broadcast` into BROADCAST. */
  binary(operation: number, x: F, other: F, broadcast: number, width: number, swapped: boolean, y: F): void;
  /** y = the sum of the terms, in their order. */
  addAll(terms: F[], y: F): void;
  sumRows(x: F, columns: number, scale: number, y: F): void;
  sumColumns(x: F, columns: number, scale: number, y: F): void;
  /** `operation` is an index into REDUCTIONS. */
  reduceRows(operation: number, x: F, columns: number, y: F): void;
  /** Of all arrays together. */
  sumOfSquares(arrays: F[]): number;
  /**
   * Copies a box of elements: that of index (i₁, i₂, …) lies at offset + Σ iₐ strideₐ on either side. No element may be
   * written twice.
   */
  copyBox(
    from: F,
    fromOffset: number,
    fromStrides: number[],
    to: F,
    toOffset: number,
    toStrides: number[],
    sizes: number[],
  ): void;
  softmax(x: F, columns: number, y: F): void;
  l2Normalize(x: F, width: number, y: F): void;
  l2NormalizeGradient(x: F, dy: F, width: number, dx: F): void;
  gatherRows(x: F, width: number, rows: I32, y: F): void;
  /** dx is cleared, then dy's rows are added to it in order; rows out of range are left out. */
  scatterRows(dy: F, width: number, rows: I32, dx: F): void;
  importancePool(h: F, width: number, neighbors: I32, weights: Float32Array, neighborsPerNode: number, y: F): void;
  importancePoolGradient(
    dy: F,
    width: number,
    neighbors: I32,
    weights: Float32Array,
    neighborsPerNode: number,
    dh: F,
  ): void;
  /** dz = the gradient of the pool before the relu that made t, db = its column sums. */
  importancePoolBeforeRelu(
    dy: F,
    width: number,
    neighbors: I32,
    weights: Float32Array,
    neighborsPerNode: number,
    t: F,
    dz: F,
    db: F,
  ): void;
  maxPool(h: F, width: number, neighbors: I32, weights: Float32Array, neighborsPerNode: number, y: F): void;
  maxPoolGradient(
    h: F,
    width: number,
    neighbors: I32,
    weights: Float32Array,
    neighborsPerNode: number,
    dy: F,
    dh: F,
  ): void;
  embeddingBag(table: F, width: number, offsets: I32, rows: I32, weights: Float32Array, y: F): void;
  embeddingBagGradient(dy: F, width: number, offsets: I32, rows: I32, weights: Float32Array, dtable: F): void;
  softmaxCrossEntropy(
    logits: F,
    rows: number,
    columns: number,
    labels: I32,
    masked: I32 | undefined,
    /** [1] */
    loss: F,
  ): void;
  softmaxCrossEntropyGradient(
    logits: F,
    rows: number,
    columns: number,
    labels: I32,
    masked: I32 | undefined,
    /** [1] */
    dy: F,
    dlogits: F,
  ): void;
  hingeLoss(
    scores: F,
    rows: number,
    columns: number,
    positive: F,
    margin: number,
    masked: I32 | undefined,
    /** [1] */
    loss: F,
  ): void;
  hingeLossGradient(
    scores: F,
    rows: number,
    columns: number,
    positive: F,
    margin: number,
    masked: I32 | undefined,
    /** [1] */
    dy: F,
    dscores: F,
  ): void;
  adam(
    values: F[],
    gradients: F[],
    firsts: F[],
    seconds: F[],
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

/** On the processor: synchronous and multi-threaded. */
export interface TensorKernels extends Kernels<Float32Array> {
  /** An ArrayBuffer outside the JavaScript heap, aligned to 64 bytes, not cleared. */
  allocate(bytes: number): ArrayBuffer;
  /** Detaches the buffer and gives its memory back without waiting for the garbage collector. */
  release(buffer: ArrayBuffer): void;
  piecewiseLinear(
    numbers: Float32Array,
    edges: Float64Array,
    mean: number,
    deviation: number,
    y: Float32Array,
    stride: number,
    offset: number,
  ): void;
  /** The k largest of each row, largest first, and their columns. */
  topK(x: Float32Array, columns: number, k: number, values: Float32Array, indices: I32): void;
  /** Numbers that are a function of (seed, stream, position) alone; `stream` is a 32-bit word. */
  randomUniform(seed: bigint, stream: number, low: number, high: number, y: Float32Array): void;
  randomNormal(seed: bigint, stream: number, mean: number, deviation: number, y: Float32Array): void;
}

/** On a GPU: work is queued, in the order of the calls, and only what gives numbers to the host waits for it. */
export interface DeviceTensorKernels extends Kernels<DeviceFloats> {
  /** Memory of the device's pool, not cleared. */
  allocate(length: number): DeviceFloats;
  /** Gives the memory back once the work so far is done, without waiting for the garbage collector. */
  release(numbers: DeviceFloats): void;
  /** A copy on the GPU. */
  upload(values: Float32Array): DeviceFloats;
  /** `to` is as long. */
  download(from: DeviceFloats, to: Float32Array): void;
  /** A copy of a feature's rows where the GPU reads them: its memory, or where that is full pinned memory of the host's. */
  featureTable(source: DenseSource): FeatureTable;
  /** y [pins, width] = the pins' rows as float32, and zeros for pins from `known` on. */
  gatherFeature(table: FeatureTable, pins: Uint32Array, known: number, y: DeviceFloats): void;
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

function kernelsOf(exported: unknown): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(exported as Record<string, () => unknown>).map(([name, kernel]) => [name, checked(kernel)]),
  );
}

export const tensorKernels = {
  ...kernelsOf(addon.tensor),
  subarray: (numbers: Float32Array, begin: number, end: number) => numbers.subarray(begin, end),
} as unknown as TensorKernels;

let onDevice: DeviceTensorKernels | undefined;

/** @throws PinSageError MISSING_DEPENDENCY where there is no GPU, and says why */
export function deviceTensorKernels(): DeviceTensorKernels {
  checkDevice('cuda');
  if (onDevice === undefined) {
    const kernels = kernelsOf(addon.cudaTensor) as unknown as DeviceTensorKernels;
    const { featureTable } = kernels;
    const checkedTable = (source: DenseSource) => featureTable(checkSources([source])[0] as unknown as DenseSource);
    onDevice = { ...kernels, featureTable: checkedTable };
  }
  return onDevice;
}
