export { ApiKeys, makeKey } from './keys.js';
export type { Limits, ServiceOptions } from './options.js';
export { createService } from './service.js';
