import type { DeviceFloats, DeviceTensorKernels } from '@pinsage/native';
import type { backend_util, DataType, TensorInfo } from '@tensorflow/tfjs-core';
import type { Storage } from './storage.js';

/** Where the numbers are at first. */
export type Place = { host: backend_util.BackendValues } | { device: DeviceFloats };

/** In a GPU's memory, in the host's, or in both: it goes over when it is first needed there, and stays. */
export class DeviceStorage implements Storage {
  readonly dtype: DataType;
  refCount: number;
  complexTensorInfos?: { real: TensorInfo; imag: TensorInfo };
  readonly #kernels: DeviceTensorKernels;
  readonly #onDownload: () => void;
  #host?: backend_util.BackendValues;
  #device?: DeviceFloats;

  constructor(kernels: DeviceTensorKernels, place: Place, dtype: DataType, refCount: number, onDownload: () => void) {
    this.#kernels = kernels;
    this.#onDownload = onDownload;
    if ('host' in place) this.#host = place.host;
    else this.#device = place.device;
    this.dtype = dtype;
    this.refCount = refCount;
  }

  get values(): backend_util.BackendValues {
    if (this.#host === undefined) {
      this.#onDownload();
      const values = new Float32Array(this.#device!.length);
      this.#kernels.download(this.#device!, values);
      this.#host = values;
    }
    return this.#host;
  }

  set values(values: backend_util.BackendValues) {
    this.release();
    this.#host = values;
  }

  get own(): backend_util.BackendValues {
    return this.values;
  }

  /** The numbers of a float32 or bool tensor on the GPU. */
  get device(): DeviceFloats {
    if (this.#device === undefined) {
      const host = this.#host as Float32Array;
      this.#device = this.#kernels.upload(host instanceof Float32Array ? host : Float32Array.from(host));
    }
    return this.#device;
  }

  // What others have of it on the host are copies.
  get exclusive(): boolean {
    return this.refCount === 1;
  }

  /** The same, to be changed in place: the host's copy is none any more. */
  get writable(): DeviceFloats {
    const { device } = this;
    this.#host = undefined;
    return device;
  }

  release(): void {
    if (this.#device !== undefined) this.#kernels.release(this.#device);
    this.#device = undefined;
  }
}
