import type { Dataset } from '@pinsage/graph';
import type { Graph, TaskOptions } from '@pinsage/native';
import type { ScoredMethod } from '../scored-method.js';
import { BoardEase } from './ease-boards.js';
import { PinEase } from './ease-pins.js';

export interface EaseOptions {
  /** Columns of the regression at most: its factor takes 2 columns² bytes, and its time grows as columns³. Default 12,000. */
  maxColumns?: number;
}

/**
 * EASE (Steck, WWW 2019) for small catalogues: over the pins where there are few enough, else over the boards. undefined where there
 * are too many of both.
 */
export async function ease(
  dataset: Dataset,
  graph: Graph,
  { maxColumns = 12_000, ...options }: EaseOptions & TaskOptions,
): Promise<ScoredMethod | undefined> {
  if (graph.pins <= maxColumns) return PinEase.create(graph, options);
  if (graph.boards <= maxColumns) return BoardEase.create(dataset, graph, maxColumns, options);
  return undefined;
}
