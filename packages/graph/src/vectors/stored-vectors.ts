import { PinSageError, type TensorData, type TensorDtype } from '@pinsage/native';
import { fromHalves, toHalf } from './half.js';

/** How a number of a vector is kept: 32-bit float, half, or 8-bit integer with a scale for each vector. */
export const VECTOR_STORES = ['f32', 'f16', 'i8'] as const;
export type VectorStore = (typeof VECTOR_STORES)[number];

const DTYPES = { f32: 'F32', f16: 'F16', i8: 'I8' } as const;
const LARGEST_HALF = 65504;

/** The tensors of vectors [rows, width]: the numbers, and `<name>.scale` [rows] of integers. */
export function vectorTensors(
  name: string,
  store: VectorStore,
  rows: number,
  width: number,
): Record<string, { dtype: TensorDtype; shape: number[] }> {
  const numbers = { [name]: { dtype: DTYPES[store], shape: [rows, width] } };
  return store === 'i8' ? { ...numbers, [scaleName(name)]: { dtype: 'F32', shape: [rows] } } : numbers;
}

export function scaleName(name: string): string {
  return `${name}.scale`;
}

/** What puts a vector of finite numbers into row `row` of these tensors. @throws NOT_FINITE as `keptAs` */
export function vectorWriter(
  name: string,
  store: VectorStore,
  width: number,
  tensor: (name: string) => TensorData,
): (row: number, vector: Float32Array) => void {
  const numbers = tensor(name);
  if (store === 'f32') return (row, vector) => (numbers as Float32Array).set(vector, row * width);
  if (store === 'f16')
    return (row, vector) => toHalves(`'${name}'`, vector, numbers.subarray(row * width) as Uint16Array);
  const scales = tensor(scaleName(name)) as Float32Array;
  return (row, vector) => {
    scales[row] = quantize(vector, numbers.subarray(row * width) as Int8Array);
  };
}

/**
 * What a vector of finite numbers is after it was stored and gathered.
 * @param name For the error. @throws NOT_FINITE when a number is beyond what halves hold
 */
export function keptAs(name: string, store: VectorStore, vector: Float32Array): Float32Array {
  if (store === 'f32') return vector;
  if (store === 'f16') {
    const halves = new Uint16Array(vector.length);
    toHalves(name, vector, halves);
    return fromHalves(halves);
  }
  const integers = new Int8Array(vector.length);
  const scale = quantize(vector, integers);
  return Float32Array.from(integers, (integer) => integer * scale);
}

function toHalves(name: string, vector: Float32Array, halves: Uint16Array): void {
  for (let i = 0; i < vector.length; i++) {
    halves[i] = toHalf(vector[i]);
    if ((halves[i] & 0x7c00) === 0x7c00) {
      const message = `${name} holds ${vector[i]}, beyond ${LARGEST_HALF}, the largest 16-bit float: store the vectors as 'f32' or 'i8'.`;
      throw new PinSageError('NOT_FINITE', message, { argument: 'store', value: 'f16', allowed: "'f32' | 'i8'" });
    }
  }
}

/** x ≈ integer · scale, where the largest |x| is 127 · scale. Returns the scale: 0 for a vector of zeros. */
function quantize(vector: Float32Array, integers: Int8Array): number {
  let largest = 0;
  for (let i = 0; i < vector.length; i++) largest = Math.max(largest, Math.abs(vector[i]));
  const scale = Math.fround(largest / 127);
  // So small that its scale is 0 as a 32-bit float.
  if (scale === 0) return 0;
  for (let i = 0; i < vector.length; i++) {
    integers[i] = Math.max(-127, Math.min(127, Math.round(vector[i] / scale)));
  }
  return scale;
}
