import type { Recommender } from '@pinsage/inference';
import { type NeighborhoodSettings, neighborhoodOptions } from '@pinsage/model';
import { plainRecord } from '../json.js';
import { boardRecords } from './board-records.js';
import { contentNeighbors } from './content.js';
import { shownColumns } from './info.js';

/** Boards that are named of a pin that may be on thousands. */
const BOARDS = 40;

interface PageOptions {
  /** Pins of each list. */
  top: number;
  /** How N(u) is sampled; the defaults when the model does not say. */
  neighborhoods: NeighborhoodSettings | undefined;
  signal?: AbortSignal;
}

interface Ranked {
  rows: ArrayLike<number>;
  scores: ArrayLike<number>;
}

/** All that the explorer shows of a pin: what it is, its boards, its neighbours in three ways, and N(u). */
export async function pinPage(recommender: Recommender, row: number, options: PageOptions) {
  const { catalogue, dataset, index } = recommender;
  const { top, signal } = options;
  const columns = shownColumns(recommender);
  const boards = Array.from(catalogue.boardsOf(row), (board) => ({ board, size: catalogue.membersOf(board).length }))
    .sort((a, b) => a.size - b.size || a.board - b.board)
    .slice(0, BOARDS);
  const [embedding, walk, content, neighborhood] = await Promise.all([
    index.nearest(index.of(row), { top, exclude: [row], signal }),
    catalogue.walk({ rows: [row] }, { top, signal }),
    // What was added since the dataset was made has no content or neighbourhood in its files.
    row < dataset.pins
      ? contentNeighbors(dataset, row, { top, allowed: (other) => catalogue.isAlive(other), signal })
      : nothing,
    row < dataset.pins ? neighborhoodOf(recommender, row, options) : nothing,
  ]);
  const describe = async ({ rows, scores }: Ranked) =>
    (await catalogue.describe(rows, columns)).map((record, i) => ({
      ...plainRecord(record),
      row: rows[i],
      score: scores[i],
    }));
  return {
    pin: { ...plainRecord((await catalogue.describe([row]))[0]), row },
    boards: await boardRecords(recommender, boards),
    boardCount: catalogue.boardsOf(row).length,
    embedding: await describe(embedding),
    walk: await describe(walk),
    content: await describe(content),
    neighborhood: await describe(neighborhood),
  };
}

const nothing: Ranked = { rows: [], scores: [] };

/** The heaviest pins of N(u), in whatever order of types they come. */
async function neighborhoodOf(
  { dataset, catalogue }: Recommender,
  row: number,
  { top, neighborhoods, signal }: PageOptions,
): Promise<Ranked> {
  const graph = await dataset.graph();
  const settings = neighborhoodOptions(dataset, neighborhoods);
  const { ids, weights, counts } = await graph.neighborhoods(Uint32Array.of(row), { ...settings, signal });
  const best = Array.from({ length: counts[0] }, (_, i) => i)
    .filter((i) => catalogue.isAlive(ids[i]))
    .sort((a, b) => weights[b] - weights[a] || a - b)
    .slice(0, top);
  return { rows: best.map((i) => ids[i]), scores: best.map((i) => weights[i]) };
}
