import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { invalidArgument, PinSageError } from '@pinsage/native';
import { BadRows } from './bad-rows.js';
import { readBoardTypes } from './board-types.js';
import { buildGraph } from './build-graph.js';
import { Database } from './database.js';
import { DATASET, type DatasetContent, isDataset } from './dataset-manifest.js';
import { checkFeatureSpec, type FeatureColumn, type FeatureSpec } from './feature-column.js';
import { checkMemory, type ImportOptions, type ImportReport } from './import-options.js';
import { type EdgeColumns, loadEdges } from './load-edges.js';
import { loadNodes, type NodeTable } from './load-nodes.js';
import { writeManifest } from './manifest.js';
import { numberNodes, writeNodes } from './number-nodes.js';
import { openSource } from './open-source.js';
import { column } from './source.js';
import { buildDirectory } from './unfinished.js';
import type { Nodes } from './vectors/vector-source.js';
import { type WrittenFeature, writeFeatures } from './write-features.js';

/** What onProgress counts. */
const STEPS = ['edges', 'pins', 'boards', 'numbers', 'graph', 'features', 'tables', 'checksums'];

/**
 * Makes a dataset directory. Pins are numbered in the order of the pins file, then by first appearance among the edges; so the
 * same input gives the same rows. The directory appears under its name when it is complete, never before.
 *
 * @throws BAD_ROWS and NOT_FINITE with the first bad rows, unless skipBadRows; INVALID_ARGUMENT for columns that are not there;
 *   FILE_EXISTS · FILE_NOT_FOUND · IO · ABORTED
 */
export async function importDataset(options: ImportOptions): Promise<ImportReport> {
  const started = performance.now();
  const features = {
    pins: checkFeatures('features', options.features, 'pins', options.pins),
    boards: checkFeatures('boardFeatures', options.boardFeatures, 'boards', options.boardsFile),
  };
  if (typeof options.out !== 'string' || options.out === '') throw invalidArgument('out', options.out, 'a directory');
  const memory = checkMemory(options.memory);
  const build = async (directory: string) => {
    const spill = join(directory, 'spill');
    await mkdir(spill);
    const tables = join(spill, 'tables.duckdb');
    const database = await Database.open({ spill, tables, memory: memory / 2, signal: options.signal });
    try {
      return await buildDataset(database, { directory, spill, memory: memory / 4 }, options, features);
    } finally {
      await database.close();
      await rm(spill, { recursive: true, force: true });
    }
  };
  const report = await buildDirectory(options.out, { replace: options.force ?? false, mayReplace: isDataset }, build);
  return { directory: options.out, ...report, seconds: (performance.now() - started) / 1000 };
}

async function buildDataset(
  database: Database,
  space: { directory: string; spill: string; memory: number },
  options: ImportOptions,
  features: { pins: FeatureSpec[]; boards: FeatureSpec[] },
): Promise<Omit<ImportReport, 'directory' | 'seconds'>> {
  const badRows = new BadRows();
  let steps = 0;
  const progress = () => {
    if (options.signal?.aborted) {
      throw new PinSageError('ABORTED', 'The import was aborted.', { cause: options.signal.reason });
    }
    options.onProgress?.(++steps, STEPS.length);
  };

  const inputs = typeof options.edges === 'string' ? [options.edges] : options.edges;
  const rows = await loadEdges(database, inputs, checkColumns(options), badRows);
  progress();
  const pinsFile = await loadPins(database, options, features.pins, badRows);
  progress();
  const boardsFile = await loadBoards(database, options, features.boards, badRows);
  progress();
  if (options.skipBadRows !== true) badRows.throwIfAny();

  const pins = await numberNodes(database, 'pin', pinsFile, true);
  const boards = await numberNodes(database, 'board', boardsFile, false);
  const { boardType } = options;
  const boardTypes =
    boardType === undefined ? undefined : await readBoardTypes(database, boardType, boardsFile, boards);
  progress();
  const { given, ...graph } = await buildGraph(database, space, options, pins, boards, boardTypes?.ofBoards, rows);
  progress();
  const files = ['graph.safetensors', 'features.safetensors', 'pins.parquet', 'boards.parquet'];
  const { directory } = space;
  const pathOf = (file: string) => join(directory, file);
  const nodes = {
    pins: { side: 'pin', count: pins.count, id: options.pinId ?? options.pin, file: pinsFile },
    boards: { side: 'board', count: boards.count, id: options.boardId ?? options.board, file: boardsFile },
  } satisfies Record<string, Nodes>;
  const ofPins = await writeFeatures(database, nodes.pins, features.pins, pathOf('features.safetensors'));
  let ofBoards: WrittenFeature[] = [];
  if (features.boards.length > 0) {
    files.push('board-features.safetensors');
    ofBoards = await writeFeatures(database, nodes.boards, features.boards, pathOf('board-features.safetensors'));
  }
  progress();
  await writeNodes(database, 'pin', pinsFile, pathOf('pins.parquet'));
  await writeNodes(database, 'board', boardsFile, pathOf('boards.parquet'));
  progress();

  const { edges, pinsWithoutEdges } = graph;
  const content: DatasetContent = {
    counts: { pins: pins.count, boards: boards.count, edges, pinsWithoutEdges },
    ids: {
      pin: { column: nodes.pins.id, type: pins.type },
      board: { column: nodes.boards.id, type: boards.type },
    },
    boardTypes: boardTypes?.types,
    edges: {
      weighted: graph.weighted,
      times: options.time !== undefined,
      duplicates: options.duplicates ?? 'merge',
    },
    columns: {
      title: shownColumn(pinsFile, 'title', options.title, ['title', 'name']),
      image: shownColumn(pinsFile, 'image', options.image, ['image', 'image_url', 'thumbnail_url']),
      boardTitle: shownColumn(boardsFile, 'title', undefined, ['title', 'name']),
    },
    features: withoutIdf(ofPins),
    boardFeatures: withoutIdf(ofBoards),
    source: {
      edges: inputs,
      pins: options.pins,
      boards: options.boardsFile,
      vectors: [...features.pins, ...features.boards].flatMap(({ file }) => file ?? []),
      note: options.note,
      collection: options.collection,
    },
  };
  await writeManifest<DatasetContent>(directory, DATASET, content, files);
  progress();
  return {
    pins: pins.count,
    boards: boards.count,
    edges,
    duplicateEdges: given - edges,
    pinsWithoutEdges,
    pinsNotInFile: options.pins === undefined ? 0 : pins.notInFile,
    boardsWithoutEdges: boards.leftOut,
    boardTypes: Object.fromEntries((boardTypes?.types ?? []).map(({ name, boards }) => [name, boards])),
    badRows: { count: badRows.count, shown: badRows.shown },
    missing: missingOf(ofPins),
    boardMissing: missingOf(ofBoards),
    vectorFiles: [...vectorFiles('pins', ofPins, features.pins), ...vectorFiles('boards', ofBoards, features.boards)],
  };
}

