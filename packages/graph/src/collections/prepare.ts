import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkChoice, PinSageError, type TaskOptions } from '@pinsage/native';
import { Dataset } from '../dataset.js';
import { isDataset } from '../dataset-manifest.js';
import { importDataset } from '../import.js';
import type { ImportOptions } from '../import-options.js';
import { type GeneratedSize, generateCollection } from './generated.js';
import { downloadMovieLens, findMovieLens, movieLensImport } from './movielens.js';
import { findTate, tateImport } from './tate.js';

const COLLECTIONS = ['tate', 'ml-latest-small', 'generated'] as const;
export type CollectionName = (typeof COLLECTIONS)[number];

export interface PrepareOptions extends TaskOptions {
  /** The dataset's directory. A dataset that is there already is opened, not made again. */
  out: string;
  /** Replace a dataset that is there. Default false. */
  force?: boolean;
  /** Of the generated collection. */
  size?: GeneratedSize;
}

export interface PreparedCollection {
  dataset: Dataset;
  name: CollectionName;
  /** What was taken and why, to be shown. */
  note: string;
}

/**
 * A dataset to try things on. `auto` takes the first that can be had: Tate, where locateDatasets() finds it; MovieLens, found or
 * fetched from GroupLens with its checksum verified; a generated collection.
 *
 * @throws FILE_NOT_FOUND when the collection that was asked for by name is not there; IO · FILE_CORRUPT when MovieLens was asked
 *   for by name and cannot be fetched.
 */
export async function prepareCollection(
  name: CollectionName | 'auto',
  options: PrepareOptions,
): Promise<PreparedCollection> {
  checkChoice('name', name, [...COLLECTIONS, 'auto']);
  if (options.force !== true && (await isDataset(options.out))) return reopen(name, options.out);
  const prepare = { tate: prepareTate, 'ml-latest-small': prepareMovieLens, generated: prepareGenerated };
  return name === 'auto' ? prepareAny(options) : prepare[name](options);
}

async function prepareAny(options: PrepareOptions): Promise<PreparedCollection> {
  if (findTate() !== undefined) return prepareTate(options);
  try {
    return await prepareMovieLens(options);
  } catch (error) {
    if (!(error instanceof PinSageError) || !['IO', 'FILE_CORRUPT'].includes(error.code)) throw error;
    const generated = await prepareGenerated(options);
    return {
      ...generated,
      note: `${generated.note} No real data was found, and MovieLens could not be had: ${error.message}`,
    };
  }
}

async function prepareTate(options: PrepareOptions): Promise<PreparedCollection> {
  const folder = findTate();
  if (folder === undefined) {
    throw new PinSageError(
      'FILE_NOT_FOUND',
      'The Tate collection was not found: name the folder that holds its folder `tate` in PINSAGE_DATASETS.',
    );
  }
  return make('tate', tateImport(folder), `The Tate collection, from ${folder}.`, options);
}

async function prepareMovieLens(options: PrepareOptions): Promise<PreparedCollection> {
  const found = findMovieLens();
  const folder = found ?? (await downloadMovieLens(options));
  const note = `MovieLens ml-latest-small, ${found ? 'from' : 'fetched from GroupLens into'} ${folder}.`;
  return make('ml-latest-small', movieLensImport(folder), note, options);
}

async function prepareGenerated(options: PrepareOptions): Promise<PreparedCollection> {
  const folder = await mkdtemp(join(tmpdir(), 'pinsage-generated-'));
  try {
    const input = await generateCollection(folder, options.size);
    return await make('generated', input, 'A generated collection: its pins and boards are made up.', options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function make(
  name: CollectionName,
  input: Omit<ImportOptions, 'out'>,
  note: string,
  { out, force, signal, onProgress, threads }: PrepareOptions,
): Promise<PreparedCollection> {
  await importDataset({ ...input, collection: name, out, force, signal, onProgress, threads });
  return { dataset: await Dataset.open(out), name, note };
}

async function reopen(name: CollectionName | 'auto', out: string): Promise<PreparedCollection> {
  const dataset = await Dataset.open(out);
  const { collection } = dataset.manifest.source;
  const known = COLLECTIONS.find((other) => other === collection);
  if (known === undefined || (name !== 'auto' && name !== known)) {
    await dataset.close();
    throw new PinSageError(
      'FILE_EXISTS',
      `${out} holds another dataset (${collection ?? 'of your own'}), not ${name}.`,
    );
  }
  return { dataset, name: known, note: `The dataset that was prepared before in ${out}.` };
}
