/**
 * What is compared: each differs in one thing from `base` of its collection. `trainer` and `model` are as `pinsage train --set` takes
 * them.
 */
const tate = { data: 'tate', trainer: {}, model: {} };
const films = { data: 'ml-latest-small', trainer: { preset: 'sequential' }, model: {} };

const places = { data: 'gowalla', trainer: { preset: 'collaborative' }, model: {} };

const onTate = (group, name, trainer = {}, model = {}) => ({ ...tate, group, name, trainer, model });
const onFilms = (group, name, trainer = {}, model = {}) => ({
  ...films,
  group,
  name,
  trainer: { ...films.trainer, ...trainer },
  model,
});

const simpler = (data, names) =>
  names.map((baseline) => ({ data, group: 'simpler methods', name: baseline, trainer: {}, model: {}, baseline }));

export const experiments = [
  ...simpler('tate', ['popularity', 'content', 'itemknn', 'boardknn', 'rp3beta', 'ppr', 'walk', 'als', 'ease']),
  onTate('presets', 'default'),
  onTate('presets', 'default, batches of 2048, 480 steps', { batch: 2048, epochs: 12, patience: 6 }),
  { ...onTate('presets', 'default, mixed with EASE and content'), mix: ['pinsage', 'ease', 'content'] },
  {
    ...onTate('presets', 'the larger batches, mixed with EASE, RP3beta and content', {
      batch: 2048,
      epochs: 12,
      patience: 6,
    }),
    mix: ['pinsage', 'ease', 'rp3beta', 'content'],
  },
  onTate('presets', 'content', { preset: 'content' }),
  onTate('presets', 'content, batches of 2048', { preset: 'content', batch: 2048 }),
  onTate('presets', 'collaborative', { preset: 'collaborative' }),
  onTate('presets', 'paper, 240 steps', { preset: 'paper', patience: null }),

  onTate('what a pin’s boards are', 'not read', {}, { boardVector: false, boardFeatures: false }),
  onTate('what a pin’s boards are', 'their names', {}, { boardVector: false }),
  onTate('what a pin’s boards are', 'their vectors'),
  onTate('what a pin’s boards are', 'both', {}, { boardFeatures: true }),

  onTate('layers', '0', {}, { layers: 0 }),
  onTate('layers', '1'),
  onTate('layers', '2', {}, { layers: 2 }),
  onTate('layers', '0, boards not read', {}, { layers: 0, boardVector: false, boardFeatures: false }),
  onTate('layers', '1, boards not read', {}, { boardVector: false, boardFeatures: false }),

  onTate('aggregator', 'importance'),
  onTate('aggregator', 'mean', {}, { aggregator: 'mean' }),
  onTate('aggregator', 'max', {}, { aggregator: 'max' }),

  onTate('T', '5', { neighborhoods: { neighbors: 5 } }),
  onTate('T', '10'),
  onTate('T', '50', { neighborhoods: { neighbors: 50 } }),

  onTate('walks', '100 of up to 3 hops'),
  onTate('walks', '20 of up to 3 hops', { neighborhoods: { walks: 20 } }),
  onTate('walks', '100 of 1 hop', { neighborhoods: { hops: 1 } }),

  onTate('hard negatives', 'none'),
  onTate('hard negatives', '3 from the band', { negatives: { hard: 3 } }),
  onTate('hard negatives', 'curriculum', { negatives: { hard: 'curriculum' } }),

  onTate('loss', 'softmax'),
  onTate('loss', 'softmax without log Q', { logQ: false }),
  onTate('loss', 'max-margin', { loss: 'max-margin' }),
  onTate('loss', 'cross-entropy', { loss: 'cross-entropy', temperature: 0.2 }),

  onTate('folds', '5'),
  onTate('folds', 'none, boards not read', { folds: 1 }, { boardVector: false }),

  onTate('query', '1 pin', { setQuery: 1 }),
  onTate('query', '4 pins', { setQuery: 4 }),
  onTate('query', '8 pins'),
  onTate('mask', 'the pair', { mask: 'pair' }),
  onTate('mask', 'the board'),

  ...simpler('ml-latest-small', ['popularity', 'content', 'itemknn', 'rp3beta', 'als', 'ease', 'transitions']),
  onFilms('presets', 'sequential'),
  onFilms('presets', 'default', { preset: 'default', stepsPerEpoch: 100 }),
  onFilms('presets', 'dgl, one epoch', { preset: 'dgl' }),
  onFilms('pairs', 'next to each other', { sequence: 1 }),
  onFilms('pairs', 'up to 10 places apart'),
  onFilms('pairs', 'any two of a board', { sequence: null, boardPower: 1 }),
  onFilms('similarity', 'dot'),
  onFilms('similarity', 'cosine', { temperature: 0.07 }, { similarity: 'cosine' }),
  onFilms('layers', '0'),
  onFilms('layers', '1, with folds', { folds: 5 }, { layers: 1 }),
  onFilms('vectors', 'of pins'),
  onFilms('vectors', 'none', {}, { pinVector: false }),

  ...simpler('ml-1m', ['itemknn', 'als', 'ease', 'transitions']),
  { ...films, data: 'ml-1m', group: 'presets', name: 'sequential' },
  { ...films, data: 'ml-1m', group: 'presets', name: 'dgl, three epochs', trainer: { preset: 'dgl', epochs: 3 } },
  ...simpler('gowalla', ['popularity', 'rp3beta', 'ppr', 'als']),
  { ...places, group: 'presets', name: 'collaborative' },
];
