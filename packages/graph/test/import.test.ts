import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, test } from 'vitest';
import { Dataset, type ImportOptions, importDataset } from '../src/index.js';
import { externalEdges, FILM_COLUMNS, FILMS, importAndOpen, temporaryFolder, writeFiles } from './support.js';

const EDGES = ['10-a', '10-b', '12-c', '3-b', '7-a'];

describe('what comes of an import', () => {
  test('pins keep the order of their file, then come as edges name them; boards too', async () => {
    const folder = temporaryFolder();
    const files = writeFiles(folder, FILMS);
    const { report, dataset, graph } = await importAndOpen(folder, {
      ...FILM_COLUMNS,
      edges: files['seen.csv'],
      pins: files['films.csv'],
    });
    expect(report).toMatchObject({
      pins: 5,
      boards: 3,
      edges: 5,
      duplicateEdges: 0,
      pinsWithoutEdges: 1,
      pinsNotInFile: 1,
      boardsWithoutEdges: 0,
      badRows: { count: 0, shown: [] },
      missing: { title: 1, genres: 2, year: 2, vector: 2 },
    });
    expect((await dataset.describePins([0, 1, 2, 3, 4])).map(({ id }) => id)).toEqual([10, 7, 3, 99, 12]);
    expect((await dataset.describeBoards([0, 1, 2])).map(({ id }) => id)).toEqual(['b', 'a', 'c']);
    expect(await externalEdges(dataset)).toEqual(EDGES);
    expect(Array.from(graph.arrays.times!)).toEqual([150n, 100n, 200n, 300n, 50n]);
    expect(readdirSync(report.directory).sort()).toEqual([
      'boards.parquet',
      'features.safetensors',
      'graph.safetensors',
      'manifest.json',
      'pins.parquet',
    ]);
    expect(readdirSync(folder).sort()).toEqual(['dataset', 'films.csv', 'seen.csv']);
  });

  test('without a pins file the edges name the pins', async () => {
    const folder = temporaryFolder();
    const files = writeFiles(folder, FILMS);
    const { report, dataset } = await importAndOpen(folder, {
      edges: files['seen.csv'],
      pin: 'movieId',
      board: 'userId',
    });
    expect(report).toMatchObject({ pins: 4, pinsNotInFile: 0, pinsWithoutEdges: 0 });
    expect((await dataset.describePins([0, 1, 2, 3])).map(({ id }) => id)).toEqual([3, 10, 7, 12]);
    expect(dataset.hasTimes).toBe(false);
    expect(dataset.features).toEqual([]);
  });

  test('boards of a boards file keep its order, and those without edges are left out', async () => {
    const folder = temporaryFolder();
    const files = writeFiles(folder, { ...FILMS, 'users.tsv': 'userId\tname\nempty\tNobody\na\tAnna\nb\tBo\n' });
    const { report, dataset } = await importAndOpen(folder, {
      edges: files['seen.csv'],
      pin: 'movieId',
      board: 'userId',
      boardsFile: files['users.tsv'],
    });
    expect(report.boardsWithoutEdges).toBe(1);
    expect(await dataset.describeBoards([0, 1, 2])).toEqual([
      { row: 0, id: 'a', name: 'Anna' },
      { row: 1, id: 'b', name: 'Bo' },
      { row: 2, id: 'c', name: null },
    ]);
  });

  test('the columns of the pins file stay for people, vectors aside', async () => {
    const folder = temporaryFolder();
    const files = writeFiles(folder, {
      'edges.csv': 'pin,board\n1,1\n2,1\n',
      'pins.csv': 'pin,Id,row,name,image_url,v\n1,x,y,One,http://a/1.jpg,"[1]"\n2,,,,,\n',
    });
    const { dataset } = await importAndOpen(folder, {
      edges: files['edges.csv'],
      pin: 'pin',
      board: 'board',
      pins: files['pins.csv'],
      features: [{ name: 'v', kind: 'dense' }],
    });
    expect(await dataset.describePins([0])).toEqual([
      { row: 0, id: 1, Id_2: 'x', row_2: 'y', name: 'One', image_url: 'http://a/1.jpg' },
    ]);
    expect(dataset.manifest.columns).toEqual({ title: 'name', image: 'image_url' });
  });
});

