import type { Operation, ProcessGroup, Wire } from '@pinsage/native';
import { gradientsAsTheyCome, ownFloats } from '@pinsage/tensor';
import * as tf from '@tensorflow/tfjs-core';

/** Gradients travel together up to this many numbers: fewer, and each bucket's few turns of messages cost more than its numbers. */
const BUCKET = 2 ** 20;

/**
 * The sum of all workers' gradients of one step. Most of it is on its way while the backward pass goes on: gradients are put into
 * buckets in the opposite order of the variables, which is about the order in which they come, and which is the same for all workers
 * whatever comes first.
 */
export class GradientSum {
  readonly #group: ProcessGroup;
  readonly #wire: Wire;
  readonly #variables: readonly tf.Variable[];
  readonly #buckets: tf.Variable[][];
  readonly #numbers = new Map<tf.Variable, Float32Array>();
  /** Those whose numbers are not the memory of their gradient. */
  readonly #copied = new Set<tf.Variable>();
  readonly #operations: Operation[] = [];

  constructor(group: ProcessGroup, variables: readonly tf.Variable[], wire: Wire) {
    this.#group = group;
    this.#wire = wire;
    this.#variables = variables;
    this.#buckets = bucketsOf(variables);
  }

  /** For the end of the function whose gradients are asked for. */
  watch(loss: tf.Scalar): void {
    gradientsAsTheyCome(loss, this.#variables, (variable, gradient) => this.#take(variable, gradient));
  }

  /**
   * Waits for the rest.
   *
   * @param loss of this worker's share
   * @param gradients of its share; they are changed
   * @returns the sum of the losses, and the gradient of every variable
   */
  finish(loss: tf.Scalar, gradients: tf.NamedTensorMap): { loss: number; grads: tf.NamedTensorMap } {
    for (const variable of this.#variables) {
      if (this.#numbers.has(variable)) continue;
      gradients[variable.name] ??= tf.zerosLike(variable);
      this.#take(variable, gradients[variable.name]);
    }
    const losses = Float32Array.from(loss.dataSync());
    this.#operations.push(this.#group.allReduce([losses]));
    for (const operation of this.#operations) operation.wait();
    const grads = { ...gradients };
    for (const variable of this.#copied) {
      grads[variable.name] = tf.tensor(this.#numbers.get(variable)!, variable.shape);
    }
    return { loss: losses[0], grads };
  }

  #take(variable: tf.Variable, gradient: tf.Tensor): void {
    const own = ownFloats(gradient);
    if (own === undefined) this.#copied.add(variable);
    this.#numbers.set(variable, own ?? Float32Array.from(gradient.dataSync()));
    const started = this.#operations.length;
    for (const bucket of this.#buckets.slice(started)) {
      if (!bucket.every((each) => this.#numbers.has(each))) return;
      this.#operations.push(
        this.#group.allReduce(
          bucket.map((each) => this.#numbers.get(each)!),
          this.#wire,
          bucket.map(rowLength),
        ),
      );
    }
  }
}

/**
 * Of an embedding table, of which a batch touches few rows; 0 for others, whose gradients are full. A table is much higher than wide;
 * a layer that is taken for one travels whole all the same.
 */
function rowLength({ shape }: tf.Variable): number {
  return shape.length === 2 && shape[0] > 8 * shape[1] ? shape[1] : 0;
}

function bucketsOf(variables: readonly tf.Variable[]): tf.Variable[][] {
  const buckets: tf.Variable[][] = [];
  let room = 0;
  for (const variable of [...variables].reverse()) {
    if (room <= 0) {
      buckets.push([]);
      room = BUCKET;
    }
    buckets.at(-1)!.push(variable);
    room -= variable.size;
  }
  return buckets;
}
