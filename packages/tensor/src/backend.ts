import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { Pool, type PoolStatistics } from './pool.js';
import { Storage } from './storage.js';

/** 'bf16' rounds the operands of matrix products to bfloat16 and sums in float32; everything else stays float32. */
export type Precision = 'float32' | 'bf16';

/** A tensor to be filled by a native kernel. */
export interface Output {
  info: tf.TensorInfo;
  values: Float32Array;
}

/** TF.js's CPU backend with pooled native memory; its hot kernels are replaced by native ones. */
export class PinSageBackend extends MathBackendCPU {
  readonly pool = new Pool();
  /** Of matrix products. */
  precision: Precision = 'float32';
  #ids = 0;

  override write(values: tf.backend_util.BackendValues, _shape: number[], dtype: tf.DataType): object {
    return this.#store(new Storage(values, dtype, 1));
  }

  override move(
    dataId: object,
    values: tf.backend_util.BackendValues,
    _shape: number[],
    dtype: tf.DataType,
    refCount: number,
  ): void {
    this.data.set(dataId, new Storage(values, dtype, refCount));
  }

  override disposeData(dataId: object, force = false): boolean {
    const storage = this.data.has(dataId) ? this.storage(dataId) : undefined;
    const gone = super.disposeData(dataId, force);
    if (gone) storage?.release();
    return gone;
  }

  override memory(): { unreliable: boolean; reasons: string[] } {
    return { unreliable: false, reasons: [] };
  }

  storage(dataId: object): Storage {
    return this.data.get(dataId) as Storage;
  }

  /** A new float32 tensor in pooled memory, not cleared. */
  output(shape: number[]): Output {
    const size = tf.util.sizeFromShape(shape);
    const values = new Float32Array(this.pool.acquire(Math.max(size, 1) * 4), 0, size);
    const dataId = this.#store(new Storage(values, 'float32', 1, this.pool));
    return { info: { dataId, shape, dtype: 'float32' }, values };
  }

  /** The elements of a float32 tensor for a native kernel; undefined when they are of another dtype, or held in another form. */
  floats(info: tf.TensorInfo): Float32Array | undefined {
    if (info.dtype !== 'float32') return undefined;
    const values = this.storage(info.dataId).own;
    return values instanceof Float32Array ? values : undefined;
  }

  /** As floats(), for int32. */
  ints(info: tf.TensorInfo): Int32Array | undefined {
    if (info.dtype !== 'int32') return undefined;
    const values = this.storage(info.dataId).own;
    return values instanceof Int32Array ? values : undefined;
  }

  /** The elements of a float32 tensor, converted when they are held in another form (a cast from bool keeps its bytes). */
  allFloats(info: tf.TensorInfo): Float32Array {
    return this.floats(info) ?? Float32Array.from(this.storage(info.dataId).own as ArrayLike<number>);
  }

  /** As allFloats(), for int32. */
  allInts(info: tf.TensorInfo): Int32Array {
    return this.ints(info) ?? Int32Array.from(this.storage(info.dataId).own as ArrayLike<number>);
  }

  /**
   * The elements of a variable, to be changed in place. If anybody else may see its memory (a clone, an array that dataSync()
   * gave away, the array it was made from), the variable moves to a copy first.
   */
  writable(variable: tf.Variable): Float32Array {
    if (!this.storage(variable.dataId).exclusive) {
      const copy = this.output(variable.shape);
      copy.values.set(this.allFloats(variable));
      const tensor = tf.engine().makeTensorFromTensorInfo(copy.info);
      variable.assign(tensor);
      tensor.dispose();
    }
    return this.allFloats(variable);
  }

  #store(storage: Storage): object {
    const dataId = { id: this.#ids++ };
    this.data.set(dataId, storage);
    return dataId;
  }
}

/** What the tensors of backend 'pinsage' hold in native memory; all zeros before its first use. */
export function poolStatistics(): PoolStatistics {
  return (tf.findBackend('pinsage') as PinSageBackend).pool.statistics;
}