describe('kinds of input', () => {
  const json = [
    { movieId: 3, userId: 'b', when: 300 },
    { movieId: 10, userId: 'a', when: 100 },
    { movieId: 7, userId: 'a', when: 200 },
    { movieId: 10, userId: 'b', when: 150 },
    { movieId: '12', userId: 'c', when: 50, more: null },
  ]
    .map((row) => JSON.stringify(row))
    .join('\n');
  const inputs: Record<string, [string, string | Uint8Array]> = {
    csv: ['e.csv', FILMS['seen.csv']],
    'csv with \\r\\n, BOM and quotes': [
      'e.csv',
      `\ufeff${FILMS['seen.csv'].replaceAll('\n', '\r\n').replace('b,3', '"b","3"')}`,
    ],
    'csv with semicolons': ['e.csv', FILMS['seen.csv'].replaceAll(',', ';')],
    tsv: ['e.tsv', FILMS['seen.csv'].replaceAll(',', '\t')],
    'csv.gz': ['e.csv.gz', gzipSync(FILMS['seen.csv'])],
    jsonl: ['e.jsonl', json],
    'ndjson.gz with blank lines': ['e.ndjson.gz', gzipSync(json.replaceAll('\n', '\n\n'))],
    json: ['e.json', `[${json.replaceAll('\n', ',')}]`],
  };

  test.each(Object.keys(inputs))('%s', async (kind) => {
    const folder = temporaryFolder();
    const [name, content] = inputs[kind];
    const files = writeFiles(folder, { [name]: content });
    const { dataset, graph } = await importAndOpen(folder, {
      edges: files[name],
      pin: 'movieId',
      board: 'userId',
      time: 'when',
    });
    expect(await externalEdges(dataset)).toEqual(EDGES);
    expect(dataset.manifest.ids.pin.type).toBe('integer');
    expect(Array.from(graph.arrays.times!).sort()).toEqual([50n, 100n, 150n, 200n, 300n].sort());
  });

  test('Parquet with typed columns, and a query', async () => {
    const folder = temporaryFolder();
    const files = writeFiles(folder, FILMS);
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    await connection.run(`COPY (SELECT * FROM '${files['seen.csv']}') TO '${folder}/e.parquet'`);
    await connection.run(
      `COPY (SELECT movieId, title, string_split(genres, '|') AS genres, year, vector::DOUBLE[3] AS vector
       FROM '${files['films.csv']}') TO '${folder}/p.parquet'`,
    );
    connection.closeSync();
    instance.closeSync();
    const csv = await importAndOpen(join(folder, '1'), {
      ...FILM_COLUMNS,
      edges: files['seen.csv'],
      pins: files['films.csv'],
    });
    const parquet = await importAndOpen(join(folder, '2'), {
      ...FILM_COLUMNS,
      edges: `FROM '${folder}/e.parquet';`,
      pins: join(folder, 'p.parquet'),
    });
    for (const [i, feature] of csv.dataset.features.entries()) {
      expect(parquet.dataset.source(parquet.dataset.features[i])).toEqual(csv.dataset.source(feature));
    }
    expect(await externalEdges(parquet.dataset)).toEqual(EDGES);
  });

  test('several edge files are one list', async () => {
    const folder = temporaryFolder();
    const files = writeFiles(folder, { 'a.csv': 'u,m\n1,x\n', 'b.csv': 'm,u\nx,1\ny,2\n' });
    const { report, dataset } = await importAndOpen(folder, {
      edges: [files['a.csv'], files['b.csv']],
      pin: 'm',
      board: 'u',
    });
    expect(report).toMatchObject({ edges: 2, duplicateEdges: 1 });
    expect(await externalEdges(dataset)).toEqual(['x-1', 'y-2']);
  });

  test('names of files are names, not patterns', async () => {
    const folder = temporaryFolder();
    // Each is a pattern that fits the file after it, and two do not fit themselves.
    const names = ['e[1]', 'e1', 'f*', 'fx', 'g?', 'gx'];
    const contents = Object.fromEntries(
      names.flatMap((name, i) => [
        [`${name}.csv`, `p,b\n${i},x\n`],
        [`${name}.jsonl`, `{"p": ${i}, "b": "x"}\n`],
        [`${name}.json`, `[{"p": ${i}, "b": "x"}]`],
      ]),
    );
    const paths = writeFiles(folder, contents);
    for (const [i, name] of names.entries()) {
      for (const kind of ['csv', 'jsonl', 'json']) {
        const out = join(folder, `[${name}]`, kind);
        await importDataset({ edges: paths[`${name}.${kind}`], pin: 'p', board: 'b', out });
        const dataset = await Dataset.open(out);
        expect(await dataset.describePins([0], [])).toEqual([{ row: 0, id: i }]);
        expect(dataset.pins).toBe(1);
        await dataset.close();
      }
    }
  });

  test('ids that only look like numbers stay apart', async () => {
    const folder = temporaryFolder();
    const files = writeFiles(folder, { 'a.csv': 'm,u\n7,1\n007,1\n7.0,1\n-5,9223372036854775807123\n' });
    const { dataset } = await importAndOpen(folder, { edges: files['a.csv'], pin: 'm', board: 'u' });
    expect(dataset.manifest.ids).toMatchObject({ pin: { type: 'string' }, board: { type: 'string' } });
    expect(Array.from(await dataset.pinRows(['7', '007', '7.0', '-5']))).toEqual([0, 1, 2, 3]);
    expect(Array.from(await dataset.boardRows([9223372036854775807123n]))).toEqual([1]);
  });

  test('dates become seconds', async () => {
    const folder = temporaryFolder();
    const text = 'm,u,t\na,1,1970-01-02\nb,1,1970-01-01 00:00:01.5\nc,1,1970-01-01T01:00:00+01:00\nd,1,-7\n';
    const files = writeFiles(folder, { 'a.csv': text });
    const { graph } = await importAndOpen(folder, { edges: files['a.csv'], pin: 'm', board: 'u', time: 't' });
    expect(Array.from(graph.arrays.times!)).toEqual([86_400n, 1n, 0n, -7n]);
  });
});

