export {
  type AddedPin,
  type BatchResult,
  type HomeFeedQuery,
  type Pin,
  PinSageClient,
  type RecommendOptions,
  type ScoredPin,
  type UnknownPin,
} from './client.js';
export { PinSageHttpError } from './errors.js';
export type { CallOptions, ClientOptions } from './transport.js';
