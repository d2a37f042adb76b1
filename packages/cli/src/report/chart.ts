import { FRAME, renderAxes, scale, short, ticks } from './axes.js';
import { type Html, html } from './html.js';
import type { Chart } from './report.js';

const MAX_POINTS = 300;

type Point = [step: number, value: number];

/** A line chart as inline SVG; colours come from the page's style, so that it follows dark and light. */
export function renderChart(chart: Chart): Html {
  const lines = chart.lines.map((line) => ({
    ...line,
    points: line.points.filter(([, value]) => Number.isFinite(value)),
  }));
  const all = lines.flatMap((line) => line.points);
  if (all.length === 0) return html``;
  const xs = ticks(0, Math.max(...all.map(([step]) => step), 1), 5);
  const ys = ticks(Math.min(...all.map(([, value]) => value)), Math.max(...all.map(([, value]) => value)), 5);
  const { width, height, top, right, bottom, left } = FRAME;
  const x = scale(xs[0], Math.max(...all.map(([step]) => step), 1), left, width - right);
  const y = scale(ys[0], ys.at(-1) as number, height - bottom, top);
  const path = (points: Point[]) =>
    points.map(([step, value]) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`).join(' ');

  return html`<figure class="chart">
<figcaption>${chart.title}${lines.length > 1 && html`<span class="keys">${lines.map((line, index) => html`<i class="key s${index}"></i>${line.name}`)}</span>`}</figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${chart.title}">
${renderAxes(
  xs.map((tick) => ({ at: x(tick), label: short(tick) })),
  ys.map((tick) => ({ at: y(tick), label: short(tick) })),
)}
${lines.map((line, index) => {
  const noisy = line.noisy && line.points.length > 20;
  const calm = thin(noisy ? runningMean(line.points) : line.points);
  return html`${noisy && html`<polyline class="line pale s${index}" points="${path(thin(line.points))}"/>`}<polyline class="line s${index}" points="${path(calm)}"/>
${calm.length <= 40 && calm.map(([step, value]) => html`<circle class="dot s${index}" cx="${x(step).toFixed(1)}" cy="${y(value).toFixed(1)}" r="2.6"><title>${line.name} at ${chart.unit ?? 'step'} ${step}: ${short(value)}</title></circle>`)}`;
})}
</svg></figure>`;
}

/** Mean over a window of about a twentieth of the points, centred so that it does not lag. */
function runningMean(points: Point[]): Point[] {
  const reach = Math.ceil(points.length / 40);
  return points.map(([step], index) => {
    const window = points.slice(Math.max(index - reach, 0), index + reach + 1);
    return [step, window.reduce((sum, [, value]) => sum + value, 0) / window.length];
  });
}

function thin(points: Point[]): Point[] {
  const stride = Math.ceil(points.length / MAX_POINTS);
  return points.filter((_, index) => index % stride === 0 || index === points.length - 1);
}
