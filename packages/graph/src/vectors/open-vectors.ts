import type { Database } from '../database.js';
import type { FeatureSpec } from '../feature-column.js';
import { type ArrayFile, isArrayFile } from './array-file.js';
import { arrayVectors } from './array-vectors.js';
import { openNpy } from './npy.js';
import { openSafetensors } from './safetensors.js';
import { openTable } from './table-vectors.js';
import type { Nodes, VectorSource } from './vector-source.js';

/** The vectors of a feature that has a file of its own: .npy, .safetensors, or what DuckDB reads. */
export async function openVectors(
  database: Database,
  nodes: Nodes,
  { name, file, ids }: FeatureSpec,
): Promise<VectorSource> {
  if (!isArrayFile(file!)) return openTable(database, nodes, name, file!);
  const array = file!.endsWith('.npy') ? await openNpy(file!) : await openSafetensors(file!, name);
  return closeOnError(array, () => arrayVectors(database, nodes, array, ids));
}

async function closeOnError<T>(file: ArrayFile, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    await file.close();
    throw error;
  }
}
