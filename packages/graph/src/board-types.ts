import { invalidArgument, PinSageError } from '@pinsage/native';
import { type Database, identifier } from './database.js';
import type { NodeTable } from './load-nodes.js';
import type { Numbered } from './number-nodes.js';

/** The types of the boards of a dataset. */
export interface BoardTypes {
  /** Of each number its name, and how many boards are of this type. */
  types: { name: string; boards: number }[];
  /** [boards] */
  ofBoards: Uint8Array;
}

/** Of boards whose type is not given. */
const OTHER = 'other';
const MAX_TYPES = 256;

/**
 * The types of the numbered boards: a column of the boards' file or, without one, of the edges (`edges.type`). Types are numbered in
 * the order of their first boards.
 *
 * @throws INVALID_ARGUMENT for more than 256 types, or a board that the edges give two
 */
export async function readBoardTypes(
  database: Database,
  column: string,
  file: NodeTable | undefined,
  { count, type: idType }: Numbered,
): Promise<BoardTypes> {
  const query = file === undefined ? await typesOfEdges(database, idType) : typesOfFile(file, column);
  const ofBoards = new Uint8Array(count);
  const types = new Map<string, { name: string; boards: number; number: number }>();
  for await (const chunk of database.chunks(`${query} ORDER BY row`)) {
    const [rows, names] = [chunk.getColumnVector(0), chunk.getColumnVector(1)];
    for (let i = 0; i < chunk.rowCount; i++) {
      const name = (names.getItem(i) as string | null) || OTHER;
      const type = types.get(name) ?? { name, boards: 0, number: types.size };
      if (type.number === MAX_TYPES) {
        throw invalidArgument('boardType', column, `a column of at most ${MAX_TYPES} different values`);
      }
      types.set(name, type);
      type.boards++;
      ofBoards[rows.getItem(i) as number] = type.number;
    }
  }
  return { types: Array.from(types.values(), ({ name, boards }) => ({ name, boards })), ofBoards };
}

function typesOfFile(file: NodeTable, column: string): string {
  const found = file.columns.find(({ name }) => name === column);
  if (found === undefined) {
    throw invalidArgument('boardType', column, 'a column of the boards file other than its id and vectors');
  }
  return `SELECT row, CAST(${identifier(found.as)} AS VARCHAR) AS type
    FROM board_rows LEFT JOIN ${file.table} AS file USING (_row)`;
}

async function typesOfEdges(database: Database, idType: Numbered['type']): Promise<string> {
  const board = `CAST(board AS ${idType === 'integer' ? 'BIGINT' : 'VARCHAR'})`;
  await database.run(
    `CREATE TABLE board_types AS
     SELECT row, min(type) AS type, max(type) AS other FROM (SELECT ${board} AS id, coalesce(type, '') AS type FROM edges)
     JOIN board_rows USING (id) GROUP BY row`,
  );
  const strange = await database.row<{ id: string; type: string; other: string } | undefined>(
    `SELECT CAST(id AS VARCHAR) AS id, type, other FROM board_types JOIN board_rows USING (row)
     WHERE type <> other ORDER BY row LIMIT 1`,
  );
  if (strange !== undefined) {
    const { id, type, other } = strange;
    throw new PinSageError(
      'INVALID_ARGUMENT',
      `The edges say of board ${id} that it is of type '${type}', and of '${other}': a board has one type (boardType). Boards that are not the same need different ids.`,
      { argument: 'boardType', value: id },
    );
  }
  return 'SELECT row, type FROM board_types';
}
