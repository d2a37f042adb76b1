import { accidentalHits, type BoardSources, logDegrees, type ModelBatch, type PinSage } from '@pinsage/model';
import type { Device, FeatureSource, Graph, NeighborhoodOptions } from '@pinsage/native';
import { isOnGpu } from '@pinsage/tensor';
import type { TrainerConfig } from './config.js';
import { hardNegativesOf } from './curriculum.js';
import { sameBoard } from './masks.js';
import { hardNegatives, ownNegatives, type SharedNegatives } from './negatives.js';
import type { PairSource, Pairs } from './pairs.js';
import { RandomStream } from './random.js';

/** Pairs [first, end) of a step, whose items are each other's negatives. */
export interface Block {
  first: number;
  end: number;
  /** [k, 2] entries (row, column) of the block's scores that are no negatives. Columns: items, shared, a pair's own. */
  masked: Int32Array;
  /** [items + shared] log of how often a candidate is expected among the step's candidates. */
  logQ: Float32Array;
}

/** All that one step computes with. Rows are those of the re-indexed `sample`. */
export interface TrainingBatch {
  step: number;
  /** From 1. */
  epoch: number;
  pairs: Pairs;
  sample: ModelBatch;
  /** [n, pairs.width] and their weights: 1 for a query's pins, 0 for padding. */
  queryRows: Int32Array;
  queryWeights: Float32Array;
  /** [n] */
  itemRows: Int32Array;
  sharedRows: Int32Array;
  /** [n, own] */
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
  /** Those of the config, as the graph takes them. */
  neighborhoods: NeighborhoodOptions;
  walksOn: Device;
}

/**
 * Draws and samples the batch of a step: the same one every time. Walks, PageRank and gathering run on native threads, in the time
 * that the steps before leave them: those have serial parts, where a core is idle, and parallel ones, which are held up by whoever
 * takes a core away.
 */
export async function prepareBatch(sources: BatchSources, step: number, signal?: AbortSignal): Promise<TrainingBatch> {
  const { graph, model, config } = sources;
  const epoch = Math.floor(step / config.stepsPerEpoch) + 1;
  const pairs = sources.pairs.sample(step, config.batch);
  const shared = sources.shared.sample(step, pairs);
  const hard = hardNegativesOf(epoch, config.negatives.hard);
  const negatives = { ...config.negatives, seed: config.seed, step };
  const own = sideBySide(
    await hardNegatives(graph, pairs, hard, negatives, { signal, background: true }),
    ownNegatives(graph.pins, pairs, negatives),
    config.batch,
  );
  // Edges that neither the walks nor the boards that the model reads may show.
  const hidden = { heldOut: sources.pairs.heldOut(step), before: sources.pairs.before(step) };
  const sample: ModelBatch = await graph.batch(concat(pairs.queries, pairs.items, shared, own), {
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
  dropNeighborhoods(sample, model, config, step);
  const [queryRows, itemRows, sharedRows, ownRows] = split(sample.rootRows, [
    pairs.queries.length,
    pairs.items.length,
    shared.length,
    own.length,
  ]);
  const queryWeights = Float32Array.from(queryRows, (_, i) =>
    i % pairs.width < pairs.counts[Math.floor(i / pairs.width)] ? 1 : 0,
  );
  const blocks = blocksOf(sources, pairs, shared, own);
  const perPair = own.length / config.batch;
  return { step, epoch, pairs, sample, queryRows, queryWeights, itemRows, sharedRows, ownRows, own: perPair, blocks };
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

/** Node dropout: some roots look like pins that are new. What they see, what their boards are and how many they have goes. */
function dropNeighborhoods(sample: ModelBatch, model: PinSage, config: TrainerConfig, step: number): void {
  if (config.nodeDropout === 0) return;
  const random = new RandomStream(config.seed, 'dropout', step);
  const degrees = degreesOf(sample, model);
  for (let row = 0; row < sample.sizes[sample.sizes.length - 1]; row++) {
    if (random.uniform() >= config.nodeDropout) continue;
    sample.weights.fill(0, row * sample.width, (row + 1) * sample.width);
    sample.boards?.weights.fill(0, sample.boards.offsets[row], sample.boards.offsets[row + 1]);
    if (degrees) degrees[row] = 0;
  }
}

/** The last block may be smaller. Max-margin has no in-batch negatives, so that one block will do. */
function blocksOf(sources: BatchSources, pairs: Pairs, shared: Uint32Array, own: Uint32Array): Block[] {
  const { config } = sources;
  const n = pairs.items.length;
  const size = config.loss === 'max-margin' ? n : config.block;
  const blocks: Block[] = [];
  for (let first = 0; first < n; first += size) {
    const end = Math.min(first + size, n);
    blocks.push({
      first,
      end,
      masked: maskOf(sources, pairs, first, end, shared, own),
      logQ: logExpectedCounts(sources, pairs.items.subarray(first, end), shared),
    });
  }
  return blocks;
}

function maskOf(
  { config, graph }: BatchSources,
  pairs: Pairs,
  first: number,
  end: number,
  shared: Uint32Array,
  own: Uint32Array,
): Int32Array {
  const perPair = own.length / pairs.items.length;
  const positives = pairs.items.subarray(first, end);
  const hits = accidentalHits({
    offsets: Uint32Array.from({ length: end - first + 1 }, (_, i) => i * pairs.width),
    queries: pairs.queries.subarray(first * pairs.width, end * pairs.width),
    positives,
    shared,
    hard: own.subarray(first * perPair, end * perPair),
  });
  if (config.mask === 'pair' || pairs.boards === undefined) return hits;
  const mates = sameBoard(pairs.boards.subarray(first, end), concat(positives, shared), graph.arrays);
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
