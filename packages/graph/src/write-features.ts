import { join } from 'node:path';
import { invalidArgument, writeSafetensors } from '@pinsage/native';
import type { Database } from './database.js';
import { featureBuilder } from './feature-builder.js';
import type { FeatureColumn, FeatureSpec } from './feature-column.js';
import { featureColumn, type NodeTable } from './load-nodes.js';

/** Encodes the pins' features in the order of their rows and writes their file. */
export async function writeFeatures(
  database: Database,
  directory: string,
  features: FeatureSpec[],
  file: NodeTable | undefined,
  pins: number,
): Promise<FeatureColumn[]> {
  const builders = features.map((feature) => featureBuilder(feature, pins, file!.widths.get(feature.name) ?? 0));
  if (builders.length > 0) {
    const names = features.map((_, i) => featureColumn(i)).join(', ');
    const query = `SELECT ${names} FROM pin_rows LEFT JOIN ${file!.table} USING (_row) ORDER BY row`;
    for await (const chunk of database.chunks(query)) {
      builders.forEach((builder, i) => {
        builder.add(chunk.getColumnVector(i));
      });
    }
  }
  const finished = builders.map((builder) => builder.finish());
  const tensors = finished.flatMap((feature) => Object.entries(feature.tensors));
  const names = new Set(tensors.map(([name]) => name));
  if (names.size < tensors.length) {
    throw invalidArgument('features', features.map(({ name }) => name).join(', '), 'names whose tensors differ');
  }
  await writeSafetensors(join(directory, 'features.safetensors'), Object.fromEntries(tensors));
  return finished.map(({ column }) => column);
}
