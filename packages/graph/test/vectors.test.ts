import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { gatherFeatures, PinSageError } from '@pinsage/native';
import { describe, expect, test } from 'vitest';
import {
  type Dataset,
  encodeFeatures,
  type FeatureColumn,
  type FeatureSpec,
  type ImportOptions,
  importDataset,
  parseFeatureSpec,
} from '../src/index.js';
import { fromHalves, toHalf } from '../src/vectors/half.js';
import { openNpy } from '../src/vectors/npy.js';
import { importAndOpen, temporaryFolder, writeFiles } from './support.js';
import { npy, safetensors } from './vector-files.js';

const EDGES = 'pin,board\n10,a\n20,a\n30,b\n';
const PINS = 'pin,title\n30,three\n10,one\n20,two\n';

/** A dataset of the pins 30, 10, 20 and the boards a, b, with the features that `specs` makes of the files' paths. */
async function vectors(
  files: Record<string, string | Uint8Array>,
  features: (path: (name: string) => string) => FeatureSpec[],
  options: Partial<ImportOptions> = {},
) {
  const folder = temporaryFolder();
  writeFiles(folder, { 'edges.csv': EDGES, 'pins.csv': PINS, ...files });
  const path = (name: string) => join(folder, name);
  return importAndOpen(folder, {
    edges: path('edges.csv'),
    pin: 'pin',
    board: 'board',
    pins: path('pins.csv'),
    features: features(path),
    ...options,
  });
}

/** The rows of a feature, as a batch gathers them. */
async function rowsOf(dataset: Dataset, column: FeatureColumn = dataset.features[0]): Promise<number[][]> {
  const pins = Uint32Array.from({ length: dataset.pins }, (_, pin) => pin);
  const [gathered] = await gatherFeatures([dataset.source(column)], pins);
  if (gathered.kind !== 'dense') return expect.fail('it is not dense');
  const { values, width } = gathered;
  return Array.from(pins, (pin) => Array.from(values.subarray(pin * width, (pin + 1) * width)));
}

async function writeParquet(path: string, query: string, options = ''): Promise<void> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  await connection.run(`COPY (${query}) TO '${path}' (FORMAT parquet${options})`);
  connection.closeSync();
  instance.closeSync();
}

const fromHalf = (half: number) => fromHalves(Uint16Array.of(half))[0];

describe('halves', () => {
  test('all of them come back', () => {
    for (let half = 0; half < 65536; half++) {
      const notANumber = (half & 0x7c00) === 0x7c00 && (half & 0x3ff) !== 0;
      if (notANumber) expect(fromHalf(half)).toBeNaN();
      else if (toHalf(fromHalf(half)) !== half) expect.fail(`${half} came back as ${toHalf(fromHalf(half))}`);
    }
    expect(toHalf(Number.NaN) & 0x7fff).toBeGreaterThan(0x7c00);
    expect([1, -2, 65504, 2 ** -24, 0.1].map(toHalf)).toEqual([0x3c00, 0xc000, 0x7bff, 1, 0x2e66]);
  });

  test('what lies between two goes to the nearest, and from the middle to the even one', () => {
    for (let half = 0; half < 0x7bff; half += 7) {
      const [low, high] = [fromHalf(half), fromHalf(half + 1)];
      const middle = (low + high) / 2; // has one bit more than a half, so it is a 32-bit float
      const step = Math.max(Math.abs(middle) * 2 ** -23, 2 ** -126);
      expect(toHalf(middle)).toBe(half % 2 === 0 ? half : half + 1);
      expect(toHalf(Math.fround(middle - step))).toBe(half);
      expect(toHalf(Math.fround(middle + step))).toBe(half + 1);
      expect(toHalf(-middle)).toBe(0x8000 | toHalf(middle));
    }
    expect(toHalf(65519.99609375)).toBe(0x7bff);
    expect(toHalf(65520)).toBe(0x7c00);
    expect(toHalf(1e30)).toBe(0x7c00);
  });
});