function missingOf(features: WrittenFeature[]): Record<string, number> {
  return Object.fromEntries(features.map(({ column: { name, missing } }) => [name, missing]));
}

/** As the manifest has them. */
function withoutIdf(features: WrittenFeature[]): Omit<FeatureColumn, 'idf'>[] {
  return features.map(({ column: { idf: _, ...column } }) => column);
}

function vectorFiles(
  side: 'pins' | 'boards',
  written: WrittenFeature[],
  specs: FeatureSpec[],
): ImportReport['vectorFiles'] {
  return specs.flatMap(({ file }, i) => {
    if (file === undefined) return [];
    const { vectors, unknown, notFinite } = written[i].vectors!;
    return [{ of: side, feature: specs[i].name, file, vectors, unknown, notFinite }];
  });
}

async function loadPins(
  database: Database,
  options: ImportOptions,
  features: FeatureSpec[],
  badRows: BadRows,
): Promise<NodeTable | undefined> {
  if (options.pins === undefined) return undefined;
  const source = await openSource(database, 'pins', options.pins);
  for (const argument of ['title', 'image'] as const) {
    if (options[argument] !== undefined) column(source, argument, options[argument]);
  }
  const id = { argument: 'pinId', name: options.pinId ?? options.pin };
  return loadNodes(database, source, 'loaded_pins', id, { argument: 'features', specs: inTable(features) }, badRows);
}

async function loadBoards(
  database: Database,
  options: ImportOptions,
  features: FeatureSpec[],
  badRows: BadRows,
): Promise<NodeTable | undefined> {
  if (options.boardsFile === undefined) return undefined;
  const source = await openSource(database, 'boardsFile', options.boardsFile);
  if (options.boardType !== undefined) column(source, 'boardType', options.boardType);
  const id = { argument: 'boardId', name: options.boardId ?? options.board };
  return loadNodes(
    database,
    source,
    'loaded_boards',
    id,
    { argument: 'boardFeatures', specs: inTable(features) },
    badRows,
  );
}

function checkFeatures(
  argument: string,
  given: FeatureSpec[] = [],
  side: 'pins' | 'boards',
  file: string | undefined,
): FeatureSpec[] {
  const features = given.map(checkFeatureSpec);
  const names = features.map(({ name }) => name);
  if (file === undefined && features.some((feature) => feature.file === undefined)) {
    throw invalidArgument(
      argument,
      names.join(', '),
      `none without a ${side} file (--${side}), but for vectors with ids`,
    );
  }
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw invalidArgument(argument, twice, 'each column once');
  return features;
}

/** The features that are columns of the file. */
function inTable(features: FeatureSpec[]): FeatureSpec[] {
  return features.filter(({ file }) => file === undefined);
}

function checkColumns({ pin, board, time, weight, boardType, boardsFile }: ImportOptions): EdgeColumns {
  for (const [argument, value] of Object.entries({ pin, board })) {
    if (typeof value !== 'string') throw invalidArgument(argument, value, 'a column of the edges');
  }
  if (boardType !== undefined && (typeof boardType !== 'string' || boardType === '')) {
    throw invalidArgument('boardType', boardType, 'a column');
  }
  return { pin, board, time, weight, boardType: boardsFile === undefined ? boardType : undefined };
}

/** A column of a Parquet file as it is named there. */
function shownColumn(
  file: NodeTable | undefined,
  argument: string,
  wanted: string | undefined,
  usual: string[],
): string | undefined {
  const find = (name: string) => file?.columns.find((column) => column.name === name)?.as;
  if (wanted === undefined) return usual.map(find).find((name) => name !== undefined);
  const found = find(wanted);
  if (found === undefined)
    throw invalidArgument(argument, wanted, 'a column of the pins file other than its id and vectors');
  return found;
}
