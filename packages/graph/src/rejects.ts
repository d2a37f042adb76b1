/** read_csv's options for rows that cannot be split into columns: all of them go to a table. */
export function storeRejects(table: string): string {
  return `store_rejects=true, rejects_limit=0, rejects_table='${table}', rejects_scan='${table}_scan', max_line_size=8388608`;
}

/** DuckDB's reason for a rejected row, in our words. */
export function plainReason(reason: string): string {
  if (/utf-?8/i.test(reason)) return 'it is not UTF-8 text';
  const counts = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(reason);
  if (counts) return `it has ${counts[2]} columns, not ${counts[1]}`;
  return reason.charAt(0).toLowerCase() + reason.slice(1).replace(/\.$/, '');
}