describe('.npy', () => {
  const numbers = [1, 0, 2, -3, 100, 5]; // of pins 30, 10, 20, two each
  const types: [string, ArrayBufferView, number[]][] = [
    ['<f2', Uint16Array.from(numbers, toHalf), numbers],
    ['<f4', Float32Array.from(numbers), numbers],
    ['<f8', Float64Array.from(numbers), numbers],
    ['|i1', Int8Array.from(numbers), numbers],
    ['|u1', Uint8Array.of(1, 0, 2, 3, 255, 5), [1, 0, 2, 3, 255, 5]],
  ];

  test.each([1, 2, 3].flatMap((version) => types.map((type) => [version, ...type] as const)))(
    'version %i of %s, a row for each of the pins file',
    async (version, descr, data, expected) => {
      const file = npy(descr, [3, 2], data, { version });
      const { dataset, report } = await vectors({ 'v.npy': file }, (path) => [
        { name: 'v', kind: 'dense', file: path('v.npy') },
      ]);
      expect(dataset.features).toMatchObject([{ name: 'v', kind: 'dense', width: 2, store: 'f16', missing: 0 }]);
      expect((await rowsOf(dataset)).flat()).toEqual(expected);
      expect(report.vectorFiles).toEqual([
        { of: 'pins', feature: 'v', file: expect.stringMatching(/v\.npy$/), vectors: 3, unknown: 0, notFinite: 0 },
      ]);
      expect(dataset.manifest.source.vectors).toEqual([report.vectorFiles[0].file]);
    },
  );

  test('rows stay with their pins where rows of the pins file are skipped, and pins of edges alone have none', async () => {
    const { dataset, report } = await vectors(
      {
        'edges.csv': 'pin,board\n40,a\n10,a\n',
        'pins.csv': 'pin,year\n30,x\n10,1\n20,2\n',
        'v.npy': npy('<f4', [3, 1], Float32Array.of(3, 1, 2)),
      },
      (path) => [
        { name: 'v', kind: 'dense', file: path('v.npy') },
        { name: 'year', kind: 'number' },
      ],
      { skipBadRows: true },
    );
    expect((await dataset.describePins([0, 1, 2], [])).map(({ id }) => id)).toEqual([10, 20, 40]);
    expect(await rowsOf(dataset)).toEqual([[1], [2], [0]]);
    expect(report.missing).toEqual({ v: 1, year: 1 });
    expect(report.vectorFiles).toMatchObject([{ vectors: 3, unknown: 1 }]);
  });

  const five = npy('<f4', [5, 1], Float32Array.of(1, 2, 9, 3, Number.NaN));
  test.each([
    ['ids.csv', 'pin\n10\n20\n99\n30\n98\n'],
    ['ids.csv', 'id,what\n10,a\n20,b\n99,c\n30,d\n,e\n'],
    ['ids.csv', 'anything\n10\n20\n99\n30\n98\n'],
    ['ids.jsonl', '{"id":"10"}\n{"id":20}\n{"id":99}\n{"id":30}\n{"id":98}\n'],
    ['ids.npy', npy('<i8', [5], BigInt64Array.of(10n, 20n, 99n, 30n, 98n))],
    ['ids.npy', npy('<u4', [5], Uint32Array.of(10, 20, 99, 30, 98))],
  ])('rows have the ids of %s', async (name, ids) => {
    const { dataset, report } = await vectors({ 'v.npy': five, [name]: ids }, (path) => [
      { name: 'v', kind: 'dense', file: path('v.npy'), ids: path(name) },
    ]);
    expect(await rowsOf(dataset)).toEqual([[3], [1], [2]]);
    expect(report.missing).toEqual({ v: 0 });
    expect(report.vectorFiles).toMatchObject([{ vectors: 5, unknown: 2, notFinite: 0 }]);
  });

  test('ids that are texts, without a pins file', async () => {
    const { dataset, report } = await vectors(
      {
        'edges.csv': 'pin,board\n007,a\nä b,a\nc,b\n',
        'v.npy': npy('<f4', [2, 2], Float32Array.of(1, 2, 3, 4)),
        'ids.csv': 'pin\n"ä b"\n007\n',
      },
      (path) => [{ name: 'v', kind: 'dense', file: path('v.npy'), ids: path('ids.csv') }],
      { pins: undefined },
    );
    expect(await rowsOf(dataset)).toEqual([
      [3, 4],
      [1, 2],
      [0, 0],
    ]);
    expect(report.missing).toEqual({ v: 1 });
  });

  test('a vector with a NaN or an infinity counts as missing', async () => {
    const data = Float64Array.of(Number.NaN, 1, 2, 3, 1e300, 4);
    const { dataset, report } = await vectors({ 'v.npy': npy('<f8', [3, 2], data) }, (path) => [
      { name: 'v', kind: 'dense', file: path('v.npy') },
    ]);
    expect(await rowsOf(dataset)).toEqual([
      [0, 0],
      [2, 3],
      [0, 0],
    ]);
    expect(dataset.features[0].missing).toBe(2);
    expect(report.vectorFiles).toMatchObject([{ vectors: 3, unknown: 0, notFinite: 2 }]);
  });
});

