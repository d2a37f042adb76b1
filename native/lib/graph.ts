import { join } from 'node:path';
import { addon } from './addon.js';
import { type Batch, type BatchOptions, checkNewPins, type NativeBatch, wrapBatch } from './batch.js';
import { type BoardBagOptions, type BoardBags, type NativeBoardBags, wrapBoardBags } from './board-bags.js';
import { type BuildOptions, buildGraph, type CsrArrays, checkCsr, type Edges } from './csr.js';
import { checkChoice, checkInteger, invalidArgument, PinSageError } from './errors.js';
import { checkSources, type DenseSource, sourceRows } from './features.js';
import { type AlsOptions, checkAlsOptions } from './implicit-als.js';
import { usableMemory } from './memory.js';
import {
  checkExclude,
  checkNeighborhoodOptions,
  type NeighborhoodOptions,
  type Neighborhoods,
} from './neighborhoods.js';
import {
  checkMonteCarlo,
  checkPageRankOptions,
  type PageRankBand,
  type PageRankBandOptions,
  type PageRankOptions,
} from './pagerank.js';
import {
  checkQuery,
  checkRecommendOptions,
  type NativeRecommendations,
  type Recommendations,
  type RecommendOptions,
  type RecommendQuery,
} from './recommend.js';
import { releasable } from './result-memory.js';
import { RunningCalls } from './running-calls.js';
import { Safetensors, type TensorDtype } from './safetensors.js';
import { type CandidateLists, countLists } from './search.js';
import { runTask, type TaskOptions } from './task.js';
import { checkTwoHopWeights, type TwoHopWeights } from './two-hop.js';
import { checkArray, checkIds } from './typed-arrays.js';
import { checkBefore, checkHeldOut, checkWalkOptions, type WalkOptions } from './walk-options.js';

/** How a graph is opened. */
export interface GraphOptions extends TaskOptions {
  /**
   * When to make the tables with which walks read memory twice a hop rather than four times. They take 16 bytes an edge (64 with
   * weights) and about as long to make as a walk over every edge. `'auto'`: once the graph has been walked as many hops as it has
   * edges, if they take no more than a quarter of the machine's memory; `'now'`: before the graph is given out; `'never'`. Default:
   * `'auto'`. Results are the same.
   */
  hopTables?: 'auto' | 'now' | 'never';
}

const HOP_TABLES = ['auto', 'now', 'never'] as const;

/** As the addon takes it. */
function useOfHopTables({ hopTables = 'auto' }: GraphOptions): number {
  return HOP_TABLES.indexOf(checkChoice('hopTables', hopTables, HOP_TABLES));
}

/**
 * A bipartite graph of pins and boards. Its arrays are mapped from a dataset or held in native memory, never copied to the
 * JavaScript heap. Every result is a function of the arguments alone: the number of threads never changes a bit.
 */
export class Graph {
  /** The graph's arrays, without a copy. Reading is free; writing to them is not supported. */
  readonly arrays: CsrArrays;
  readonly pins: number;
  readonly boards: number;
  readonly edges: number;
  readonly weighted: boolean;
  readonly #handle: unknown;
  /** What else ends with the graph. */
  #free: () => void;
  readonly #calls = new RunningCalls('The graph');

  private constructor(arrays: CsrArrays, handle: unknown, free = () => {}) {
    this.arrays = arrays;
    this.pins = arrays.pinOffsets.length - 1;
    this.boards = arrays.boardOffsets.length - 1;
    this.edges = arrays.pinBoards.length;
    this.weighted = arrays.pinWeights !== undefined;
    this.#handle = handle;
    this.#free = free;
  }

