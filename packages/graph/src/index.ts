export type { BadRow } from './bad-rows.js';
export { type GeneratedTables, type GenerateOptions, generateTables } from './collections/generate-tables.js';
export type { GeneratedSize } from './collections/generated.js';
export { locateDatasets } from './collections/locate.js';
export {
  type CollectionName,
  type PreparedCollection,
  type PrepareOptions,
  prepareCollection,
} from './collections/prepare.js';
// For packages that use DuckDB themselves.
export { Database, fromDuckDB, identifier, literal, pathLiteral, reasonOf } from './database.js';
export { Dataset, type ExternalId } from './dataset.js';
export type { DatasetManifest } from './dataset-manifest.js';
export { encodeFeatures } from './encode.js';
export {
  type FeatureColumn,
  type FeatureKind,
  type FeatureSpec,
  type NumberStatistics,
  parseFeatureSpec,
} from './feature-column.js';
export { importDataset } from './import.js';
export type { ImportOptions, ImportReport } from './import-options.js';
export { type AddedPin, type Revision, reviseDataset } from './revise.js';
export { Split, type SplitManifest, type SplitOptions } from './split.js';
export { stepThrough } from './step-through.js';