describe('4096 numbers a vector, in several blocks', () => {
  const pins = 700;
  const width = 4096;
  const data = Float32Array.from({ length: pins * width }, (_, i) => Math.sin(i * 0.7) * (1 + (i % 97)));
  const table = `pin\n${Array.from({ length: pins }, (_, pin) => `${pin}\n`).join('')}`;
  const importAs = (store: FeatureSpec['store']) =>
    vectors(
      { 'v.npy': npy('<f4', [pins, width], data), 'pins.csv': table, 'edges.csv': 'pin,board\n0,a\n699,a\n' },
      (path) => [{ name: 'v', kind: 'dense', file: path('v.npy'), store }],
    );

  test.each([
    ['f32', 4 * width],
    ['f16', 2 * width],
    ['i8', width + 4],
  ] as const)('as %s, %i bytes each', async (store, bytes) => {
    const { dataset } = await importAs(store);
    const [column] = dataset.features;
    expect(column).toMatchObject({ width, store, missing: 0 });
    const { files } = dataset.manifest;
    expect(Math.abs(files['features.safetensors'].bytes - pins * bytes)).toBeLessThan(1000);

    const rows = Uint32Array.of(0, 255, 256, 699);
    const [gathered] = await gatherFeatures([dataset.source(column)], rows);
    if (gathered.kind !== 'dense') return expect.fail();
    rows.forEach((row, i) => {
      const given = data.subarray(row * width, (row + 1) * width);
      const kept = gathered.values.subarray(i * width, (i + 1) * width);
      const largest = given.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      for (let j = 0; j < width; j++) {
        const error = Math.abs(kept[j] - given[j]);
        const allowed = { f32: 0, f16: Math.abs(given[j]) * 2 ** -11 + 2 ** -25, i8: (largest / 254) * 1.0001 }[store];
        if (error > allowed) expect.fail(`${given[j]} came back as ${kept[j]}`);
      }
    });
    // New pins are read as those of the dataset are.
    const raw = Array.from(rows, (row) => ({ v: data.slice(row * width, (row + 1) * width) }));
    expect(encodeFeatures(dataset.features, raw)).toEqual([gathered]);
  });
});

describe('.safetensors', () => {
  const numbers = [1, 0, 2, -3, 100, 5];
  test.each([
    ['F16', Uint16Array.from(numbers, toHalf)],
    ['BF16', Uint16Array.from(new Uint32Array(Float32Array.from(numbers).buffer), (word) => word >>> 16)],
    ['F32', Float32Array.from(numbers)],
    ['F64', Float64Array.from(numbers)],
    ['I8', Int8Array.from(numbers)],
  ])('%s, the only matrix', async (dtype, data) => {
    const file = safetensors({ other: ['F32', [1], Float32Array.of(7)], 'image.vectors': [dtype, [3, 2], data] });
    const { dataset } = await vectors({ 'v.safetensors': file }, (path) => [
      { name: 'image', kind: 'dense', file: path('v.safetensors'), store: 'f32' },
    ]);
    expect((await rowsOf(dataset)).flat()).toEqual(numbers);
  });

  test('the tensor of the feature’s name, and the ids that are beside it', async () => {
    const file = safetensors({
      ids: ['I64', [2], BigInt64Array.of(20n, 30n)],
      a: ['F32', [2, 1], Float32Array.of(1, 2)],
      b: ['F32', [2, 1], Float32Array.of(3, 4)],
    });
    const { dataset, report } = await vectors({ 'v.safetensors': file }, (path) =>
      ['a', 'b'].map((name) => ({ name, kind: 'dense', file: path('v.safetensors') })),
    );
    expect(await rowsOf(dataset)).toEqual([[2], [0], [1]]);
    expect(await rowsOf(dataset, dataset.features[1])).toEqual([[4], [0], [3]]);
    expect(report.missing).toEqual({ a: 1, b: 1 });
  });
});

