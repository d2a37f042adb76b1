import { addon } from './addon.js';
import { checkInteger, checkNumber, invalidArgument } from './errors.js';
import { runTask, type TaskOptions } from './task.js';
import { checkArray } from './typed-arrays.js';

/** A sparse matrix X: row r has weights[i] in column rows[i] for offsets[r] ≤ i < offsets[r + 1]. What gatherFeatures() makes fits. */
export interface SparseMatrix {
  /** [rows + 1] */
  offsets: Int32Array;
  /** Columns, in any order. */
  rows: Int32Array;
  /** As many as rows. */
  weights: Float32Array;
}

/** Columns that a least-squares problem may have: its factor takes 2 columns² bytes. */
const MAX_COLUMNS = 65_536;

/**
 * Least squares over the columns of a sparse matrix: (Xᵀ X + ridge I)⁻¹ by a blocked Cholesky factorisation in float32, whose
 * products run on the library that all matrix products run on. It takes columns³ / 3 operations, a few seconds for 12,000 columns.
 */
export class GramFactor {
  readonly columns: number;
  readonly #tiles: Float32Array;

  private constructor(columns: number, tiles: Float32Array) {
    this.columns = columns;
    this.#tiles = tiles;
  }

  /**
   * Progress is in parts of the factorisation.
   *
   * @param options.columns columns of X, 1 to 65,536
   * @param options.ridge what is added to the diagonal, above 0
   * @throws INVALID_ARGUMENT · ABORTED · OUT_OF_MEMORY · NOT_FINITE when the ridge is too small for float32
   */
  static async create(
    matrix: SparseMatrix,
    options: TaskOptions & { columns: number; ridge: number },
  ): Promise<GramFactor> {
    const columns = checkInteger('columns', options.columns, 1, MAX_COLUMNS);
    const ridge = checkNumber('ridge', options.ridge, 1e-9, 1e30);
    const offsets = checkArray('matrix.offsets', matrix.offsets, Int32Array);
    const rows = checkArray('matrix.rows', matrix.rows, Int32Array);
    const weights = checkArray('matrix.weights', matrix.weights, Float32Array, rows.length);
    const tiles = await runTask<ArrayBuffer>(options, (threads, control) =>
      addon.gramFactor(offsets, rows, weights, columns, ridge, threads, control),
    );
    return new GramFactor(columns, new Float32Array(tiles));
  }

  /**
   * Replaces each row b of `rows` [n, columns] by (Xᵀ X + ridge I)⁻¹ b. Progress is in rows.
   *
   * @throws INVALID_ARGUMENT · ABORTED
   */
  async solve(rows: Float32Array, options: TaskOptions = {}): Promise<void> {
    if (checkArray('rows', rows, Float32Array).length % this.columns !== 0) {
      throw invalidArgument('rows', rows, `rows of ${this.columns} numbers`);
    }
    await runTask(options, (threads, control) => addon.gramSolve(this.#tiles, this.columns, rows, threads, control));
  }

  /** [columns] The diagonal of (Xᵀ X + ridge I)⁻¹. It takes about as long as the factorisation. Progress is in columns. */
  async inverseDiagonal(options: TaskOptions = {}): Promise<Float32Array> {
    const out = new Float32Array(this.columns);
    await runTask(options, (threads, control) =>
      addon.gramInverseDiagonal(this.#tiles, this.columns, out, threads, control),
    );
    return out;
  }
}
