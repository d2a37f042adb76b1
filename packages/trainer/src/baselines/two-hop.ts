import type { Graph, TwoHopWeights } from '@pinsage/native';
import { sliceLists } from '../lists.js';
import type { ScoreOptions } from '../method.js';
import { ScoredMethod } from '../scored-method.js';
import type { Task } from '../tasks.js';

/** Scores over the boards of a query's pins: see Graph.twoHopScores. */
export class TwoHop extends ScoredMethod {
  readonly name: string;
  readonly #graph: Graph;
  readonly #weights: TwoHopWeights;

  constructor(name: string, graph: Graph, weights: TwoHopWeights) {
    super(graph.pins);
    this.name = name;
    this.#graph = graph;
    this.#weights = weights;
  }

  scores(task: Task, first: number, end: number, { signal, threads }: ScoreOptions): Promise<Float32Array> {
    return this.#graph.twoHopScores(sliceLists(task.members, first, end), this.#weights, { signal, threads });
  }
}

/** degree^exponent, and 0 for nodes without edges. */
export function powers(degrees: Uint32Array, exponent: number): Float32Array {
  return Float32Array.from(degrees, (degree) => (degree === 0 ? 0 : degree ** exponent));
}