  /**
   * Maps the graph of a dataset directory (its graph.safetensors) and checks all of it.
   *
   * @throws FILE_NOT_FOUND; FILE_CORRUPT when the file is short, or its arrays are not a graph.
   */
  static async open(directory: string, options: GraphOptions = {}): Promise<Graph> {
    const file = await Safetensors.open(join(directory, 'graph.safetensors'));
    try {
      const get = <T>(name: string, dtype: string) => file.get(name, dtype as TensorDtype).data as T;
      const optional = <T>(name: string, dtype: string) => (file.has(name) ? get<T>(name, dtype) : undefined);
      const arrays: CsrArrays = {
        pinOffsets: get('pin.offsets', 'U64'),
        pinBoards: get('pin.boards', 'U32'),
        boardOffsets: get('board.offsets', 'U64'),
        boardPins: get('board.pins', 'U32'),
        pinWeights: optional('pin.weights', 'F32'),
        boardWeights: optional('board.weights', 'F32'),
        times: optional('time', 'I64'),
        boardTypes: optional('board.types', 'U8'),
      };
      const graph = await Graph.#create(arrays, options, () => file.close());
      // Checking it read all of it in order. Walks do not: reading ahead for them would fill memory with what nobody asked for.
      if (file.size > usableMemory / 2) file.expectRandomReads();
      return graph;
    } catch (error) {
      file.close();
      throw corrupt(directory, error);
    }
  }

  /**
   * Builds a graph from edges in any order.
   *
   * @throws INVALID_ARGUMENT when an id is not below the number of pins or boards, or a weight is not usable.
   */
  static async fromEdges(edges: Edges, options: BuildOptions & GraphOptions): Promise<Graph> {
    const { arrays, handle, free } = await buildGraph(edges, useOfHopTables(options), options);
    return new Graph(arrays, handle, free);
  }

  /**
   * A graph over arrays that the caller has, which are checked and not copied. They must not be written to or transferred to
   * another thread while the graph is open.
   *
   * @throws FILE_CORRUPT when the arrays are not a graph: offsets that are not monotone, ids out of range or not ascending in a
   *   row, or two directions that do not hold the same edges.
   */
  static async fromArrays(csr: CsrArrays, options: GraphOptions = {}): Promise<Graph> {
    return Graph.#create(csr, options);
  }

