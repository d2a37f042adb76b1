import { once } from 'node:events';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { embedPins } from '@pinsage/inference';
import { PinSage } from '@pinsage/model';
import { type DataType, Field, Float32, Float64, Int32, List, type RecordBatch, Utf8 } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serve } from '../src/index.js';
import { embedByPlan } from './plan.js';
import { type Collection, ended, largestDifference, makeCollection, PINS, startWorker } from './support.js';
import { batches, intsType, pinType, type Row, streamOf, WorkerCalls } from './worker-calls.js';

let collection: Collection;
let model: string;
beforeAll(async () => {
  collection = await makeCollection();
  model = join(await collection.run('run'), 'model.safetensors');
});
afterAll(() => collection.close());

const dataset = () => collection.dataset.directory;
const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
const empty = { blocks: null, vector: null, targets: null };

describe('the layers, block by block', () => {
  const variants = [
    {},
    { layers: 0 },
    { layers: 1 },
    { layers: 3, residual: false, similarity: 'dot' as const },
    { aggregator: 'max' as const },
  ];
  for (const [i, options] of variants.entries()) {
    it(`give what one machine does with ${JSON.stringify(options)}`, async () => {
      const path = join(await collection.run(`variant-${i}`, options), 'model.safetensors');
      const worker = new WorkerCalls();
      using loaded = await PinSage.load(path);
      const { layers, residual } = loaded.config;
      const found = await embedByPlan(worker, {
        pins: PINS,
        model: path,
        dataset: dataset(),
        layers,
        residual,
        blocks: 3,
      });
      await worker.close();
      const expected = await embedPins(loaded, collection.dataset, await collection.dataset.graph());
      expect(largestDifference(found, expected.vectors)).toBeLessThan(1e-5);
    });
  }
});

describe('features that come with the pins', () => {
  const list = (type: DataType) => new List(new Field('element', type));
  const types = {
    pin: pinType,
    blocks: intsType,
    id: new Utf8(),
    feature0: new Utf8(),
    feature1: list(new Utf8()),
    feature2: new Float64(),
    feature3: list(new Float32()),
    degree: new Int32(),
  };
  let rows: Row[];
  beforeAll(async () => {
    const degrees = (await collection.dataset.graph()).pinDegrees();
    rows = collection.pins.map(({ id, title, genres, year, image }, pin) => ({
      pin: BigInt(pin),
      blocks: [pin % 3, 7],
      id,
      feature0: title,
      feature1: (genres as string | null)?.split('|') ?? null,
      feature2: year,
      feature3: image,
      degree: degrees[pin],
    }));
  });

  const variants = [{}, { degree: false }, { pinVector: true, pins: PINS }, { layers: 0 }];
  for (const [i, options] of variants.entries()) {
    it(`give the bits that those of the dataset give with ${JSON.stringify(options)}`, async () => {
      const path = join(await collection.run(`encoded-${i}`, options), 'model.safetensors');
      const worker = new WorkerCalls();
      const own = rows.map(({ pin, blocks }) => ({ pin, blocks }));
      const wanted = await worker.call({ op: 'inputs', model: path, dataset: dataset() }, batches(own));
      const asTexts = rows.map((row) => ({ ...row, feature1: (row.feature1 as string[] | null)?.join('|') ?? null }));
      for (const [given, feature1] of [
        [rows, types.feature1],
        [asTexts, new Utf8()],
      ] as const) {
        const found = await worker.call({ op: 'encode', model: path }, batches(given, 64, { ...types, feature1 }));
        expect(found.map(values)).toEqual(wanted.map(values));
      }
      await worker.close();
    });
  }
  const values = (row: Row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name,
        typeof value === 'object' ? [...(value as Iterable<number>)] : value,
      ]),
    );

  const refused: [string, Row, Record<string, DataType>, RegExp][] = [
    ['a vector of another length', { feature3: [1, 2] }, {}, /pin 'p4'\.image is .*; allowed: 3 numbers/],
    ['a number that is missing in a vector', { feature3: [1, null, 3] }, {}, /pin 'p4'\.image is .*; allowed: numbers/],
    ['a number that is not one', { feature2: Number.NaN }, {}, /pin 'p4'\.year holds NaN/],
    [
      'a column of another type',
      { feature0: 5 },
      { feature0: new Int32() },
      /column feature0 \('title'\) is 'Int32'; allowed: string/,
    ],
  ];
  for (const [what, replacement, type, message] of refused) {
    it(`are refused for ${what}`, async () => {
      const input = batches([{ ...rows[4], ...replacement }], 1, { ...types, ...type });
      const frames = streamOf({ threads: 1, op: 'encode', model }, input);
      await expect(serve(Readable.from(frames), new PassThrough().resume())).rejects.toThrow(message);
    });
  }
  it('are refused without a column', async () => {
    const { feature2: _, ...row } = rows[4];
    const frames = streamOf({ threads: 1, op: 'encode', model }, batches([row], 1, types));
    await expect(serve(Readable.from(frames), new PassThrough().resume())).rejects.toThrow(
      /column feature2 \('year'\) is 'missing'; allowed: double/,
    );
  });
});

