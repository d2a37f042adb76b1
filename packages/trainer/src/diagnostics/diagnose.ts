import { checkChoice, checkInteger, checkNumber, type Edges, invalidArgument, type TaskOptions } from '@pinsage/native';
import { type BaselineName, baselineNames, createBaseline } from '../baselines/index.js';
import { EmbeddingMethod } from '../embedding-method.js';
import type { EvaluationData } from '../evaluate.js';
import { listCount } from '../lists.js';
import type { Method, Ranking } from '../method.js';
import type { BootstrapOptions } from '../metrics/index.js';
import { RandomStream } from '../random.js';
import { homeTask, relatedTask, type Task } from '../tasks.js';
import { Bins } from './bins.js';
import { extremes, type QueryCase } from './extremes.js';
import { type Geometry, geometry } from './geometry.js';
import { type Hubness, hubness } from './hubness.js';
import { meanLogDegree, type PopularityBias, popularityBias } from './popularity-bias.js';
import { type MethodRanks, type Slice, slices } from './slices.js';

const TOP = 20;
const SAMPLE = 2000; // pins whose geometry is looked at: their pairs take a second
const SHOWN = 10; // worst and best queries
const BOARD_SIZES = new Bins([1, 3, 6, 11, 31, 101]);
const PIN_DEGREES = new Bins([0, 1, 2, 4, 11]);

export interface DiagnoseOptions extends TaskOptions, BootstrapOptions {
  /** A method to show beside the embeddings, such as the best one of an evaluation. Default: none. */
  baseline?: BaselineName;
  /** Home feeds, and pairs for the alignment, at most; the same random sample as evaluate()'s. Default 2000. */
  queries?: number;
}

/** What is behind the means of an evaluation. Pins and boards are rows. */
export interface Diagnostics {
  seed: number;
  geometry: Geometry;
  hubness: Hubness;
  /** null when no held-out edge can be asked for. */
  home: HomeDiagnostics | null;
}

/** Home feeds: a board's known pins → its held-out pins. */
export interface HomeDiagnostics {
  queries: number;
  /** 'pinsage', and the baseline if there is one. */
  methods: string[];
  /** By pins that are known to be on the board. */
  byBoardSize: Slice[];
  /** By edges of the held-out pin that are known. */
  byPinDegree: Slice[];
  /** Warm: all held-out pins with edges elsewhere; cold: those whose edges are all held out. */
  byWarmth: Slice[];
  /** Mean of ln(1 + degree) of all pins, and of the pins that should be found. */
  logDegree: { catalogue: number; targets: number };
  /** Of each method's first 20. */
  recommendations: ({ method: string } & PopularityBias)[];
  worst: QueryCase[];
  best: QueryCase[];
}

/**
 * Looks behind a model's metrics: where home feeds fail, whether embeddings have collapsed, hubs, coverage and popularity bias, the worst
 * and the best queries. Bounded for any catalogue: 2000 pins for geometry, 20,000 among themselves and 2000 against all for
 * hubness, and `queries` home feeds.
 *
 * @param embeddings of all pins, [pins, width], on the graph that training saw
 * @throws INVALID_ARGUMENT · NOT_FINITE for embeddings that are not numbers
 */
