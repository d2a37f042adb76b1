// node benchmarks/quality/report.mjs FILE: docs/results/quality-<collection>.svg from the last line of `npm run bench -- quality --json`.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../docs/results/', import.meta.url));
const { rows } = JSON.parse(readFileSync(process.argv[2], 'utf8').trim().split('\n').at(-1));
for (const data of new Set(rows.map((row) => row.data))) {
  const own = rows.filter((row) => row.data === data);
  writeFileSync(`${folder}quality-${data}.svg`, plot(data, own, Object.keys(own[0].metrics)));
}

/** A panel for each metric, side by side: a dot for each setting, with a line of one standard deviation to both sides. */
function plot(title, rows, metrics) {
  const [left, width, gap, height] = [300, 190, 30, 20];
  const places = [];
  let y = 30;
  rows.forEach((row, i) => {
    if (rows[i - 1]?.group !== row.group) y += height;
    places.push(y);
    y += height;
  });
  const labels = rows.flatMap((row, i) => [
    ...(rows[i - 1]?.group === row.group ? [] : [text(8, places[i] - height + 4, row.group, 'start', 'bold')]),
    text(left - 12, places[i] + 4, row.name, 'end'),
  ]);
  const panels = metrics.map((metric, panel) => {
    const from = left + panel * (width + gap);
    const measured = rows.flatMap((row) => row.metrics[metric] ?? []);
    const low = Math.min(...measured.map(({ mean, deviation }) => mean - (deviation ?? 0)));
    const high = Math.max(...measured.map(({ mean, deviation }) => mean + (deviation ?? 0)));
    const x = (value) => (from + (width * (value - low)) / (high - low || 1)).toFixed(1);
    const dots = rows.map((row, i) => {
      const value = row.metrics[metric];
      if (value === undefined) return '';
      const { mean, deviation } = value;
      const line = `<line x1="${x(mean - (deviation ?? 0))}" x2="${x(mean + (deviation ?? 0))}" y1="${places[i]}" y2="${places[i]}" stroke="#287a5c88" stroke-width="4"/>`;
      return `${line}<circle cx="${x(mean)}" cy="${places[i]}" r="4" fill="#287a5c"/>`;
    });
    const ends = [
      text(from, y + 8, digits(low), 'middle'),
      text(from + width, y + 8, digits(high), 'middle'),
      text(from + width / 2, 16, metric, 'middle', 'bold'),
    ];
    const frame = [from, from + width].map(
      (at) => `<line x1="${at}" x2="${at}" y1="26" y2="${y - 6}" stroke="#8884"/>`,
    );
    return [...frame, ...dots, ...ends].join('');
  });
  const style = 'text{font:12px system-ui,sans-serif;fill:#666}';
  const box = `0 0 ${left + metrics.length * (width + gap) + 10} ${y + 16}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${box}"><title>${title}</title><style>${style}</style>${labels.join('')}${panels.join('')}</svg>\n`;
}

function text(x, y, content, anchor, weight = 'normal') {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" font-weight="${weight}">${content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`;
}

function digits(value) {
  return value.toFixed(3).replace(/^0/, '');
}
