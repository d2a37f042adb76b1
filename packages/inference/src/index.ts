export { type EmbedNewPinsOptions, embedNewPins, type NewPin } from './embed-new-pins.js';
export { type EmbedPinsOptions, embedPins } from './embed-pins.js';
export { Embeddings } from './embeddings.js';
export { type ImportEmbeddingsOptions, importEmbeddings } from './import-embeddings.js';
export type { EdgeToAdd, PinToAdd } from './live/checks.js';
export type { LiveState } from './live/live-store.js';
export { LivePlaces } from './map/live-places.js';
export { type MapState, PinMap, type PinMapOptions } from './map/pin-map.js';
export { placeByUmap, sampleRows } from './map/place-by-umap.js';
export type { PlacedPins } from './map/place-pins.js';
export {
  type HomeFeedQuery,
  type OpenOptions,
  type OverOptions,
  type PinReference,
  type Recommendation,
  Recommender,
  type RecommenderParts,
  type RecommendOptions,
} from './recommender.js';
export { add, emptyBitset, has } from './serving/bitset.js';
export type { Catalogue } from './serving/catalogue.js';
export { DatasetCatalogue } from './serving/dataset-catalogue.js';
export { ExactIndex } from './serving/exact-index.js';
export type { ColumnKind, Condition, Filter, FilterColumn, FilterCondition, FilterValue } from './serving/filter.js';
export { filterPredicate } from './serving/filter-predicate.js';
export { HnswIndex } from './serving/hnsw-index.js';
export { buildIndex } from './serving/index-file.js';
export { NewPinEmbedder, type UnknownPin } from './serving/new-pin-embedder.js';
export type { Nearest, NearestOptions, PinIndex } from './serving/pin-index.js';
export { RecommenderSlot } from './serving/recommender-slot.js';
export { RowVectors } from './serving/row-vectors.js';
export type { Tuning } from './serving/tune-index.js';
