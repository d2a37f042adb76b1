import { createSafetensors, invalidArgument, type SafetensorsWriter, type TensorDtype } from '@pinsage/native';
import type { Database } from './database.js';
import { featureBuilder } from './feature-builder.js';
import type { FeatureColumn, FeatureSpec } from './feature-column.js';
import { featureColumn } from './load-nodes.js';
import { openVectors } from './vectors/open-vectors.js';
import { storeVectors, type VectorCounts } from './vectors/store-vectors.js';
import { vectorTensors, vectorWriter } from './vectors/stored-vectors.js';
import { queryVectors } from './vectors/table-vectors.js';
import type { Nodes, VectorSource } from './vectors/vector-source.js';

/** A feature, written. */
export interface WrittenFeature {
  column: FeatureColumn;
  /** Of dense features: what became of the vectors. */
  vectors?: VectorCounts;
}

/** A feature whose tensors' sizes are known. */
interface SizedFeature {
  tensors: Record<string, { dtype: TensorDtype; shape: number[] }>;
  write(file: SafetensorsWriter): Promise<WrittenFeature>;
  close?(): Promise<void>;
}

/**
 * Encodes the features of one side in the order of its rows and writes their file. The hashed ones and numbers are made in memory;
 * vectors go block by block to the file, which is mapped.
 */
export async function writeFeatures(
  database: Database,
  nodes: Nodes,
  features: FeatureSpec[],
  path: string,
): Promise<WrittenFeature[]> {
  const inTable = features.filter(({ file }) => file === undefined);
  const columnOf = (feature: FeatureSpec) => featureColumn(inTable.indexOf(feature));
  const built = await buildFeatures(database, nodes, inTable, columnOf);
  const sized: SizedFeature[] = [];
  try {
    for (const feature of features) {
      sized.push(built.get(feature) ?? (await sizeVectors(database, nodes, feature, columnOf(feature))));
    }
    const tensors = sized.flatMap((feature) => Object.entries(feature.tensors));
    if (new Set(tensors.map(([name]) => name)).size < tensors.length) {
      const names = features.map(({ name }) => name).join(', ');
      throw invalidArgument(nodes.side === 'pin' ? 'features' : 'boardFeatures', names, 'names whose tensors differ');
    }
    return await writeFile(path, Object.fromEntries(tensors), sized);
  } finally {
    for (const feature of sized) await feature.close?.();
  }
}

/** All features but the dense ones, in one pass over their table. */
async function buildFeatures(
  database: Database,
  { side, count, file }: Nodes,
  features: FeatureSpec[],
  columnOf: (feature: FeatureSpec) => string,
): Promise<Map<FeatureSpec, SizedFeature>> {
  const wanted = features.filter(({ kind }) => kind !== 'dense');
  const builders = wanted.map((feature) => featureBuilder(feature, count));
  if (wanted.length > 0) {
    const query = `SELECT ${wanted.map(columnOf).join(', ')} FROM ${side}_rows LEFT JOIN ${file!.table} USING (_row) ORDER BY row`;
    for await (const chunk of database.chunks(query)) {
      builders.forEach((builder, i) => {
        builder.add(chunk.getColumnVector(i));
      });
    }
  }
  return new Map(
    builders.map((builder, i) => {
      const { column, tensors } = builder.finish();
      const write = async (file: SafetensorsWriter) => {
        for (const [name, { data }] of Object.entries(tensors)) (file.get(name) as typeof data).set(data as never);
        return { column };
      };
      return [wanted[i], { tensors, write }];
    }),
  );
}

async function sizeVectors(
  database: Database,
  nodes: Nodes,
  feature: FeatureSpec,
  column: string,
): Promise<SizedFeature> {
  const { name, kind, store = 'f32' } = feature;
  const source =
    feature.file === undefined
      ? vectorsInTable(database, nodes, name, column)
      : await openVectors(database, nodes, feature);
  const { width } = source;
  return {
    tensors: vectorTensors(name, store, nodes.count, width),
    async write(file) {
      const put = vectorWriter(name, store, width, (tensor) => file.get(tensor));
      const vectors = await storeVectors(database, nodes, source, put);
      return { column: { name, kind, store, width, missing: vectors.missing }, vectors };
    },
    close: () => source.close(),
  };
}

function vectorsInTable(database: Database, { side, file }: Nodes, feature: string, column: string): VectorSource {
  const { table, name, widths } = file!;
  const query = `SELECT row, _row, ${column} FROM ${side}_rows JOIN ${table} USING (_row)`;
  return queryVectors(database, name, widths.get(feature)!, query);
}

async function writeFile(
  path: string,
  tensors: SizedFeature['tensors'],
  features: SizedFeature[],
): Promise<WrittenFeature[]> {
  const file = await createSafetensors(path, tensors);
  try {
    const written: WrittenFeature[] = [];
    for (const feature of features) written.push(await feature.write(file));
    await file.commit();
    return written;
  } catch (error) {
    await file.abort();
    throw error;
  }
}
