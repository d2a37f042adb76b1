import type { IndexStore } from '@pinsage/native';
import type { BaselineName } from '@pinsage/trainer';
import type { Settings } from './options.js';

/** What the options of each command come to. */

export interface DemoFlags {
  collection: 'auto' | 'tate' | 'ml-latest-small' | 'generated';
  data: string;
  runs: string;
  steps?: number;
}

export interface EmbedFlags {
  from?: string;
  new?: string;
  out?: string;
  index?: IndexStore;
  memory?: number;
}

export interface EvaluateFlags {
  tasks?: ('home' | 'related' | 'next' | 'cold')[];
  latest?: number;
  baselines?: BaselineName[] | false;
  mix?: ('pinsage' | BaselineName)[];
  queries?: number;
  seed?: number;
  report?: string | true;
}

export interface GenerateFlags {
  pins: number;
  boards: number;
  edges: number;
  vectors?: number;
  times?: boolean;
  seed: number;
  memory?: number;
  out: string;
}

export interface ImportFlags {
  pin: string;
  board: string;
  time?: string;
  weight?: string;
  pins?: string;
  pinId?: string;
  boards?: string;
  boardId?: string;
  boardType?: string;
  boardFeature?: string[];
  feature?: string[];
  title?: string;
  image?: string;
  duplicates: 'merge' | 'sum';
  skipBadRows?: boolean;
  memory?: number;
  force?: boolean;
  out: string;
}

export interface RecommendFlags {
  pin?: string[];
  title?: string[];
  board?: string[];
  list?: string[];
  new?: string;
  top: number;
}

export interface ServeFlags {
  host: string;
  port: number;
  live?: boolean;
  search: 'auto' | 'exact' | 'hnsw';
  store: IndexStore;
  keys?: string;
  keysForReads?: boolean;
  newKey?: string;
  name?: string;
  cors?: string[];
  trustProxy?: string[];
  body: number;
  rate: number;
  concurrency: number;
  queue: number;
  timeout: number;
  logLevel: string;
}

export interface TuneFlags {
  out?: string;
  resume?: string;
  split?: string;
  space?: string;
  trials?: number;
  steps?: number;
  metric?: 'recall@20' | 'ndcg@20';
  reduction?: number;
  grace?: number;
  config?: string;
  set?: Settings;
  seed?: number;
}

export interface TrainFlags {
  out?: string;
  resume?: string;
  split: string;
  splitKind?: 'edges' | 'time' | 'last' | 'cutoff' | 'none';
  cutoff?: number;
  validation?: number;
  test?: number;
  coldPins?: number;
  config?: string;
  set?: Settings;
  preset?: string;
  loss?: string;
  epochs?: number;
  steps?: number;
  batch?: number;
  learningRate?: number;
  layers?: number;
  neighbors?: number;
  output?: number;
  seed?: number;
  embed: boolean;
  memory?: number;
  workers?: number;
  listen?: string;
  join?: string;
  rank?: number;
  threads?: number;
  device?: string;
}
