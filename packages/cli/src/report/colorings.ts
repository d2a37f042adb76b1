import type { Coloring } from './report.js';

const LABELS = 11; // distinct hues that can still be told apart
const STEPS = 8; // of a scale

/** A column of the drawn pins: texts, or numbers with NaN where there is none. */
export type Column =
  | { name: string; separator?: string; texts: string[] }
  | { name: string; numbers: ArrayLike<number> };

/** The columns that are worth colouring a map by, the most telling categories first, then numbers. */
export function chooseColorings(columns: Column[]): Coloring[] {
  const categories = columns
    .flatMap((column) => ('texts' in column ? (byLabel(column.name, column.texts, column.separator) ?? []) : []))
    .sort((a, b) => entropy(b) - entropy(a));
  const scales = columns.flatMap((column) =>
    'numbers' in column ? (byNumber(column.name, column.numbers) ?? []) : [],
  );
  return [...categories, ...scales];
}

/** Whole values where a few of them cover most pins, else the first of a pin's several values. */
function byLabel(name: string, texts: string[], separator?: string): Coloring | undefined {
  const whole = topLabels(name, texts);
  if (separator === undefined || (whole && coverage(whole) > 0.6)) return whole;
  const first = topLabels(
    name,
    texts.map((text) => text.split(separator)[0].trim()),
  );
  return first && coverage(first) > (whole ? coverage(whole) : 0) ? first : whole;
}

/** The most frequent values, if they repeat enough to be seen. */
function topLabels(name: string, values: string[]): Coloring | undefined {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== '') counts.set(value, (counts.get(value) ?? 0) + 1);
  const labels = [...counts]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, LABELS)
    .map(([value]) => value);
  const index = new Map(labels.map((value, position) => [value, position]));
  const coloring = { name, labels, ordered: false, of: values.map((value) => index.get(value) ?? -1) };
  return labels.length >= 2 && coverage(coloring) >= 0.2 && counts.size <= 0.5 * values.length ? coloring : undefined;
}

/** The share of the pins that have a label. */
function coverage({ of }: Coloring): number {
  return of.filter((label) => label >= 0).length / of.length;
}

/** How much a label tells, in nats; pins without one tell nothing. */
function entropy({ labels, of }: Coloring): number {
  const shares = labels.map((_, label) => of.filter((other) => other === label).length / of.length);
  return shares.reduce((sum, share) => sum - share * Math.log(share), 0);
}

/** Numbers in bins of about equal counts. */
function byNumber(name: string, numbers: ArrayLike<number>): Coloring | undefined {
  const values = Array.from(numbers);
  const known = values.filter(Number.isFinite).sort((a, b) => a - b);
  const edges = [
    ...new Set(Array.from({ length: STEPS }, (_, step) => known[Math.floor((step * known.length) / STEPS)])),
  ];
  if (known.length < 0.3 * values.length || edges.length < 4) return undefined;
  return {
    name,
    labels: edges.map((edge, step) => rangeLabel(edge, edges[step + 1])),
    ordered: true,
    of: values.map((value) => (Number.isFinite(value) ? edges.findLastIndex((edge) => value >= edge) : -1)),
  };
}

function rangeLabel(from: number, to: number | undefined): string {
  const text = (value: number) => String(+value.toPrecision(6));
  if (to === undefined) return `${text(from)} and more`;
  if (!Number.isInteger(from) || !Number.isInteger(to)) return `from ${text(from)}`;
  return to - 1 > from ? `${text(from)}–${text(to - 1)}` : text(from);
}
