import { ticks } from './axes.js';
import { type Html, html } from './html.js';
import type { BarChart } from './report.js';

const WIDTH = 440;
const HEIGHT = 240;
const MARGIN = { top: 10, right: 12, bottom: 42, left: 46 };
const GAP = 0.3; // share of a group's width between two groups

/** Groups of bars with intervals as inline SVG; colours come from the page's style. */
export function renderBars({ title, names, groups }: BarChart): Html {
  if (groups.length === 0) return html``;
  const highest = Math.max(...groups.flatMap(({ values }) => values.map(({ value, high }) => high ?? value)));
  const ys = ticks(0, Math.max(highest, 1e-3), 5);
  const bottom = HEIGHT - MARGIN.bottom;
  const y = (value: number) => bottom - (value / (ys.at(-1) as number)) * (bottom - MARGIN.top);
  const pitch = (WIDTH - MARGIN.left - MARGIN.right) / groups.length;
  const wide = (pitch * (1 - GAP)) / names.length;

  return html`<figure class="chart">
<figcaption>${title}<span class="keys">${names.map((name, index) => html`<i class="key s${index}"></i>${name}`)}</span></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
${ys.map((tick) => html`<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}"/><text class="tick" text-anchor="end" x="${MARGIN.left - 8}" y="${(y(tick) + 4).toFixed(1)}">${+tick.toPrecision(3)}</text>`)}
${groups.map((group, place) => {
  const left = MARGIN.left + place * pitch;
  const middle = (left + pitch / 2).toFixed(1);
  return html`${group.values.map(({ value, low, high }, index) => {
    const x = left + (pitch * GAP) / 2 + index * wide;
    return html`<rect class="column s${index}" x="${x.toFixed(1)}" y="${y(value).toFixed(1)}" width="${(wide * 0.9).toFixed(1)}" height="${(bottom - y(value)).toFixed(1)}"><title>${names[index]}, ${group.label}: ${interval(value, low, high)}</title></rect>${
      low !== undefined &&
      high !== undefined &&
      html`<line class="whisker" x1="${(x + wide * 0.45).toFixed(1)}" x2="${(x + wide * 0.45).toFixed(1)}" y1="${y(low).toFixed(1)}" y2="${y(high).toFixed(1)}"/>`
    }`;
  })}<text class="tick" text-anchor="middle" x="${middle}" y="${bottom + 16}">${group.label}</text><text class="tick faint" text-anchor="middle" x="${middle}" y="${bottom + 32}">${group.note}</text>
`;
})}</svg></figure>`;
}

function interval(value: number, low?: number, high?: number): string {
  const known = low !== undefined && high !== undefined;
  return `${value.toFixed(3)}${known ? ` (${low.toFixed(3)} – ${high.toFixed(3)})` : ''}`;
}