describe('pooling', () => {
  it('sums over all batches, by weight, and passes on where a pin is wanted', async () => {
    const worker = new WorkerCalls();
    const vector = (value: number) => floats(...Array.from({ length: 16 }, (_, k) => value + k));
    const seen = [1, 2, 3].flatMap((value) => [
      { ...empty, kind: 2, pin: BigInt(value), targets: [{ pin: 2n ** 40n, weight: value }] },
      { ...empty, kind: 3, pin: BigInt(value), vector: vector(10 * value) },
    ]);
    const own = [2n ** 40n, 2n ** 40n + 1n].map((pin) => ({ ...empty, kind: 0, pin, blocks: [4, 7] }));
    const rows = [...own, ...seen].map(({ kind, pin, ...others }) => ({ kind, pin, ...others }));
    const [pooled, without] = await worker.call({ op: 'pool', model }, batches(rows, 3));
    await worker.close();
    expect(pooled.pin).toBe(2n ** 40n);
    expect([...(pooled.blocks as Iterable<number>)]).toEqual([4, 7]);
    const numbers = ({ seen }: Row) => [...new Float32Array((seen as Uint8Array).slice().buffer)];
    expect(numbers(pooled)[0]).toBeCloseTo((1 * 10 + 2 * 20 + 3 * 30) / 6, 5);
    expect(numbers(without)).toEqual(new Array(16).fill(0));
  });
});

describe('a stream that cannot be used', () => {
  const rows = (...given: Row[]) => batches(given.map((row) => ({ kind: 0, pin: 0n, ...empty, ...row })));
  const own = { kind: 0, pin: 5n, vector: floats(...new Array(12).fill(0)) };
  const targets = { kind: 2, pin: 9n, targets: [{ pin: 5n, weight: 1 }] };
  const seen = { kind: 3, pin: 9n, vector: floats(...new Array(16).fill(0)) };
  const convolve = { op: 'convolve', layer: 0 };
  const cases: [string, object, () => RecordBatch[], RegExp][] = [
    [
      'an unknown operation',
      { op: 'sort' },
      () => rows(own),
      /op is 'sort'; allowed: neighborhoods \| inputs \| encode/,
    ],
    ['a model that is not there', { ...convolve, model: '/none' }, () => rows(own), /\/none/],
    [
      'a layer that the model lacks',
      { op: 'convolve', layer: 2 },
      () => rows(own),
      /layer is 2; allowed: an integer from 0 to 1/,
    ],
    ['a column that is missing', convolve, () => batches([{ pin: 1n }]), /column kind is 'missing'; allowed: int/],
    [
      'a column of another type',
      { op: 'inputs' },
      () => batches([{ pin: '1' }], 1, { pin: new Utf8() }),
      /column pin is 'Utf8'; allowed: bigint/,
    ],
    [
      'integers of another size',
      { op: 'inputs' },
      () => batches([{ pin: 1 }], 1, { pin: new Int32() }),
      /column pin is 'Int32'; allowed: bigint/,
    ],
    [
      'a null',
      { op: 'neighborhoods' },
      () => batches([{ pin: null }], 1, { pin: pinType }),
      /column pin is null; allowed: no nulls/,
    ],
    [
      'a pin that the dataset lacks',
      { op: 'neighborhoods' },
      () => batches([{ pin: 300n }]),
      /pin is 300; allowed: 0 to 299/,
    ],
    [
      'a vector of another length',
      convolve,
      () => rows({ ...own, vector: floats(1, 2) }),
      /vector has 8 bytes; allowed: 48/,
    ],
    ['a neighbour without a vector', convolve, () => rows(own, targets), /pin 9 is a neighbour and has no vector/],
    [
      'a neighbour with another one’s vector',
      convolve,
      () => rows(own, targets, { ...seen, pin: 10n }),
      /pin 9 is a neighbour and has no/,
    ],
    ['a vector that nobody wants', convolve, () => rows(own, seen), /pin 9 has a vector that no pin wants/],
    [
      'neighbours of a pin elsewhere',
      convolve,
      () => rows({ ...own, pin: 4n }, targets, seen),
      /pin 5 has neighbours and is not in its block/,
    ],
    ['rows in another order', convolve, () => rows({ ...own, pin: 6n }, own), /pin 5 \(0\) comes after pin 6 \(0\)/],
    ['a pin twice', convolve, () => rows(own, own), /pin 5 \(0\) comes after pin 5 \(0\)/],
    ['a row of another kind', convolve, () => rows({ ...own, kind: 4 }), /a row is of kind 4/],
  ];
  for (const [name, stage, input, message] of cases) {
    it(`is refused for ${name}`, async () => {
      const frames = streamOf({ threads: 1, model, dataset: dataset(), ...stage }, input());
      await expect(serve(Readable.from(frames), new PassThrough().resume())).rejects.toThrow(message);
    });
  }

  it('ends the process with its reason', async () => {
    const process = startWorker();
    const end = ended(process);
    process.stdin.write(Buffer.concat(streamOf({ op: 'pool', threads: 1, model: '/none' }, [])));
    const { status, stderr } = await end;
    expect(stderr).toMatch(/\/none.*\[FILE_NOT_FOUND\]/);
    expect(status).toBe(1);
  });

  it('is refused when it is cut off', async () => {
    const whole = Buffer.concat(streamOf({ op: 'pool', threads: 1, model }, rows(own)));
    const cuts = [
      [3, /ends within a frame/],
      [20, /ends within a frame/],
      [whole.length - 4, /ends within a stream/],
    ] as const;
    for (const [end, reason] of cuts) {
      const input = Readable.from([whole.subarray(0, end)]);
      await expect(serve(input, new PassThrough().resume())).rejects.toThrow(reason);
    }
    await serve(Readable.from([whole]), new PassThrough().resume());
  });
});

