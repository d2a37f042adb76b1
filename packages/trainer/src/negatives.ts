import type { Graph, TaskOptions } from '@pinsage/native';
import type { NegativesConfig } from './config.js';
import type { Pairs } from './pairs.js';
import { RandomStream } from './random.js';
import { WeightedIndex } from './weighted.js';
import { dealt, everything, type Share } from './workers/share.js';

/** Draws for one negative before it is left out, in a catalogue that the batch nearly covers. */
const MAX_DRAWS = 32;
/** Ranks in the middle of the list do not need more; full precision costs twice the time. */
const HARD_TOLERANCE = 1e-3;

/** Easy negatives: pins outside the batch, shared by all its pairs (PinSage §3.3). */
export class SharedNegatives {
  readonly #count: number;
  readonly #seed: number;
  readonly #pins: number;
  readonly #weighted?: WeightedIndex;
  readonly #probability?: Float64Array;

  constructor(graph: Graph, config: Pick<NegativesConfig, 'shared' | 'distribution'>, seed: number) {
    this.#count = config.shared;
    this.#seed = seed;
    this.#pins = graph.pins;
    if (config.distribution === 'uniform') return;
    const weights = Float64Array.from(graph.pinDegrees(), (degree) => (degree + 1) ** 0.75);
    this.#weighted = new WeightedIndex(weights);
    this.#probability = weights.map((weight) => weight / this.#weighted!.total);
  }

  /** How probable it is that one draw is this pin. */
  probability(pin: number): number {
    return this.#probability?.[pin] ?? 1 / this.#pins;
  }

  /** Distinct pins, none of them in the batch. Fewer than asked for where the catalogue is small. */
  sample(step: number, pairs: Pairs): Uint32Array {
    const random = new RandomStream(this.#seed, 'shared', step);
    const taken = new Set([...pairs.items, ...pairs.queries]);
    const negatives: number[] = [];
    for (let i = 0; i < this.#count; i++) {
      for (let draw = 0; draw < MAX_DRAWS; draw++) {
        const pin = this.#weighted?.draw(random) ?? random.below(this.#pins);
        if (taken.has(pin)) continue;
        taken.add(pin);
        negatives.push(pin);
        break;
      }
    }
    return Uint32Array.from(negatives);
  }
}

/** [pairs, own] Uniform pins for each pair alone, as DGL's example has them; a pair's own pins among them are masked later. */
export function ownNegatives(
  pins: number,
  pairs: Pairs,
  { own, seed, step }: { own: number; seed: number; step: number },
): Uint32Array {
  const random = new RandomStream(seed, 'own', step);
  return Uint32Array.from({ length: pairs.items.length * own }, () => random.below(pins));
}

/** The ranks that hard negatives come from: the configured ones, or the paper's, kept within 1 % and 5 % of a small catalogue. */
export function hardBand(
  config: Pick<NegativesConfig, 'hardFrom' | 'hardTo'>,
  pins: number,
): { from: number; to: number } {
  const from = config.hardFrom ?? Math.min(2000, Math.floor(pins * 0.01));
  const to = Math.min(config.hardTo ?? Math.min(5000, Math.ceil(pins * 0.05)), pins);
  return { from: Math.min(from, to - 1), to };
}

/**
 * `count` pins for each of the first `hardQueries` pairs, from a band of the query's Personalized PageRank: near enough to be
 * mistaken for it, too far to be right (PinSage §3.3). Pins of the pair's own board are left out. Pairs are drawn independently,
 * so the first ones are a fair sample of the step.
 *
 * @param share whose pairs these are to be for; the others only have padding. Default: all.
 * @returns [pairs, count]; padding is the pair's own item
 */
export async function hardNegatives(
  graph: Graph,
  pairs: Pairs,
  count: number,
  config: NegativesConfig & { seed: number; step: number },
  task: TaskOptions,
  share: Share = everything,
): Promise<Uint32Array> {
  const hard = Uint32Array.from({ length: pairs.items.length * count }, (_, i) => pairs.items[Math.floor(i / count)]);
  if (count === 0) return hard;
  const rows = Uint32Array.from({ length: Math.min(config.hardQueries, pairs.items.length) }, (_, row) => row);
  const own = dealt(rows, share);
  if (own.length === 0) return hard;
  const starts = own.map((row) => pairs.queries[row * pairs.width]);
  const band = hardBand(config, graph.pins);
  const ranked = await graph.pageRankBand(starts, { ...band, tolerance: HARD_TOLERANCE, ...task });
  const random = new RandomStream(config.seed, 'hard', config.step);
  let next = 0;
  for (const [i, row] of own.entries()) {
    // A pair's random numbers are its own, whoever draws for the others.
    for (; next < row * count; next++) random.word();
    const board = pairs.boards && new Set(graph.pinsOf(pairs.boards[row]));
    const first = i * (band.to - band.from);
    const candidates = ranked.ids
      .subarray(first, first + ranked.counts[i])
      .filter((pin) => pin !== pairs.items[row] && !board?.has(pin));
    const places = random.sample(candidates.length, count);
    if (candidates.length > count) next += count;
    for (const [j, place] of places.entries()) hard[row * count + j] = candidates[place];
  }
  return hard;
}
