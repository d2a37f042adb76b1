import { basename } from 'node:path';
import type { Recommender } from '@pinsage/inference';

/** What the explorer is about. */
export function explorerInfo({ dataset, catalogue }: Recommender) {
  const { title, image } = dataset.manifest.columns;
  const category = dataset.features.find(({ kind }) => kind === 'categories');
  return {
    name: basename(dataset.directory),
    pins: catalogue.alive,
    boards: catalogue.boardRows,
    edges: dataset.edges,
    columns: { title, image, subtitle: category && { name: category.name, separator: category.separator ?? '|' } },
    features: dataset.features
      .filter(({ kind }) => kind !== 'dense')
      .map(({ name, kind, separator }) => ({ name, kind, separator })),
  };
}

/** The columns that a pin in a list is shown by. */
export function shownColumns(recommender: Recommender): string[] {
  const { title, image, subtitle } = explorerInfo(recommender).columns;
  return [title, subtitle?.name, image].filter((column) => column !== undefined);
}
