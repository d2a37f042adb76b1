import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Dataset, importDataset, locateDatasets, prepareCollection, Split } from '@pinsage/graph';

const csv = (file) => `read_csv('${file.replaceAll("'", "''")}', header=true, all_varchar=true)`;
/** The fields of MovieLens-1M's files, which stand between two colons each. */
const dat = (file, names) =>
  `(SELECT ${names.map((name, i) => `string_split(line, '::')[${i + 1}] AS ${name}`).join(', ')}
    FROM read_csv('${file.replaceAll("'", "''")}', columns={'line': 'VARCHAR'}, header=false, delim='\\x01', quote='', encoding='latin-1'))`;
const year = `nullif(regexp_extract(title, '\\((\\d{4})\\)\\s*$', 1), '') AS year`;
const films = (edges, pins) => ({
  edges,
  pin: 'movieId',
  board: 'userId',
  time: 'timestamp',
  pins,
  features: [
    { name: 'title', kind: 'text', buckets: 16384 },
    { name: 'genres', kind: 'categories', buckets: 64 },
    { name: 'year', kind: 'number' },
  ],
  title: 'title',
});
/** Gowalla as NGCF and LightGCN share it: a line for each person, their number and then those of the places. */
const places = (file) => `(SELECT t[1] AS person, unnest(t[2:]) AS place
  FROM (SELECT string_split(trim(line), ' ') AS t
        FROM read_csv('${file.replaceAll("'", "''")}', columns={'line': 'VARCHAR'}, header=false, delim='\\x01', quote='')))`;

/** How each collection becomes a dataset and a split; `files` are looked for in its folder. */
const collections = {
  tate: { split: { kind: 'edges', validation: 0.05, test: 0.1, coldPins: 0.01 } },
  // All ratings, as in DGL's example, and not the liked ones that our collection of this name has.
  'ml-latest-small': {
    files: ['ratings.csv', 'movies.csv'],
    split: { kind: 'last' },
    input: (folder) =>
      films(
        `SELECT * FROM ${csv(join(folder, 'ratings.csv'))}`,
        `SELECT movieId, title, nullif(genres, '(no genres listed)') AS genres, ${year} FROM ${csv(join(folder, 'movies.csv'))}`,
      ),
  },
  'ml-1m': {
    files: ['ratings.dat', 'movies.dat'],
    split: { kind: 'last' },
    input: (folder) =>
      films(
        `SELECT * FROM ${dat(join(folder, 'ratings.dat'), ['userId', 'movieId', 'rating', '"timestamp"'])}`,
        `SELECT *, ${year} FROM ${dat(join(folder, 'movies.dat'), ['movieId', 'title', 'genres'])}`,
      ),
  },
  // The usual split is in the files: as times, 2 is the test and 1 a twentieth of the rest, to validate on.
  gowalla: {
    files: ['train.txt', 'test.txt'],
    split: { kind: 'cutoff', cutoff: 2, validation: 0.01 },
    input: (folder) => ({
      edges: `SELECT *, CAST(hash(person, place) % 20 = 0 AS INTEGER) AS part FROM ${places(join(folder, 'train.txt'))}
        UNION ALL SELECT *, 2 FROM ${places(join(folder, 'test.txt'))}`,
      pin: 'place',
      board: 'person',
      time: 'part',
    }),
  },
};

export const collectionNames = Object.keys(collections);

/** The dataset and its split, made in `cache` when they are not there; undefined where the collection is not at hand. */
export async function open(name, cache) {
  const { files = [], split: options, input } = collections[name];
  const out = join(cache, name);
  if (!existsSync(out)) {
    if (name === 'tate') await (await prepareCollection('tate', { out })).dataset.close();
    else {
      const folder = locateDatasets()
        .map((directory) => join(directory, name))
        .find((directory) => files.every((file) => existsSync(join(directory, file))));
      if (folder === undefined) return undefined;
      await importDataset({ ...input(folder), out });
    }
  }
  const dataset = await Dataset.open(out);
  const split = existsSync(join(out, 'splits', 'quality'))
    ? await Split.open(dataset, 'quality')
    : await Split.create(dataset, 'quality', { ...options, seed: 0 });
  return { dataset, split };
}
