import type { Space } from './space.js';

/** What a study searches when it is not told: docs/tuning.md says why these. */
export const defaultSpace: Space = {
  'trainer.learningRate': { type: 'float', low: 0.001, high: 0.05, log: true },
  'trainer.temperature': { type: 'float', low: 0.03, high: 0.3, log: true },
  'trainer.setQuery': { type: 'integer', low: 1, high: 8 },
  'trainer.boardPower': { type: 'float', low: 0, high: 1 },
  'trainer.nodeDropout': { type: 'float', low: 0, high: 0.3 },
  'trainer.neighborhoods.neighbors': { type: 'integer', low: 5, high: 50, log: true },
  'trainer.negatives.shared': { type: 'integer', low: 100, high: 2000, log: true },
  'model.layers': { type: 'integer', low: 0, high: 2 },
  'model.width': { type: 'choice', values: [64, 128, 256] },
  'model.hidden': { type: 'choice', values: [128, 256, 512] },
  'model.output': { type: 'choice', values: [64, 128, 256] },
  'model.residual': { type: 'choice', values: [true, false] },
};
