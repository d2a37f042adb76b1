import { describe, expect, it } from 'vitest';
import { type Batch, type FeatureSource, type GatheredFeature, gatherFeatures, release } from '../lib/index.js';
import { all, expectError, randomGraph } from './support.js';

const WIDTH = 256;
const ROWS = 6000;

/** Row r holds r·width, r·width + 1, … of the type; more than 4 MiB, so that its memory is pooled. */
function table(dtype: 'f32' | 'f16' | 'i8' = 'f32', rows = ROWS, width = WIDTH): FeatureSource {
  const Values = { f32: Float32Array, f16: Uint16Array, i8: Int8Array }[dtype];
  const values = new Values(rows * width).map((_, i) => i % 120);
  return { kind: 'dense', width, values, dtype, ...(dtype === 'i8' && { scale: 0.5 }) } as FeatureSource;
}

const every = (step: number, count = 5000, rows = ROWS) =>
  Uint32Array.from({ length: count }, (_, i) => (i * step) % rows);

const valuesOf = (features: GatheredFeature[], i = 0) => (features[i] as { values: Float32Array }).values;

/** Quick for large arrays, of which toEqual looks at every element. */
const same = (a: ArrayBufferView, b: ArrayBufferView) => Buffer.compare(bytes(a), bytes(b)) === 0;
const bytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => Buffer.from(buffer, byteOffset, byteLength);

describe('gatherFeatures into an earlier result', () => {
  it.each(['f32', 'f16', 'i8'] as const)('equals a new result: %s', async (dtype) => {
    const sources = [table(dtype), table('f32', ROWS, 3)];
    const out = await gatherFeatures(sources, every(7));
    const [first, second] = out;
    for (const threads of [1, 2, 5]) {
      const pins = every(10 + threads);
      expect(await gatherFeatures(sources, pins, { out, threads })).toBe(out);
      const expected = await gatherFeatures(sources, pins);
      for (const i of [0, 1]) expect(same(valuesOf(out, i), valuesOf(expected, i))).toBe(true);
      expect([out[0], out[1]]).toEqual([first, second]);
    }
  });

  it('is refused where it does not fit', async () => {
    const [dense] = [table('f32', 100, 4)];
    const bag: FeatureSource = {
      kind: 'bag',
      offsets: new BigUint64Array(101),
      rows: new Uint32Array(0),
      weights: new Float32Array(0),
    };
    const make = () => gatherFeatures([dense], all(10));
    const bad = (message: RegExp, out: unknown, sources = [dense], pins = all(10)) =>
      expectError('INVALID_ARGUMENT', message, () => gatherFeatures(sources, pins, { out: out as GatheredFeature[] }));
    const fresh = [{ kind: 'dense', width: 4, values: new Float32Array(40) }];
    await bad(/out is a Array; allowed: a result of gatherFeatures that is neither released nor being filled/, fresh);
    await bad(/out is null/, null);
    await bad(/out is 7/, 7);
    await bad(/out is a Array; allowed: a result of 2 features/, await make(), [dense, dense]);
    await bad(
      /out\[0\]\.values is a Float32Array of 40; allowed: a Float32Array of 44/,
      await make(),
      [dense],
      all(11),
    );
    await bad(/out\[0\]\.width is 4; allowed: 8/, await make(), [table('f32', 100, 8)], all(5));
    await bad(/out\[0\] is a Object; allowed: a dense feature of a dense source/, await make(), [bag]);
    await bad(/out\[0\] is a Object; allowed: a dense feature/, await gatherFeatures([bag], all(10)));
    const changed = await make();
    changed[0] = fresh[0] as GatheredFeature;
    await bad(/out\[0\]\.values is a Float32Array of 40; allowed: the array that was in the result/, changed);
    const released = await make();
    release(released);
    await bad(/neither released nor being filled/, released);
  });

  it('is refused where a source or the pins share its memory', async () => {
    const out = await gatherFeatures([table('f32', 100, 4)], all(100));
    const itself: FeatureSource = { kind: 'dense', width: 4, values: valuesOf(out) };
    const pins = new Uint32Array(valuesOf(out).buffer, 0, 100).fill(1);
    for (const [source, rows] of [
      [itself, all(100)],
      [table('f32', 100, 4), pins],
    ] as const) {
      await expectError('INVALID_ARGUMENT', /out\[0\]\.values is .*; allowed: an array whose memory neither/, () =>
        gatherFeatures([source], rows, { out }),
      );
    }
  });

  it('belongs to one call at a time, and to nobody less after a failure', async () => {
    const source = table();
    const out = await gatherFeatures([source], every(3));
    const running = gatherFeatures([source], every(5), { out });
    await expectError('INVALID_ARGUMENT', /being filled/, () => gatherFeatures([source], every(7), { out }));
    await expectError('INVALID_ARGUMENT', /result is a Array/, () => release(out));
    await running;
    await expectError('INVALID_ARGUMENT', /pins\[0\]/, () => gatherFeatures([source], Uint32Array.of(ROWS), { out }));
    const aborted = AbortSignal.abort();
    await expectError('ABORTED', /aborted/, () => gatherFeatures([source], every(7), { out, signal: aborted }));
    await gatherFeatures([source], every(7), { out });
    expect(same(valuesOf(out), valuesOf(await gatherFeatures([source], every(7))))).toBe(true);
  });
});

describe('release', () => {
  it('empties a result, and the next ones are right', async () => {
    const { graph } = await randomGraph(12, false, 2000, 300, 20_000);
    const features = [table('f32', 2000)];
    const options = { layers: 2, neighbors: 10, features };
    const expected = await graph.batch(all(1500), options);
    for (let round = 0; round < 5; round++) {
      const batch = await graph.batch(all(1500), options);
      expect({ ...batch, features: [] }).toEqual({ ...expected, features: [] });
      expect(same(valuesOf(batch.features), valuesOf(expected.features))).toBe(true);
      release(batch);
      const arrays = [batch.pins, batch.rootRows, batch.neighbors, batch.weights, valuesOf(batch.features)];
      expect(arrays.map((array) => array.length)).toEqual([0, 0, 0, 0, 0]);
    }
  });

  it('takes scores of PageRank, whose memory the next ones have', async () => {
    const { graph } = await randomGraph(13, false, 20_000, 300, 50_000);
    const queries = all(100);
    const expected = (await graph.pageRank(queries)).slice();
    for (let round = 0; round < 5; round++) {
      const scores = await graph.pageRank(queries);
      expect(same(scores, expected)).toBe(true);
      release(scores);
      expect(scores.length).toBe(0);
    }
  });

  it('leaves a running call what it reads', async () => {
    const source = table();
    const expected = valuesOf(await gatherFeatures([source], every(3)));
    for (let round = 0; round < 20; round++) {
      const middle = await gatherFeatures([source], every(3));
      const read: FeatureSource = { kind: 'dense', width: WIDTH, values: valuesOf(middle) };
      const running = gatherFeatures([read], all(5000));
      release(middle);
      // Would have the memory at once, were it free.
      await new Promise((resolve) => setImmediate(resolve));
      const others = gatherFeatures([source], every(11));
      expect(same(valuesOf(await running), expected)).toBe(true);
      release(await others);
    }
  });

  it('takes only results, and each of them once', async () => {
    const bad = (result: unknown) =>
      expectError('INVALID_ARGUMENT', /result is .*; allowed: a result of Graph\.batch/, () =>
        release(result as Batch),
      );
    const result = await gatherFeatures([table('f32', 10)], all(10));
    await bad([...result]);
    await bad({});
    await bad(undefined);
    release(result);
    await bad(result);
  });
});