describe('tables', () => {
  test.each([
    ['FLOAT[]', '[1, 0.5]::FLOAT[]'],
    ['a fixed-size array', '[1, 0.5]::FLOAT[2]'],
    ['DOUBLE[]', '[1, 0.5]::DOUBLE[]'],
    ['integers', '[1, 0]::TINYINT[]'],
  ])('a Parquet file of %s, beside ids', async (_, first) => {
    const folder = temporaryFolder();
    const file = join(folder, 'v.parquet');
    const rest = '(20, NULL), (99, [5, 5]), (30, [7, NULL])';
    await writeParquet(
      file,
      `SELECT id, vector AS whatever, 'x' AS note FROM (VALUES (10, ${first}), ${rest}) v(id, vector)`,
    );
    const { dataset, report } = await vectors({}, () => [{ name: 'v', kind: 'dense', file }]);
    expect(await rowsOf(dataset)).toEqual([
      [0, 0],
      [1, first.includes('0.5') ? 0.5 : 0],
      [0, 0],
    ]);
    expect(report.missing).toEqual({ v: 2 });
    expect(report.vectorFiles).toMatchObject([{ vectors: 3, unknown: 1, notFinite: 1 }]);
  });

  test('a query gives other names', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'v.parquet');
    await writeParquet(file, 'SELECT x AS item, [x, x] AS a, [-x] AS b FROM range(10, 40, 10) t(x)');
    const { dataset } = await vectors({}, () => [
      { name: 'v', kind: 'dense', file: `SELECT item AS pin, b AS v FROM '${file}'` },
    ]);
    expect(await rowsOf(dataset)).toEqual([[-30], [-10], [-20]]);
  });

  test('a Parquet file of vectors alone has a row for each of the pins file, over many row groups', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'v.parquet');
    const pins = 50_000;
    await writeParquet(file, `SELECT [x / 8, -x]::FLOAT[] AS v FROM range(${pins}) t(x)`, ', ROW_GROUP_SIZE 2048');
    const { dataset } = await vectors(
      { 'pins.csv': `pin\n${Array.from({ length: pins }, (_, i) => `${pins - i}\n`).join('')}` },
      () => [{ name: 'v', kind: 'dense', file, store: 'f32' }],
    );
    const rows = await rowsOf(dataset);
    for (const [i, row] of rows.entries()) if (row[0] !== i / 8 || row[1] !== -i) expect.fail(`row ${i} is ${row}`);
  });

  test('boards have vectors too, of their own file or of a column', async () => {
    const folder = temporaryFolder();
    const files = writeFiles(folder, {
      'edges.csv': EDGES,
      'boards.csv': 'board,v\nnone,"[9, 9]"\nb,"[1, 0.1]"\na,\n',
      'cover.npy': npy('<f4', [3, 1], Float32Array.of(9, 2, 1)),
    });
    const boards = await importAndOpen(folder, {
      edges: files['edges.csv'],
      pin: 'pin',
      board: 'board',
      boardsFile: files['boards.csv'],
      boardFeatures: [
        { name: 'cover', kind: 'dense', file: files['cover.npy'], store: 'i8' },
        { name: 'v', kind: 'dense', store: 'f16' },
      ],
    });
    const sources = boards.dataset.boardFeatures.map((column) => boards.dataset.boardSource(column));
    const [cover, v] = await gatherFeatures(sources, Uint32Array.of(0, 1));
    expect(cover).toMatchObject({ values: Float32Array.of(2, 1) });
    expect(v).toMatchObject({ values: Float32Array.of(1, fromHalf(toHalf(0.1)), 0, 0) });
    expect(boards.report.boardMissing).toEqual({ cover: 0, v: 1 });
    expect(boards.report.vectorFiles).toMatchObject([{ of: 'boards', feature: 'cover', vectors: 3, unknown: 1 }]);
  });
});

