import type { Dataset } from '@pinsage/graph';
import type { Graph, TaskOptions } from '@pinsage/native';
import type { Method } from '../method.js';
import { Als } from './als.js';
import { boardKnn } from './boardknn.js';
import { Content } from './content.js';
import { ease } from './ease.js';
import { itemKnn } from './itemknn.js';
import { Popularity } from './popularity.js';
import { Ppr } from './ppr.js';
import { rp3Beta } from './rp3beta.js';
import { Transitions } from './transitions.js';
import { Walk } from './walk.js';

/** What somebody would try before a graph network. */
export type BaselineName =
  | 'popularity'
  | 'content'
  | 'itemknn'
  | 'boardknn'
  | 'rp3beta'
  | 'ppr'
  | 'walk'
  | 'als'
  | 'ease'
  | 'transitions';

type Create = (
  dataset: Dataset,
  train: Graph,
  options: TaskOptions,
) => Method | undefined | Promise<Method | undefined>;

const create: Record<BaselineName, Create> = {
  popularity: (_, train) => new Popularity(train),
  content: (dataset) => Content.create(dataset),
  itemknn: (_, train) => itemKnn(train),
  boardknn: (_, train) => boardKnn(train),
  rp3beta: (_, train) => rp3Beta(train),
  ppr: (_, train) => new Ppr(train),
  walk: (_, train) => new Walk(train),
  als: (_, train, options) => Als.create(train, options),
  ease: (dataset, train, options) => ease(dataset, train, options),
  transitions: (_, train) => Transitions.create(train),
};

export const baselineNames = Object.keys(create) as BaselineName[];

/** undefined when the dataset does not have what the method needs, or is too large for it. */
export async function createBaseline(
  name: BaselineName,
  dataset: Dataset,
  train: Graph,
  options: TaskOptions = {},
): Promise<Method | undefined> {
  return create[name](dataset, train, options);
}
