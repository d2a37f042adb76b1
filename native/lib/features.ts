import { addon } from './addon.js';
import { checkChoice, checkInteger, invalidArgument } from './errors.js';
import { releasable, takeMemory } from './result-memory.js';
import { runTask, type TaskOptions } from './task.js';
import { checkArray, checkIds } from './typed-arrays.js';

/** A feature of all pins: a row of numbers each, or a bag of weighted rows of an embedding table each. */
export type FeatureSource =
  | DenseSource
  | { kind: 'bag' /** [pins + 1] */; offsets: BigUint64Array; rows: Uint32Array; weights: Float32Array };

/** Rows of `width` numbers, [pins, width]. They are gathered as f32, exactly, whatever type they are kept in. */
export type DenseSource = { kind: 'dense'; width: number } & (
  | { values: Float32Array; dtype?: 'f32' }
  /** The bits of IEEE 754 halves: half the memory, and half the time to read it. */
  | { values: Uint16Array; dtype: 'f16' }
  /** Integers, multiplied by `scale`: one for all pins, or [pins]. */
  | { values: Int8Array; dtype: 'i8'; scale: number | Float32Array }
);

/** Rows that are still to be gathered, by gatherFeature() of @pinsage/tensor: a pin from `known` on has zeros. */
export interface DeferredFeature {
  kind: 'deferred';
  source: DenseSource;
  /** [n] */
  pins: Uint32Array;
  known: number;
}

/** A feature of some pins, in their order. */
export type GatheredFeature =
  | DeferredFeature
  | { kind: 'dense' /** [n, width] */; values: Float32Array; width: number }
  | { kind: 'bag' /** [n + 1] */; offsets: Int32Array; rows: Int32Array; weights: Float32Array };

/** A source as the addon reads it. */
export type NativeSource =
  | { kind: 'dense'; values: Float32Array | Uint16Array | Int8Array; width: number; scales?: Float32Array }
  | Extract<FeatureSource, { kind: 'bag' }>;

/** What the addon answers for one source. */
export type NativeFeature = { values: ArrayBuffer } | { offsets: ArrayBuffer; rows: ArrayBuffer; weights: ArrayBuffer };

export interface GatherOptions extends TaskOptions {
  /**
   * An earlier result, of dense sources of the same widths and as many pins: its arrays are filled again, and it is what the call
   * gives back. That saves the time that new memory costs (nearly half of it). If the call fails, they hold anything. Default: a new
   * result.
   */
  out?: GatheredFeature[];
}

/**
 * The features of `pins`, gathered natively and in parallel.
 *
 * @throws INVALID_ARGUMENT when a pin is not a row of a source, or a bag's offsets are not monotone; when `out` is not a result that
 *   fits, shares memory with the sources, or is being filled by another call.
 */
export async function gatherFeatures(
  sources: FeatureSource[],
  pins: Uint32Array,
  options: GatherOptions = {},
): Promise<GatheredFeature[]> {
  const checked = checkSources(sources);
  for (const source of checked) checkIds('pins', pins, sourceRows(source), 'rows of the feature');
  if (options.out !== undefined) return gatherInto(options.out, checked, pins, options);
  const gathered = await runTask<NativeFeature[]>(options, (threads, control) =>
    addon.gather(checked, pins, threads, control),
  );
  return releasable(wrapFeatures(checked, gathered), buffersOf(gathered));
}

async function gatherInto(
  out: GatheredFeature[],
  sources: NativeSource[],
  pins: Uint32Array,
  options: TaskOptions,
): Promise<GatheredFeature[]> {
  const buffers = takeMemory('out', out, 'a result of gatherFeatures that is neither released nor being filled');
  try {
    const values = checkOut(out, buffers, sources, pins);
    await runTask(options, (threads, control) => addon.gatherInto(sources, pins, values, threads, control));
    return out;
  } finally {
    releasable(out, buffers);
  }
}

