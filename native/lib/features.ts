import { addon } from './addon.js';
import { checkInteger, invalidArgument } from './errors.js';
import { runTask, type TaskOptions } from './task.js';
import { checkArray, checkIds } from './typed-arrays.js';

/** A feature of all pins: a row of numbers each, or a bag of weighted rows of an embedding table each. */
export type FeatureSource =
  | { kind: 'dense' /** [pins, width] */; values: Float32Array; width: number }
  | { kind: 'bag' /** [pins + 1] */; offsets: BigUint64Array; rows: Uint32Array; weights: Float32Array };

/** A feature of some pins, in their order. */
export type GatheredFeature =
  | { kind: 'dense' /** [n, width] */; values: Float32Array; width: number }
  | { kind: 'bag' /** [n + 1] */; offsets: Int32Array; rows: Int32Array; weights: Float32Array };

/** What the addon answers for one source. */
export type NativeFeature = { values: ArrayBuffer } | { offsets: ArrayBuffer; rows: ArrayBuffer; weights: ArrayBuffer };

/**
 * The features of `pins`, gathered natively and in parallel.
 *
 * @throws INVALID_ARGUMENT when a pin is not a row of a source, or a bag's offsets are not monotone.
 */
export async function gatherFeatures(
  sources: FeatureSource[],
  pins: Uint32Array,
  options: TaskOptions = {},
): Promise<GatheredFeature[]> {
  const checked = checkSources(sources);
  for (const source of checked) checkIds('pins', pins, sourceRows(source), 'rows of the feature');
  const gathered = await runTask<NativeFeature[]>(options, (threads, control) =>
    addon.gather(checked, pins, threads, control),
  );
  return wrapFeatures(checked, gathered);
}

/** A copy of the sources, of which every array has the right class and length. */
export function checkSources(sources: FeatureSource[]): FeatureSource[] {
  if (!Array.isArray(sources)) throw invalidArgument('features', sources, 'an array of feature sources');
  return sources.map((source, i) => {
    const name = `features[${i}]`;
    if (source?.kind === 'dense') {
      const width = checkInteger(`${name}.width`, source.width, 1, 2 ** 24);
      const values = checkArray(`${name}.values`, source.values, Float32Array);
      if (values.length % width !== 0) throw invalidArgument(`${name}.values`, values, `whole rows of ${width}`);
      return { kind: 'dense', values, width };
    }
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

/** The number of pins that a source has rows for. */
export function sourceRows(source: FeatureSource): number {
  return source.kind === 'dense' ? source.values.length / source.width : source.offsets.length - 1;
}

/** The addon's answer as typed arrays. */
export function wrapFeatures(sources: FeatureSource[], gathered: NativeFeature[]): GatheredFeature[] {
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
