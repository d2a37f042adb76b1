import { expect, it } from 'vitest';
import { all, expectError, generator, randomGraph } from './support.js';

const queries = { offsets: Uint32Array.of(0, 1, 1, 5), ids: Uint32Array.of(3, 0, 7, 7, 59) };

async function example() {
  const { graph } = await randomGraph(31);
  const random = generator(5);
  const weights = {
    starts: Float32Array.from({ length: 60 }, () => random() - 0.3),
    boards: Float32Array.from({ length: 25 }, random),
    ends: Float32Array.from({ length: 60 }, random),
  };
  return { graph, weights };
}

it('adds up what comes over every board', async () => {
  const { graph, weights } = await example();
  const scores = await graph.twoHopScores(queries, weights);
  expect(scores).toHaveLength(3 * 60);
  for (let query = 0; query < 3; query++) {
    const members = queries.ids.subarray(queries.offsets[query], queries.offsets[query + 1]);
    for (const pin of all(60)) {
      let sum = 0;
      for (const board of graph.boardsOf(pin)) {
        for (const member of members) {
          if (graph.pinsOf(board).includes(member)) sum += weights.boards[board] * weights.starts[member];
        }
      }
      expect(scores[60 * query + pin]).toBeCloseTo(weights.ends[pin] * sum, 5);
    }
  }
});

it('does not depend on threads', async () => {
  const { graph, weights } = await example();
  const each = { offsets: Uint32Array.from({ length: 61 }, (_, i) => i), ids: all(60) };
  const scores = await graph.twoHopScores(each, weights);
  for (const threads of [1, 2, 5]) expect(await graph.twoHopScores(each, weights, { threads })).toEqual(scores);
});

it('refuses bad input', async () => {
  const { graph, weights } = await example();
  const bad = (message: RegExp, lists: object, changes: object = {}) =>
    expectError('INVALID_ARGUMENT', message, () =>
      graph.twoHopScores({ ...queries, ...lists }, { ...weights, ...changes }),
    );
  await bad(/queries.*60/, { ids: Uint32Array.of(3, 0, 7, 7, 60) });
  await bad(/queries.*fall/, { offsets: Uint32Array.of(0, 4, 1, 5) });
  await bad(/queries\.offsets/, { offsets: new Uint32Array(0) });
  await bad(/weights\.boards is/, {}, { boards: new Float32Array(24) });
  await bad(/weights\.ends is/, {}, { ends: [1] });
});