/** The arrays to fill. */
function checkOut(
  out: GatheredFeature[],
  buffers: ArrayBuffer[],
  sources: NativeSource[],
  pins: Uint32Array,
): Float32Array[] {
  if (!Array.isArray(out) || out.length !== sources.length) {
    throw invalidArgument('out', out, `a result of ${sources.length} features`);
  }
  const read = new Set<ArrayBufferLike>([pins.buffer, ...sources.flatMap(arraysOf).map((array) => array.buffer)]);
  return out.map((feature, i) => {
    const source = sources[i];
    if (source.kind !== 'dense' || feature?.kind !== 'dense') {
      throw invalidArgument(`out[${i}]`, feature, 'a dense feature of a dense source: bags differ in size');
    }
    if (feature.width !== source.width) throw invalidArgument(`out[${i}].width`, feature.width, `${source.width}`);
    const values = checkArray(`out[${i}].values`, feature.values, Float32Array, pins.length * source.width);
    if (values.buffer !== buffers[i] && values.length > 0) {
      throw invalidArgument(`out[${i}].values`, values, 'the array that was in the result');
    }
    if (read.has(values.buffer)) {
      throw invalidArgument(`out[${i}].values`, values, 'an array whose memory neither a source nor pins lie in');
    }
    return values;
  });
}

function arraysOf(source: NativeSource): ArrayBufferView[] {
  return Object.values(source).filter((value): value is ArrayBufferView => ArrayBuffer.isView(value));
}

/** A copy of the sources, of which every array has the right class and length. */
export function checkSources(sources: FeatureSource[]): NativeSource[] {
  if (!Array.isArray(sources)) throw invalidArgument('features', sources, 'an array of feature sources');
  return sources.map((source, i) => {
    const name = `features[${i}]`;
    if (source?.kind === 'dense') return checkDense(name, source);
    if (source?.kind === 'bag') {
      const offsets = checkArray(`${name}.offsets`, source.offsets, BigUint64Array);
      if (offsets.length === 0) throw invalidArgument(`${name}.offsets`, offsets, 'one element more than pins');
      const rows = checkArray(`${name}.rows`, source.rows, Uint32Array);
      return {
        kind: 'bag',
        offsets,
        rows,
        weights: checkArray(`${name}.weights`, source.weights, Float32Array, rows.length),
      };
    }
    throw invalidArgument(name, source, "{ kind: 'dense', … } or { kind: 'bag', … }");
  });
}

const DENSE_ARRAYS = { f32: Float32Array, f16: Uint16Array, i8: Int8Array };

function checkDense(name: string, source: DenseSource): NativeSource {
  const width = checkInteger(`${name}.width`, source.width, 1, 2 ** 24);
  const dtype = checkChoice(`${name}.dtype`, source.dtype ?? 'f32', ['f32', 'f16', 'i8']);
  const values = checkArray<Float32Array | Uint16Array | Int8Array>(
    `${name}.values`,
    source.values,
    DENSE_ARRAYS[dtype],
  );
  if (values.length % width !== 0) throw invalidArgument(`${name}.values`, values, `whole rows of ${width}`);
  if (source.dtype !== 'i8') return { kind: 'dense', values, width };
  const { scale } = source;
  const scales =
    typeof scale === 'number'
      ? Float32Array.of(scale)
      : checkArray(`${name}.scale`, scale, Float32Array, values.length / width);
  return { kind: 'dense', values, width, scales };
}

/** The number of pins that a source has rows for. */
export function sourceRows(source: NativeSource): number {
  return source.kind === 'dense' ? source.values.length / source.width : source.offsets.length - 1;
}

/** All memory of the addon's answer. */
export function buffersOf(gathered: NativeFeature[]): ArrayBuffer[] {
  return gathered.flatMap((feature) => Object.values<ArrayBuffer>(feature));
}

/** The addon's answer as typed arrays. */
export function wrapFeatures(sources: NativeSource[], gathered: NativeFeature[]): GatheredFeature[] {
  return gathered.map((feature, i) => {
    if ('values' in feature) {
      return {
        kind: 'dense',
        values: new Float32Array(feature.values),
        width: (sources[i] as { width: number }).width,
      };
    }
    return {
      kind: 'bag',
      offsets: new Int32Array(feature.offsets),
      rows: new Int32Array(feature.rows),
      weights: new Float32Array(feature.weights),
    };
  });
}
