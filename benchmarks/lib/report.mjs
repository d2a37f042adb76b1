// node benchmarks/lib/report.mjs FILE... : docs/results/cpu.md and cpu.svg from the last lines of `npm run bench -- NAME --json`.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { table } from './table.mjs';

const folder = fileURLToPath(new URL('../../docs/results/', import.meta.url));
const results = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, 'utf8').trim().split('\n').at(-1)));
const [{ machine }] = results;

writeFileSync(
  `${folder}cpu.svg`,
  plot(results.flatMap(({ graph, rows }) => rows.filter((row) => row.ratio !== null && graph === undefined))),
);
writeFileSync(
  `${folder}cpu.md`,
  `# Speed on a CPU

Measured ${new Date().toISOString().slice(0, 10)} on ${machine.cpu} (${machine.caches}), ${machine.threads} threads, Node ${machine.node}.
Peer and ours take turns in one run on the same data; figures are medians, a ratio is the median of the rounds' ratios, and above 1 means that
ours is faster. "Spread" is half of (slowest − fastest) / median of our rounds. Made by \`npm run bench -- NAME --json\`.

![How many times faster than the peer, on a logarithmic scale; the tick is what was to reach](cpu.svg)

${results.map(({ benchmark, graph, rows }) => `## ${benchmark}${graph === undefined ? '' : `, graph ${graph}`}\n\n\`\`\`text\n${table(rows)}\n\`\`\`\n`).join('\n')}`,
);

/** A bar for each ratio on a logarithmic scale, and a tick where it should end at least. */
function plot(rows) {
  const [left, width, height, line] = [190, 560, 26, 1000];
  const x = (ratio) => left + (width * Math.log10(Math.max(ratio, 0.5) / 0.5)) / Math.log10(line / 0.5);
  const bottom = rows.length * height + 10;
  const grid = [1, 10, 100, 1000].map(
    (ratio) =>
      `<line x1="${x(ratio)}" y1="4" x2="${x(ratio)}" y2="${bottom}" stroke="#8884"/><text x="${x(ratio)}" y="${bottom + 16}" text-anchor="middle">${ratio}×</text>`,
  );
  const bars = rows.map((row, i) => {
    const y = i * height + 8;
    const tick =
      row.target === null
        ? ''
        : `<line x1="${x(row.target)}" y1="${y - 3}" x2="${x(row.target)}" y2="${y + 19}" stroke="#c60" stroke-width="3"/>`;
    return `<text x="${left - 8}" y="${y + 12}" text-anchor="end">${row.id}</text><rect x="${x(0.5)}" y="${y}" width="${(x(row.ratio) - x(0.5)).toFixed(1)}" height="16" rx="2" fill="#287a5c"/>${tick}<text x="${x(row.ratio) + 6}" y="${y + 12}">${row.ratio.toFixed(row.ratio < 10 ? 1 : 0)}×</text>`;
  });
  const style = 'text{font:12px system-ui,sans-serif;fill:#555}';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${left + width + 60} ${bottom + 24}"><title>How many times faster than the peer</title><style>${style}</style>${grid.join('')}${bars.join('')}</svg>\n`;
}
