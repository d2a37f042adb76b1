export { type EmbedNewPinsOptions, embedNewPins, type NewPin } from './embed-new-pins.js';
export { type EmbedPinsOptions, embedPins } from './embed-pins.js';
export { Embeddings } from './embeddings.js';
export {
  type HomeFeedQuery,
  type PinReference,
  type Recommendation,
  Recommender,
  type RecommendOptions,
} from './recommender.js';
