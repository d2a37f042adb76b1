import { PinSageError, type Safetensors } from '@pinsage/native';
import { randomNormal } from '@pinsage/tensor';
import * as tf from '@tensorflow/tfjs-core';

/** The trainable variables of one model, in the order of their creation: freshly drawn, or those of a file. */
export class Parameters {
  readonly variables: tf.Variable[] = [];
  readonly #seed: bigint;
  readonly #file: Safetensors | undefined;

  constructor(seed: number, file?: Safetensors) {
    this.#seed = BigInt(seed);
    this.#file = file;
  }

  /** Normally distributed around 0. */
  normal<R extends tf.Rank>(name: string, shape: tf.ShapeMap[R], deviation: number): tf.Variable<R> {
    const drawn = { seed: this.#seed, stream: this.variables.length, deviation };
    return this.#add(name, shape, () => randomNormal(shape, drawn));
  }

  zeros<R extends tf.Rank>(name: string, shape: tf.ShapeMap[R]): tf.Variable<R> {
    return this.#add(name, shape, () => tf.zeros(shape));
  }

  #add<R extends tf.Rank>(name: string, shape: tf.ShapeMap[R], initial: () => tf.Tensor<R>): tf.Variable<R> {
    const added = variable(this.#file === undefined ? initial() : stored(this.#file, name, shape), name);
    this.variables.push(added);
    return added;
  }
}

/**
 * A variable that the engine does not list by name. `tf.variable` refuses a name that is taken, so that two models could not
 * be alive in one process, or would have to give up the stable names that checkpoints and optimizer states are saved under.
 */
function variable<R extends tf.Rank>(initial: tf.Tensor<R>, name: string): tf.Variable<R> {
  const result = new tf.Variable<R>(initial, true, name, initial.id);
  const engine = tf.engine();
  engine.incRef(result, engine.backend);
  initial.dispose();
  return result;
}

function stored<R extends tf.Rank>(file: Safetensors, name: string, shape: tf.ShapeMap[R]): tf.Tensor<R> {
  const tensor = file.has(name) ? file.get(name, 'F32') : undefined;
  if (tensor === undefined || tensor.shape.join() !== shape.join()) {
    const found = tensor === undefined ? 'is missing' : `has shape [${tensor.shape}]`;
    throw new PinSageError('FILE_CORRUPT', `The model's tensor '${name}' ${found}; expected shape [${shape}].`);
  }
  // A copy: the file's memory goes when the file is closed.
  return tf.tensor(Float32Array.from(tensor.data as Float32Array), shape);
}
