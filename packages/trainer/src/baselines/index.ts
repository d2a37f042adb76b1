import type { Dataset } from '@pinsage/graph';
import type { Graph } from '@pinsage/native';
import type { Method } from '../method.js';
import { BoardKnn } from './boardknn.js';
import { Content } from './content.js';
import { ItemKnn } from './itemknn.js';
import { Popularity } from './popularity.js';
import { Walk } from './walk.js';

/** What somebody would try before a graph network. */
export type BaselineName = 'popularity' | 'content' | 'walk' | 'itemknn' | 'boardknn';

const create: Record<
  BaselineName,
  (dataset: Dataset, train: Graph) => Method | undefined | Promise<Method | undefined>
> = {
  popularity: (_, train) => new Popularity(train),
  content: (dataset) => Content.create(dataset),
  walk: (_, train) => new Walk(train),
  itemknn: (_, train) => new ItemKnn(train),
  boardknn: (_, train) => new BoardKnn(train),
};

export const baselineNames = Object.keys(create) as BaselineName[];

/** undefined when the dataset does not have what the method needs. */
export async function createBaseline(name: BaselineName, dataset: Dataset, train: Graph): Promise<Method | undefined> {
  return create[name](dataset, train);
}
