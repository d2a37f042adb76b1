import {
  accidentalHits,
  type BoardSources,
  countNegatives,
  logDegrees,
  type ModelBatch,
  type PinSage,
} from '@pinsage/model';
import type { Device, FeatureSource, Graph, NeighborhoodOptions } from '@pinsage/native';
import { isOnGpu } from '@pinsage/tensor';
import type { TrainerConfig } from './config.js';
import { hardNegativesOf } from './curriculum.js';
import { sameBoard } from './masks.js';
import { hardNegatives, ownNegatives, type SharedNegatives } from './negatives.js';
import type { PairSource, Pairs } from './pairs.js';
import { RandomStream } from './random.js';
import { countOf, dealt, dealtPairs, placesOf, type Share } from './workers/share.js';

/** Pairs [first, end) of a step, whose items are each other's negatives. */
export interface Block {
  first: number;
  end: number;
  /** Of this worker's pairs, [from, to) are the block's. */
  from: number;
  to: number;
  /** [to - from] The column of each one's item; undefined where all pairs are this worker's, in the order of columns. */
  own?: Int32Array;
  /** [k, 2] entries (row, column) of these pairs' scores that are no negatives. Columns: items, shared, a pair's own. */
  masked: Int32Array;
  /** Their entries that are negatives other than the block's items. */
  negatives: number;
  /** [items + shared] log of how often a candidate is expected among the step's candidates. */
  logQ: Float32Array;
}

/**
 * All that one step computes with: n pairs and s shared negatives, of which m pairs are this worker's; all of them, when it is the
 * only one. Rows are those of the re-indexed `sample`.
 */
export interface TrainingBatch {
  step: number;
  /** From 1. */
  epoch: number;
  /** n */
  pairs: Pairs;
  /** Of this worker's pairs and shared negatives. */
  sample: ModelBatch;
  /** [m, pairs.width] and their weights: 1 for a query's pins, 0 for padding. */
  queryRows: Int32Array;
  queryWeights: Float32Array;
  /** [n] and [s] Rows of the candidates: the sample's or, where there is an `exchange`, those that it comes to. */
  itemRows: Int32Array;
  sharedRows: Int32Array;
  /** What this worker has of the candidates, and [workers] how many each has: together they are the candidates, by rank. */
  exchange?: { rows: Int32Array; counts: Uint32Array };
  /** [m, own] */
  ownRows: Int32Array;
  /** Negatives of a pair alone: its hard ones, and its own random ones. */
  own: number;
  blocks: Block[];
}

export interface BatchSources {
  graph: Graph;
  model: PinSage;
  features: FeatureSource[];
  /** undefined for a model that does not read boards. */
  boards?: BoardSources;
  pairs: PairSource;
  shared: SharedNegatives;
  config: TrainerConfig;
  share: Share;
  /** Those of the config, as the graph takes them. */
  neighborhoods: NeighborhoodOptions;
  walksOn: Device;
}

/**
 * Draws the pairs and negatives of a step, the same ones every time and for every worker, and samples this worker's share. Walks, PageRank and gathering run on native threads, in the time
 * that the steps before leave them: those have serial parts, where a core is idle, and parallel ones, which are held up by whoever
 * takes a core away.
 */