describe('duplicate edges', () => {
  const text = 'm,u,w,t\na,1,2,9\nb,1,1,8\na,1,0.5,7\na,2,1,6\n';

  test('are merged', async () => {
    const folder = temporaryFolder();
    const files = writeFiles(folder, { 'a.csv': text });
    const { report, graph } = await importAndOpen(folder, { edges: files['a.csv'], pin: 'm', board: 'u', time: 't' });
    expect(report).toMatchObject({ edges: 3, duplicateEdges: 1 });
    expect(graph.weighted).toBe(false);
    expect(Array.from(graph.arrays.times!)).toEqual([7n, 6n, 8n]);
  });

  test('are summed, given weights or none', async () => {
    const folder = temporaryFolder();
    const files = writeFiles(folder, { 'a.csv': text });
    const sum = (name: string, weight?: string) => {
      const options = { edges: files['a.csv'], pin: 'm', board: 'u', duplicates: 'sum', weight } as const;
      return importAndOpen(join(folder, name), options);
    };
    expect(Array.from((await sum('1', 'w')).graph.arrays.pinWeights!)).toEqual([2.5, 1, 1]);
    expect(Array.from((await sum('2')).graph.arrays.pinWeights!)).toEqual([2, 1, 1]);
  });

  test('merged ones keep the first weight', async () => {
    const folder = temporaryFolder();
    const files = writeFiles(folder, { 'a.csv': text });
    const { graph } = await importAndOpen(folder, { edges: files['a.csv'], pin: 'm', board: 'u', weight: 'w' });
    expect(Array.from(graph.arrays.pinWeights!)).toEqual([2, 1, 1]);
  });
});