describe('what cannot be used', () => {
  const three = Float32Array.of(1, 2, 3);
  const good = npy('<f4', [3, 1], three);
  const matrix = ['F32', [3, 1], three] as [string, number[], Float32Array];

  test.each<[string, string, Uint8Array | string, string, RegExp]>([
    ['one dimension', 'v.npy', npy('<f4', [3], three), 'INVALID_ARGUMENT', /shape \(3\); allowed: two dimensions/],
    ['three dimensions', 'v.npy', npy('<f4', [3, 1, 1], three), 'INVALID_ARGUMENT', /shape \(3, 1, 1\)/],
    ['no numbers', 'v.npy', npy('<f4', [3, 0], new Float32Array(0)), 'INVALID_ARGUMENT', /shape \(3, 0\)/],
    ['a row too few', 'v.npy', npy('<f4', [2, 1], three.subarray(1)), 'INVALID_ARGUMENT', /2 vectors .* has 3 rows/],
    ['a row too many', 'v.npy', npy('<f4', [4, 1], new Float32Array(4)), 'INVALID_ARGUMENT', /Give their ids/],
    ['Fortran order', 'v.npy', npy('<f4', [3, 1], three, { order: 'True' }), 'INVALID_ARGUMENT', /ascontiguousarray/],
    ['big-endian numbers', 'v.npy', npy('>f4', [3, 1], three), 'INVALID_ARGUMENT', /holds >f4; .*little-endian/],
    ['objects', 'v.npy', npy('|O', [3, 1], three), 'INVALID_ARGUMENT', /holds \|O/],
    ['records', 'v.npy', npy("[('x', '<f4')]", [3, 1], three), 'INVALID_ARGUMENT', /holds records/],
    [
      '64-bit integers',
      'v.npy',
      npy('<i8', [3, 1], new BigInt64Array(3)),
      'INVALID_ARGUMENT',
      /holds I64; allowed: .*float16/,
    ],
    ['cut data', 'v.npy', good.subarray(0, -1), 'FILE_CORRUPT', /takes/],
    ['more data', 'v.npy', Buffer.concat([good, Buffer.of(0)]), 'FILE_CORRUPT', /takes/],
    ['a cut header', 'v.npy', good.subarray(0, 40), 'FILE_CORRUPT', /ends after 40 bytes/],
    ['nothing', 'v.npy', '', 'FILE_CORRUPT', /ends after 0 bytes/],
    ['text', 'v.npy', 'hello, this is no array', 'FILE_CORRUPT', /does not begin as a NumPy file/],
    ['version 4', 'v.npy', npy('<f4', [3, 1], three, { version: 4 }), 'FILE_CORRUPT', /version 4/],
    [
      'another header',
      'v.npy',
      Buffer.from(good.toString('latin1').replace('shape', 'shapf'), 'latin1'),
      'FILE_CORRUPT',
      /header cannot be read/,
    ],
    [
      'a huge header',
      'v.npy',
      npy('<f4', [3, 1], three, { version: 2 }).fill(0xff, 8, 12),
      'FILE_CORRUPT',
      /claims 4294967295/,
    ],
    ['no file', 'none.npy', '', 'FILE_NOT_FOUND', /There is no file .*none.npy/],
    ['a cut file', 'v.safetensors', safetensors({ v: matrix }).subarray(0, -1), 'FILE_CORRUPT', /cut or extended/],
    ['no matrix', 'v.safetensors', safetensors({ v: ['F32', [3], three] }), 'INVALID_ARGUMENT', /of the shape \[3\]/],
    [
      'two matrices',
      'v.safetensors',
      safetensors({ a: matrix, b: matrix }),
      'INVALID_ARGUMENT',
      /'a' \[3, 1\], 'b' \[3, 1\]; allowed: one of the name 'v'/,
    ],
    [
      'a matrix of integers',
      'v.safetensors',
      safetensors({ v: ['I64', [3, 1], new BigInt64Array(3)] }),
      'INVALID_ARGUMENT',
      /'v' of I64/,
    ],
    [
      'too few ids',
      'v.safetensors',
      safetensors({ ids: ['I64', [2], new BigInt64Array(2)], v: matrix }),
      'INVALID_ARGUMENT',
      /'ids' of I64 \[2\]/,
    ],
    [
      'ids that are no integers',
      'v.safetensors',
      safetensors({ ids: matrix, v: matrix }),
      'INVALID_ARGUMENT',
      /'ids' of F32/,
    ],
    [
      'the same id twice',
      'v.safetensors',
      safetensors({ ids: ['I32', [3], Int32Array.of(10, 20, 10)], v: matrix }),
      'BAD_ROWS',
      /more than one vector for the pin 10/,
    ],
    [
      'ids of nobody',
      'v.safetensors',
      safetensors({ ids: ['I32', [3], Int32Array.of(1, 2, 3)], v: matrix }),
      'INVALID_ARGUMENT',
      /None of the vectors .* such as 30, 10, 20/,
    ],
    [
      'numbers beyond halves',
      'v.npy',
      npy('<f4', [3, 1], Float32Array.of(1, 70000, 2)),
      'NOT_FINITE',
      /'v' holds 70000, beyond 65504/,
    ],
    ['no Parquet', 'v.parquet', 'PAR1 and more', 'FILE_CORRUPT', /v.parquet cannot be read/],
  ])('%s (%s)', async (_, name, content, code, message) => {
    await refuse(name === 'none.npy' ? {} : { [name]: content }, { file: name }, code, message);
  });

  test.each<[string, string, RegExp]>([
    [
      'SELECT 10 AS id, [1.0] AS v UNION ALL SELECT 20, [1.0, 2.0]',
      'BAD_ROWS',
      /row 2: the vector has 2 numbers, and the first one has 1/,
    ],
    ['SELECT 10 AS id, NULL::FLOAT[] AS v', 'INVALID_ARGUMENT', /no vector in 'v'/],
    [
      "SELECT 10 AS id, '[1, 2]' AS v",
      'INVALID_ARGUMENT',
      /'v' \(VARCHAR\); allowed: lists of numbers in a column 'v'/,
    ],
    ['SELECT 10 AS id, [1.0] AS a, [2.0] AS b', 'INVALID_ARGUMENT', /lists of numbers in a column 'v', or in only one/],
    ['SELECT 10 AS item, [1.0] AS v', 'INVALID_ARGUMENT', /ids in a column 'pin' or 'id'/],
    ['SELECT [1.0] AS v', 'INVALID_ARGUMENT', /1 vectors without ids, and .* has 3 rows/],
    ['SELECT 10 AS id, [1.0] AS v FROM range(2)', 'BAD_ROWS', /more than one vector for the pin 10/],
    ['SELECT nothing', 'INVALID_ARGUMENT', /file: .*nothing/],
  ])('%s', async (file, code, message) => {
    await refuse({}, { file }, code, message);
  });

  test.each<[string, string, string | Uint8Array, string, RegExp]>([
    ['too few', 'ids.csv', 'pin\n10\n20\n', 'INVALID_ARGUMENT', /an id for each of the 3 rows of .*v.npy, not 2/],
    ['too few', 'ids.npy', npy('<i8', [2], new BigInt64Array(2)), 'INVALID_ARGUMENT', /an id for each of the 3 rows/],
    ['one twice', 'ids.csv', 'pin\n10\n10\n20\n', 'BAD_ROWS', /more than one vector for the pin 10/],
    ['no column of that name', 'ids.csv', 'a,b\n1,1\n2,2\n3,3\n', 'INVALID_ARGUMENT', /no column 'pin' \(ids\)/],
    ['a line that cannot be read', 'ids.csv', 'pin\n10\n20,5\n30\n', 'BAD_ROWS', /ids.csv:3/],
    ['a matrix', 'ids.npy', good, 'INVALID_ARGUMENT', /one dimension: an id for each row/],
    [
      'texts',
      'ids.npy',
      npy('<U1', [3], three),
      'INVALID_ARGUMENT',
      /holds <U1; allowed: .*integers; ids that are texts/,
    ],
    ['floats', 'ids.npy', npy('<f4', [3], three), 'INVALID_ARGUMENT', /holds F32; allowed: .*integers/],
    ['no file', 'none.csv', '', 'FILE_NOT_FOUND', /none.csv/],
  ])('ids: %s (%s)', async (_, ids, content, code, message) => {
    const files = ids === 'none.csv' ? {} : { [ids]: content };
    await refuse({ 'v.npy': good, ...files }, { file: 'v.npy', ids }, code, message);
  });

  test('whatever bit of a .npy header flips, it is read or refused', async () => {
    const path = join(temporaryFolder(), 'v.npy');
    let refused = 0;
    for (let bit = 0; bit < 128 * 8; bit++) {
      const damaged = Buffer.from(good);
      damaged[bit >> 3] ^= 1 << (bit & 7);
      writeFileSync(path, damaged);
      try {
        const file = await openNpy(path);
        expect(await file.read(0, file.rows)).toHaveLength(file.rows * file.width);
        await file.close();
      } catch (error) {
        expect(error).toBeInstanceOf(PinSageError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(300);
  });

  test('rows without ids, where the pins file is none or cannot be read whole', async () => {
    await refuse({ 'v.npy': good }, { file: 'v.npy' }, 'INVALID_ARGUMENT', /there is no file of the pins/, {
      pins: undefined,
    });
    const pins = 'pin,title\n30,three\n10,one,more\n20,two\n';
    await refuse(
      { 'v.npy': good, 'pins.csv': pins },
      { file: 'v.npy' },
      'INVALID_ARGUMENT',
      /1 rows that cannot be read/,
      {
        skipBadRows: true,
      },
    );
  });

  test('features whose tensors would have the same name', async () => {
    const error = await vectors({ 'v.npy': good }, (path) => [
      { name: 'v', kind: 'dense', file: path('v.npy'), store: 'i8' },
      { name: 'v.scale', kind: 'dense', file: path('v.npy') },
    ]).catch((error) => error);
    expect(error).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('names whose tensors differ'),
    });
  });

  async function refuse(
    files: Record<string, string | Uint8Array>,
    spec: { file: string; ids?: string },
    code: string,
    message: RegExp,
    options: Partial<ImportOptions> = {},
  ) {
    const folder = temporaryFolder();
    const paths = writeFiles(folder, { 'edges.csv': EDGES, 'pins.csv': PINS, ...files });
    const at = (name: string) => (name.startsWith('SELECT') ? name : join(folder, name));
    const error = await importDataset({
      edges: paths['edges.csv'],
      pin: 'pin',
      board: 'board',
      pins: paths['pins.csv'],
      features: [{ name: 'v', kind: 'dense', file: at(spec.file), ...(spec.ids && { ids: at(spec.ids) }) }],
      out: join(folder, 'out'),
      ...options,
    }).catch((error) => error);
    expect(error.message).toMatch(message);
    expect(error.code).toBe(code);
    expect(readdirSync(folder).filter((name) => name.startsWith('out'))).toEqual([]);
  }
});

test('a model that knew the vectors as floats reads them as integers too', async () => {
  const { dataset } = await vectors({ 'v.npy': npy('<f4', [3, 2], Float32Array.of(1, 0, 127, -1, 2, 2)) }, (path) => [
    { name: 'v', kind: 'dense', file: path('v.npy'), store: 'i8' },
  ]);
  const known: FeatureColumn = { name: 'v', kind: 'dense', width: 2, store: 'f32', missing: 0 };
  expect((await rowsOf(dataset, known))[1]).toEqual([127, -1]);
});

test('parseFeatureSpec of vectors', () => {
  const parsed: [string, FeatureSpec][] = [
    ['image:dense=clip.npy', { name: 'image', kind: 'dense', file: 'clip.npy', store: 'f16' }],
    ['image:dense:i8=a b/clip@2.npy', { name: 'image', kind: 'dense', file: 'a b/clip@2.npy', store: 'i8' }],
    ['i:dense=c.npy@ids.csv', { name: 'i', kind: 'dense', file: 'c.npy', ids: 'ids.csv', store: 'f16' }],
    [
      'i:dense:f32=c.safetensors@i.npy',
      { name: 'i', kind: 'dense', file: 'c.safetensors', ids: 'i.npy', store: 'f32' },
    ],
    ['i:dense=c.parquet', { name: 'i', kind: 'dense', file: 'c.parquet', store: 'f16' }],
    [
      'i:dense=SELECT a AS id, v AS i FROM b',
      { name: 'i', kind: 'dense', file: 'SELECT a AS id, v AS i FROM b', store: 'f16' },
    ],
    ['vector:dense:f16', { name: 'vector', kind: 'dense', store: 'f16' }],
  ];
  for (const [text, spec] of parsed) expect(parseFeatureSpec(text)).toEqual(spec);
  for (const bad of [
    'image:dense=',
    'image:dense=clip.npz',
    'image:dense=clip.parquet@ids.csv',
    'image:dense:512',
    'image:dense:f64=clip.npy',
    'title:text=clip.npy',
    'title:text:f16',
    'year:number=clip.npy',
  ]) {
    expect(() => parseFeatureSpec(bad), bad).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  }
});
