import type { FeatureColumn } from '@pinsage/graph';
import type { FeatureSource, Graph, Neighborhoods } from '@pinsage/native';
import type { ModelConfig } from '../src/index.js';

/**
 * The model once more, in float64 and as slowly and plainly as the paper writes it: the embedding of one pin, recursively, from
 * its definition. Shares no code with the model: no batches, no tensors.
 */
export interface Weights {
  [name: string]: { shape: number[]; values: Float64Array };
}

export interface Collection {
  columns: FeatureColumn[];
  sources: FeatureSource[];
  boardColumns: FeatureColumn[];
  boardSources: FeatureSource[];
  graph: Graph;
  neighborhoods: Neighborhoods;
}

/** Representations that were computed with the same weights. */
export type Known = Map<string, number[]>;

type Vector = number[];

/** z of a pin. */
export function embed(
  pin: number,
  config: ModelConfig,
  weights: Weights,
  data: Collection,
  known: Known = new Map(),
): Vector {
  const h = representation(pin, config.layers, config, weights, data, known);
  const hidden = relu(add(times(h, weights['project.G1']), bias(weights['project.g'])));
  let z = times(hidden, weights['project.G2']);
  if (config.residual) z = add(z, times(initial(pin, config, weights, data), weights['project.R']));
  return config.similarity === 'cosine' ? normalise(z) : z;
}

function representation(
  pin: number,
  layer: number,
  config: ModelConfig,
  weights: Weights,
  data: Collection,
  known: Known,
): Vector {
  const key = `${pin} ${layer}`;
  if (!known.has(key)) {
    const h = layer === 0 ? initial(pin, config, weights, data) : convolved(pin, layer, config, weights, data, known);
    known.set(key, h);
  }
  return known.get(key)!;
}

function convolved(
  pin: number,
  layer: number,
  config: ModelConfig,
  weights: Weights,
  data: Collection,
  known: Known,
): Vector {
  const name = (matrix: string) => weights[`layers.${layer - 1}.${matrix}`];
  const { ids, weights: alphas, counts, neighbors } = data.neighborhoods;
  const transformed: Vector[] = [];
  const alpha: number[] = [];
  for (let t = 0; t < counts[pin]; ++t) {
    const h = representation(ids[pin * neighbors + t], layer - 1, config, weights, data, known);
    transformed.push(relu(add(times(h, name('Q')), bias(name('q')))));
    alpha.push(alphas[pin * neighbors + t]);
  }
  const pooled = aggregate(transformed, alpha, config);
  const self = representation(pin, layer - 1, config, weights, data, known);
  return normalise(relu(add(times([...self, ...pooled], name('W')), bias(name('w')))));
}

function aggregate(vectors: Vector[], alpha: number[], config: ModelConfig): Vector {
  const zeros: Vector = Array(config.hidden).fill(0);
  if (vectors.length === 0) return zeros;
  if (config.aggregator === 'max') return zeros.map((_, i) => Math.max(...vectors.map((vector) => vector[i])));
  const shares = config.aggregator === 'mean' ? alpha.map(() => 1) : alpha;
  const total = shares.reduce((a, b) => a + b);
  return zeros.map((_, i) => vectors.reduce((sum, vector, t) => sum + (shares[t] * vector[i]) / total, 0));
}

function initial(pin: number, config: ModelConfig, weights: Weights, data: Collection): Vector {
  const numbers: Vector = [];
  let h = add(bias(weights['inputs.b']), encoded(pin, data.columns, data.sources, config, weights, '', numbers));
  if (config.degree) {
    const quantiles = Array.from({ length: 21 }, (_, i) => i);
    const log = Math.fround(Math.log2(1 + data.graph.boardsOf(pin).length));
    numbers.push(...numberInputs(log, { mean: 3, std: 2, quantiles }));
  }
  if (numbers.length > 0) h = add(h, times(numbers, weights['features.#numbers.weights']));
  if (config.pinVector) h = add(h, rowOf(weights['features.#pin.table'], pin));
  return add(h, ofBoards(pin, config, weights, data));
}

function ofBoards(pin: number, config: ModelConfig, weights: Weights, data: Collection): Vector {
  const { graph, boardColumns, boardSources } = data;
  const boards = [...graph.boardsOf(pin)];
  const idf = boards.map((board) => Math.log(1 + graph.pins / (1 + graph.pinsOf(board).length)));
  const length = Math.sqrt(idf.reduce((sum, x) => sum + x * x, 0));
  return boards.reduce((sum: Vector, board, i) => {
    const numbers: Vector = [];
    let vector = encoded(board, boardColumns, boardSources, config, weights, '#board.', numbers);
    if (numbers.length > 0) vector = add(vector, times(numbers, weights['features.#board.#numbers.weights']));
    if (config.boardVector) vector = add(vector, rowOf(weights['features.#board.table'], board));
    return add(sum, scaled(vector, idf[i] / length));
  }, zeros(config.width));
}

