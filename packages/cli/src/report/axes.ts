import { type Html, html } from './html.js';

/** The frame of a chart, in units of its drawing. */
export const FRAME = { width: 440, height: 240, top: 10, right: 12, bottom: 26, left: 46 };

/** A position on an axis with its label. */
export interface Tick {
  at: number;
  label: string;
}

/** Maps [from, to] to [low, high]. */
export function scale(from: number, to: number, low: number, high: number): (value: number) => number {
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

/** Three digits, thousands as k. */
export function short(value: number): string {
  return Math.abs(value) >= 10_000 ? `${+(value / 1000).toPrecision(3)}k` : String(+value.toPrecision(3));
}

/** Lines across for the ticks of y, and labels below for those of x. */
export function renderAxes(xs: Tick[], ys: Tick[]): Html {
  const { width, height, right, bottom, left } = FRAME;
  return html`${ys.map(({ at, label }) => html`<line class="grid" x1="${left}" x2="${width - right}" y1="${at.toFixed(1)}" y2="${at.toFixed(1)}"/><text class="tick" text-anchor="end" x="${left - 8}" y="${(at + 4).toFixed(1)}">${label}</text>`)}
${xs.filter(({ at }) => at <= width - right + 1).map(({ at, label }) => html`<text class="tick" text-anchor="middle" x="${at.toFixed(1)}" y="${height - bottom + 18}">${label}</text>`)}`;
}
