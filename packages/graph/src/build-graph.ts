import { join } from 'node:path';
import { type Edges, PinSageError } from '@pinsage/native';
import type { Database } from './database.js';
import { buildGraphFile, type WrittenGraph } from './graph-file.js';
import type { ImportOptions } from './import-options.js';
import type { EdgeColumns } from './load-edges.js';
import type { Numbered } from './number-nodes.js';

/**
 * Writes the graph of the table `edges`.
 * @param space Where it goes, where files may be meanwhile, and bytes of memory that it may take.
 * @param rows How many rows the inputs had.
 * @returns What the graph is, and how many edges it was given.
 */
export async function buildGraph(
  database: Database,
  space: { directory: string; spill: string; memory: number },
  options: ImportOptions,
  pins: Numbered,
  boards: Numbered,
  boardTypes: Uint8Array | undefined,
  rows: number,
): Promise<WrittenGraph & { given: number }> {
  const { given } = await database.row<{ given: number }>('SELECT count(*) AS given FROM edges');
  if (given === 0) {
    throw new PinSageError(
      'INVALID_ARGUMENT',
      `The edges have ${rows} rows, none of which can be used: there is no graph.`,
      {
        argument: 'edges',
      },
    );
  }
  const { signal, threads, duplicates, weight, time } = options;
  const edges = { count: given, chunks: numberedEdges(database, options, pins, boards) };
  const graph = await buildGraphFile(join(space.directory, 'graph.safetensors'), edges, {
    pins: pins.count,
    boards: boards.count,
    boardTypes,
    weighted: weight !== undefined,
    timed: time !== undefined,
    duplicates,
    spill: space.spill,
    memory: space.memory,
    signal,
    threads,
  });
  return { ...graph, given };
}

async function* numberedEdges(
  database: Database,
  options: EdgeColumns,
  pins: Numbered,
  boards: Numbered,
): AsyncGenerator<Edges> {
  const id = (name: string, { type }: Numbered) => `CAST(${name} AS ${type === 'integer' ? 'BIGINT' : 'VARCHAR'})`;
  // Which of two equal edges comes first matters only when the first one's weight is kept.
  const order = options.weight === undefined ? '' : 'ORDER BY ordinal';
  const query = `SELECT pin_rows.row, board_rows.row, weight, time FROM edges
    JOIN pin_rows ON pin_rows.id = ${id('edges.pin', pins)}
    JOIN board_rows ON board_rows.id = ${id('edges.board', boards)} ${order}`;
  for await (const chunk of database.chunks(query)) {
    const [pin, board, weight, time] = [0, 1, 2, 3].map((column) => chunk.getColumnVector(column));
    const edges: Edges = { pins: new Uint32Array(chunk.rowCount), boards: new Uint32Array(chunk.rowCount) };
    if (options.weight !== undefined) edges.weights = new Float32Array(chunk.rowCount);
    if (options.time !== undefined) edges.times = new BigInt64Array(chunk.rowCount);
    for (let i = 0; i < chunk.rowCount; i++) {
      edges.pins[i] = pin.getItem(i) as number;
      edges.boards[i] = board.getItem(i) as number;
      if (edges.weights) edges.weights[i] = weight.getItem(i) as number;
      if (edges.times) edges.times[i] = time.getItem(i) as bigint;
    }
    yield edges;
  }
}