describe('bad rows', () => {
  /** Imports, which must fail, and says how; nothing may be left. */
  async function failure(files: Record<string, string | Uint8Array>, options: Partial<ImportOptions> = {}) {
    const folder = temporaryFolder();
    const paths = writeFiles(join(folder, 'in'), files);
    const named = Object.fromEntries(Object.keys(files).map((name) => [name.split('.')[0], paths[name]]));
    const edges = named.edges ?? writeFiles(join(folder, 'in'), { 'edges.csv': 'pin,board\n1,1\n' })['edges.csv'];
    const input: ImportOptions = {
      pin: 'pin',
      board: 'board',
      ...options,
      edges,
      pins: named.pins,
      out: join(folder, 'd'),
    };
    const error = await importDataset(input).then(
      () => expect.fail('it was imported'),
      (error) => error,
    );
    expect(readdirSync(folder)).toEqual(['in']);
    const message = (error.message as string).replaceAll(`${join(folder, 'in')}/`, '');
    return {
      code: error.code,
      message,
      value: error.value,
      skip: () => importDataset({ ...input, skipBadRows: true }),
    };
  }

  test('of edges are told with file and line, also behind rows of several lines and in gzipped files', async () => {
    const text = Buffer.concat([
      Buffer.from(
        'pin,board,w,note\n1,1,1,"two\nlines"\n\n,1,1,no pin\n2,,1,no board\n3,1,x,\n4,1,-1,\n5,1\n6,1,1,1,1\n',
      ),
      Buffer.from('7,caf\xe9,1,\n', 'latin1'),
      Buffer.from('8,1,1,"x" y\n9,1,1,"fine ""quoted"""\n10,1,,no weight\n11,1,1e-40,\n'),
    ]);
    for (const name of ['edges.csv', 'edges.csv.gz']) {
      const { code, message, skip } = await failure(
        { [name]: name.endsWith('.gz') ? gzipSync(text) : text },
        { weight: 'w' },
      );
      expect(code).toBe('BAD_ROWS');
      expect(message).toMatch(/^10 bad rows; nothing was imported/);
      expect(
        message
          .split('\n')
          .slice(1)
          .map((line) => line.trim().replace(name, '')),
      ).toEqual([
        ':9: it has 2 columns, not 4',
        ':10: it has 5 columns, not 4',
        ':11: it is not UTF-8 text',
        ':12: value with unterminated quote found',
        ":5: it has no pin (column 'pin')",
        ":6: it has no board (column 'board')",
        ":7: the weight x is not a number (column 'w')",
        ":8: the weight -1 is neither 0 nor from 1e-30 to 1e30 (column 'w')",
        ":14: the weight (empty) is not a number (column 'w')",
        ":15: the weight 1e-40 is neither 0 nor from 1e-30 to 1e30 (column 'w')",
      ]);
      const report = await skip();
      expect(report).toMatchObject({ pins: 2, edges: 2, badRows: { count: 10 } });
      expect(report.badRows.shown[2]).toMatchObject({ line: 11, reason: 'it is not UTF-8 text' });
    }
  });

  test('of JSON lines', async () => {
    const text = Buffer.concat([
      Buffer.from('{"pin": 1, "board": 1}\n\n{"pin": 1,\n'),
      Buffer.from('{"pin": 2, "board": "\xe9"}\n', 'latin1'),
      Buffer.from('[1, 1]\n{"board": 1}\n{"pin": 3, "board": 1}\n'),
    ]);
    const { code, message, skip } = await failure({ 'edges.jsonl': text });
    expect(code).toBe('BAD_ROWS');
    expect(message.split('\n').slice(1)).toEqual([
      '  edges.jsonl:3: the line is not a JSON object',
      '  edges.jsonl:4: it is not UTF-8 text',
      '  edges.jsonl:5: the line is not a JSON object',
      "  edges.jsonl:6: it has no pin (column 'pin')",
    ]);
    expect(await skip()).toMatchObject({ pins: 2, edges: 2, badRows: { count: 4 } });
  });

  test('of pins: ids, numbers and vectors', async () => {
    const pins =
      'pin,n,v\n1,5,"[1, 2]"\n,5,"[1, 2]"\n1,5,"[1, 2]"\n2,five,\n3,,"[1, 2, 3]"\n4,,"[1, x]"\n5,,"[1, null]"\n6, ,hello\n';
    const { code, message, skip } = await failure(
      { 'pins.csv': pins },
      {
        features: [
          { name: 'n', kind: 'number' },
          { name: 'v', kind: 'dense' },
        ],
      },
    );
    expect(code).toBe('BAD_ROWS');
    expect(message.split('\n').slice(1)).toEqual([
      "  pins.csv:3: it has no id (column 'pin')",
      '  pins.csv:4: the id 1 was there before',
      "  pins.csv:5: 'n' is five, not a number",
      "  pins.csv:6: 'v' has 3 numbers, and the first row with one has 2",
      "  pins.csv:7: 'v' is not a list of numbers",
      "  pins.csv:8: 'v' is not a list of numbers",
      "  pins.csv:9: 'v' is not a list of numbers",
    ]);
    expect(await skip()).toMatchObject({ pins: 1, badRows: { count: 7 } });
  });

  test.each([
    ['NaN in a vector', '1,1,"[1, nan]"', "'v' holds a NaN or an infinity"],
    ['an infinity in a vector', '1,1,"[1, -Infinity]"', "'v' holds a NaN or an infinity"],
    ['an infinite number', '1,inf,"[1, 2]"', "'n' is inf, not a finite number"],
    ['NaN', '1,NaN,"[1, 2]"', "'n' is NaN, not a finite number"],
    ['a number beyond 32-bit floats', '1,1e300,"[1, 2]"', "'n' is 1e300, not a finite number"],
  ])('%s is NOT_FINITE, with file and row', async (_, row, reason) => {
    const { code, message } = await failure(
      { 'pins.csv': `pin,n,v\n0,1,"[1, 2]"\n${row}\n` },
      {
        features: [
          { name: 'n', kind: 'number' },
          { name: 'v', kind: 'dense' },
        ],
      },
    );
    expect(code).toBe('NOT_FINITE');
    expect(message).toContain(`pins.csv:3: ${reason}`);
  });

  test('an infinite weight is NOT_FINITE, a bad time a bad row', async () => {
    const edges = { 'edges.csv': 'pin,board,w,t\n1,1,inf,soon\n' };
    expect(await failure(edges, { weight: 'w' })).toMatchObject({ code: 'NOT_FINITE' });
    const { code, message } = await failure(edges, { time: 't' });
    expect(code).toBe('BAD_ROWS');
    expect(message).toContain("edges.csv:2: the time soon is neither an integer nor a date (column 't')");
  });

  test('thousands are counted, and ten shown', async () => {
    const rows = Array.from({ length: 5000 }, (_, i) => (i % 2 === 0 ? `${i},1` : ',1'));
    const { message, value } = await failure({ 'edges.csv': `pin,board\n${rows.join('\n')}\n` });
    expect(message).toMatch(/^2500 bad rows/);
    expect(message).toMatch(/and 2490 more$/);
    expect(value).toHaveLength(10);
    expect(value[1]).toMatchObject({ line: 5 });
  });

  test('of a query or Parquet file are told by their row', async () => {
    const folder = temporaryFolder();
    const query = `SELECT * FROM (VALUES (1, 1), (NULL, 1)) AS t(pin, board)`;
    const error = await importDataset({ edges: query, pin: 'pin', board: 'board', out: join(folder, 'd') }).catch(
      (e) => e,
    );
    expect(error.message).toContain(`${query}, row 2: it has no pin`);
  });
});

