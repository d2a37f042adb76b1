import { join } from 'node:path';
import { Graph, Safetensors } from '@pinsage/native';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Dataset, type ImportOptions, Split } from '../src/index.js';
import { writeManifest } from '../src/manifest.js';
import { importAndOpen, temporaryFolder, writeFiles } from './support.js';

const EDGES = ['track,board', '1,p1', '2,p1', '1,a1', '3,a1', '2,p2', '3,p2', '1,x', '2,x', ''].join('\n');
const BOARDS = ['board,kind', 'empty,radio', 'p1,playlist', 'a1,album', 'p2,playlist', ''].join('\n');

async function tracks(options: Partial<ImportOptions> = {}) {
  const folder = temporaryFolder();
  const files = writeFiles(folder, { 'edges.csv': EDGES, 'boards.csv': BOARDS });
  const given = { edges: files['edges.csv'], pin: 'track', board: 'board', boardType: 'kind' };
  return importAndOpen(folder, { ...given, boardsFile: files['boards.csv'], ...options });
}

/** The type of each board by its id. */
async function typesById(dataset: Dataset): Promise<Record<string, string>> {
  const { boardTypes } = (await dataset.graph()).arrays;
  const boards = await dataset.describeBoards([...boardTypes!.keys()], []);
  return Object.fromEntries(boards.map(({ id }, row) => [id, dataset.boardTypes[boardTypes![row]]]));
}

describe('types of boards', () => {
  test('are a column of the boards, in the order in which they come; boards that are not there are of the type other', async () => {
    const { dataset, report } = await tracks();
    expect(dataset.boardTypes).toEqual(['playlist', 'album', 'other']);
    expect(report.boardTypes).toEqual({ playlist: 2, album: 1, other: 1 });
    expect(await typesById(dataset)).toEqual({ p1: 'playlist', a1: 'album', p2: 'playlist', x: 'other' });
    expect(dataset.manifest.boardTypes).toEqual([
      { name: 'playlist', boards: 2 },
      { name: 'album', boards: 1 },
      { name: 'other', boards: 1 },
    ]);
    const file = await Safetensors.open(join(dataset.directory, 'graph.safetensors'));
    onTestFinished(() => file.close());
    expect([...file.get('board.types', 'U8').data]).toEqual([0, 1, 0, 2]);
  });

  test('are a column of the edges where there is no file of boards', async () => {
    const table = `SELECT * FROM (VALUES (1, 7, 'user'), (2, 7, 'user'), (1, 5, 'shop'), (2, 5, 'shop'), (1, 6, '')) t(track, board, kind)`;
    const { dataset } = await tracks({ edges: [table, table], boardsFile: undefined });
    expect(await typesById(dataset)).toEqual({ 7: 'user', 5: 'shop', 6: 'other' });
  });

  test('of one board are one', async () => {
    const table = `SELECT * FROM (VALUES (1, 'b', 'user'), (2, 'b', 'shop')) t(track, board, kind)`;
    await expect(tracks({ edges: table, boardsFile: undefined })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: 'boardType',
      message: expect.stringMatching(/board b .*'shop'.*'user'/),
    });
  });

  test('are columns that are there, of at most 256 values', async () => {
    for (const [options, message] of [
      [{ boardType: 'sort' }, /no column 'sort' \(boardType\)/],
      [{ boardsFile: undefined }, /no column 'kind' \(boardType\)/],
      [{ boardType: 'board' }, /boardType is 'board'.* other than its id/],
      [{ boardType: 3 as unknown as string }, /boardType is 3/],
      [
        { edges: 'SELECT 1 AS track, range AS board, range AS kind FROM range(257)', boardsFile: undefined },
        /at most 256/,
      ],
    ] as [Partial<ImportOptions>, RegExp][]) {
      const failed = expect(tracks(options)).rejects;
      await failed.toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(message) });
    }
  });

  test('are there in splits, and walks over one type use it alone', async () => {
    const { dataset, graph } = await tracks();
    const split = await Split.create(dataset, 'half', { validation: 0, test: 0.5 });
    onTestFinished(() => split.close());
    expect(split.train.arrays.boardTypes).toEqual(graph.arrays.boardTypes);
    expect(split.test.pins.length).toBeGreaterThan(0);
    // Track 1 is on an album with track 3 alone, and on a playlist with track 2 alone.
    const albums = await graph.neighborhoods(Uint32Array.of(0), { quotas: [0, 5], hops: 1 });
    expect([albums.counts[0], albums.ids[0]]).toEqual([1, 2]);
    const playlists = await graph.neighborhoods(Uint32Array.of(0), { quotas: [5], hops: 1 });
    expect([playlists.counts[0], playlists.ids[0]]).toEqual([1, 1]);
  });

  test('are none where none are named', async () => {
    const { dataset, graph, report } = await tracks({ boardType: undefined });
    expect([dataset.boardTypes, report.boardTypes]).toEqual([[], {}]);
    expect(dataset.manifest).not.toHaveProperty('boardTypes');
    expect(graph.arrays.boardTypes).toBeUndefined();
  });

  test('that only the graph has are refused', async () => {
    const { dataset } = await tracks();
    const { format, version, created, files, boardTypes, ...content } = dataset.manifest;
    await writeManifest(dataset.directory, { format, version }, content, Object.keys(files));
    const changed = await Dataset.open(dataset.directory);
    onTestFinished(() => changed.close());
    await expect(changed.graph()).rejects.toMatchObject({
      code: 'FILE_CORRUPT',
      message: expect.stringContaining('types of boards'),
    });
  });
});

test('a graph without types of boards has none when it is opened', async () => {
  const { dataset } = await tracks({ boardType: undefined });
  const graph = await Graph.open(dataset.directory);
  onTestFinished(() => graph.close());
  await expect(graph.neighborhoods(Uint32Array.of(0), { quotas: [1] })).rejects.toMatchObject({ argument: 'quotas' });
});
