import { fold } from '@pinsage/native';
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../src/resolve-config.js';
import { SequencePairs } from '../src/sequence-pairs.js';
import { graphOf, randomBoards } from './graphs.js';

describe('SequencePairs', () => {
  const boards = randomBoards(30, 200, [1, 25]);
  // Times that have nothing to do with the order of pins' ids.
  const times = boards.map((members) => members.map((pin) => (pin * 7919) % 1009));
  const places = boards.map((members, board) => {
    const order = members.map((_, i) => i).sort((a, b) => times[board][a] - times[board][b]);
    return new Map(order.map((i, place) => [members[i], place]));
  });

  it('takes pins of one board that are near each other in time, near ones by 1/distance', async () => {
    using graph = await graphOf(boards, 200, times);
    const counts = new Array<number>(6).fill(0);
    for (let step = 0; step < 20; step++) {
      const pairs = new SequencePairs(graph, { sequence: 5, folds: 1, seed: 3 }).sample(step, 1000);
      for (let row = 0; row < 1000; row++) {
        const order = places[pairs.boards![row]];
        const [query, item] = [order.get(pairs.queries[row]), order.get(pairs.items[row])];
        expect(query).toBeDefined();
        expect(item).toBeDefined();
        counts[Math.abs(query! - item!)] += 1;
      }
    }
    expect(counts[0]).toBe(0);
    // Of pairs with room for it: places d apart are size − d, so that far ones are rarer than by the law alone.
    const sizes = boards.map((members) => members.length);
    const room = (d: number) => sizes.reduce((sum, size) => sum + Math.max(0, size - d), 0);
    const law = (d: number) => Math.log(1 + 1 / d) * room(d);
    const total = [1, 2, 3, 4, 5].reduce((sum, d) => sum + law(d), 0);
    for (const d of [1, 2, 3, 4, 5]) expect(counts[d] / 20_000).toBeCloseTo(law(d) / total, 1.7);
  });

  it('goes both ways', async () => {
    using graph = await graphOf([[4, 9]], 10, [[2, 1]]);
    const { queries, items } = new SequencePairs(graph, { sequence: 1, folds: 1, seed: 3 }).sample(0, 400);
    const forward = items.filter((item, row) => item === 4 && queries[row] === 9).length;
    expect(items.filter((item, row) => item === 9 && queries[row] === 4).length).toBe(400 - forward);
    expect(forward).toBeGreaterThan(140);
    expect(forward).toBeLessThan(260);
  });

  it('takes the item from the step’s fold, and the same pairs again', async () => {
    using graph = await graphOf(boards, 200, times);
    const source = new SequencePairs(graph, { sequence: 3, folds: 4, seed: 3 });
    const pairs = source.sample(6, 300);
    expect(source.heldOut(6)).toEqual({ folds: 4, fold: 2 });
    for (let row = 0; row < 300; row++) expect(fold(pairs.items[row], pairs.boards![row], 4)).toBe(2);
    expect(source.sample(6, 300)).toEqual(pairs);
    expect(source.sample(7, 300)).not.toEqual(pairs);
  });

  it('says how probable an item is', async () => {
    using graph = await graphOf([[0, 1, 2], [3], [1, 4]], 5, [[1, 2, 3], [1], [1, 2]]);
    const source = new SequencePairs(graph, { sequence: 2, folds: 1, seed: 0 });
    expect([...source.itemProbability]).toEqual([0.2, 0.4, 0.2, 0, 0.2]);
  });

  it('refuses a graph without times, without pairs, and sets as queries', async () => {
    const bad = { code: 'INVALID_ARGUMENT' };
    using timeless = await graphOf(boards, 200);
    const config = { sequence: 3, folds: 1, seed: 0 };
    expect(() => new SequencePairs(timeless, config)).toThrow(
      expect.objectContaining({ ...bad, argument: 'sequence' }),
    );
    using lonely = await graphOf([[1], [2]], 5, [[1], [2]]);
    expect(() => new SequencePairs(lonely, config)).toThrow(/two pins/);
    using small = await graphOf([[0, 1]], 2, [[1, 2]]);
    const held = new SequencePairs(small, { ...config, folds: 1000 });
    const empty = [0, 1, 2, 3].find((step) => ![0, 1].some((pin) => fold(pin, 0, 1000) === step))!;
    expect(() => held.sample(empty, 1)).toThrow(expect.objectContaining({ ...bad, argument: 'folds' }));
    expect(() => resolveConfig({ sequence: 3 })).toThrow(expect.objectContaining({ ...bad, argument: 'setQuery' }));
    expect(resolveConfig({ sequence: 3, setQuery: 1 }).sequence).toBe(3);
  });
});
