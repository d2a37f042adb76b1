import type { PinSage } from '@pinsage/model';
import * as tf from '@tensorflow/tfjs-core';
import { loadWeights } from './checkpoint.js';

/** The weights to end with: in the run's model.safetensors, or in memory when there is no run directory. */
export class BestWeights {
  readonly #model: PinSage;
  readonly #path?: string;
  #kept: Float32Array[] = [];

  constructor(model: PinSage, path?: string) {
    this.#model = model;
    this.#path = path;
  }

  /** Keeps the weights as they are now, instead of earlier ones. */
  async keep(step: number): Promise<void> {
    if (this.#path) await this.#model.save(this.#path, { step: String(step) });
    else this.#kept = this.#model.variables.map((variable) => variable.dataSync().slice() as Float32Array);
  }

  /** Puts the kept weights into the model. */
  async restore(): Promise<void> {
    if (this.#path) return loadWeights(this.#model, this.#path);
    for (const [i, kept] of this.#kept.entries()) {
      const variable = this.#model.variables[i];
      tf.tidy(() => variable.assign(tf.tensor(kept, variable.shape)));
    }
  }
}
