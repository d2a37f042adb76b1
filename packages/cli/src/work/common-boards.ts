import type { Dataset } from '@pinsage/graph';
import { boardCards } from './cards.js';

const SHOWN = 3;

/** Titles of boards that both pins are on, the smallest boards first: they say most. Empty when boards have no titles. */
export async function commonBoards(dataset: Dataset, pin: number, others: ArrayLike<number>): Promise<string[][]> {
  if (dataset.manifest.columns.boardTitle === undefined) return Array.from(others, () => []);
  const graph = await dataset.graph();
  const own = new Set(graph.boardsOf(pin));
  const common = Array.from(others, (other) =>
    Array.from(graph.boardsOf(other))
      .filter((board) => own.has(board))
      .sort((a, b) => graph.pinsOf(a).length - graph.pinsOf(b).length || a - b),
  );
  const boards = [...new Set(common.flat())];
  const cards = await boardCards(dataset, boards);
  const titles = new Map(boards.map((board, index) => [board, cards[index].title]));
  return common.map((row) => [...new Set(row.map((board) => titles.get(board) as string))].slice(0, SHOWN));
}
