import type { backend_util, DataType, TensorInfo } from '@tensorflow/tfjs-core';
import type { Pool } from './pool.js';

/** The data of one or several tensors, which TF.js calls TensorData. */
export interface Storage {
  readonly dtype: DataType;
  refCount: number;
  complexTensorInfos?: { real: TensorInfo; imag: TensorInfo };
  /** For everything that is not ours: TF.js's JavaScript kernels, and every read by the user. They may keep it. */
  values: backend_util.BackendValues;
  /** The same on the host for our own code, which keeps no reference. */
  readonly own: backend_util.BackendValues;
  /** Whether one tensor alone sees this memory, so that it may be changed in place. */
  readonly exclusive: boolean;
  /** Gives the memory back, where nobody else may see it. */
  release(): void;
}

/**
 * In the host's memory. A buffer may go back to the pool only while nobody but native kernels has seen it: they use `own`.
 * TF.js's kernels, whose results may share their input's memory, and the user go through `values`, which from then on leaves the
 * buffer to the garbage collector.
 */
export class HostStorage implements Storage {
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

  get own(): backend_util.BackendValues {
    return this.#values;
  }

  get exclusive(): boolean {
    return this.#pool !== undefined && this.refCount === 1;
  }

  release(): void {
    this.#pool?.release(this.#buffer);
    this.#pool = undefined;
  }

  get #buffer(): ArrayBuffer {
    return (this.#values as Float32Array).buffer as ArrayBuffer;
  }
}
