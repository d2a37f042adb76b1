import { describe, expect, it } from 'vitest';
import { layout } from '../src/map/layout.js';

describe('layout', () => {
  it('keeps groups together and apart from each other, and is the same each time', () => {
    // Three groups around three far-apart centres.
    const [groups, size, width, neighbors] = [3, 30, 6, 10];
    const wave = (index: number) => Math.sin(index * 12.9898) * 0.1;
    const vectors = Float32Array.from({ length: groups * size * width }, (_, index) => {
      const group = Math.floor(index / width / size);
      return wave(index) + (index % width === group ? 1 : 0);
    });
    const count = groups * size;
    const row = (index: number) => vectors.subarray(index * width, (index + 1) * width);
    const ids = new Uint32Array(count * neighbors);
    const distances = new Float32Array(count * neighbors);
    for (let i = 0; i < count; i++) {
      const all = Array.from({ length: count }, (_, j) => ({
        j,
        distance: Math.hypot(...row(i).map((v, k) => v - row(j)[k])),
      }));
      all.sort((a, b) => a.distance - b.distance);
      all.slice(0, neighbors).forEach(({ j, distance }, place) => {
        ids[i * neighbors + place] = j;
        distances[i * neighbors + place] = distance;
      });
    }
    const options = { width, neighbors, ids, distances, side: 4096, budget: 60_000 };
    const { x, y } = layout(vectors, options);
    expect([...x, ...y].every((value) => Number.isInteger(value) && value >= 0 && value < 4096)).toBe(true);
    const apart = (i: number, j: number) => Math.hypot(x[i] - x[j], y[i] - y[j]);
    const groupOf = (index: number) => Math.floor(index / size);
    let closestIsOwn = 0;
    for (let i = 0; i < count; i++) {
      let best = i === 0 ? 1 : 0;
      for (let j = 0; j < count; j++) if (j !== i && apart(i, j) < apart(i, best)) best = j;
      closestIsOwn += Number(groupOf(i) === groupOf(best));
    }
    expect(closestIsOwn).toBe(count);
    expect(layout(vectors, options)).toEqual({ x, y });
  });

  it('places fewer pins than neighbours too', () => {
    const none = { ids: new Uint32Array(0), distances: new Float32Array(0) };
    const { x } = layout(Float32Array.of(1, 0, 0, 1, -1, 0), {
      width: 2,
      neighbors: 15,
      ...none,
      side: 4096,
      budget: 100,
    });
    expect(x).toHaveLength(3);
  });
});
