import { invalidArgument, writeSafetensors } from '@pinsage/native';
import type { Database } from './database.js';
import { featureBuilder } from './feature-builder.js';
import type { FeatureColumn, FeatureSpec } from './feature-column.js';
import { featureColumn, type NodeTable } from './load-nodes.js';

/** Encodes the features of one side in the order of its rows and writes their file. */
export async function writeFeatures(
  database: Database,
  side: 'pin' | 'board',
  features: FeatureSpec[],
  file: NodeTable | undefined,
  rows: number,
  path: string,
): Promise<FeatureColumn[]> {
  const builders = features.map((feature) => featureBuilder(feature, rows, file!.widths.get(feature.name) ?? 0));
  if (builders.length > 0) {
    const names = features.map((_, i) => featureColumn(i)).join(', ');
    const query = `SELECT ${names} FROM ${side}_rows LEFT JOIN ${file!.table} USING (_row) ORDER BY row`;
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
    throw invalidArgument(
      side === 'pin' ? 'features' : 'boardFeatures',
      features.map(({ name }) => name).join(', '),
      'names whose tensors differ',
    );
  }
  await writeSafetensors(path, Object.fromEntries(tensors));
  return finished.map(({ column }) => column);
}
