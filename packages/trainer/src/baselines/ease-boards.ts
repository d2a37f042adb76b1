import type { Dataset } from '@pinsage/graph';
import { GramFactor, type Graph, gatherFeatures, type SparseMatrix, type TaskOptions } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import { listOf } from '../lists.js';
import type { ScoreOptions } from '../method.js';
import { ScoredMethod } from '../scored-method.js';
import type { Task } from '../tasks.js';
import { bagProducts } from './content-vectors.js';

const RIDGE = 20;

/**
 * EASE over boards: X [pins, columns] says which boards a pin is on and, in further columns, what it contains. Every board's column is
 * predicted from all others by ridge regression. With P = (Xᵀ X + λ I)⁻¹, of a board b
 *
 *     score(p) = x_p · B_b ,  B_b = −P_b / P_bb  but 0 at b itself.
 *
 * A query Q that is no board is a column that is not in X: its weights are those of ridge regression on whether a pin is in Q,
 * P Xᵀ 1_Q. Columns of content are the buckets of texts and categories that most pins have.
 */
export class BoardEase extends ScoredMethod {
  readonly name = 'ease';
  readonly #matrix: SparseMatrix;
  readonly #factor: GramFactor;

  private constructor(matrix: SparseMatrix, factor: GramFactor) {
    super(matrix.offsets.length - 1);
    this.#matrix = matrix;
    this.#factor = factor;
  }

  static async create(dataset: Dataset, graph: Graph, maxColumns: number, options: TaskOptions): Promise<BoardEase> {
    const content = await contentColumns(dataset, maxColumns - graph.boards);
    const matrix = besideBoards(graph, content);
    const columns = graph.boards + content.columns;
    return new BoardEase(matrix, await GramFactor.create(matrix, { columns, ridge: RIDGE, ...options }));
  }

  async scores(task: Task, first: number, end: number, { signal, threads }: ScoreOptions): Promise<Float32Array> {
    const n = end - first;
    const { columns } = this.#factor;
    const weights = new Float32Array(n * columns);
    for (let i = 0; i < n; i++) this.#ask(task, first + i, weights.subarray(i * columns, (i + 1) * columns));
    await this.#factor.solve(weights, { signal, threads });
    for (let i = 0; task.boards !== undefined && i < n; i++) {
      leaveOut(task.boards[first + i], weights.subarray(i * columns, (i + 1) * columns));
    }
    const products = tf.tidy(() =>
      bagProducts(tf.transpose(tf.tensor2d(weights, [n, columns])), { kind: 'bag', ...this.#matrix }),
    );
    const scores = (await products.data()) as Float32Array;
    products.dispose();
    return scores;
  }

  /** What is to be multiplied by P: e_b of a board, Xᵀ 1_Q of a list. */
  #ask(task: Task, query: number, row: Float32Array): void {
    if (task.boards !== undefined) {
      row[task.boards[query]] = 1;
      return;
    }
    const { offsets, rows, weights } = this.#matrix;
    for (const pin of listOf(task.members, query)) {
      for (let i = offsets[pin]; i < offsets[pin + 1]; i++) row[rows[i]] += weights[i];
    }
  }
}

/** P_b becomes B_b. */
function leaveOut(board: number, row: Float32Array): void {
  const own = row[board];
  for (let column = 0; column < row.length; column++) row[column] /= -own;
  row[board] = 0;
}

interface ContentColumns {
  columns: number;
  /** [pins] The columns of each pin, once each. */
  of: number[][];
}

/** The buckets of texts and categories that most pins have, `most` at most. */
async function contentColumns(dataset: Dataset, most: number): Promise<ContentColumns> {
  const features = dataset.features.filter(({ kind }) => kind === 'text' || kind === 'categories');
  const pins = Uint32Array.from({ length: dataset.pins }, (_, pin) => pin);
  const gathered = await gatherFeatures(
    features.map((feature) => dataset.source(feature)),
    pins,
  );
  const of: number[][] = Array.from(pins, () => []);
  let base = 0;
  for (const [i, bag] of gathered.entries()) {
    if (bag.kind !== 'bag') continue;
    for (const pin of pins) {
      const own = new Set(bag.rows.subarray(bag.offsets[pin], bag.offsets[pin + 1]));
      for (const bucket of own) of[pin].push(base + bucket);
    }
    base += features[i].buckets as number;
  }
  const counts = new Uint32Array(base);
  for (const buckets of of) for (const bucket of buckets) counts[bucket] += 1;
  const kept = [...counts.keys()].filter((bucket) => counts[bucket] > 1);
  kept.sort((a, b) => counts[b] - counts[a] || a - b);
  const place = new Map(kept.slice(0, most).map((bucket, column) => [bucket, column]));
  return { columns: place.size, of: of.map((buckets) => buckets.flatMap((bucket) => place.get(bucket) ?? [])) };
}

/** X: a pin's boards, and its content after them. */
function besideBoards({ arrays, pins, boards }: Graph, content: ContentColumns): SparseMatrix {
  const offsets = new Int32Array(pins + 1);
  for (let pin = 0; pin < pins; pin++) {
    const degree = Number(arrays.pinOffsets[pin + 1] - arrays.pinOffsets[pin]);
    offsets[pin + 1] = offsets[pin] + degree + content.of[pin].length;
  }
  const rows = new Int32Array(offsets[pins]);
  for (let pin = 0; pin < pins; pin++) {
    const own = arrays.pinBoards.subarray(Number(arrays.pinOffsets[pin]), Number(arrays.pinOffsets[pin + 1]));
    rows.set(own, offsets[pin]);
    rows.set(
      content.of[pin].map((column) => boards + column),
      offsets[pin] + own.length,
    );
  }
  return { offsets, rows, weights: new Float32Array(rows.length).fill(1) };
}