describe('arguments', () => {
  async function refuse(options: Partial<ImportOptions>, files: Record<string, string | Uint8Array> = FILMS) {
    const folder = temporaryFolder();
    const paths = writeFiles(folder, files);
    const replaced = Object.fromEntries(Object.entries(options).map(([k, v]) => [k, paths[v as string] ?? v]));
    const input = { edges: paths['seen.csv'], pin: 'movieId', board: 'userId', out: join(folder, 'd'), ...replaced };
    return importDataset(input as ImportOptions).then(
      () => expect.fail('it was imported'),
      (error) => {
        expect(existsSync(join(folder, 'd'))).toBe(false);
        return error;
      },
    );
  }

  test.each([
    [{ pin: 'film' }, /no column 'film' \(pin\). Its columns are 'userId', 'movieId', 'when'/],
    [{ board: 'x' }, /no column 'x' \(board\)/],
    [{ time: 'x' }, /no column 'x' \(time\)/],
    [{ weight: 'x' }, /no column 'x' \(weight\)/],
    [{ pins: 'films.csv', pinId: 'x' }, /no column 'x' \(pinId\). Its columns are 'movieId', 'title'/],
    [{ pins: 'films.csv', features: [{ name: 'x', kind: 'text' }] }, /no column 'x' \(features\)/],
    [{ pins: 'films.csv', title: 'x' }, /no column 'x' \(title\)/],
    [
      { pins: 'films.csv', features: [{ name: 'title', kind: 'image' }] },
      /kind of feature 'title' is 'image'; allowed/,
    ],
    [
      {
        pins: 'films.csv',
        features: [
          { name: 'title', kind: 'text' },
          { name: 'title', kind: 'text' },
        ],
      },
      /each column once/,
    ],
    [
      { pins: 'films.csv', features: [{ name: 'genres', kind: 'dense' }] },
      /No row of .*films.csv has a vector in 'genres'/,
    ],
    [{ features: [{ name: 'title', kind: 'text' }] }, /none without a pins file/],
    [{ edges: [] }, /at least one file/],
    [{ edges: 'edges.xml' }, /There is no file edges.xml/],
    [{ edges: 'SELECT * FROM nowhere' }, /edges: .*nowhere/],
    [{ pin: undefined }, /pin is undefined/],
    [{ out: '' }, /out is ''/],
  ] as [Partial<ImportOptions>, RegExp][])('%j', async (options, message) => {
    expect((await refuse(options)).message).toMatch(message);
  });

  test('files that are none', async () => {
    expect(await refuse({ edges: 'e.csv' }, { 'e.csv': '' })).toMatchObject({ code: 'BAD_ROWS' });
    expect(await refuse({ edges: 'e.xml' }, { 'e.xml': 'x' })).toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await refuse({ edges: 'e.csv' }, { 'e.csv': Buffer.from([0xff, 0xfe, 0x61, 0x00]) })).toMatchObject({
      code: 'BAD_ROWS',
    });
    const cut = gzipSync(FILMS['seen.csv'].repeat(100)).subarray(0, 80);
    expect(await refuse({ edges: 'e.csv.gz' }, { 'e.csv.gz': cut })).toMatchObject({ code: 'FILE_CORRUPT' });
    expect(await refuse({ edges: 'e.parquet' }, { 'e.parquet': 'PAR1 nothing' })).toMatchObject({
      code: 'FILE_CORRUPT',
    });
    expect(await refuse({ edges: 'e.json' }, { 'e.json': '{"a": ' })).toMatchObject({ code: 'FILE_CORRUPT' });
  });

  test('what DuckDB says comes without the SQL around it', async () => {
    const query = await refuse({ edges: 'SELECT * FROM nowhere' });
    expect(query.message).toMatch(/^edges: .*nowhere does not exist!/);
    expect(query.message).not.toMatch(/DESCRIBE|LINE 1/);
    const file = await refuse({ edges: 'e.parquet' }, { 'e.parquet': 'PAR1 nothing' });
    expect(file.message).toMatch(/^\S*e\.parquet cannot be read: [^\n]*$/);
  });

  test('edges that are none make no graph', async () => {
    const error = await refuse({ edges: 'e.csv' }, { 'e.csv': 'userId,movieId\n' });
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', argument: 'edges' });
  });
});