export async function diagnose(
  embeddings: { vectors: Float32Array; width: number },
  data: EvaluationData,
  options: DiagnoseOptions = {},
): Promise<Diagnostics> {
  const { baseline, queries = 2000, resamples = 1000, confidence = 0.95, seed = 0, signal, threads } = options;
  checkInteger('queries', queries, 1, 2 ** 31);
  checkInteger('resamples', resamples, 1, 1_000_000);
  checkNumber('confidence', confidence, 0.5, 0.9999);
  checkInteger('seed', seed, 0, Number.MAX_SAFE_INTEGER);
  if (baseline !== undefined) checkChoice('baseline', baseline, baselineNames);
  const { pins } = data.train;
  if (pins < 2 || embeddings.vectors.length !== pins * embeddings.width) {
    throw invalidArgument(
      'embeddings.vectors',
      embeddings.vectors,
      `a row of ${embeddings.width} for each of ${pins} pins, 2 at least`,
    );
  }
  const methods: Method[] = [new EmbeddingMethod('pinsage', embeddings.vectors, embeddings.width)];
  const other = baseline && (await createBaseline(baseline, data.dataset, data.train, { signal, threads }));
  if (other) methods.push(other);

  const pairs = relatedTask(data.train, data.test, { queries, seed });
  const hubs = await hubness(embeddings, new RandomStream(seed, 'diagnostics', 0), { signal, threads });
  const sample = new RandomStream(seed, 'diagnostics', 1).sample(pins, SAMPLE);
  return {
    seed,
    geometry: geometry(embeddings, sample, { left: pairs.members.ids, right: pairs.targets.ids }),
    hubness: hubs,
    home: await diagnoseHome(methods, data, { queries, resamples, confidence, seed, signal, threads }),
  };
}

type HomeOptions = Required<BootstrapOptions> & { queries: number } & TaskOptions;

async function diagnoseHome(
  methods: Method[],
  { train, test, validation, coldEdges }: EvaluationData,
  options: HomeOptions,
): Promise<HomeDiagnostics | null> {
  const task = homeTask(train, test, validation, options);
  const queries = listCount(task.targets);
  if (queries === 0) return null;
  const cold = coldEdges && homeTask(train, coldEdges, validation ? joined(test, validation) : test, options);
  const rankings = await rankAll(methods, task, options);
  const degrees = train.pinDegrees();
  const ranks: MethodRanks[] = rankings.map(({ ranks }, i) => ({ method: methods[i].name, ranks }));
  const sizeOf = (query: number) => task.members.offsets[query + 1] - task.members.offsets[query];
  const slicesBy = (bins: Bins, value: (query: number, pin: number) => number) =>
    slices(task.targets, ranks, bins.labels, (query, pin) => bins.of(value(query, pin)), options);
  return {
    queries,
    methods: methods.map(({ name }) => name),
    byBoardSize: slicesBy(BOARD_SIZES, sizeOf),
    byPinDegree: slicesBy(PIN_DEGREES, (_, pin) => degrees[pin]),
    byWarmth: [
      ...slices(task.targets, ranks, ['warm'], () => 0, options),
      ...(cold ? await coldSlice(methods, cold, options) : []),
    ],
    logDegree: {
      catalogue: meanLogDegree(Uint32Array.from(degrees.keys()), degrees),
      targets: meanLogDegree(task.targets.ids, degrees),
    },
    recommendations: rankings.map(({ top }, i) => ({ method: methods[i].name, ...popularityBias(top, degrees) })),
    ...extremes(task, task.boards as Uint32Array, rankings[0], SHOWN),
  };
}

async function coldSlice(methods: Method[], task: Task, options: HomeOptions): Promise<Slice[]> {
  if (listCount(task.targets) === 0) return [];
  const rankings = await rankAll(methods, task, options);
  const ranks = rankings.map(({ ranks }, i) => ({ method: methods[i].name, ranks }));
  return slices(task.targets, ranks, ['cold'], () => 0, options);
}

async function rankAll(methods: Method[], task: Task, { seed, signal, threads }: HomeOptions): Promise<Ranking[]> {
  const rankings: Ranking[] = [];
  for (const method of methods) rankings.push(await method.rank(task, { top: TOP, seed, signal, threads }));
  return rankings;
}

function joined(a: Edges, b: Edges): Edges {
  return { pins: concatenated(a.pins, b.pins), boards: concatenated(a.boards, b.boards) };
}

function concatenated(a: Uint32Array, b: Uint32Array): Uint32Array {
  const both = new Uint32Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
