import type { backend_util, DataType, TensorInfo } from '@tensorflow/tfjs-core';
import type { Pool } from './pool.js';

/**
 * The data of one or several tensors (TF.js's TensorData). A buffer may go back to the pool only while nobody but native kernels
 * has seen it: they use `own`. Everything else (TF.js's JavaScript kernels, whose results may share their input's memory, and
 * every read by the user) goes through `values`, which from then on leaves the buffer to the garbage collector.
 */
export class Storage {
  readonly dtype: DataType;
  refCount: number;
  complexTensorInfos?: { real: TensorInfo; imag: TensorInfo };
  #values: backend_util.BackendValues;
  #pool: Pool | undefined;

  constructor(values: backend_util.BackendValues, dtype: DataType, refCount: number, pool?: Pool) {
    this.#values = values;
    this.dtype = dtype;
    this.refCount = refCount;
    this.#pool = pool;
  }

  get values(): backend_util.BackendValues {
    this.#pool?.forget(this.#buffer);
    this.#pool = undefined;
    return this.#values;
  }

  set values(values: backend_util.BackendValues) {
    this.release();
    this.#values = values;
  }

  /** For native kernels, which keep no reference. */
  get own(): backend_util.BackendValues {
    return this.#values;
  }

  /** Whether one tensor alone sees this memory, so that it may be changed in place. */
  get exclusive(): boolean {
    return this.#pool !== undefined && this.refCount === 1;
  }

  /** Gives the buffer back, if it is still the pool's. */
  release(): void {
    this.#pool?.release(this.#buffer);
    this.#pool = undefined;
  }

  get #buffer(): ArrayBuffer {
    return (this.#values as Float32Array).buffer as ArrayBuffer;
  }
}
