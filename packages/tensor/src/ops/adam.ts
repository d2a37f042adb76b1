import { checkInteger, checkNumber, invalidArgument } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import type { PinSageBackend } from '../backend.js';
import { checkShape, checkTensor } from '../checks.js';
import { pinSageBackend } from '../fused.js';

export interface AdamOptions {
  /** Default 1e-3. */
  learningRate?: number;
  /** Decay of the mean of gradients. Default 0.9. */
  beta1?: number;
  /** Decay of the mean of squared gradients. Default 0.999. */
  beta2?: number;
  /** Default 1e-8. */
  epsilon?: number;
  /** Decoupled from the gradient (AdamW), times the learning rate. Default 0. */
  weightDecay?: number;
  /**
   * Names of variables that are tables [rows, width] of which a step uses few rows, such as an embeddingBag's: rows whose gradient
   * is all zero keep their weights and moments in that step ("lazy" Adam; no weight decay either). Default: none.
   */
  lazyRows?: readonly string[];
}

/** Everything that an optimizer must remember, ready for a file. */
export type AdamState = Record<string, { shape: number[]; data: Float32Array }>;

interface Moments {
  first: tf.Variable;
  second: tf.Variable;
}

/**
 * Adam (Kingma & Ba, 2015) with decoupled weight decay (Loshchilov & Hutter, 2019). For the t-th step with gradient g:
 *
 *     m ← β₁ m + (1 − β₁) g        v ← β₂ v + (1 − β₂) g²
 *     w ← w − η ( m / (1 − β₁ᵗ) / (√(v / (1 − β₂ᵗ)) + ε) + λ w )
 */
export class Adam {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly #lazyRows: ReadonlySet<string>;
  #iterations = 0;
  readonly #moments = new Map<string, Moments>();

  constructor(options: AdamOptions = {}) {
    this.learningRate = checkNumber('learningRate', options.learningRate ?? 1e-3, 0, Number.MAX_VALUE);
    this.beta1 = checkNumber('beta1', options.beta1 ?? 0.9, 0, 1 - 1e-9);
    this.beta2 = checkNumber('beta2', options.beta2 ?? 0.999, 0, 1 - 1e-9);
    this.epsilon = checkNumber('epsilon', options.epsilon ?? 1e-8, 0, Number.MAX_VALUE);
    this.weightDecay = checkNumber('weightDecay', options.weightDecay ?? 0, 0, Number.MAX_VALUE);
    this.#lazyRows = new Set(options.lazyRows);
  }

  /** Steps made so far. */
  get iterations(): number {
    return this.#iterations;
  }

  /**
   * One step for all variables, in place.
   *
   * @param variables float32, of any shape; those without a gradient in `grads` stay as they are
   * @param grads by the variable's name, each of its variable's shape
   * @param learningRate default: the constructor's
   */
  step(variables: tf.Variable[], grads: tf.NamedTensorMap, learningRate = this.learningRate): void {
    checkNumber('learningRate', learningRate, 0, Number.MAX_VALUE);
    const stepped = variables.filter((variable) => grads[variable.name] !== undefined);
    for (const variable of stepped) {
      const rank = this.#lazyRows.has(variable.name) ? 2 : variable.rank;
      checkTensor(`variables.${variable.name}`, variable, rank, 'float32');
      checkTensor(`grads.${variable.name}`, grads[variable.name], variable.rank, 'float32');
      checkShape(`grads.${variable.name}`, grads[variable.name], variable.shape, 'that of its variable');
    }
    this.#iterations += 1;
    const backend = pinSageBackend();
    if (backend === undefined) {
      tf.tidy(() => {
        for (const variable of stepped) this.#stepOne(variable, grads[variable.name], learningRate);
      });
    } else {
      this.#stepAll(backend, stepped, grads, learningRate);
    }
  }

  /** A copy: moments as `<variable>.m` and `<variable>.v`, and the number of steps as `iterations`. */
  state(): AdamState {
    const state: AdamState = { iterations: { shape: [1], data: Float32Array.of(this.#iterations) } };
    for (const [name, { first, second }] of this.#moments) {
      state[`${name}.m`] = { shape: first.shape, data: Float32Array.from(first.dataSync()) };
      state[`${name}.v`] = { shape: second.shape, data: Float32Array.from(second.dataSync()) };
    }
    return state;
  }

  /** Goes on from what state() gave. */
  restore(state: AdamState): void {
    if (state.iterations === undefined) throw invalidArgument('state.iterations', undefined, 'the number of steps');
    const iterations = checkInteger('state.iterations', state.iterations.data[0], 0, 2 ** 24);
    this.dispose();
    this.#iterations = iterations;
    for (const name of Object.keys(state)) {
      if (!name.endsWith('.m')) continue;
      const variable = name.slice(0, -2);
      const second = state[`${variable}.v`];
      if (second === undefined) throw invalidArgument(`state['${variable}.v']`, undefined, `present beside '${name}'`);
      this.#moments.set(variable, { first: toVariable(state[name]), second: toVariable(second) });
    }
  }

  /** Frees the moments. */
  dispose(): void {
    for (const { first, second } of this.#moments.values()) tf.dispose([first, second]);
    this.#moments.clear();
    this.#iterations = 0;
  }

  #stepAll(backend: PinSageBackend, variables: tf.Variable[], grads: tf.NamedTensorMap, learningRate: number): void {
    const moments = variables.map((variable) => this.#momentsOf(variable));
    backend.kernels.adam(
      variables.map((variable) => backend.writable(variable)),
      variables.map((variable) => backend.allFloats(grads[variable.name])),
      moments.map(({ first }) => backend.writable(first)),
      moments.map(({ second }) => backend.writable(second)),
      learningRate,
      this.beta1,
      this.beta2,
      this.epsilon,
      this.weightDecay,
      this.#iterations,
      variables.map(({ name, shape }) => (this.#lazyRows.has(name) ? shape[1]! : 0)),
    );
  }

  #stepOne(variable: tf.Variable, grad: tf.Tensor, learningRate: number): void {
    const { first, second } = this.#momentsOf(variable);
    const touched = this.#lazyRows.has(variable.name) ? tf.any(tf.notEqual(grad, 0), 1, true) : undefined;
    const assign = (target: tf.Variable, values: tf.Tensor) =>
      target.assign(touched === undefined ? values : tf.where(touched, values, target));
    assign(first, tf.add(tf.mul(first, this.beta1), tf.mul(grad, 1 - this.beta1)));
    assign(second, tf.add(tf.mul(second, this.beta2), tf.mul(tf.square(grad), 1 - this.beta2)));
    const mean = tf.div(first, 1 - this.beta1 ** this.#iterations);
    const deviation = tf.sqrt(tf.div(second, 1 - this.beta2 ** this.#iterations));
    const change = tf.add(tf.div(mean, tf.add(deviation, this.epsilon)), tf.mul(variable, this.weightDecay));
    assign(variable, tf.sub(variable, tf.mul(change, learningRate)));
  }

  #momentsOf(variable: tf.Variable): Moments {
    let moments = this.#moments.get(variable.name);
    if (moments === undefined) {
      const zeros = () => tf.tidy(() => tf.variable(tf.zeros(variable.shape), false));
      moments = { first: zeros(), second: zeros() };
      this.#moments.set(variable.name, moments);
    }
    checkShape(`moments of ${variable.name}`, moments.first, variable.shape, 'that of the variable');
    return moments;
  }
}

function toVariable(saved: { shape: number[]; data: Float32Array }): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(Float32Array.from(saved.data), saved.shape), false));
}
