import type { Graph } from '@pinsage/native';
import { sliceLists } from '../lists.js';
import type { ScoreOptions } from '../method.js';
import { ScoredMethod } from '../scored-method.js';
import type { Task } from '../tasks.js';

/** Of a restart before each hop: walks stay about as near as Pixie's. */
const ALPHA = 0.5;

/** Personalized PageRank (Haveliwala 2002), exact: where endless walks are found that restart at any of the query's pins. */
export class Ppr extends ScoredMethod {
  readonly name = 'ppr';
  readonly #graph: Graph;

  constructor(graph: Graph) {
    super(graph.pins);
    this.#graph = graph;
  }

  scores(task: Task, first: number, end: number, { signal, threads }: ScoreOptions): Promise<Float32Array> {
    const queries = sliceLists(task.members, first, end);
    return this.#graph.pageRank(queries, { alpha: ALPHA, device: 'cpu', signal, threads });
  }
}
