import { setImmediate } from 'node:timers/promises';
import type { Dataset } from '@pinsage/graph';
import { type FeatureSource, type GatheredFeature, gatherFeatures, searchScores } from '@pinsage/native';

/** Pins that are compared before other requests have a turn. */
const BLOCK = 8192;

interface ContentOptions {
  top: number;
  /** Tells which pins may be found. */
  allowed: (row: number) => boolean;
  signal?: AbortSignal;
}

/**
 * The pins whose content is nearest to that of a pin: the cosine of their texts, categories and vectors side by side, each of length 1.
 * Numbers have no cosine and are not looked at. Empty for a pin without content.
 *
 *     s_p = Σ_f x_f · y_f / sqrt(|features of the pin| |features of p|)
 */
export async function contentNeighbors(
  dataset: Dataset,
  row: number,
  { top, allowed, signal }: ContentOptions,
): Promise<{ rows: Uint32Array; scores: Float32Array }> {
  const sources: FeatureSource[] = dataset.features
    .filter(({ kind }) => kind !== 'number')
    .map((feature) => dataset.source(feature));
  const scores = new Float32Array(dataset.pins).fill(Number.NEGATIVE_INFINITY);
  if (sources.length > 0) {
    const query = (await gatherFeatures(sources, Uint32Array.of(row), { signal })).map(comparison);
    const own = query.filter(({ filled }) => filled).length;
    for (let begin = 0; own > 0 && begin < dataset.pins; begin += BLOCK) {
      const rows = Uint32Array.from({ length: Math.min(BLOCK, dataset.pins - begin) }, (_, i) => begin + i);
      const block = await gatherFeatures(sources, rows, { signal });
      for (let i = 0; i < rows.length; i++) {
        if (rows[i] !== row && allowed(rows[i])) scores[rows[i]] = cosine(query, block, i, own);
      }
      await setImmediate();
    }
  }
  const found = await searchScores(scores, { candidates: dataset.pins, top: Math.min(top, dataset.pins), signal });
  const some = found.scores.filter((score) => score > 0).length;
  return { rows: found.ids.subarray(0, some), scores: found.scores.subarray(0, some) };
}

/** A feature of the pin that is asked about, ready to be compared with those of others. */
interface Comparison {
  filled: boolean;
  /** The inner product with the block's pin, and whether that has the feature. */
  with(feature: GatheredFeature, pin: number): { product: number; filled: boolean };
}

function cosine(query: Comparison[], block: GatheredFeature[], pin: number, own: number): number {
  let sum = 0;
  let others = 0;
  for (let f = 0; f < query.length; f++) {
    const { product, filled } = query[f].with(block[f], pin);
    sum += product;
    if (filled) others += 1;
  }
  return others === 0 ? 0 : sum / Math.sqrt(own * others);
}

function comparison(feature: GatheredFeature): Comparison {
  if (feature.kind === 'bag') return bagComparison(feature);
  if (feature.kind === 'dense') return denseComparison(feature.values);
  throw new TypeError('A feature was gathered in a form that is for tensors.');
}

function bagComparison({ rows, weights }: Extract<GatheredFeature, { kind: 'bag' }>): Comparison {
  const own = new Map(Array.from(rows, (row, i) => [row, weights[i]]));
  return {
    filled: own.size > 0,
    with(feature, pin) {
      const { offsets, rows, weights } = feature as Extract<GatheredFeature, { kind: 'bag' }>;
      let product = 0;
      for (let i = offsets[pin]; i < offsets[pin + 1]; i++) product += weights[i] * (own.get(rows[i]) ?? 0);
      return { product, filled: offsets[pin + 1] > offsets[pin] };
    },
  };
}

function denseComparison(own: Float32Array): Comparison {
  const length = Math.hypot(...own);
  return {
    filled: length > 0,
    with(feature, pin) {
      const { values, width } = feature as Extract<GatheredFeature, { kind: 'dense' }>;
      let product = 0;
      let squares = 0;
      for (let i = 0, at = pin * width; i < width; i++, at++) {
        product += own[i] * values[at];
        squares += values[at] * values[at];
      }
      return { product: product / (Math.sqrt(squares) * length || 1), filled: squares > 0 };
    },
  };
}
