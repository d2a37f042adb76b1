import { FRAME, renderAxes, scale, short, type Tick, ticks } from './axes.js';
import { type Html, html } from './html.js';
import type { Scatter } from './study-report.js';

const JITTER = 9; // between points of one choice

/** The trials' metric against one setting, as inline SVG. */
export function renderScatter({ name, axis, points }: Scatter, metric: string): Html {
  if (points.length === 0) return html``;
  const { width, height, top, right, bottom, left } = FRAME;
  const values = points.map(({ value }) => value);
  const rows = ticks(Math.min(...values), Math.max(...values), 5);
  const y = scale(rows[0], rows.at(-1) as number, height - bottom, top);
  const { place, labels } = axisX(axis, left + 10, width - right - 10);
  const spread = (index: number) => ('labels' in axis ? ((index % 5) - 2) * JITTER : 0);

  return html`<figure class="chart"><figcaption>${name}</figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${metric} against ${name}">
${renderAxes(
  labels,
  rows.map((tick) => ({ at: y(tick), label: short(tick) })),
)}
${points.map(
  (point, index) =>
    html`<circle class="point ${point.best ? 'best' : point.stopped && 'stopped'}" cx="${(place(point.x) + spread(index)).toFixed(1)}" cy="${y(point.value).toFixed(1)}" r="${point.best ? 6 : 4}"><title>${point.name}: ${name} ${label(axis, point.x)}, ${metric} ${point.value.toFixed(3)}${point.stopped && ', stopped'}</title></circle>`,
)}</svg></figure>`;
}

function axisX(axis: Scatter['axis'], from: number, to: number): { place: (x: number) => number; labels: Tick[] } {
  if ('labels' in axis) {
    const place = (x: number) => from + ((x + 0.5) / axis.labels.length) * (to - from);
    return { place, labels: axis.labels.map((text, x) => ({ at: place(x), label: text })) };
  }
  const { low, high, log, whole } = axis;
  if (!log) {
    const place = scale(low, high, from, to);
    const inside = ticks(low, high, 5).filter(
      (tick) => tick >= low && tick <= high && (!whole || Number.isInteger(tick)),
    );
    return { place, labels: inside.map((tick) => ({ at: place(tick), label: short(tick) })) };
  }
  const exponent = scale(Math.log(low), Math.log(high), from, to);
  const place = (x: number) => exponent(Math.log(x));
  return { place, labels: logTicks(low, high).map((tick) => ({ at: place(tick), label: short(tick) })) };
}

/** 1, 2 and 5 times powers of ten within the range; only the powers where that is many. */
function logTicks(low: number, high: number): number[] {
  const powers = Array.from(
    { length: Math.ceil(Math.log10(high)) - Math.floor(Math.log10(low)) + 1 },
    (_, i) => 10 ** (Math.floor(Math.log10(low)) + i),
  );
  const inside = (tick: number) => tick >= low * 0.999 && tick <= high * 1.001;
  const fine = powers.flatMap((power) => [power, 2 * power, 5 * power]).filter(inside);
  return fine.length <= 7 ? fine : powers.filter(inside);
}

function label(axis: Scatter['axis'], x: number): string {
  return 'labels' in axis ? axis.labels[x] : short(x);
}
