import { randomWords } from '@pinsage/native';
import { UMAP } from 'umap-js';

export interface LayoutOptions {
  /** Length of a vector. */
  width: number;
  /** `neighbors` nearest vectors of each, itself first, and their distances: [n, neighbors]. */
  neighbors: number;
  ids: Uint32Array;
  distances: Float32Array;
  /** Coordinates are integers from 0 to side - 1. */
  side: number;
  /** Stops improving after this many milliseconds. */
  budget: number;
  onProgress?: (done: number, total: number) => void;
}

/** Places in the plane, [n] each. */
export interface Places {
  x: number[];
  y: number[];
}

const EPOCHS = 200;

/**
 * Places vectors [n, width] in the plane by UMAP (McInnes et al., 2018), started from their two principal components so that
 * far-apart groups stay apart.
 */
export function layout(vectors: Float32Array, options: LayoutOptions): Places {
  const { width, neighbors, side } = options;
  const count = vectors.length / width;
  const rows = <T extends Float32Array | Uint32Array>(values: T, length: number) =>
    Array.from({ length: count }, (_, row) => Array.from(values.subarray(row * length, (row + 1) * length)));
  const start = principalComponents(vectors, width);
  if (count <= neighbors) return toGrid(start, side);
  const umap = new UMAP({ nNeighbors: neighbors, minDist: 0.12, nEpochs: EPOCHS, random: randomNumbers() });
  umap.setPrecomputedKNN(rows(options.ids, neighbors), rows(options.distances, neighbors));
  umap.initializeFit(rows(vectors, width));
  const places = umap.getEmbedding();
  places.forEach((place, row) => {
    place[0] = start[row][0];
    place[1] = start[row][1];
  });
  const deadline = performance.now() + options.budget;
  for (let epoch = 0; epoch < EPOCHS && performance.now() < deadline; epoch++) {
    umap.step();
    options.onProgress?.(epoch + 1, EPOCHS);
  }
  return toGrid(places, side);
}

/** The first two principal components of the rows, within [-10, 10], by power iteration on the covariance. */
function principalComponents(vectors: Float32Array, width: number): number[][] {
  const count = vectors.length / width;
  const mean = new Float64Array(width);
  for (let index = 0; index < vectors.length; index++) mean[index % width] += vectors[index] / count;
  const axes: Float64Array[] = [];
  const project = (axis: Float64Array) => {
    const scores = new Float64Array(count);
    for (let row = 0; row < count; row++) {
      for (let column = 0; column < width; column++) {
        scores[row] += (vectors[row * width + column] - mean[column]) * axis[column];
      }
    }
    return scores;
  };
  const random = randomNumbers();
  for (let component = 0; component < 2; component++) {
    let axis = unit(
      Float64Array.from({ length: width }, () => random() - 0.5),
      axes,
    );
    for (let iteration = 0; iteration < 30; iteration++) {
      const scores = project(axis);
      const next = new Float64Array(width);
      for (let row = 0; row < count; row++) {
        for (let column = 0; column < width; column++) {
          next[column] += (vectors[row * width + column] - mean[column]) * scores[row];
        }
      }
      axis = unit(next, axes);
    }
    axes.push(axis);
  }
  const [first, second] = axes.map(project);
  const reach = Math.max(...first.map(Math.abs), ...second.map(Math.abs)) || 1;
  return Array.from(first, (value, row) => [(10 * value) / reach, (10 * second[row]) / reach]);
}

/** The part of a vector that is perpendicular to the axes, at length 1. */
function unit(vector: Float64Array, axes: Float64Array[]): Float64Array {
  for (const axis of axes) {
    const shared = axis.reduce((sum, value, index) => sum + value * vector[index], 0);
    for (let index = 0; index < vector.length; index++) vector[index] -= shared * axis[index];
  }
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}

/** Of the places on each axis, at either end: those that are drawn nearer than they are, lest they shrink the rest. */
const FAR = 0.02;
/** The share of the grid's side, at either end, that these have. */
const RIM = 0.08;

/** Scales places to the grid, all but the far ones evenly. */
function toGrid(places: number[][], side: number): Places {
  const [x, y] = [0, 1].map((axis) => {
    const sorted = places.map((place) => place[axis]).sort((a, b) => a - b);
    return { low: sorted[Math.floor(sorted.length * FAR)], high: sorted[Math.ceil(sorted.length * (1 - FAR)) - 1] };
  });
  const scale = ((1 - 2 * RIM) * side) / (Math.max(x.high - x.low, y.high - y.low) || 1);
  const rim = RIM * side;
  const onGrid = (value: number, { low, high }: { low: number; high: number }) => {
    const even = side / 2 + scale * (Math.min(Math.max(value, low), high) - (low + high) / 2);
    const beyond = scale * Math.max(low - value, value - high, 0);
    const drawn = (beyond * rim) / (beyond + rim); // less than the rim, however far
    return Math.min(Math.max(Math.round(value < low ? even - drawn : even + drawn), 0), side - 1);
  };
  return { x: places.map((place) => onGrid(place[0], x)), y: places.map((place) => onGrid(place[1], y)) };
}

/** A fixed sequence in [0, 1): the same embeddings give the same map. */
function randomNumbers(): () => number {
  let block = 0;
  let words: Uint32Array = new Uint32Array(0);
  let next = 0;
  return () => {
    if (next === words.length) {
      words = randomWords(0n, [block++, 0, 0], 0, 4096);
      next = 0;
    }
    return words[next++] / 2 ** 32;
  };
}
