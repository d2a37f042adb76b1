import type { Dataset } from '@pinsage/graph';
import { embedPins } from '@pinsage/inference';
import type { PinSage } from '@pinsage/model';
import type { Edges, Graph } from '@pinsage/native';
import type { TrainerConfig } from './config.js';
import { EmbeddingMethod } from './embedding-method.js';
import { listCount, listOf } from './lists.js';
import { ndcg, recall } from './metrics/index.js';
import { homeTask, type Task } from './tasks.js';

const K = 20;

export interface ValidationResult {
  /** Mean over the boards of the share of their validation pins among the first 20. What early stopping looks at. */
  recallAt20: number;
  ndcgAt20: number;
  seconds: number;
}

/** Measures a model between steps: home feeds of a sample of boards, always the same one, over all pins. */
export class Validation {
  readonly #task: Task;
  readonly #dataset: Dataset;
  readonly #graph: Graph;

  constructor(dataset: Dataset, graph: Graph, heldOut: Edges, config: TrainerConfig) {
    this.#dataset = dataset;
    this.#graph = graph;
    this.#task = homeTask(graph, heldOut, undefined, { queries: config.validationBoards, seed: config.seed });
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
