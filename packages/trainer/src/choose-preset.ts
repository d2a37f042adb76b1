import type { Dataset } from '@pinsage/graph';
import type { Graph } from '@pinsage/native';
import type { PresetName } from './config.js';

/** A preset, and why it. */
export interface PresetChoice {
  preset: PresetName;
  /** Sentences about the dataset, for people. */
  reasons: string[];
}

/** Boards from which on an order of their pins says something. */
const LONG = 10;
/** Share of pins without a board from which on new pins are what matters. */
const MANY_COLD = 0.3;

/**
 * The preset for a dataset, by what it has: features, edge times, pins without boards.
 *
 * @param graph the edges that training sees
 */
export function choosePreset(dataset: Dataset, graph: Graph): PresetChoice {
  const without = graph.pinDegrees().reduce((sum, degree) => sum + Number(degree === 0), 0) / graph.pins;
  const share = `${(100 * without).toFixed(0)} % of the pins are on no board`;
  const median = medianOf(graph.boardDegrees());
  if (graph.arrays.times !== undefined && median >= LONG) {
    const long = `the edges have times and half of the boards have ${median} pins or more`;
    return { preset: 'sequential', reasons: [`${long}: what came one after the other says most`] };
  }
  if (dataset.features.length === 0) {
    return {
      preset: 'collaborative',
      reasons: ['the pins have no features: pins and boards get learned vectors instead'],
    };
  }
  const names = dataset.features.map(({ name }) => name).join(', ');
  const features = `the pins have features (${names})`;
  if (without > MANY_COLD) {
    return { preset: 'content', reasons: [`${features}, and ${share}: what works for these matters most`] };
  }
  return { preset: 'default', reasons: [features, `${share}, so that most have both content and graph`] };
}

/** Of the boards that have pins. */
function medianOf(sizes: Uint32Array): number {
  const sorted = sizes.filter((size) => size > 0).sort();
  return sorted.length === 0 ? 0 : sorted[sorted.length >> 1];
}
