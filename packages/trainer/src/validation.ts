import type { Dataset } from '@pinsage/graph';
import { embedPins } from '@pinsage/inference';
import type { PinSage } from '@pinsage/model';
import type { Edges, Graph } from '@pinsage/native';
import type { TrainerConfig } from './config.js';
import { EmbeddingMethod } from './embedding-method.js';
import { listCount, listOf } from './lists.js';
import { ndcg, recall } from './metrics/index.js';
import { homeTask, nextTask, type Task } from './tasks.js';

const K = 20;

export interface ValidationResult {
  /** Mean over the boards of the share of their validation pins (the next one alone) among the first 20. What early stopping looks at. */
  recallAt20: number;
  ndcgAt20: number;
  seconds: number;
}

/**
 * Measures a model between steps, on a sample of boards that is always the same, over all pins: home feeds or, of a model that learns
 * from sequences, where the edges are split by time, what comes next.
 */
export class Validation {
  readonly #task: Task;
  readonly #dataset: Dataset;
  readonly #graph: Graph;

  constructor(dataset: Dataset, graph: Graph, heldOut: Edges, config: TrainerConfig) {
    this.#dataset = dataset;
    this.#graph = graph;
    const sample = { queries: config.validationBoards, seed: config.seed };
    const next = config.sequence === null ? undefined : nextTask(graph, heldOut, undefined, sample);
    this.#task = next ?? homeTask(graph, heldOut, undefined, sample);
  }

  /** Boards that are asked for; 0 when no edge can be validated. */
  get boards(): number {
    return listCount(this.#task.members);
  }

  async run(model: PinSage, signal?: AbortSignal): Promise<ValidationResult> {
    const start = performance.now();
    const embeddings = await embedPins(model, this.#dataset, this.#graph, { signal });
    try {
      const method = new EmbeddingMethod('validation', embeddings.vectors, embeddings.width);
      const { ranks } = await method.rank(this.#task, { top: 1, seed: 0, signal });
      return { ...this.#means(ranks), seconds: (performance.now() - start) / 1000 };
    } finally {
      await embeddings.close();
    }
  }

  #means(ranks: Uint32Array): { recallAt20: number; ndcgAt20: number } {
    const means = { recallAt20: 0, ndcgAt20: 0 };
    for (let board = 0; board < this.boards; board++) {
      const own = listOf({ offsets: this.#task.targets.offsets, ids: ranks }, board);
      means.recallAt20 += recall(own, K) / this.boards;
      means.ndcgAt20 += ndcg(own, K) / this.boards;
    }
    return means;
  }
}
