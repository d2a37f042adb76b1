/** Everything the page shows, as plain data: a report can be made from any run, and from made-up numbers in a test. */
export interface Report {
  title: string;
  /** One paragraph under the title. */
  lead: string;
  facts: Fact[];
  examples: Example[];
  tables: MetricsTable[];
  map?: EmbeddingMap;
  diagnostics?: DiagnosticsView;
  charts: Chart[];
  /** Shown as indented JSON at the end. */
  settings: unknown;
}

/** A headline number. */
export interface Fact {
  value: string;
  label: string;
}

/** A pin or a board as people read it. */
export interface Card {
  title: string;
  subtitle: string;
  /** Only http and https addresses become links. */
  url?: string;
}

/** A query and what was recommended for it. */
export interface Example extends Card {
  /** A word on what kind of query it is, such as `never seen in training`. */
  badge?: string;
  related: (Card & { score: number })[];
}

/** One task's methods side by side. */
export interface MetricsTable {
  title: string;
  explanation: string;
  metrics: string[];
  rows: { method: string; ours: boolean; values: Interval[] }[];
}

/** A measured value and its 95 % interval. */
export interface Interval {
  value: number;
  low?: number;
  high?: number;
}

/** Groups of bars, one bar a name. */
export interface BarChart {
  title: string;
  names: string[];
  groups: { label: string; note: string; values: Interval[] }[];
}

/** Where a run fails and why. */
export interface DiagnosticsView {
  bars: BarChart[];
  /** Headline numbers of the embeddings' space, and what they mean. */
  facts: Fact[];
  explanation: string;
  hubs: { explanation: string; rows: (Card & { occurrences: number })[] };
  spread: {
    explanation: string;
    rows: { method: string; ours: boolean; coverage: number; gini: number; logDegree: number }[];
  } | null;
  worst: QueryCard[];
  best: QueryCard[];
}

/** A board that was asked for, what was recommended, and what should have been. */
export interface QueryCard extends Card {
  ndcg: number;
  recommended: Card[];
  targets: (Card & { rank: number })[];
}

/** Lines over the training steps, or over something else that is counted. */
export interface Chart {
  title: string;
  /** What is counted. Default: step. */
  unit?: string;
  /** `noisy` lines are drawn pale under their running mean. */
  lines: { name: string; points: [step: number, value: number][]; noisy?: boolean }[];
}

/**
 * Pins in the plane. The first `x.length` pins are drawn; the others are only named, as somebody's neighbours.
 * Coordinates are integers from 0 to 4095.
 */
export interface EmbeddingMap {
  explanation: string;
  titles: string[];
  subtitles: string[];
  x: number[];
  y: number[];
  /** `width` neighbours of each drawn pin, best first, as indices into `titles`. */
  neighbors: { width: number; of: number[] };
  colorings: Coloring[];
}

/** One way to colour the map. */
export interface Coloring {
  name: string;
  labels: string[];
  /** Ordered labels (years, prices) get a scale of one hue, others get distinct hues. */
  ordered: boolean;
  /** The label of each drawn pin, -1 for none. */
  of: number[];
}
