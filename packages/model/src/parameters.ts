import { PinSageError, randomWords, type Safetensors } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';

// Separates initial weights from every other use of the same seed.
const STREAM = 0x1e17;
const CHUNK = 1 << 20;

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
    return this.#add(name, shape, (size) => normal(this.#seed, this.variables.length, size, deviation));
  }

  zeros<R extends tf.Rank>(name: string, shape: tf.ShapeMap[R]): tf.Variable<R> {
    return this.#add(name, shape, (size) => new Float32Array(size));
  }

  #add<R extends tf.Rank>(
    name: string,
    shape: tf.ShapeMap[R],
    initial: (size: number) => Float32Array,
  ): tf.Variable<R> {
    const values = this.#file === undefined ? initial(tf.util.sizeFromShape(shape)) : stored(this.#file, name, shape);
    const added = variable(tf.tensor(values, shape), name);
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

function stored(file: Safetensors, name: string, shape: number[]): Float32Array {
  const tensor = file.has(name) ? file.get(name, 'F32') : undefined;
  if (tensor === undefined || tensor.shape.join() !== shape.join()) {
    const found = tensor === undefined ? 'is missing' : `has shape [${tensor.shape}]`;
    throw new PinSageError('FILE_CORRUPT', `The model's tensor '${name}' ${found}; expected shape [${shape}].`);
  }
  // A copy: the file's memory goes when the file is closed.
  return Float32Array.from(tensor.data as Float32Array);
}

/** Box–Muller on Philox words: the same weights on every machine. */
function normal(seed: bigint, index: number, size: number, deviation: number): Float32Array {
  const values = new Float32Array(size);
  for (let begin = 0; begin < size; begin += CHUNK) {
    const end = Math.min(begin + CHUNK, size);
    const words = randomWords(seed, [index, 0, begin / 4], STREAM, 2 * Math.ceil((end - begin) / 2));
    for (let i = begin; i < end; i += 2) {
      const radius = deviation * Math.sqrt(-2 * Math.log((words[i - begin] + 1) / 2 ** 32));
      const angle = (2 * Math.PI * words[i - begin + 1]) / 2 ** 32;
      values[i] = radius * Math.cos(angle);
      if (i + 1 < end) values[i + 1] = radius * Math.sin(angle);
    }
  }
  return values;
}
