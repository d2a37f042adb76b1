// Draws the map of the report's page: pan, zoom, hover, find, colour. It is inlined as it is, so it imports nothing at run time.
import type { EmbeddingMap } from '../report.js';

const SIDE = 4096;
const REACH = 14; // pixels within which the pointer finds a pin

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const map = JSON.parse(element('map-data').textContent as string) as EmbeddingMap;
const canvas = element<HTMLCanvasElement>('map-canvas');
const context = canvas.getContext('2d') as CanvasRenderingContext2D;
const tip = element('map-tip');
const legend = element('map-legend');
const select = element<HTMLSelectElement>('map-coloring');
const find = element<HTMLInputElement>('map-find');
const count = map.x.length;

const view = { x: 0, y: 0, zoom: 1 };
let size = { width: 0, height: 0, ratio: 1 };
let coloring = map.colorings[0];
let only = -1; // the label that the legend singles out
let current = -1; // the pin under the pointer, or the one chosen by a click
let chosen = false;
let matches: Set<number> | undefined;
let queued = false;

// The axes mean nothing by themselves, so the map stretches a little to fill its frame.
const unit = (own: number, other: number) => Math.min(own, 1.4 * other) / SIDE;
const unitX = () => unit(size.width, size.height) * view.zoom;
const unitY = () => unit(size.height, size.width) * view.zoom;
const screenX = (pin: number) => size.width / 2 + (map.x[pin] - SIDE / 2) * unitX() + view.x;
const screenY = (pin: number) => size.height / 2 + (map.y[pin] - SIDE / 2) * unitY() + view.y;

function redraw(): void {
  if (queued) return;
  queued = true;
  requestAnimationFrame(() => {
    queued = false;
    draw();
  });
}

function palette(): { hues: string[]; other: string; ink: string; paper: string } {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(name).trim();
  const prefix = coloring.ordered ? '--o' : '--c';
  return {
    hues: coloring.labels.map((_, label) => read(`${prefix}${shade(label)}`)),
    other: read('--other'),
    ink: read('--ink'),
    paper: read('--card'),
  };
}

/** An ordered colouring of fewer labels than shades still spans the whole scale. */
function shade(label: number): number {
  return coloring.ordered && coloring.labels.length > 1
    ? Math.round((label * 9) / (coloring.labels.length - 1))
    : label % 12;
}

function draw(): void {
  const { hues, other, ink, paper } = palette();
  context.setTransform(size.ratio, 0, 0, size.ratio, 0, 0);
  context.clearRect(0, 0, size.width, size.height);
  const radius = Math.min(1.6 + 0.5 * view.zoom, 5) * (size.width < 500 ? 0.8 : 1);
  const lit = (pin: number) => (only < 0 || coloring.of[pin] === only) && (matches === undefined || matches.has(pin));
  for (const pass of [false, true]) {
    for (let pin = 0; pin < count; pin++) {
      if (lit(pin) !== pass) continue;
      context.globalAlpha = pass ? (coloring.of[pin] < 0 ? 0.4 : 0.8) : 0.07;
      disc(pin, matches && pass ? radius + 1.5 : radius, hues[coloring.of[pin]] ?? other);
    }
  }
  context.globalAlpha = 1;
  if (current < 0) return;
  context.strokeStyle = ink;
  context.lineWidth = 1.2;
  for (const neighbor of neighborsOf(current).filter((pin) => pin < count)) {
    context.beginPath();
    context.moveTo(screenX(current), screenY(current));
    context.lineTo(screenX(neighbor), screenY(neighbor));
    context.stroke();
    ring(neighbor, radius + 1.5, hues[coloring.of[neighbor]] ?? other, ink);
  }
  ring(current, radius + 3, hues[coloring.of[current]] ?? other, ink);
  ring(current, radius + 1, paper, paper);
}

function disc(pin: number, radius: number, color: string): void {
  context.fillStyle = color;
  context.beginPath();
  context.arc(screenX(pin), screenY(pin), radius, 0, 7);
  context.fill();
}

function ring(pin: number, radius: number, color: string, edge: string): void {
  disc(pin, radius, color);
  context.strokeStyle = edge;
  context.stroke();
}

function neighborsOf(pin: number): number[] {
  const { width, of } = map.neighbors;
  return of.slice(pin * width, (pin + 1) * width).filter((neighbor) => neighbor >= 0);
}

function nearest(x: number, y: number, reach: number): number {
  let best = -1;
  let distance = reach * reach;
  for (let pin = 0; pin < count; pin++) {
    if (only >= 0 && coloring.of[pin] !== only) continue;
    const squared = (screenX(pin) - x) ** 2 + (screenY(pin) - y) ** 2;
    if (squared < distance) {
      distance = squared;
      best = pin;
    }
  }
  return best;
}

/** Text goes in as text nodes: nothing in a title is ever read as HTML. */
function line(parent: HTMLElement, tag: string, text: string): HTMLElement {
  const child = document.createElement(tag);
  child.textContent = text;
  parent.append(child);
  return child;
}

