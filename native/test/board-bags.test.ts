import { describe, expect, it } from 'vitest';
import { type BoardBagOptions, fold, type Graph, type NewPins } from '../lib/index.js';
import { all, expectError, randomGraph } from './support.js';

const PINS = 60;
const NEW_PINS: NewPins = { offsets: Uint32Array.of(0, 3, 3, 4), boards: Uint32Array.of(0, 4, 9, 2) };

/** What the docstrings promise, written down plainly. */
function referenceBags(graph: Graph, pins: Uint32Array, { weights, heldOut, before, newPins }: BoardBagOptions) {
  const { pinOffsets, times } = graph.arrays;
  const inTime = (pin: number, i: number) =>
    before === undefined || pin >= PINS || times![Number(pinOffsets[pin]) + i] < before;
  const boards: number[] = [];
  const offsets = [0];
  const [rows, scaled]: number[][] = [[], []];
  for (const pin of pins) {
    const i = pin - PINS;
    const own =
      pin < PINS ? graph.boardsOf(pin) : newPins!.boards.subarray(newPins!.offsets[i], newPins!.offsets[i + 1]);
    const kept = [...own]
      .filter((_, edge) => inTime(pin, edge))
      .filter((board) => heldOut === undefined || fold(pin, board, heldOut.folds) !== heldOut.fold);
    const length = Math.sqrt(kept.reduce((sum, board) => sum + weights[board] ** 2, 0));
    for (const board of kept) {
      if (!boards.includes(board)) boards.push(board);
      rows.push(boards.indexOf(board));
      scaled.push(length === 0 ? 0 : weights[board] / length);
    }
    offsets.push(rows.length);
  }
  return { boards, offsets, rows, scaled };
}

describe('Graph.boardBags', () => {
  const VARIANTS: [string, Uint32Array, Partial<BoardBagOptions>][] = [
    ['all pins', all(PINS), {}],
    ['some, one twice', Uint32Array.of(7, 3, 7, 59), {}],
    ['no pins', new Uint32Array(0), {}],
    ['held-out edges', all(PINS), { heldOut: { folds: 3, fold: 1 } }],
    ['before a time', all(PINS), { before: 50n, heldOut: { folds: 3, fold: 1 } }],
    ['everything held out', all(PINS), { heldOut: { folds: 1, fold: 0 } }],
    ['new pins', Uint32Array.of(60, 1, 61, 62, 60), { newPins: NEW_PINS, before: 30n, heldOut: { folds: 2, fold: 1 } }],
  ];

  it.each(VARIANTS)('equals a plain loop: %s', async (_, pins, given) => {
    const { graph } = await randomGraph(12, false);
    const options = { ...given, weights: Float32Array.from({ length: graph.boards }, (_, board) => board % 5) };
    const expected = referenceBags(graph, pins, options);
    for (const threads of [1, 3]) {
      const bags = await graph.boardBags(pins, { ...options, threads });
      expect([...bags.boards]).toEqual(expected.boards);
      expect([...bags.offsets]).toEqual(expected.offsets);
      expect([...bags.rows]).toEqual(expected.rows);
      expect(bags.weights.length).toBe(expected.scaled.length);
      for (const [i, weight] of expected.scaled.entries()) expect(bags.weights[i]).toBeCloseTo(weight, 6);
    }
  });

  it('gathers the features of the boards that the pins are on', async () => {
    const { graph } = await randomGraph(12, false);
    const values = Float32Array.from({ length: graph.boards }, (_, board) => 10 * board);
    const { boards, features } = await graph.boardBags(Uint32Array.of(5, 9), {
      weights: new Float32Array(graph.boards).fill(1),
      features: [{ kind: 'dense', width: 1, values }],
    });
    expect(features).toEqual([{ kind: 'dense', width: 1, values: Float32Array.from(boards, (board) => 10 * board) }]);
  });

  it('refuses what is not of the graph', async () => {
    const { graph } = await randomGraph(12, false);
    const weights = new Float32Array(graph.boards);
    const none = new Uint32Array(0);
    await expectError('INVALID_ARGUMENT', /pins/, () => graph.boardBags(Uint32Array.of(60), { weights }));
    await expectError('INVALID_ARGUMENT', /weights/, () => graph.boardBags(none, { weights: new Float32Array(3) }));
    const short = { kind: 'dense' as const, width: 1, values: new Float32Array(2) };
    await expectError('INVALID_ARGUMENT', /features\[0\]/, () => graph.boardBags(none, { weights, features: [short] }));
    const heldOut = { folds: 2, fold: 2 };
    await expectError('INVALID_ARGUMENT', /heldOut\.fold/, () => graph.boardBags(none, { weights, heldOut }));
    const newPins = { offsets: Uint32Array.of(0, 1), boards: Uint32Array.of(graph.boards) };
    await expectError('INVALID_ARGUMENT', /newPins\.boards/, () => graph.boardBags(none, { weights, newPins }));
    await graph.close();
    await expectError('CLOSED', /closed/, () => graph.boardBags(none, { weights }));
  });
});