export async function prepareBatch(sources: BatchSources, step: number, signal?: AbortSignal): Promise<TrainingBatch> {
  const { graph, model, config, share } = sources;
  const epoch = Math.floor(step / config.stepsPerEpoch) + 1;
  const pairs = sources.pairs.sample(step, config.batch);
  const shared = sources.shared.sample(step, pairs);
  const hard = hardNegativesOf(epoch, config.negatives.hard);
  const negatives = { ...config.negatives, seed: config.seed, step };
  const random = ownNegatives(graph.pins, pairs, negatives);
  const all = sideBySide(
    await hardNegatives(graph, pairs, hard, negatives, { signal, background: true }, share),
    random,
    config.batch,
  );
  const mine = dealtPairs(pairs, share);
  const mineShared = dealt(shared, share);
  const own = dealt(all, share, all.length / config.batch);
  // Edges that neither the walks nor the boards that the model reads may show.
  const hidden = { heldOut: sources.pairs.heldOut(step), before: sources.pairs.before(step) };
  const sample: ModelBatch = await graph.batch(concat(mine.queries, mine.items, mineShared, own), {
    ...sources.neighborhoods,
    // A model without layers has no use for neighbours, but a batch always has them.
    ...(model.config.layers === 0 && { walks: 1, hops: 1, neighbors: 1, quotas: undefined }),
    layers: Math.max(model.config.layers, 1),
    features: sources.features,
    exclude: excludedPairs(pairs),
    ...hidden,
    device: sources.walksOn,
    // Rows go from the GPU's memory to tensors there, instead of through the host.
    deferDense: isOnGpu(),
    seed: BigInt(config.seed),
    stream: step,
    signal,
    background: true,
  });
  if (sources.boards) {
    sample.boards = await graph.boardBags(sample.pins, { ...sources.boards, ...hidden, signal, background: true });
  }
  if (hidden.before !== undefined) await countEarlierBoards(sample, sources, hidden.before, signal);
  dropNeighborhoods(sample, concat(pairs.queries, pairs.items, shared, random), model, config, step);
  const [queryRows, offeredRows, ownRows] = split(sample.rootRows, [
    mine.queries.length,
    mine.items.length + mineShared.length,
    own.length,
  ]);
  const queryWeights = Float32Array.from(queryRows, (_, i) =>
    i % pairs.width < mine.counts[Math.floor(i / pairs.width)] ? 1 : 0,
  );
  return {
    ...{ step, epoch, pairs, sample, queryRows, queryWeights, ownRows },
    ...candidatesOf(offeredRows, pairs.items.length, shared.length, share),
    own: own.length / mine.items.length,
    blocks: blocksOf(sources, pairs, mine, shared, own),
  };
}

/** Where the step's candidates are, of which this worker has `rows`: its items, then its shared negatives. */
function candidatesOf(
  rows: Int32Array,
  items: number,
  shared: number,
  { size }: Share,
): Pick<TrainingBatch, 'itemRows' | 'sharedRows' | 'exchange'> {
  if (size === 1) return { itemRows: rows.subarray(0, items), sharedRows: rows.subarray(items) };
  const places = placesOf(items, shared, size);
  return { itemRows: places.items, sharedRows: places.shared, exchange: { rows, counts: places.counts } };
}

/** A query's pins and its item never count as each other's neighbours. */
function excludedPairs(pairs: Pairs): { queries: Uint32Array; items: Uint32Array } {
  return { queries: pairs.queries, items: pairs.queries.map((_, i) => pairs.items[Math.floor(i / pairs.width)]) };
}

/** The model's feature of degrees, where it has one: a number for each row. */
function degreesOf(sample: ModelBatch, model: PinSage): Float32Array | undefined {
  const feature = model.config.degree ? sample.features[model.features.length] : undefined;
  return feature?.kind === 'dense' ? feature.values : undefined;
}

/** How many boards a pin is on is known of the past only, too. */
async function countEarlierBoards(
  sample: ModelBatch,
  { graph, model }: BatchSources,
  before: bigint,
  signal?: AbortSignal,
): Promise<void> {
  const degrees = degreesOf(sample, model);
  if (degrees === undefined) return;
  const weights = new Float32Array(graph.boards);
  const { offsets } = await graph.boardBags(sample.pins, { weights, before, signal, background: true });
  degrees.set(logDegrees(Array.from(sample.pins, (_, row) => offsets[row + 1] - offsets[row])));
}

/**
 * Node dropout: some pins of the step look as if they were new. What they see, what their boards are and how many they have goes,
 * wherever they are among the rows of a worker. Hard negatives, which only their worker knows, keep it.
 */