it('reads no further than what it has written', async () => {
  const frames = 200;
  let read = 0;
  const [batch] = batches(
    Array.from({ length: PINS }, (_, pin) => ({ pin: BigInt(pin), blocks: [1] })),
    PINS,
  );
  const [stage, one, end] = streamOf({ op: 'inputs', threads: 1, model, dataset: dataset() }, [batch]);
  const input = async function* () {
    yield stage;
    for (; read < frames; ++read) yield one;
    yield end;
  };
  // Takes one piece, and nothing more until it is told to.
  let written = 0;
  let first: () => void;
  const held = new Promise<void>((resolve) => {
    first = resolve;
  });
  let release: () => void;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const output = new Writable({
    highWaterMark: 1,
    write(chunk, _, done) {
      written += chunk.length;
      first();
      released.then(() => done());
    },
  });
  const done = serve(Readable.from(input(), { highWaterMark: 1 }), output);
  await held;
  await setTimeout(200);
  expect(read).toBeLessThan(8);
  release!();
  await done;
  expect(read).toBe(frames);
  expect(written).toBeGreaterThan(frames * PINS * 28 * 4);
});

it('ends when nobody reads its answers any more', async () => {
  const worker = new WorkerCalls();
  const exit = once(worker.process, 'exit');
  worker.process.stdin.on('error', () => {});
  worker.process.stdout.destroy();
  const some = batches(Array.from({ length: PINS }, (_, pin) => ({ pin: BigInt(pin) })));
  await worker.write({ op: 'neighborhoods', model, dataset: dataset() }, some);
  await exit;
});

it('describes a dataset and a run, or says why it cannot', async () => {
  const { stdout } = await ended(startWorker('describe', dataset(), join(collection.directory, 'run')));
  expect(JSON.parse(stdout)).toMatchObject({ pins: PINS, model, layers: 2, aggregator: 'importance', residual: true });
  const without = await ended(startWorker('describe', dataset(), collection.directory));
  expect(without).toMatchObject({ status: 1, stderr: expect.stringContaining('is not a run') });
  expect(await ended(startWorker('explain'))).toMatchObject({ status: 2, stderr: expect.stringContaining('usage') });
});
