import { type DeviceFloats, deviceTensorKernels } from '@pinsage/native';
import * as tf from '@tensorflow/tfjs-core';
import { type Floats, type HostOutput, type Output, PinSageBackend } from './backend.js';
import { DeviceStorage, type Place } from './device-storage.js';

/**
 * Kernels on an NVIDIA GPU. Calls queue work there and return; reading a tensor waits for it. An operation without a kernel here
 * runs on the host: what it reads is brought there, and what it makes goes over when a kernel needs it.
 */
export class CudaBackend extends PinSageBackend {
  readonly kernels = deviceTensorKernels();
  /** See deviceFallbacks(). */
  readonly fallbacks = new Map<string, number>();
  #kernel?: string;

  /** Runs a kernel of the host's. */
  onHost<T>(kernel: string, run: () => T): T {
    const outer = this.#kernel;
    this.#kernel = kernel;
    try {
      return run();
    } finally {
      this.#kernel = outer;
    }
  }

  override output(shape: number[]): Output {
    const values = this.kernels.allocate(tf.util.sizeFromShape(shape));
    const dataId = this.store(this.#storageOf({ device: values }, 'float32', 1));
    return { info: { dataId, shape, dtype: 'float32' }, values };
  }

  override hostOutput(shape: number[]): HostOutput {
    const values = new Float32Array(tf.util.sizeFromShape(shape));
    return { info: { dataId: this.write(values, shape, 'float32'), shape, dtype: 'float32' }, values };
  }

  override floats(info: tf.TensorInfo): Floats | undefined {
    return info.dtype === 'float32' ? this.allFloats(info) : undefined;
  }

  override allFloats(info: tf.TensorInfo): Floats {
    return (this.storage(info.dataId) as DeviceStorage).device;
  }

  protected override inPlace(info: tf.TensorInfo): Floats {
    return this.ownFloats(info);
  }

  /** The elements of a tensor that alone sees its memory, to be changed. */
  ownFloats(info: tf.TensorInfo): DeviceFloats {
    return (this.storage(info.dataId) as DeviceStorage).writable;
  }

  protected override hold(values: tf.backend_util.BackendValues, dtype: tf.DataType, refCount: number): DeviceStorage {
    return this.#storageOf({ host: values }, dtype, refCount);
  }

  #storageOf(place: Place, dtype: tf.DataType, refCount: number): DeviceStorage {
    return new DeviceStorage(this.kernels, place, dtype, refCount, () => this.#countFallback());
  }

  #countFallback(): void {
    if (this.#kernel === undefined) return;
    const before = this.fallbacks.get(this.#kernel) ?? 0;
    this.fallbacks.set(this.#kernel, before + 1);
    if (before === 0 && tf.env().getBool('DEBUG')) {
      console.warn(`${this.#kernel} has no kernel for the GPU: it runs on the host, which waits for its inputs.`);
    }
  }
}

/** Whether tensors are on a GPU: backend 'pinsage' on device 'cuda' is in use. */
export function isOnGpu(): boolean {
  return tf.backend() instanceof CudaBackend;
}

/**
 * How often an operation without a kernel for the GPU ran on the host and had to wait for what the GPU was computing, by the name
 * of TF.js's kernel. Empty before backend 'pinsage' is used on a GPU. In TF.js's debug mode each is also named on the console, once.
 */
export function deviceFallbacks(): ReadonlyMap<string, number> {
  const backend = tf.backend();
  return backend instanceof CudaBackend ? backend.fallbacks : new Map();
}