function dropNeighborhoods(
  sample: ModelBatch,
  pins: Uint32Array,
  model: PinSage,
  config: TrainerConfig,
  step: number,
): void {
  if (config.nodeDropout === 0) return;
  const random = new RandomStream(config.seed, 'dropout', step);
  const unique = Uint32Array.from(new Set(pins)).sort();
  const dropped = new Set(unique.filter(() => random.uniform() < config.nodeDropout));
  const degrees = degreesOf(sample, model);
  for (const [row, pin] of sample.pins.entries()) {
    if (!dropped.has(pin)) continue;
    // Rows of the first layer have no neighbours: beyond the end, there is nothing to fill.
    sample.weights.fill(0, row * sample.width, (row + 1) * sample.width);
    sample.boards?.weights.fill(0, sample.boards.offsets[row], sample.boards.offsets[row + 1]);
    if (degrees) degrees[row] = 0;
  }
}

/** The last block may be smaller. Max-margin has no in-batch negatives, so that one block will do. */
function blocksOf(sources: BatchSources, pairs: Pairs, mine: Pairs, shared: Uint32Array, own: Uint32Array): Block[] {
  const { config, share } = sources;
  const n = pairs.items.length;
  const size = config.loss === 'max-margin' ? n : config.block;
  const blocks: Block[] = [];
  for (let first = 0; first < n; first += size) {
    const end = Math.min(first + size, n);
    const items = pairs.items.subarray(first, end);
    const [from, to] = [countOf(first, share), countOf(end, share)];
    const columns = Int32Array.from({ length: to - from }, (_, i) => share.rank + (from + i) * share.size - first);
    const place = { first, end, from, to, own: share.size === 1 ? undefined : columns };
    const masked = maskOf(sources, mine, place, items, shared, own);
    const others = shared.length + own.length / mine.items.length;
    const negatives = countNegatives(to - from, items.length, others, masked);
    blocks.push({ ...place, masked, negatives, logQ: logExpectedCounts(sources, items, shared) });
  }
  return blocks;
}

function maskOf(
  { config, graph }: BatchSources,
  mine: Pairs,
  { from, to, own: columns }: Pick<Block, 'from' | 'to' | 'own'>,
  items: Uint32Array,
  shared: Uint32Array,
  own: Uint32Array,
): Int32Array {
  const { width, queries, boards } = mine;
  const perPair = own.length / mine.items.length;
  const hits = accidentalHits({
    offsets: Uint32Array.from({ length: to - from + 1 }, (_, i) => i * width),
    queries: queries.subarray(from * width, to * width),
    positives: items,
    own: columns,
    shared,
    hard: own.subarray(from * perPair, to * perPair),
  });
  if (config.mask === 'pair' || boards === undefined) return hits;
  const mates = sameBoard(boards.subarray(from, to), concat(items, shared), graph.arrays, columns);
  const masked = new Int32Array(hits.length + mates.length);
  masked.set(hits);
  masked.set(mates, hits.length);
  return masked;
}

/** A candidate is drawn as an item or as a shared negative: the softmax is corrected for the expected number of both together. */
function logExpectedCounts(sources: BatchSources, items: Uint32Array, shared: Uint32Array): Float32Array {
  const { pairs, shared: negatives } = sources;
  return Float32Array.from(concat(items, shared), (pin) =>
    Math.log(items.length * pairs.itemProbability[pin] + shared.length * negatives.probability(pin)),
  );
}

/** [n, a] beside [n, b], as [n, a + b]. */
function sideBySide(left: Uint32Array, right: Uint32Array, n: number): Uint32Array {
  if (right.length === 0) return left;
  const [a, b] = [left.length / n, right.length / n];
  const all = new Uint32Array(left.length + right.length);
  for (let row = 0; row < n; row++) {
    all.set(left.subarray(row * a, (row + 1) * a), row * (a + b));
    all.set(right.subarray(row * b, (row + 1) * b), row * (a + b) + a);
  }
  return all;
}

function concat(...parts: Uint32Array[]): Uint32Array {
  const all = new Uint32Array(parts.reduce((length, part) => length + part.length, 0));
  let next = 0;
  for (const part of parts) {
    all.set(part, next);
    next += part.length;
  }
  return all;
}

function split(rows: Int32Array, lengths: number[]): Int32Array[] {
  let next = 0;
  return lengths.map((length) => {
    next += length;
    return rows.subarray(next - length, next);
  });
}
