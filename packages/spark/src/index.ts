export { serve } from './serve.js';
export type { Stage } from './stage.js';