function show(pin: number): void {
  current = pin;
  redraw();
  tip.hidden = pin < 0;
  if (pin < 0) return;
  tip.replaceChildren();
  line(tip, 'b', map.titles[pin]);
  line(tip, 'small', map.subtitles[pin]);
  const label = coloring.labels[coloring.of[pin]];
  if (label !== undefined) line(tip, 'small', `${coloring.name}: ${label}`);
  const list = line(tip, 'ol', '');
  for (const neighbor of neighborsOf(pin)) {
    line(line(list, 'li', map.titles[neighbor]), 'small', map.subtitles[neighbor] ? ` ${map.subtitles[neighbor]}` : '');
  }
  const right = screenX(pin) < size.width / 2;
  tip.style.left = right ? `${Math.max(screenX(pin) + 16, 8)}px` : 'auto';
  tip.style.right = right ? 'auto' : `${Math.max(size.width - screenX(pin) + 16, 8)}px`;
  tip.style.top = `${Math.max(8, Math.min(screenY(pin) - 20, size.height - tip.offsetHeight - 8))}px`;
}

function zoomAt(x: number, y: number, factor: number): void {
  const zoom = Math.min(Math.max(view.zoom * factor, 0.8), 40);
  const ratio = zoom / view.zoom;
  view.x = x - size.width / 2 - (x - size.width / 2 - view.x) * ratio;
  view.y = y - size.height / 2 - (y - size.height / 2 - view.y) * ratio;
  view.zoom = zoom;
  redraw();
}

function renderLegend(): void {
  legend.replaceChildren();
  coloring.labels.forEach((label, index) => {
    const button = line(legend, 'button', label);
    const swatch = document.createElement('i');
    swatch.style.background = `var(${coloring.ordered ? '--o' : '--c'}${shade(index)})`;
    button.prepend(swatch);
    button.setAttribute('aria-pressed', String(only === index));
    button.addEventListener('click', () => {
      only = only === index ? -1 : index;
      renderLegend();
      redraw();
    });
  });
}

const pointers = new Map<number, { x: number; y: number }>();
let travelled = 0;

canvas.addEventListener('pointerdown', (event) => {
  canvas.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
  travelled = 0;
});

canvas.addEventListener('pointermove', (event) => {
  const before = pointers.get(event.pointerId);
  const now = { x: event.offsetX, y: event.offsetY };
  if (before === undefined) {
    if (!chosen) show(nearest(now.x, now.y, REACH));
    return;
  }
  travelled += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
  const other = [...pointers.entries()].find(([id]) => id !== event.pointerId)?.[1];
  pointers.set(event.pointerId, now);
  if (other !== undefined) {
    const spread = (point: { x: number; y: number }) => Math.hypot(point.x - other.x, point.y - other.y) || 1;
    zoomAt((now.x + other.x) / 2, (now.y + other.y) / 2, spread(now) / spread(before));
  } else {
    view.x += now.x - before.x;
    view.y += now.y - before.y;
    redraw();
  }
  if (current >= 0) show(current);
});

canvas.addEventListener('pointerup', (event) => {
  pointers.delete(event.pointerId);
  if (travelled > 6) return;
  const pin = nearest(event.offsetX, event.offsetY, event.pointerType === 'mouse' ? REACH : 2 * REACH);
  chosen = pin >= 0 && !(chosen && pin === current);
  show(pin);
});

canvas.addEventListener('pointercancel', (event) => pointers.delete(event.pointerId));
canvas.addEventListener('pointerleave', () => !chosen && show(-1));
canvas.addEventListener(
  'wheel',
  (event) => {
    event.preventDefault();
    zoomAt(event.offsetX, event.offsetY, Math.exp(-event.deltaY / 300));
    if (current >= 0) show(current);
  },
  { passive: false },
);

select.addEventListener('change', () => {
  coloring = map.colorings[Number(select.value)];
  only = -1;
  renderLegend();
  redraw();
});

find.addEventListener('input', () => {
  const text = find.value.trim().toLowerCase();
  const has = (pin: number) => `${map.titles[pin]} ${map.subtitles[pin]}`.toLowerCase().includes(text);
  matches = text === '' ? undefined : new Set([...map.x.keys()].filter(has));
  redraw();
});

element('map-reset').addEventListener('click', () => {
  Object.assign(view, { x: 0, y: 0, zoom: 1 });
  only = -1;
  chosen = false;
  matches = undefined;
  find.value = '';
  renderLegend();
  show(-1);
});

new ResizeObserver(() => {
  const box = canvas.getBoundingClientRect();
  size = { width: box.width, height: box.height, ratio: window.devicePixelRatio || 1 };
  canvas.width = Math.round(size.width * size.ratio);
  canvas.height = Math.round(size.height * size.ratio);
  draw(); // at once: resizing has just emptied the canvas
}).observe(canvas);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
renderLegend();
