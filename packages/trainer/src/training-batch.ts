import { accidentalHits, type BoardSources, type ModelBatch, type PinSage } from '@pinsage/model';
import type { Device, FeatureSource, Graph, NeighborhoodOptions } from '@pinsage/native';
import { isOnGpu } from '@pinsage/tensor';
import type { TrainerConfig } from './config.js';
import { hardNegativesOf } from './curriculum.js';
import { sameBoard } from './masks.js';
import { hardNegatives, type SharedNegatives } from './negatives.js';
import type { PairSource, Pairs } from './pairs.js';
import { RandomStream } from './random.js';

/** Pairs [first, end) of a step, whose items are each other's negatives. */
export interface Block {
  first: number;
  end: number;
  /** [k, 2] entries (row, column) of the block's scores that are no negatives. Columns: items, shared, a pair's own hard ones. */
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
  /** [n, hard] */
  hardRows: Int32Array;
  /** Hard negatives of a pair at most. */
  hard: number;
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
  const hardPins = await hardNegatives(
    graph,
    pairs,
    hard,
    { ...config.negatives, seed: config.seed, step },
    { signal, background: true },
  );
  const heldOut = sources.pairs.heldOut(step);
  const sample: ModelBatch = await graph.batch(concat(pairs.queries, pairs.items, shared, hardPins), {
    ...sources.neighborhoods,
    // A model without layers has no use for neighbours, but a batch always has them.
    ...(model.config.layers === 0 && { walks: 1, hops: 1, neighbors: 1, quotas: undefined }),
    layers: Math.max(model.config.layers, 1),
    features: sources.features,
    exclude: excludedPairs(pairs),
    heldOut,
    device: sources.walksOn,
    // Rows go from the GPU's memory to tensors there, instead of through the host.
    deferDense: isOnGpu(),
    seed: BigInt(config.seed),
    stream: step,
    signal,
    background: true,
  });
  if (sources.boards) {
    sample.boards = await graph.boardBags(sample.pins, { ...sources.boards, heldOut, signal, background: true });
  }
  dropNeighborhoods(sample, model, config, step);
  const [queryRows, itemRows, sharedRows, hardRows] = split(sample.rootRows, [
    pairs.queries.length,
    pairs.items.length,
    shared.length,
    hardPins.length,
  ]);
  const queryWeights = Float32Array.from(queryRows, (_, i) =>
    i % pairs.width < pairs.counts[Math.floor(i / pairs.width)] ? 1 : 0,
  );
  const blocks = blocksOf(sources, pairs, shared, hardPins);
  return { step, epoch, pairs, sample, queryRows, queryWeights, itemRows, sharedRows, hardRows, hard, blocks };
}

/** A query's pins and its item never count as each other's neighbours. */
function excludedPairs(pairs: Pairs): { queries: Uint32Array; items: Uint32Array } {
  return { queries: pairs.queries, items: pairs.queries.map((_, i) => pairs.items[Math.floor(i / pairs.width)]) };
}

/** Node dropout: some roots look like pins that are new. What they see, what their boards are and how many they have goes. */
function dropNeighborhoods(sample: ModelBatch, model: PinSage, config: TrainerConfig, step: number): void {
  if (config.nodeDropout === 0) return;
  const random = new RandomStream(config.seed, 'dropout', step);
  const degree = model.config.degree ? sample.features[model.features.length] : undefined;
  for (let row = 0; row < sample.sizes[sample.sizes.length - 1]; row++) {
    if (random.uniform() >= config.nodeDropout) continue;
    sample.weights.fill(0, row * sample.width, (row + 1) * sample.width);
    sample.boards?.weights.fill(0, sample.boards.offsets[row], sample.boards.offsets[row + 1]);
    if (degree?.kind === 'dense') degree.values[row] = 0;
  }
}

/** The last block may be smaller. Max-margin has no in-batch negatives, so that one block will do. */
function blocksOf(sources: BatchSources, pairs: Pairs, shared: Uint32Array, hard: Uint32Array): Block[] {
  const { config } = sources;
  const n = pairs.items.length;
  const size = config.loss === 'max-margin' ? n : config.block;
  const blocks: Block[] = [];
  for (let first = 0; first < n; first += size) {
    const end = Math.min(first + size, n);
    blocks.push({
      first,
      end,
      masked: maskOf(sources, pairs, first, end, shared, hard),
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
  hard: Uint32Array,
): Int32Array {
  const perPair = hard.length / pairs.items.length;
  const positives = pairs.items.subarray(first, end);
  const own = accidentalHits({
    offsets: Uint32Array.from({ length: end - first + 1 }, (_, i) => i * pairs.width),
    queries: pairs.queries.subarray(first * pairs.width, end * pairs.width),
    positives,
    shared,
    hard: hard.subarray(first * perPair, end * perPair),
  });
  if (config.mask === 'pair' || pairs.boards === undefined) return own;
  const mates = sameBoard(pairs.boards.subarray(first, end), concat(positives, shared), graph.arrays);
  const masked = new Int32Array(own.length + mates.length);
  masked.set(own);
  masked.set(mates, own.length);
  return masked;
}

/** A candidate is drawn as an item or as a shared negative: the softmax is corrected for the expected number of both together. */
function logExpectedCounts(sources: BatchSources, items: Uint32Array, shared: Uint32Array): Float32Array {
  const { pairs, shared: negatives } = sources;
  return Float32Array.from(concat(items, shared), (pin) =>
    Math.log(items.length * pairs.itemProbability[pin] + shared.length * negatives.probability(pin)),
  );
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
