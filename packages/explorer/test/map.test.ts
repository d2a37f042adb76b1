import { describe, expect, it } from 'vitest';
import { graphLayout } from '../src/graph-layout.js';
import { coverage, dotRadius, shade } from '../src/map/raster.js';
import { between, isPlaced, moved, nearest, SIDE, toScreen, type View, WHOLE, zoomed } from '../src/map/view.js';

const size = { width: 800, height: 500 };

describe('the view', () => {
  it('shows the whole map in the frame', () => {
    expect(toScreen(WHOLE, size, SIDE / 2, SIDE / 2)).toEqual({ x: 400, y: 250 });
    for (const [x, y] of [
      [0, 0],
      [SIDE, SIDE],
    ]) {
      const at = toScreen(WHOLE, size, x, y);
      expect(at.x).toBeGreaterThanOrEqual(0);
      expect(at.x).toBeLessThanOrEqual(800);
      expect(at.y).toBeGreaterThanOrEqual(0);
      expect(at.y).toBeLessThanOrEqual(500);
    }
  });

  it('moves with the pointer', () => {
    const view = zoomed(WHOLE, size, 4, { x: 400, y: 250 });
    const before = toScreen(view, size, 30_000, 31_000);
    const after = toScreen(moved(view, size, 25, -40), size, 30_000, 31_000);
    expect(after.x - before.x).toBeCloseTo(25);
    expect(after.y - before.y).toBeCloseTo(-40);
  });

  it('zooms around the pointer, within limits', () => {
    const at = { x: 130, y: 410 };
    const [x, y] = [SIDE / 2 + ((at.x - 400) * SIDE) / 750, SIDE / 2 + ((at.y - 250) * SIDE) / 500];
    const before = toScreen(WHOLE, size, x, y);
    const after = toScreen(zoomed(WHOLE, size, 3, before), size, x, y);
    expect(after.x).toBeCloseTo(before.x);
    expect(after.y).toBeCloseTo(before.y);
    expect(zoomed(WHOLE, size, 1e9, at).zoom).toBe(120);
    expect(zoomed(WHOLE, size, 1e-9, at).zoom).toBe(0.8);
  });

  it('flies from one to the other', () => {
    const to = { x: 100, y: 200, zoom: 9 };
    expect(between(WHOLE, to, 0)).toEqual(WHOLE);
    expect(between(WHOLE, to, 1)).toEqual(to);
    expect(between(WHOLE, to, 0.5).zoom).toBeCloseTo(3);
  });

  it('finds the pin under the pointer', () => {
    const positions = Uint16Array.of(10_000, 10_000, 50_000, 40_000, 50_300, 40_000);
    const at = toScreen(WHOLE, size, 50_250, 40_000);
    expect(nearest(positions, WHOLE, size, at, 14)).toBe(2);
    expect(nearest(positions, WHOLE, size, { x: 5, y: 490 }, 14)).toBe(-1);
    expect(nearest(positions, WHOLE, size, { x: 5, y: 5 }, Number.POSITIVE_INFINITY)).toBe(0);
    expect(nearest(new Uint16Array(0), WHOLE, size, at, 14)).toBe(-1);
  });

  it('does not find removed pins, nor those that came since', () => {
    const positions = Uint16Array.of(10_000, 10_000, 65_535, 65_535, 65_534, 65_534);
    expect([0, 1, 2, 3].map((row) => isPlaced(positions, row))).toEqual([true, false, true, false]);
    const corner = toScreen(WHOLE, size, 65_535, 65_535);
    expect(nearest(positions, WHOLE, size, corner, 14)).toBe(2);
    expect(nearest(positions.subarray(0, 4), WHOLE, size, corner, 14)).toBe(-1);
  });
});

