import { FRAME, renderAxes, scale, short, ticks } from './axes.js';
import { type Html, html } from './html.js';
import type { TrialCurve } from './study-report.js';

const CROSS = 3.5;

/** The metric of all trials over their steps as inline SVG; crosses mark where a trial was stopped. */
export function renderTrialCurves(curves: TrialCurve[], metric: string): Html {
  const all = curves.flatMap(({ points }) => points);
  if (all.length === 0) return html``;
  const { width, height, top, right, bottom, left } = FRAME;
  const last = Math.max(...all.map(([step]) => step));
  const columns = ticks(0, last, 5);
  const rows = ticks(Math.min(...all.map(([, value]) => value)), Math.max(...all.map(([, value]) => value)), 5);
  const x = scale(0, last, left, width - right - 6);
  const y = scale(rows[0], rows.at(-1) as number, height - bottom, top);
  const inOrder = [...curves.filter(({ best }) => !best), ...curves.filter(({ best }) => best)]; // the best on top

  return html`<figure class="chart"><figcaption>${metric} of each trial<span class="keys">× stopped</span></figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${metric} of each trial over its steps">
${renderAxes(
  columns.map((tick) => ({ at: x(tick), label: short(tick) })),
  rows.map((tick) => ({ at: y(tick), label: short(tick) })),
)}
${inOrder.map(({ name, points, stopped, best }) => {
  const [step, value] = points[points.length - 1];
  const [endX, endY] = [x(step), y(value)];
  return html`<polyline class="trial ${best ? 'best' : stopped && 'stopped'}" points="${points.map(([at, of]) => `${x(at).toFixed(1)},${y(of).toFixed(1)}`).join(' ')}"><title>${name}</title></polyline>
${
  stopped
    ? html`<path class="cross" d="${cross(endX, endY)}"><title>${name}: stopped at step ${step}, ${short(value)}</title></path>`
    : html`<circle class="point ${best && 'best'}" cx="${endX.toFixed(1)}" cy="${endY.toFixed(1)}" r="${best ? 4.5 : 2.6}"><title>${name}: ${short(value)} at step ${step}</title></circle>`
}`;
})}</svg></figure>`;
}

function cross(x: number, y: number): string {
  const [left, right] = [(x - CROSS).toFixed(1), (x + CROSS).toFixed(1)];
  const [above, below] = [(y - CROSS).toFixed(1), (y + CROSS).toFixed(1)];
  return `M${left} ${above}L${right} ${below}M${left} ${below}L${right} ${above}`;
}