  static async #create(csr: CsrArrays, options: GraphOptions, free?: () => void): Promise<Graph> {
    const arrays = checkCsr(csr);
    const { signal, threads } = options;
    const use = useOfHopTables(options);
    const handle = await runTask({ signal, threads }, (threads, control) =>
      addon.openGraph(arrays, use, threads, control),
    );
    return new Graph(arrays, handle, free);
  }

  /** The boards of a pin, ascending: a view, not a copy. */
  boardsOf(pin: number): Uint32Array {
    this.#calls.check();
    checkInteger('pin', pin, 0, this.pins - 1);
    const { pinOffsets, pinBoards } = this.arrays;
    return pinBoards.subarray(Number(pinOffsets[pin]), Number(pinOffsets[pin + 1]));
  }

  /** The pins of a board, ascending: a view, not a copy. */
  pinsOf(board: number): Uint32Array {
    this.#calls.check();
    checkInteger('board', board, 0, this.boards - 1);
    const { boardOffsets, boardPins } = this.arrays;
    return boardPins.subarray(Number(boardOffsets[board]), Number(boardOffsets[board + 1]));
  }

  /** The number of boards of every pin. */
  pinDegrees(): Uint32Array {
    this.#calls.check();
    return degrees(this.arrays.pinOffsets);
  }

  /** The number of pins of every board. */
  boardDegrees(): Uint32Array {
    this.#calls.check();
    return degrees(this.arrays.boardOffsets);
  }

  /**
   * Importance neighbourhoods (PinSage §3.2): for each seed the pins other than itself that random walks from it visit most, and
   * their share of the kept visits.
   *
   * @throws INVALID_ARGUMENT · ABORTED · CLOSED · MISSING_DEPENDENCY where `device` is 'cuda' and there is none
   */
  async neighborhoods(seeds: Uint32Array, options: NeighborhoodOptions = {}): Promise<Neighborhoods> {
    this.#calls.check();
    const n = checkIds('seeds', seeds, this.pins, 'pins').length;
    const native = {
      ...checkNeighborhoodOptions(options, this.arrays.boardTypes),
      before: checkBefore(options.before, this.arrays.times, n),
    };
    const [queries, items] = checkExclude(options.exclude, this.pins);
    const { neighbors } = native;
    checkOutput(n, neighbors);
    const ids = new Uint32Array(n * neighbors);
    const weights = new Float32Array(n * neighbors);
    const counts = new Uint32Array(n);
    await this.#calls.run(options, (threads, control) =>
      addon.neighborhoods(
        this.#handle,
        this.arrays,
        seeds,
        native,
        queries,
        items,
        ids,
        weights,
        counts,
        threads,
        control,
      ),
    );
    return { ids, weights, counts, neighbors };
  }

  /**
   * The pins that random walks visit, in their order: [n, walks, hops], 0xffffffff once a walk has ended.
   *
   * @throws INVALID_ARGUMENT · ABORTED · CLOSED
   */
  async walk(seeds: Uint32Array, options: WalkOptions & TaskOptions = {}): Promise<Uint32Array> {
    this.#calls.check();
    const n = checkIds('seeds', seeds, this.pins, 'pins').length;
    const native = { ...checkWalkOptions(options), before: checkBefore(options.before, this.arrays.times, n) };
    checkOutput(n, native.walks * native.hops);
    const visited = new Uint32Array(n * native.walks * native.hops);
    await this.#calls.run(options, (threads, control) =>
      addon.walk(this.#handle, this.arrays, seeds, native, visited, threads, control),
    );
    return visited;
  }

  /**
   * Personalized PageRank of every pin for each query, [n, pins]: exact up to the tolerance, by conjugate gradients (Hestenes and
   * Stiefel 1952) for 16 queries at a time. The walk behind it hops pin → board → pin and returns to the query with probability `alpha` before each hop.
   *
   * @param queries a pin each, or a list of pins each, among which the walk's returns choose evenly (on the CPU only; an empty list
   *   has zeros)
   * @throws INVALID_ARGUMENT · ABORTED · CLOSED · MISSING_DEPENDENCY where `device` is 'cuda' and there is none
   */
  async pageRank(queries: Uint32Array | CandidateLists, options: PageRankOptions = {}): Promise<Float32Array> {
    this.#calls.check();
    const native = checkPageRankOptions(options);
    const scores = await (queries instanceof Uint32Array
      ? this.#pageRankOfPins(queries, native, options)
      : this.#pageRankOfLists(queries, native, options));
    return releasable(new Float32Array(scores), [scores]);
  }

  #pageRankOfPins(queries: Uint32Array, native: object, options: PageRankOptions): Promise<ArrayBuffer> {
    checkOutput(checkIds('queries', queries, this.pins, 'pins').length, this.pins);
    return this.#calls.run(options, (threads, control) =>
      addon.pageRank(this.#handle, this.arrays, queries, native, threads, control),
    );
  }

  #pageRankOfLists(queries: CandidateLists, native: { cuda: boolean }, options: PageRankOptions): Promise<ArrayBuffer> {
    const { offsets, ids } = queries;
    if (native.cuda) throw invalidArgument('device', 'cuda', "'cpu' for queries that are lists of pins");
    checkOutput(countLists('queries', queries), this.pins);
    return this.#calls.run(options, (threads, control) =>
      addon.pageRankOfLists(this.#handle, this.arrays, offsets, ids, native, threads, control),
    );
  }

  /**
   * Scores of all pins two hops from each query's, [n, pins]:
   *
   *     s_p = v_p Σ_{b ∋ p} y_b ,  y_b = w_b Σ_{q ∈ Q ∩ b} u_q
   *
   * with weights u of the query's pins, w of boards and v of the pins that are scored. Progress is in queries.
   *
   * @throws INVALID_ARGUMENT · ABORTED · CLOSED
   */
  async twoHopScores(
    queries: CandidateLists,
    weights: TwoHopWeights,
    options: TaskOptions = {},
  ): Promise<Float32Array> {
    this.#calls.check();
    const n = countLists('queries', queries);
    const checked = checkTwoHopWeights(weights, this);
    checkOutput(n, this.pins);
    const scores = new Float32Array(n * this.pins);
    await this.#calls.run(options, (threads, control) =>
      addon.twoHopScores(this.#handle, this.arrays, queries.offsets, queries.ids, ...checked, scores, threads, control),
    );
    return scores;
  }

  /**
   * Factors of the pins, [pins, factors], whose inner products with a board's say which pins it holds: implicit matrix factorisation
   * (Hu, Koren and Volinsky, ICDM 2008) by alternating least squares with conjugate gradients (Takács, Pilászy and Tikk, RecSys 2011).
   * `alsFoldIn` finds a board's. Pins without edges are 0; the edges' weights are not looked at. Progress is in iterations.
   *
   * @throws INVALID_ARGUMENT · ABORTED · CLOSED
   */
  async implicitAls(options: AlsOptions = {}): Promise<Float32Array> {
    this.#calls.check();
    const native = checkAlsOptions(options);
    checkOutput(this.pins, native.factors);
    const factors = await this.#calls.run<ArrayBuffer>(options, (threads, control) =>
      addon.implicitAls(this.#handle, this.arrays, native, threads, control),
    );
    return releasable(new Float32Array(factors), [factors]);
  }

  /**
   * A band of each query's Personalized PageRank ranking: the hard negatives of PinSage §3.3. Rank 0 is the best pin other than
   * the query, ties go by smaller id, and pins of score 0 have no rank.
   *
   * @throws INVALID_ARGUMENT · ABORTED · CLOSED · MISSING_DEPENDENCY where `device` is 'cuda' and there is none
   */
  async pageRankBand(queries: Uint32Array, options: PageRankBandOptions = {}): Promise<PageRankBand> {
    this.#calls.check();
    const native = { ...checkPageRankOptions(options), ...checkMonteCarlo(options) };
    const from = checkInteger('from', options.from ?? 2000, 0, 2 ** 32 - 2);
    const to = checkInteger('to', options.to ?? 5000, from + 1, 2 ** 32 - 1);
    const n = checkIds('queries', queries, this.pins, 'pins').length;
    checkOutput(n, to - from);
    const ids = new Uint32Array(n * (to - from));
    const scores = new Float32Array(n * (to - from));
    const counts = new Uint32Array(n);
    await this.#calls.run(options, (threads, control) =>
      addon.pageRankBand(this.#handle, this.arrays, queries, native, from, to, ids, scores, counts, threads, control),
    );
    return { ids, scores, counts };
  }

  /**
   * Pins for someone who likes these ones, in real time (Pixie, Eksombatchai et al., WWW 2018): random walks with restarts from
   * each query pin, shared among them by weight and degree, and the pins that they visit most, best first, ties by smaller id.
   * Query pins are never among them.
   *
   * @throws INVALID_ARGUMENT · ABORTED · CLOSED
   */
  async recommend(query: RecommendQuery, options: RecommendOptions = {}): Promise<Recommendations> {
    this.#calls.check();
    const native = checkRecommendOptions(options, this.pins);
    const { pins, weights } = checkQuery(query, this.pins, native.hops);
    const found = await this.#calls.run<NativeRecommendations>(options, (threads, control) =>
      addon.recommend(
        this.#handle,
        this.arrays,
        pins,
        weights,
        native,
        options.boosts,
        options.exclude,
        threads,
        control,
      ),
    );
    return {
      ids: new Uint32Array(found.ids),
      scores: new Float32Array(found.scores),
      counts: new Uint32Array(found.counts),
      steps: found.steps,
    };
  }

  /**
   * Samples what `layers` convolutions over the roots need (the roots' neighbourhoods, their neighbours' and so on), numbers the
   * pins by rows, and gathers their features.
   *
   * @throws INVALID_ARGUMENT · ABORTED · CLOSED
   */
  async batch(roots: Uint32Array, options: BatchOptions): Promise<Batch> {
    this.#calls.check();
    const native = {
      ...checkNeighborhoodOptions(options, this.arrays.boardTypes),
      before: checkBefore(options.before, this.arrays.times),
    };
    const layers = checkInteger('layers', options.layers, 1, 16);
    const newPins = checkNewPins(options.newPins, this.pins, this.boards);
    const [queries, items] = checkExclude(options.exclude, this.pins + newPins);
    checkIds('roots', roots, this.pins + newPins, 'pins');
    const sources = checkSources(options.features ?? []);
    sources.forEach((source, i) => {
      if (sourceRows(source) !== this.pins) {
        throw invalidArgument(`features[${i}]`, sourceRows(source), `rows for each of the ${this.pins} pins`);
      }
    });
    const isDeferred = ({ kind, width }: { kind: string; width?: number }) =>
      options.deferDense === true && kind === 'dense' && width !== 1;
    const gathered = sources.filter((source) => !isDeferred(source));
    const batch = await this.#calls.run<NativeBatch>(options, (threads, control) =>
      addon.batch(
        this.#handle,
        this.arrays,
        roots,
        { ...native, layers },
        queries,
        items,
        options.newPins?.offsets,
        options.newPins?.boards,
        gathered,
        threads,
        control,
      ),
    );
    const wrapped = wrapBatch(batch, native.neighbors, gathered);
    const { pins, features } = wrapped;
    let next = 0;
    wrapped.features = (options.features ?? []).map((source, i) =>
      isDeferred(sources[i])
        ? { kind: 'deferred', source: source as DenseSource, pins, known: this.pins }
        : features[next++],
    );
    return wrapped;
  }

  /**
   * The boards of each pin as a bag, numbered by rows, and the boards' features: the first half of a hop, for a model that reads
   * what a pin's boards are.
   *
   * @throws INVALID_ARGUMENT · ABORTED · CLOSED
   */
  async boardBags(pins: Uint32Array, options: BoardBagOptions): Promise<BoardBags> {
    this.#calls.check();
    const { newPins } = options;
    checkIds('pins', pins, this.pins + checkNewPins(newPins, this.pins, this.boards), 'pins');
    const weights = checkArray('weights', options.weights, Float32Array, this.boards);
    const { folds, fold } = checkHeldOut(options.heldOut);
    const before = checkBefore(options.before, this.arrays.times);
    const sources = checkSources(options.features ?? []);
    sources.forEach((source, i) => {
      if (sourceRows(source) !== this.boards) {
        throw invalidArgument(`features[${i}]`, sourceRows(source), `rows for each of the ${this.boards} boards`);
      }
    });
    const bags = await this.#calls.run<NativeBoardBags>(options, (threads, control) =>
      addon.boardBags(
        this.#handle,
        this.arrays,
        pins,
        weights,
        folds,
        fold,
        before,
        newPins?.offsets,
        newPins?.boards,
        sources,
        threads,
        control,
      ),
    );
    return wrapBoardBags(bags, sources);
  }

  /**
   * Ends the use of the graph: later calls throw CLOSED. The promise resolves once the calls that were running are done and the
   * graph's memory is given back: the arrays of a graph that was opened or built are empty from then on (length 0).
   */
  close(): Promise<void> {
    return this.#calls.close(() => {
      addon.closeGraph(this.#handle);
      this.#free();
    });
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

const MAX_OUTPUT = 2 ** 32;

function checkOutput(rows: number, width: number): void {
  if (rows * width > MAX_OUTPUT) {
    throw new PinSageError(
      'INVALID_ARGUMENT',
      `The result would have ${rows} rows of ${width} elements, more than ${MAX_OUTPUT} in all: ask for fewer rows a call.`,
    );
  }
}

function degrees(offsets: BigUint64Array): Uint32Array {
  // A degree is below 2^32, so that the low words of the offsets are enough, and much faster than BigInts.
  const words = new Uint32Array(offsets.buffer, offsets.byteOffset, 2 * offsets.length);
  const result = new Uint32Array(offsets.length - 1);
  for (let i = 0; i < result.length; i++) result[i] = words[2 * i + 2] - words[2 * i];
  return result;
}

/** An error of opening a dataset's graph names the dataset. */
function corrupt(directory: string, error: unknown): unknown {
  if (!(error instanceof PinSageError) || !['INVALID_ARGUMENT', 'NOT_FOUND', 'FILE_CORRUPT'].includes(error.code)) {
    return error;
  }
  return new PinSageError('FILE_CORRUPT', `${join(directory, 'graph.safetensors')}: ${error.message}`, {
    cause: error,
  });
}