describe('the dots', () => {
  it('cover the pixels where pins are, each pin the same', () => {
    const positions = Uint16Array.of(SIDE / 2, SIDE / 2, 20_000, 30_000, 20_000, 30_000);
    const cover = new Uint8ClampedArray(size.width * size.height).fill(9);
    coverage(cover, positions, WHOLE, size, 2);
    const at = toScreen(WHOLE, size, 20_000, 30_000);
    const pixel = ({ x, y }: { x: number; y: number }) => Math.round(y) * size.width + Math.round(x);
    expect(cover[pixel({ x: 400, y: 250 })]).toBe(8);
    expect(cover[pixel(at)]).toBe(16);
    expect(cover[pixel({ x: 405, y: 250 })]).toBe(0);
    const all = cover.reduce((sum, value) => sum + value, 0);
    coverage(cover, positions.subarray(0, 2), WHOLE, size, 2);
    expect(all).toBe(3 * cover.reduce((sum, value) => sum + value, 0));
  });

  it('leave out what is beyond the frame, and of those at its edge only that', () => {
    const cover = new Uint8ClampedArray(size.width * size.height);
    coverage(cover, Uint16Array.of(0, 0, SIDE - 2, SIDE - 2), { x: SIDE / 2, y: SIDE / 2, zoom: 40 }, size, 4.5);
    expect(cover.every((value) => value === 0)).toBe(true);
    const sum = (seen: View) => {
      coverage(cover, Uint16Array.of(30_000, 30_000), seen, size, 3);
      return cover.reduce((total, value) => total + value, 0);
    };
    const view = { x: 30_000, y: 30_000, zoom: 4 };
    const whole = sum(view);
    for (const [dx, dy] of [
      [-400, 0],
      [400, 0],
      [0, -250],
      [0, 250],
    ]) {
      const cut = sum(moved(view, size, dx, dy));
      expect(cut).toBeGreaterThan(0.3 * whole);
      expect(cut).toBeLessThan(0.7 * whole);
    }
  });

  it('leave out removed pins', () => {
    const cover = new Uint8ClampedArray(size.width * size.height);
    coverage(cover, Uint16Array.of(65_535, 65_535), { x: 65_000, y: 65_000, zoom: 1 }, size, 2);
    expect(cover.every((value) => value === 0)).toBe(true);
    coverage(cover, Uint16Array.of(65_534, 65_534), { x: 65_000, y: 65_000, zoom: 1 }, size, 2);
    expect(cover.some((value) => value > 0)).toBe(true);
  });

  it('are of one colour, and more opaque where they are dense', () => {
    const pixels = new Uint8ClampedArray(4 * 4);
    shade(pixels, Uint8ClampedArray.of(0, 8, 80, 255), [10, 20, 30]);
    const alphas = [3, 7, 11, 15].map((i) => pixels[i]);
    expect(alphas).toEqual(alphas.toSorted((a, b) => a - b));
    expect(alphas[0]).toBe(0);
    expect(alphas[3]).toBe(255);
    expect([...pixels.subarray(4, 7)]).toEqual([10, 20, 30]);
  });

  it('are smaller for more pins, and larger when zoomed in', () => {
    expect(dotRadius(100, size, 1)).toBeGreaterThan(dotRadius(100_000, size, 1));
    expect(dotRadius(100_000, size, 10)).toBeGreaterThan(dotRadius(100_000, size, 1));
    expect(dotRadius(0, size, 1)).toBeLessThan(10);
  });
});

describe('the drawing of N(u)', () => {
  it('puts heavier pins nearer, larger and on wider lines, all within the drawing', () => {
    const weights = [0.5, 0.3, 0.1, 0.1];
    const nodes = graphLayout(weights, size);
    const distance = ({ x, y }: { x: number; y: number }) => Math.hypot((x - 400) / 370, (y - 250) / 220);
    for (let i = 1; i < nodes.length; i++) {
      expect(distance(nodes[i])).toBeGreaterThanOrEqual(distance(nodes[i - 1]) - 1e-9);
      expect(nodes[i].radius).toBeLessThanOrEqual(nodes[i - 1].radius);
      expect(nodes[i].width).toBeLessThanOrEqual(nodes[i - 1].width);
    }
    for (const { x, y, radius } of nodes) {
      expect(x - radius).toBeGreaterThanOrEqual(0);
      expect(x + radius).toBeLessThanOrEqual(size.width);
      expect(y - radius).toBeGreaterThanOrEqual(0);
      expect(y + radius).toBeLessThanOrEqual(size.height);
    }
    expect(nodes[0].x).toBeCloseTo(400); // from the top
    expect(nodes[0].y).toBeLessThan(250);
  });

  it('draws one, and none', () => {
    expect(graphLayout([1], size)).toHaveLength(1);
    expect(graphLayout([], size)).toEqual([]);
    expect(graphLayout([0], size)[0].radius).toBeGreaterThan(0);
  });
});
