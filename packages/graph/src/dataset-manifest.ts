import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FeatureColumn } from './feature-column.js';
import type { ManifestBase } from './manifest.js';
import type { IdType } from './number-nodes.js';

export const DATASET = { format: 'pinsage-dataset', version: 2 };

/** What a dataset's manifest.json says, beside its format, version and files. */
export interface DatasetContent {
  counts: { pins: number; boards: number; edges: number; pinsWithoutEdges: number };
  /** The columns that the ids came from, and how they are stored. */
  ids: { pin: { column: string; type: IdType }; board: { column: string; type: IdType } };
  /** Types of boards, in the order of their numbers in `board.types`; only with types. */
  boardTypes?: { name: string; boards: number }[];
  edges: { weighted: boolean; times: boolean; duplicates: 'merge' | 'sum' };
  /** Columns of pins.parquet and boards.parquet to show. */
  columns: { title?: string; image?: string; boardTitle?: string };
  features: Omit<FeatureColumn, 'idf'>[];
  /** Since version 2. */
  boardFeatures?: Omit<FeatureColumn, 'idf'>[];
  source: { edges: string[]; pins?: string; boards?: string; vectors?: string[]; note?: string; collection?: string };
}

export type DatasetManifest = DatasetContent & ManifestBase;

/** Whether a directory is a dataset of any version. */
export async function isDataset(directory: string): Promise<boolean> {
  try {
    const manifest = JSON.parse(await readFile(join(directory, 'manifest.json'), 'utf8')) as Partial<ManifestBase>;
    return manifest.format === DATASET.format;
  } catch {
    return false;
  }
}
