import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { literal } from '@pinsage/graph';
import { PinSage } from '@pinsage/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Embeddings, embedPins, importEmbeddings } from '../src/index.js';
import { type Collection, makeCollection, PINS } from './collection.js';

const WIDTH = 10;

let collection: Collection;
/** A run, embedded. */
let run: string;
beforeAll(async () => {
  collection = await makeCollection();
  run = join(collection.directory, 'run');
  await mkdir(run);
  using model = new PinSage({ features: collection.dataset.features, width: 12, hidden: 16, output: WIDTH });
  (await embedPins(model, collection.dataset, await collection.dataset.graph(), { out: run })).close();
  await sql(
    `CREATE TABLE good AS SELECT row_number() OVER () - 1 AS row, id, CAST(embedding AS FLOAT[]) AS embedding
     FROM read_parquet(${literal(join(run, 'embeddings.parquet'))})`,
  );
});
afterAll(() => collection.close());

let connection: Awaited<ReturnType<DuckDBInstance['connect']>>;
async function sql(statement: string): Promise<void> {
  connection ??= await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run(statement);
}

const path = (name: string) => join(collection.directory, name);
const write = (query: string, to: string) => sql(`COPY (${query}) TO ${literal(to)} (FORMAT parquet)`);
const take = async (from: string, name: string, options = {}) => {
  const out = path(name);
  await mkdir(out, { recursive: true });
  return importEmbeddings(from, collection.dataset, { width: WIDTH, out, ...options });
};

describe('embeddings from Parquet', () => {
  it('are those that embedPins writes, in whatever files and order they come', async () => {
    const table = path("it's [a] table");
    await mkdir(table);
    await write('SELECT * FROM good WHERE row % 3 = 1 ORDER BY hash(row)', join(table, 'part-1.snappy.parquet'));
    await write('SELECT * FROM good WHERE row % 3 <> 1 ORDER BY row DESC', join(table, 'part-0.snappy.parquet'));
    await writeFile(join(table, '_SUCCESS'), '');
    await writeFile(join(table, '.part-0.snappy.parquet.crc'), 'crc');
    const reports: [number, number][] = [];
    const onProgress = (done: number, total: number) => reports.push([done, total]);
    using taken = await take(table, 'taken', { onProgress });
    using computed = await Embeddings.open(run);
    expect(taken.vectors).toEqual(computed.vectors);
    expect(taken.pinsChecksum).toBe(computed.pinsChecksum);
    expect(taken.digest).toBe(computed.digest);
    expect(reports.at(-1)).toEqual([PINS, PINS]);
    expect(await readdir(path('taken'))).toEqual(['embeddings.parquet', 'embeddings.safetensors']);

    // Other programs write doubles, in one file.
    await write('SELECT row::INTEGER AS row, id, embedding::DOUBLE[] AS embedding FROM good', path('one.parquet'));
    using doubles = await take(path('one.parquet'), 'taken');
    expect(doubles.vectors).toEqual(computed.vectors);
  });

  const changed = (row: number, replacement: string) =>
    `SELECT * REPLACE (CASE WHEN row = ${row} THEN ${replacement} ELSE embedding END AS embedding) FROM good`;
  const cases: [string, string, string, RegExp][] = [
    ['a pin is missing', 'SELECT * FROM good WHERE row <> 7', 'BAD_ROWS', /row 7 of the dataset is not in it\./],
    ['many are missing', 'FROM good WHERE row < 10', 'BAD_ROWS', /row 10 of the dataset is not in it, and 289 more\./],
    ['a pin is there twice', 'FROM good UNION ALL FROM good WHERE row = 8', 'BAD_ROWS', /it has row 8 twice/],
    [
      'a row is not the dataset’s',
      'SELECT * REPLACE (row + 1 AS row, NULL AS id) FROM good WHERE row = 299',
      'BAD_ROWS',
      /it has row 300, and the dataset has 0 to 299/,
    ],
    ['a row is negative', 'SELECT * REPLACE (-1 AS row) FROM good WHERE row = 9', 'BAD_ROWS', /it has row -1, and/],
    [
      'a row is null',
      'SELECT * REPLACE (NULL::BIGINT AS row) FROM good WHERE row = 9',
      'BAD_ROWS',
      /a row number is null/,
    ],
    [
      'a pin has another id',
      "SELECT * REPLACE (IF(row = 5, 'p6', id) AS id) FROM good",
      'BAD_ROWS',
      /row 5 is of the pin 'p6', and in the dataset it is 'p5'/,
    ],
    [
      'an embedding is longer',
      changed(3, 'list_append(embedding, 1)'),
      'BAD_ROWS',
      /row 3 has 11 numbers, and the model's embeddings 10/,
    ],
    ['an embedding is null', changed(3, 'NULL'), 'BAD_ROWS', /row 3 has no numbers/],
    ['a number is not one', changed(3, "[1, 2, 3, 'NaN'::FLOAT, 5, 6, 7, 8, 9, 10]"), 'NOT_FINITE', /row 3 holds NaN/],
    ['a number is null', changed(3, '[1, 2, 3, NULL, 5, 6, 7, 8, 9, 10]'), 'NOT_FINITE', /row 3 holds null/],
    [
      'a column is missing',
      'SELECT row, embedding FROM good',
      'INVALID_ARGUMENT',
      /row \(BIGINT\), embedding \(FLOAT\[\]\).*allowed: row/,
    ],
    [
      'embeddings are texts',
      'SELECT * REPLACE (embedding::VARCHAR AS embedding) FROM good',
      'INVALID_ARGUMENT',
      /embedding \(VARCHAR\)/,
    ],
  ];
  for (const [i, [what, query, code, message]] of cases.entries()) {
    it(`are refused when ${what}, and what was there stays`, async () => {
      await write(query, path(`bad-${i}.parquet`));
      using before = await take(path('one.parquet'), 'kept');
      await expect(take(path(`bad-${i}.parquet`), 'kept')).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
      });
      using after = await Embeddings.open(path('kept'));
      expect(after.digest).toBe(before.digest);
      expect(await readdir(path('kept'))).toEqual(['embeddings.parquet', 'embeddings.safetensors']);
    });
  }

  it('are refused when there is no Parquet, and not waited for when the call is aborted', async () => {
    await expect(take(path('absent'), 'kept')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(take(run.replace(/run$/, 'data/splits'), 'kept')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await mkdir(path('empty'));
    await expect(take(path('empty'), 'kept')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await writeFile(path('text.parquet'), 'row,id,embedding');
    await expect(take(path('text.parquet'), 'kept')).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
    const signal = AbortSignal.abort();
    await expect(take(path('one.parquet'), 'kept', { signal })).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