describe('the directory', () => {
  const input = { pin: 'movieId', board: 'userId' };

  test('one that is there is refused, replaced by force, and kept when that fails', async () => {
    const folder = temporaryFolder();
    const files = writeFiles(folder, {
      ...FILMS,
      'other.csv': 'userId,movieId\nz,1\n',
      'bad.csv': 'userId,movieId\n,\n',
    });
    const out = join(folder, 'd');
    await importDataset({ ...input, edges: files['seen.csv'], out });
    const again = (options: object) => importDataset({ ...input, edges: files['other.csv'], out, ...options });
    await expect(again({})).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    await expect(again({ force: true, edges: files['bad.csv'] })).rejects.toMatchObject({ code: 'BAD_ROWS' });
    await using(out, async (dataset) => expect(dataset.edges).toBe(5));
    await again({ force: true });
    await using(out, async (dataset) => expect(dataset.edges).toBe(1));
    expect(readdirSync(folder).sort()).toEqual(['bad.csv', 'd', 'films.csv', 'other.csv', 'seen.csv']);
  });

  test('one that appears meanwhile stays, and nothing else is left', async () => {
    const folder = temporaryFolder();
    const files = writeFiles(folder, { 'e.csv': 'p,b\n1,1\n' });
    const options = { edges: files['e.csv'], pin: 'p', board: 'b', out: join(folder, 'd') };
    let other: Promise<unknown> = Promise.resolve();
    const slower = importDataset({
      ...options,
      onProgress: (done) => {
        if (done === 1) other = importDataset(options);
      },
    });
    const outcome = (promise: Promise<unknown>) =>
      promise.then(
        () => 'made',
        (error) => error.code,
      );
    const outcomes = [await outcome(slower), await outcome(other)];
    expect(outcomes.sort()).toEqual(['FILE_EXISTS', 'made']);
    await using(options.out, (dataset) => dataset.verify());
    expect(readdirSync(folder).sort()).toEqual(['d', 'e.csv']);
  });

  test('force replaces nothing but datasets', async () => {
    const folder = temporaryFolder();
    const files = writeFiles(folder, FILMS);
    const out = join(folder, 'home');
    writeFiles(out, { 'letter.txt': 'dear' });
    const run = importDataset({ ...input, edges: files['seen.csv'], out, force: true });
    await expect(run).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    expect(readFileSync(join(out, 'letter.txt'), 'utf8')).toBe('dear');
  });

  test('aborting leaves nothing, wherever it happens', async () => {
    const folder = temporaryFolder();
    const files = writeFiles(folder, FILMS);
    const before = readdirSync(folder);
    for (let step = 0; step < 8; step++) {
      const controller = new AbortController();
      const run = importDataset({
        ...FILM_COLUMNS,
        edges: files['seen.csv'],
        pins: files['films.csv'],
        out: join(folder, 'd'),
        signal: controller.signal,
        onProgress: (done) => done > step && controller.abort(),
      });
      if (step === 0) controller.abort();
      if (step < 7) await expect(run).rejects.toMatchObject({ code: 'ABORTED', name: 'AbortError' });
      else await run;
      expect(readdirSync(folder)).toEqual(step < 7 ? before : ['d', ...before]);
    }
  });

  test('aborting ends a long query at once', async () => {
    const folder = temporaryFolder();
    const controller = new AbortController();
    const edges = 'SELECT a.range % 1000 AS pin, b.range AS board FROM range(100000) a, range(100000) b';
    const run = importDataset({ edges, pin: 'pin', board: 'board', out: join(folder, 'd'), signal: controller.signal });
    setTimeout(() => controller.abort(), 200);
    const started = performance.now();
    await expect(run).rejects.toMatchObject({ code: 'ABORTED' });
    expect(performance.now() - started).toBeLessThan(3000);
    expect(readdirSync(folder)).toEqual([]);
  });

  const library = new URL('../dist/index.js', import.meta.url).href;

  test('killed, it is not there, and the next import clears up', async () => {
    const folder = temporaryFolder();
    const files = writeFiles(folder, FILMS);
    const options = { ...FILM_COLUMNS, edges: files['seen.csv'], pins: files['films.csv'], out: join(folder, 'd') };
    const program = `import { importDataset } from '${library}';
      await importDataset({ ...${JSON.stringify(options)}, onProgress: (done) => done === 6 && process.kill(process.pid, 'SIGKILL') });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' });
    expect(await new Promise((resolve) => child.on('exit', (_, signal) => resolve(signal)))).toBe('SIGKILL');
    expect(existsSync(options.out)).toBe(false);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toHaveLength(1);
    await importDataset(options);
    expect(readdirSync(folder).sort()).toEqual(['d', 'films.csv', 'seen.csv']);
  });
});

async function using(directory: string, body: (dataset: Dataset) => Promise<void>) {
  const dataset = await Dataset.open(directory);
  try {
    await body(dataset);
  } finally {
    await dataset.close();
  }
}
