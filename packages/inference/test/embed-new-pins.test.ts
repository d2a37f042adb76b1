import { PinSage, type PinSageOptions } from '@pinsage/model';
import { Graph } from '@pinsage/native';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { embedMovedPins } from '../src/embed-new-pins.js';
import { embedNewPins, embedPins } from '../src/index.js';
import { BOARDS, type Collection, expectClose, makeCollection, PINS } from './collection.js';

const neighborhoods = { walks: 50, hops: 2, neighbors: 300, seed: 5n };
const sizes = { width: 12, hidden: 16, output: 10 };

let collection: Collection;
let graph: Graph;
beforeAll(async () => {
  collection = await makeCollection();
  graph = await collection.dataset.graph();
});
afterAll(() => collection.close());

function modelOf(options: Partial<PinSageOptions> = {}): PinSage {
  return new PinSage({ features: collection.dataset.features, ...sizes, ...options });
}

const featuresOf = (pin: number) => {
  const { id: _, ...features } = collection.pins[pin];
  return features;
};

function cosine(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

describe('embedNewPins', () => {
  for (const options of [{}, { layers: 0 }, { degree: false }, { aggregator: 'max' }] as Partial<PinSageOptions>[]) {
    it(`gives a pin without boards what such a pin of the graph has, with ${JSON.stringify(options)}`, async () => {
      const model = modelOf(options);
      const { vectors } = await embedPins(model, collection.dataset, graph, { neighborhoods });
      const lonely = Array.from({ length: 10 }, (_, i) => 290 + i);
      const pins = lonely.map((pin) => ({ features: featuresOf(pin) }));
      for (const block of [3, 100]) {
        const embedded = await embedNewPins(model, collection.dataset, graph, pins, { neighborhoods, block });
        expectClose(embedded, vectors.slice(2900, 3000));
      }
      model.dispose();
    });
  }

  // A pin of the graph is among the pins of its own boards and walks come back to it, where a new pin's cannot. With one layer
  // and mean pooling over all that can be reached in a hop, that makes no difference: both see the boards' other pins.
  it('gives a pin with boards what such a pin of the graph has, when all neighbours are seen', async () => {
    const model = modelOf({ layers: 1, aggregator: 'mean' });
    const exhaustive = { walks: 4000, hops: 1, neighbors: 300, seed: 1n };
    const { vectors } = await embedPins(model, collection.dataset, graph, { neighborhoods: exhaustive });
    const chosen = [5, 40, 120, 220];
    const pins = chosen.map((pin) => ({ features: featuresOf(pin), boards: graph.boardsOf(pin) }));
    const embedded = await embedNewPins(model, collection.dataset, graph, pins, { neighborhoods: exhaustive });
    // The existing pin itself is one more neighbour of its new twin, so the twin's boards are those of a graph without it.
    const without = await withoutPins(chosen);
    const twins = await embedNewPins(model, collection.dataset, without, pins, { neighborhoods: exhaustive });
    chosen.forEach((pin, i) => {
      expectClose(twins.slice(10 * i, 10 * i + 10), vectors.slice(10 * pin, 10 * pin + 10), 0.02);
      expect(cosine(embedded.slice(10 * i, 10 * i + 10), vectors.slice(10 * pin, 10 * pin + 10))).toBeGreaterThan(0.99);
    });
    await without.close();
    model.dispose();
  });

  it('gives a pin with boards what such a pin of the graph has, when the model reads boards alone', async () => {
    const model = modelOf({ layers: 0, boardVector: true, boards: BOARDS });
    const { vectors } = await embedPins(model, collection.dataset, graph, { neighborhoods });
    const chosen = [5, 40, 120, 220];
    const pins = chosen.map((pin) => ({ features: featuresOf(pin), boards: graph.boardsOf(pin) }));
    const embedded = await embedNewPins(model, collection.dataset, graph, pins, { neighborhoods, block: 3 });
    chosen.forEach((pin, i) => {
      expectClose(embedded.slice(10 * i, 10 * i + 10), vectors.slice(10 * pin, 10 * pin + 10));
    });
    model.dispose();
  });

  it('depends on the boards, as a set', async () => {
    const model = modelOf({ degree: false });
    const features = featuresOf(8);
    const embed = (boards: number[]) =>
      embedNewPins(model, collection.dataset, graph, [{ features, boards }], { neighborhoods });
    expect(await embed([3, 9])).not.toEqual(await embed([4]));
    expect(await embed([9, 3, 9])).toEqual(await embed([3, 9]));
    model.dispose();
  });

  it('takes pins without features, and none at all', async () => {
    const model = modelOf({ pinVector: true, pins: PINS });
    const embedded = await embedNewPins(model, collection.dataset, graph, [
      { features: {} },
      { features: {}, boards: [0] },
    ]);
    expect(embedded.every((value) => Number.isFinite(value))).toBe(true);
    expect((await embedNewPins(model, collection.dataset, graph, [])).length).toBe(0);
    model.dispose();
  });

  it('refuses what it cannot use', async () => {
    const model = modelOf();
    const embed = (pin: object) => embedNewPins(model, collection.dataset, graph, [pin as never]);
    for (const boards of [[40], [-1], [0.5]]) {
      await expect(embed({ features: {}, boards })).rejects.toMatchObject({ argument: 'pins[0].boards[0]' });
    }
    for (const pin of [null, {}, { features: null }]) {
      await expect(embed(pin as never)).rejects.toMatchObject({ argument: 'pins[0]' });
    }
    await expect(embed({ features: { image: [1, 2] } })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(embed({ features: { image: [1, 2, Number.NaN] } })).rejects.toMatchObject({ code: 'NOT_FINITE' });
    await expect(embed({ features: { year: 'last' } })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    model.dispose();
  });
});

describe('embedMovedPins', () => {
  it('gives what a new pin with these features has on these boards', async () => {
    for (const options of [{}, { degree: false }, { boardVector: true, boards: BOARDS }]) {
      const model = modelOf(options);
      const chosen = [299, 0, 290, 17];
      const boards = [[3, 9], [], [0], [39, 1, 1]];
      const raw = chosen.map((pin, i) => ({ features: featuresOf(pin), boards: boards[i] }));
      const expected = await embedNewPins(model, collection.dataset, graph, raw, { neighborhoods });
      const moved = chosen.map((row, i) => ({ row, boards: boards[i] }));
      expect(await embedMovedPins(model, collection.dataset, graph, moved, { neighborhoods })).toEqual(expected);
      model.dispose();
    }
  });

  it('gives a pin its own learned vector', async () => {
    const model = modelOf({ layers: 0, pinVector: true, pins: PINS });
    const { vectors } = await embedPins(model, collection.dataset, graph, { neighborhoods });
    const moved = [5, 120].map((row) => ({ row, boards: graph.boardsOf(row) }));
    const embedded = await embedMovedPins(model, collection.dataset, graph, moved, { neighborhoods });
    expectClose(embedded, Float32Array.from([5, 120].flatMap((row) => [...vectors.slice(10 * row, 10 * row + 10)])));
    model.dispose();
  });
});

/** The graph without the edges of these pins. */
function withoutPins(left: number[]): Promise<Graph> {
  const pins: number[] = [];
  const boards: number[] = [];
  for (let pin = 0; pin < PINS; ++pin) {
    for (const board of left.includes(pin) ? [] : graph.boardsOf(pin)) {
      pins.push(pin);
      boards.push(board);
    }
  }
  const edges = { pins: Uint32Array.from(pins), boards: Uint32Array.from(boards) };
  return Graph.fromEdges(edges, { pins: PINS, boards: graph.boards });
}
