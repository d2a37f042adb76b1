import { locateRecords, readCsvHeader } from './csv.js';
import { type Database, literal, pathLiteral } from './database.js';
import { plainReason, storeRejects } from './rejects.js';
import type { Source } from './source.js';

/** All columns as text: types come from what a column is used for. */
export async function openCsv(database: Database, path: string, tabs: boolean): Promise<Source> {
  const { delimiter, names } = await readCsvHeader(path, tabs);
  const rejected = database.freshName('rejected');
  const types = names.map((name) => `${literal(name)}: 'VARCHAR'`).join(', ');
  const relation = `SELECT * FROM read_csv(${pathLiteral(path)}, auto_detect=false, header=true, delim=${literal(delimiter)},
    quote='"', escape='"', columns={${types}}, ${storeRejects(rejected)})`;
  const positions = async () => {
    const rows = await database.rows<{ byte: number }>(
      `SELECT DISTINCT line_byte_position AS byte FROM ${rejected} ORDER BY byte`,
    );
    return rows.map((row) => row.byte);
  };
  return {
    name: path,
    columns: new Map(names.map((name) => [name, 'VARCHAR'])),
    relation,
    async rejects() {
      const rows = await database.rows<{ byte: number; reason: string; count: number }>(
        `SELECT line_byte_position AS byte, first(error_message) AS reason, count(*) OVER () AS count
         FROM ${rejected} GROUP BY byte ORDER BY byte LIMIT 10`,
      );
      const { rejected: lines } = await locateRecords(
        path,
        rows.map((row) => row.byte),
        [],
      );
      return {
        count: rows[0]?.count ?? 0,
        examples: rows.map(({ reason }, i) => ({ source: path, line: lines[i], reason: plainReason(reason) })),
      };
    },
    async locate(rows) {
      const { rows: lines } = await locateRecords(path, await positions(), rows);
      return rows.map((row) => (lines.has(row) ? { line: lines.get(row) } : { row }));
    },
  };
}
