import { type Database, identifier, literal, pathLiteral } from './database.js';
import { plainReason, storeRejects } from './rejects.js';
import type { Source } from './source.js';

/** Lines are read as a CSV of one column, which counts them and tells of those that are not UTF-8. */
export async function openJsonLines(database: Database, path: string): Promise<Source> {
  const table = database.freshName('lines');
  const rejected = database.freshName('rejected');
  await database.run(
    `CREATE TABLE ${table} AS
     SELECT text, row_number() OVER () AS number, CASE WHEN json_valid(text) THEN json_type(text) = 'OBJECT' ELSE false END AS sound
     FROM read_csv(${pathLiteral(path)}, auto_detect=false, header=false, delim=e'\\x01', quote='', escape='',
       columns={text: 'VARCHAR'}, ${storeRejects(rejected)})`,
  );
  // Columns differ by more than case. A key with a quote in it could not be named in a path.
  const keys = await database.rows<{ key: string }>(
    `SELECT first(key ORDER BY number) AS key FROM (SELECT unnest(json_keys(text)) AS key, number FROM ${table} WHERE sound)
     WHERE NOT contains(key, '"') GROUP BY lower(key) ORDER BY min(number), key`,
  );
  const values = keys.map(({ key }) => {
    return `json_extract_string(text, ${literal(`$."${key}"`)}) AS ${identifier(key)}`;
  });
  /** The line of every rejected one is known; the others are numbered around them. */
  const lineOf = async () => {
    const rows = await database.rows<{ line: number }>(`SELECT DISTINCT line FROM ${rejected} ORDER BY line`);
    return (number: number) => rows.reduce((line, reject) => (reject.line <= line ? line + 1 : line), number);
  };
  const sound = `(SELECT text, number FROM ${table} WHERE sound ORDER BY number)`;
  return {
    name: path,
    columns: new Map(keys.map(({ key }) => [key, 'VARCHAR'])),
    relation: `SELECT ${values.join(', ') || 'NULL AS nothing'} FROM ${sound}`,
    async rejects() {
      const notUtf8 = await database.rows<{ line: number; reason: string; count: number }>(
        `SELECT line, first(error_message) AS reason, count(*) OVER () AS count
         FROM ${rejected} GROUP BY line ORDER BY line LIMIT 10`,
      );
      const notJson = await database.rows<{ number: number; count: number }>(
        `SELECT number, count(*) OVER () AS count FROM ${table} WHERE trim(text) <> '' AND NOT sound ORDER BY number LIMIT 10`,
      );
      const line = await lineOf();
      const examples = [
        ...notUtf8.map((row) => ({ source: path, line: row.line, reason: plainReason(row.reason) })),
        ...notJson.map((row) => ({ source: path, line: line(row.number), reason: 'the line is not a JSON object' })),
      ];
      examples.sort((a, b) => a.line - b.line);
      return { count: (notUtf8[0]?.count ?? 0) + (notJson[0]?.count ?? 0), examples };
    },
    async locate(rows) {
      const line = await lineOf();
      const numbers = await database.rows<{ row: number; number: number }>(
        `SELECT * FROM (SELECT row_number() OVER () AS row, number FROM ${sound}) WHERE row IN (${rows.join(', ')})`,
      );
      const lines = new Map(numbers.map(({ row, number }) => [row, line(number)]));
      return rows.map((row) => ({ line: lines.get(row) }));
    },
  };
}
