import { join } from 'node:path';
import { type Edges, Graph, PinSageError } from '@pinsage/native';
import type { Database } from './database.js';
import { writeGraph } from './graph-file.js';
import type { ImportOptions } from './import-options.js';
import type { EdgeColumns } from './load-edges.js';
import type { Numbered } from './number-nodes.js';

/**
 * Builds the graph of the table `edges` and writes its file.
 * @param rows How many rows the inputs had.
 * @returns The graph, and how many edges it was given.
 */
export async function buildGraph(
  database: Database,
  directory: string,
  options: ImportOptions,
  pins: Numbered,
  boards: Numbered,
  boardTypes: Uint8Array | undefined,
  rows: number,
): Promise<{ graph: Graph; given: number }> {
  const edges = await numberedEdges(database, options, pins, boards);
  const given = edges.pins.length;
  if (given === 0) {
    throw new PinSageError(
      'INVALID_ARGUMENT',
      `The edges have ${rows} rows, none of which can be used: there is no graph.`,
      {
        argument: 'edges',
      },
    );
  }
  const { signal, threads, duplicates } = options;
  const graph = await Graph.fromEdges(edges, {
    pins: pins.count,
    boards: boards.count,
    boardTypes,
    duplicates,
    signal,
    threads,
  });
  await writeGraph(join(directory, 'graph.safetensors'), graph.arrays);
  return { graph, given };
}

async function numberedEdges(
  database: Database,
  options: EdgeColumns,
  pins: Numbered,
  boards: Numbered,
): Promise<Edges> {
  const { count } = await database.row<{ count: number }>('SELECT count(*) AS count FROM edges');
  const edges: Edges = { pins: new Uint32Array(count), boards: new Uint32Array(count) };
  if (options.weight !== undefined) edges.weights = new Float32Array(count);
  if (options.time !== undefined) edges.times = new BigInt64Array(count);
  const id = (name: string, { type }: Numbered) => (type === 'integer' ? `CAST(${name} AS BIGINT)` : name);
  // Which of two equal edges comes first matters only when the first one's weight is kept.
  const order = options.weight === undefined ? '' : 'ORDER BY ordinal';
  const query = `SELECT pin_rows.row, board_rows.row, weight, time FROM edges
    JOIN pin_rows ON pin_rows.id = ${id('edges.pin', pins)}
    JOIN board_rows ON board_rows.id = ${id('edges.board', boards)} ${order}`;
  let at = 0;
  for await (const chunk of database.chunks(query)) {
    const [pin, board, weight, time] = [0, 1, 2, 3].map((column) => chunk.getColumnVector(column));
    for (let i = 0; i < chunk.rowCount; i++, at++) {
      edges.pins[at] = pin.getItem(i) as number;
      edges.boards[at] = board.getItem(i) as number;
      if (edges.weights) edges.weights[at] = weight.getItem(i) as number;
      if (edges.times) edges.times[at] = time.getItem(i) as bigint;
    }
  }
  return edges;
}
