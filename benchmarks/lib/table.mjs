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
  const widths = header.map((_, column) => Math.max(...[header, ...lines].map((line) => line[column].length)));
  return [header, ...lines]
    .map((line) => line.map((cell, column) => cell.padEnd(widths[column])).join('  '))
    .join('\n');
}

function quantity(value, unit) {
  if (value === null) return '-';
  if (unit !== 'seconds') {
    const [scaled, prefix] =
      value >= 1e9 ? [value / 1e9, ' G'] : value >= 1e6 ? [value / 1e6, ' M'] : [value / 1e3, ' k'];
    return `${scaled.toPrecision(4)}${prefix}${unit}`;
  }
  return value < 1e-3
    ? `${(value * 1e6).toPrecision(3)} µs`
    : value < 1
      ? `${(value * 1e3).toPrecision(3)} ms`
      : `${value.toPrecision(3)} s`;
}
