/** The rows of a benchmark as a table for people. */
export function table(rows) {
  const header = ['id', 'work', 'peer', 'peer median', 'ours median', 'ratio', 'to reach', '% of limit', 'spread'];
  const lines = rows.map((row) => [
    row.id,
    row.work,
    row.peer ?? '-',
    quantity(row.peerMedian, row.unit),
    quantity(row.oursMedian, row.unit),
    row.ratio === null ? '-' : `${row.ratio.toFixed(row.ratio < 10 ? 2 : 1)}x`,
    row.target === null ? '-' : `${row.target}x`,
    row.limitShare === null ? '-' : `${(100 * row.limitShare).toFixed(0)} %`,
    `±${(50 * row.spread.ours).toFixed(0)} %`,
  ]);
  return aligned([header, ...lines]);
}

/** Lines of cells as columns of equal width. */
export function aligned(lines) {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const text = (line) => line.map((cell, column) => cell.padEnd(widths[column])).join('  ');
  return lines.map((line) => text(line).trimEnd()).join('\n');
}

function quantity(value, unit) {
  if (value === null) return '-';
  if (unit !== 'seconds') {
    const [scaled, prefix] =
      value >= 1e9 ? [value / 1e9, ' G'] : value >= 1e6 ? [value / 1e6, ' M'] : [value / 1e3, ' k'];
    return `${scaled.toPrecision(4)}${prefix}${unit}`;
  }
  return duration(value);
}

/** Seconds, in the unit that suits them. */
export function duration(seconds) {
  if (seconds < 1e-3) return `${(seconds * 1e6).toPrecision(3)} µs`;
  return seconds < 1 ? `${(seconds * 1e3).toPrecision(3)} ms` : `${seconds.toPrecision(3)} s`;
}
