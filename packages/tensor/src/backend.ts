import { type DeviceFloats, type Kernels, PRECISIONS } from '@pinsage/native';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import type { Storage } from './storage.js';

/**
 * 'bf16' rounds the operands of matrix products to bfloat16, 'tf32' (on NVIDIA GPUs) to 10 bits of mantissa; both sum in float32,
 * and everything else stays float32.
 */
export type Precision = (typeof PRECISIONS)[number];

/** float32 numbers where the backend's kernels take them. */
export type Floats = Float32Array | DeviceFloats;

/** A tensor to be filled by a native kernel. */
export interface Output {
  info: tf.TensorInfo;
  values: Floats;
}

/** As Output, by whoever writes numbers on the host. */
export interface HostOutput extends Output {
  values: Float32Array;
}

/**
 * TF.js's CPU backend, of which the hot kernels are replaced by native ones of a device. Dense float32 tensors are numbers in the
 * device's memory; the rest is the host's.
 */
export abstract class PinSageBackend extends MathBackendCPU {
  /** Of the device. */
  abstract readonly kernels: Kernels<Floats>;
  /** Of matrix products. */
  precision: Precision = 'float32';
  #ids = 0;

  /** A new float32 tensor, not cleared. */
  abstract output(shape: number[]): Output;

  /** A new float32 tensor that the host writes before anything reads it, not cleared. */
  abstract hostOutput(shape: number[]): HostOutput;

  /** The elements of a float32 tensor for a native kernel; undefined when they are of another dtype, or held in another form. */
  abstract floats(info: tf.TensorInfo): Floats | undefined;

  /** The elements of a float32 tensor, converted when they are held in another form (a cast from bool keeps its bytes). */
  abstract allFloats(info: tf.TensorInfo): Floats;

  /**
   * The elements of a variable, to be changed in place. If anybody else may see its memory (a clone, an array that dataSync()
   * gave away, the array it was made from), the variable moves to a copy first.
   */
  writable(variable: tf.Variable): Floats {
    if (!this.exclusive(variable)) {
      const { shape, size } = variable;
      const copy = this.output(shape);
      if (size > 0) this.kernels.copyBox(this.allFloats(variable), 0, [1], copy.values, 0, [1], [size]);
      const tensor = tf.engine().makeTensorFromTensorInfo(copy.info);
      variable.assign(tensor);
      tensor.dispose();
    }
    return this.inPlace(variable);
  }

  /** Whether this tensor alone sees its memory. */
  exclusive(info: tf.TensorInfo): boolean {
    return this.storage(info.dataId).exclusive;
  }

  /** The elements of a tensor that alone sees its memory, to be changed. */
  protected abstract inPlace(info: tf.TensorInfo): Floats;

  protected abstract hold(values: tf.backend_util.BackendValues, dtype: tf.DataType, refCount: number): Storage;

  override write(values: tf.backend_util.BackendValues, _shape: number[], dtype: tf.DataType): object {
    return this.store(this.hold(values, dtype, 1));
  }

  override move(
    dataId: object,
    values: tf.backend_util.BackendValues,
    _shape: number[],
    dtype: tf.DataType,
    refCount: number,
  ): void {
    this.data.set(dataId, this.hold(values, dtype, refCount));
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

  /** The precision of matrix products, as kernels take it. */
  get precisionIndex(): number {
    return PRECISIONS.indexOf(this.precision);
  }

  /** The elements of an int32 tensor on the host; undefined when they are of another dtype, or held in another form. */
  ints(info: tf.TensorInfo): Int32Array | undefined {
    if (info.dtype !== 'int32') return undefined;
    const values = this.storage(info.dataId).own;
    return values instanceof Int32Array ? values : undefined;
  }

  /** As ints(), converted when they are held in another form. */
  allInts(info: tf.TensorInfo): Int32Array {
    return this.ints(info) ?? Int32Array.from(this.storage(info.dataId).own as ArrayLike<number>);
  }

  /** The elements of a float32 tensor on the host: weights that belong to indices. */
  hostFloats(info: tf.TensorInfo): Float32Array {
    const values = this.storage(info.dataId).own;
    return values instanceof Float32Array ? values : Float32Array.from(values as ArrayLike<number>);
  }

  protected storage(dataId: object): Storage {
    return this.data.get(dataId) as Storage;
  }

  protected store(storage: Storage): object {
    const dataId = { id: this.#ids++ };
    this.data.set(dataId, storage);
    return dataId;
  }
}
