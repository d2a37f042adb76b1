import { type Html, html } from './html.js';
import type { Chart } from './report.js';

const WIDTH = 440;
const HEIGHT = 240;
const MARGIN = { top: 10, right: 12, bottom: 26, left: 46 };
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
  const x = scale(xs[0], Math.max(...all.map(([step]) => step), 1), MARGIN.left, WIDTH - MARGIN.right);
  const y = scale(ys[0], ys.at(-1) as number, HEIGHT - MARGIN.bottom, MARGIN.top);
  const path = (points: Point[]) =>
    points.map(([step, value]) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`).join(' ');

  return html`<figure class="chart">
<figcaption>${chart.title}${lines.length > 1 && html`<span class="keys">${lines.map((line, index) => html`<i class="key s${index}"></i>${line.name}`)}</span>`}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${chart.title}">
${ys.map((tick) => html`<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}"/><text class="tick" text-anchor="end" x="${MARGIN.left - 8}" y="${(y(tick) + 4).toFixed(1)}">${short(tick)}</text>`)}
${xs.filter((tick) => x(tick) <= WIDTH - MARGIN.right + 1).map((tick) => html`<text class="tick" text-anchor="middle" x="${x(tick).toFixed(1)}" y="${HEIGHT - 8}">${short(tick)}</text>`)}
${lines.map((line, index) => {
  const noisy = line.noisy && line.points.length > 20;
  const calm = thin(noisy ? runningMean(line.points) : line.points);
  return html`${noisy && html`<polyline class="line pale s${index}" points="${path(thin(line.points))}"/>`}<polyline class="line s${index}" points="${path(calm)}"/>
${calm.length <= 40 && calm.map(([step, value]) => html`<circle class="dot s${index}" cx="${x(step).toFixed(1)}" cy="${y(value).toFixed(1)}" r="2.6"><title>${line.name} at step ${step}: ${short(value)}</title></circle>`)}`;
})}
</svg></figure>`;
}

function scale(from: number, to: number, low: number, high: number): (value: number) => number {
  return (value) => low + ((value - from) / (to - from || 1)) * (high - low);
}

/** Round numbers (1, 2 or 5 times a power of ten) that enclose [from, to]. */
export function ticks(from: number, to: number, count: number): number[] {
  const rough = Math.max(to - from, Math.abs(to) * 1e-3, 1e-9) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.floor(from / step + 1e-9);
  const last = Math.max(Math.ceil(to / step - 1e-9), first + 1);
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
}

function short(value: number): string {
  return Math.abs(value) >= 10_000 ? `${+(value / 1000).toPrecision(3)}k` : String(+value.toPrecision(3));
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