/** The features of a pin or a board, but for its numbers, whose inputs are added to `numbers`. */
function encoded(
  node: number,
  columns: FeatureColumn[],
  sources: FeatureSource[],
  config: ModelConfig,
  weights: Weights,
  prefix: string,
  numbers: Vector,
): Vector {
  let h = zeros(config.width);
  columns.forEach((column, i) => {
    const source = sources[i];
    if (source.kind === 'bag') {
      const table = weights[`features.${prefix}${column.name}.table`];
      for (let j = Number(source.offsets[node]); j < Number(source.offsets[node + 1]); ++j) {
        h = add(h, scaled(rowOf(table, source.rows[j]), source.weights[j]));
      }
      return;
    }
    const raw = [...source.values.subarray(node * source.width, (node + 1) * source.width)];
    if (column.kind === 'number') numbers.push(...numberInputs(raw[0], column.statistics!));
    else h = add(h, times(normalise(raw), weights[`features.${prefix}${column.name}.weights`]));
  });
  return h;
}

function numberInputs(x: number, { mean, std, quantiles }: { mean: number; std: number; quantiles: number[] }): Vector {
  const edges = [...new Set(quantiles)];
  const bins: Vector = [];
  for (let i = 1; i < edges.length; ++i) {
    if (Number.isNaN(x) || x <= edges[i - 1]) bins.push(0);
    else if (x >= edges[i]) bins.push(1);
    else bins.push((x - edges[i - 1]) / (edges[i] - edges[i - 1]));
  }
  return Number.isNaN(x) ? [...bins, 0, 1] : [...bins, Math.min(5, Math.max(-5, (x - mean) / std)), 0];
}

function times(x: Vector, { shape, values }: Weights[string]): Vector {
  const [rows, columns] = shape;
  if (x.length !== rows) throw new Error(`${x.length} values times ${rows} rows`);
  return Array.from({ length: columns }, (_, j) =>
    x.reduce((sum, value, i) => sum + value * values[i * columns + j], 0),
  );
}

const zeros = (width: number): Vector => new Array(width).fill(0);
const scaled = (a: Vector, factor: number): Vector => a.map((value) => value * factor);
const rowOf = ({ shape, values }: Weights[string], row: number): Vector => [
  ...values.subarray(row * shape[1], (row + 1) * shape[1]),
];
const bias = ({ values }: Weights[string]): Vector => [...values];
const add = (a: Vector, b: Vector): Vector => a.map((value, i) => value + b[i]);
const relu = (a: Vector): Vector => a.map((value) => Math.max(value, 0));
const dot = (a: Vector, b: Vector): number => a.reduce((sum, value, i) => sum + value * b[i], 0);

function normalise(a: Vector): Vector {
  const length = Math.sqrt(dot(a, a));
  return a.map((value) => value / Math.max(length, 1e-12));
}

export interface ReferenceLoss {
  queries: Vector[];
  positives: Vector[];
  shared: Vector[];
  /** For each query. */
  hard: Vector[][];
  /** `query,column` */
  masked: Set<string>;
}

/** Scores of the candidate columns of query i, without those masked: [column, score]. */
function columnsOf(i: number, { queries, positives, shared, hard, masked }: ReferenceLoss): [number, number][] {
  const candidates = [...positives, ...shared, ...(hard[i] ?? [])];
  return candidates
    .map((candidate, column): [number, number] => [column, dot(queries[i], candidate)])
    .filter(([column]) => column === i || !masked.has(`${i},${column}`));
}

export function referenceSoftmax(input: ReferenceLoss, temperature: number, logQ: number[]): number {
  const mean = logQ.reduce((a, b) => a + b, 0) / logQ.length;
  const losses = input.queries.map((_, i) => {
    const logits = columnsOf(i, input).map(([column, score]): [number, number] => [
      column,
      score / temperature - (logQ[column] ?? mean),
    ]);
    const total = logits.reduce((sum, [, logit]) => sum + Math.exp(logit), 0);
    return Math.log(total) - logits.find(([column]) => column === i)![1];
  });
  return losses.reduce((a, b) => a + b) / losses.length;
}

export function referenceMaxMargin(input: ReferenceLoss, margin: number, inBatch: boolean): number {
  const n = input.positives.length;
  const losses = input.queries.flatMap((query, i) =>
    columnsOf(i, input)
      .filter(([column]) => column !== i && (inBatch || column >= n))
      .map(([, score]) => Math.max(0, score - dot(query, input.positives[i]) + margin)),
  );
  return losses.reduce((a, b) => a + b, 0) / losses.length;
}

export function referenceCrossEntropy(input: ReferenceLoss, temperature: number): number {
  const n = input.positives.length;
  const cost = (score: number) => Math.log(1 + Math.exp(score / temperature));
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const negatives = input.queries.flatMap((_, i) => columnsOf(i, input).filter(([column]) => column >= n));
  return (
    mean(input.queries.map((query, i) => cost(-dot(query, input.positives[i])))) +
    mean(negatives.map(([, score]) => cost(score)))
  );
}
