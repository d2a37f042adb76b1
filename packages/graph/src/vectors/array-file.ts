import type { TensorData } from '@pinsage/native';
import { fromHalves } from './half.js';

/** A file that holds a matrix of vectors, which belong to pins or boards by their order. */
export interface ArrayFile {
  name: string;
  rows: number;
  width: number;
  /** Rows from `first` up to `end`, [end − first, width]. */
  read(first: number, end: number): Promise<Float32Array>;
  /** [rows] The ids that the file itself has for them. */
  ids?: BigInt64Array;
  close(): Promise<void>;
}

/** Whether it holds numbers only, so that ids come from elsewhere. */
export function isArrayFile(file: string): boolean {
  return /\.(npy|safetensors)$/.test(file);
}

export const NUMBERS = ['F16', 'BF16', 'F32', 'F64', 'I8', 'U8'] as const;
export type NumberType = (typeof NUMBERS)[number];
export const INTEGERS = ['I8', 'U8', 'I16', 'U16', 'I32', 'U32', 'I64', 'U64'] as const;

/** Numbers of a file as 32-bit floats. */
export function toFloats(type: NumberType, data: TensorData): Float32Array {
  switch (type) {
    case 'F16':
      return fromHalves(data as Uint16Array);
    case 'BF16': {
      // The upper half of a 32-bit float.
      const words = new Uint32Array(data as Uint16Array);
      for (let i = 0; i < words.length; i++) words[i] <<= 16;
      return new Float32Array(words.buffer);
    }
    case 'F32':
      return data as Float32Array;
    default:
      return new Float32Array(data as Float64Array | Int8Array | Uint8Array);
  }
}

/** Integers of a file as ids. */
export function toIds(data: TensorData): BigInt64Array {
  return BigInt64Array.from(data as BigInt64Array | Int32Array, (value: bigint | number) => BigInt(value));
}
