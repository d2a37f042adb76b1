import { type Lists, listCount, listOf } from '../lists.js';
import { type BootstrapOptions, bootstrap, type Interval, ndcg, recall } from '../metrics/index.js';

const K = 20;

/** How well some of the targets are found. */
export interface Slice {
  label: string;
  /** Queries with such a target. */
  queries: number;
  methods: { method: string; 'recall@20': Interval; 'ndcg@20': Interval }[];
}

/** Ranks of all targets by one method. */
export interface MethodRanks {
  method: string;
  /** [targets] */
  ranks: Uint32Array;
}

/**
 * Metrics of parts of a task's targets. A query counts in each slice that it has targets of, and there they are its only ones, with
 * the ranks that they have among all pins. Slices without queries are left out; within a slice all methods see the same resamples.
 *
 * @param groupOf the slice of a query's target, an index into `labels`, or −1 for none
 */
export function slices(
  targets: Lists,
  methods: MethodRanks[],
  labels: string[],
  groupOf: (query: number, pin: number) => number,
  options: BootstrapOptions = {},
): Slice[] {
  const members: number[][][] = labels.map(() => []); // places of a query's targets, for each slice and query in it
  for (let query = 0; query < listCount(targets); query++) {
    const own = new Map<number, number[]>();
    for (const [i, pin] of listOf(targets, query).entries()) {
      const group = groupOf(query, pin);
      if (group >= 0) own.set(group, [...(own.get(group) ?? []), targets.offsets[query] + i]);
    }
    for (const [group, places] of own) members[group].push(places);
  }
  return labels.flatMap((label, group) => {
    const queries = members[group];
    return queries.length === 0
      ? []
      : [{ label, queries: queries.length, methods: measure(queries, methods, options) }];
  });
}

function measure(queries: number[][], methods: MethodRanks[], options: BootstrapOptions): Slice['methods'] {
  const values = methods.flatMap(({ ranks }) => {
    const own = queries.map((places) => Uint32Array.from(places, (place) => ranks[place]));
    return [recall, ndcg].map((metric) => Float64Array.from(own, (found) => metric(found, K)));
  });
  const intervals = bootstrap(values, options);
  return methods.map(({ method }, i) => ({
    method,
    'recall@20': intervals[2 * i],
    'ndcg@20': intervals[2 * i + 1],
  }));
}
