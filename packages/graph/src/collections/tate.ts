import { join } from 'node:path';
import type { ImportOptions } from '../import-options.js';
import { findCollection } from './locate.js';

/** The Tate collection's files, where there are any: artworks and the subjects they show. */
export function findTate(): string | undefined {
  return findCollection('tate', ['items.csv.gz', 'boards.csv', 'edges.csv.gz']);
}

/**
 * Artworks are pins, subjects boards, of which `n_items` counts the edges that a split holds out. `id`, `acno`, `url` and `thumbnail_url` run on through the pages of one sketchbook, which show
 * the same subjects: as features they would give the answer away.
 */
export function tateImport(folder: string): Omit<ImportOptions, 'out'> {
  return {
    edges: join(folder, 'edges.csv.gz'),
    pin: 'item_id',
    board: 'board_id',
    pins: join(folder, 'items.csv.gz'),
    pinId: 'id',
    boardsFile: join(folder, 'boards.csv'),
    boardId: 'board_id',
    boardFeatures: [
      { name: 'name', kind: 'text', buckets: 8192 },
      { name: 'parent_id', kind: 'categories', buckets: 1024 }, // the branch of the subjects' tree
    ],
    features: [
      { name: 'title', kind: 'text', buckets: 32768 },
      { name: 'group_title', kind: 'text', buckets: 8192 },
      { name: 'medium', kind: 'text', buckets: 8192 },
      { name: 'artist', kind: 'categories', buckets: 8192 },
      { name: 'classification', kind: 'categories', buckets: 64, separator: ', ' },
      { name: 'movements', kind: 'categories', buckets: 1024 },
      { name: 'credit_line', kind: 'text', buckets: 8192 },
      { name: 'year', kind: 'number' },
      { name: 'acquisition_year', kind: 'number' },
      { name: 'width', kind: 'number' },
      { name: 'height', kind: 'number' },
    ],
    title: 'title',
    image: 'thumbnail_url',
    note: 'Tate collection metadata, CC0 1.0, github.com/tategallery/collection',
  };
}
