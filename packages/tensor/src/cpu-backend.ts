import { tensorKernels } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import { type HostOutput, PinSageBackend } from './backend.js';
import { Pool, type PoolStatistics } from './pool.js';
import { HostStorage } from './storage.js';

/** Kernels on the processor, in pooled native memory. */
export class CpuBackend extends PinSageBackend {
  readonly kernels = tensorKernels;
  readonly pool = new Pool();

  override output(shape: number[]): HostOutput {
    const size = tf.util.sizeFromShape(shape);
    const values = new Float32Array(this.pool.acquire(Math.max(size, 1) * 4), 0, size);
    const dataId = this.store(new HostStorage(values, 'float32', 1, this.pool));
    return { info: { dataId, shape, dtype: 'float32' }, values };
  }

  override hostOutput(shape: number[]): HostOutput {
    return this.output(shape);
  }

  override floats(info: tf.TensorInfo): Float32Array | undefined {
    if (info.dtype !== 'float32') return undefined;
    const values = this.storage(info.dataId).own;
    return values instanceof Float32Array ? values : undefined;
  }

  override allFloats(info: tf.TensorInfo): Float32Array {
    return this.hostFloats(info);
  }

  protected override inPlace(info: tf.TensorInfo): Float32Array {
    return this.allFloats(info);
  }

  protected override hold(values: tf.backend_util.BackendValues, dtype: tf.DataType, refCount: number): HostStorage {
    return new HostStorage(values, dtype, refCount);
  }
}

/** What the tensors of backend 'pinsage' hold in native memory; all zeros before its first use. */
export function poolStatistics(): PoolStatistics {
  return (tf.findBackend('pinsage') as CpuBackend).pool.statistics;
}
