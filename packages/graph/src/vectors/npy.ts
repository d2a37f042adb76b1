import { type FileHandle, open } from 'node:fs/promises';
import { ioError, PinSageError, type TensorData } from '@pinsage/native';
import { type ArrayFile, INTEGERS, NUMBERS, type NumberType, toFloats, toIds } from './array-file.js';

// The format: "\x93NUMPY", version, length of the header, the header (a Python dict), the data.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

const MAGIC = Buffer.from('\x93NUMPY', 'latin1');
const MAX_HEADER = 2 ** 20;
const ARRAYS = {
  F16: Uint16Array,
  F32: Float32Array,
  F64: Float64Array,
  I8: Int8Array,
  U8: Uint8Array,
  I16: Int16Array,
  U16: Uint16Array,
  I32: Int32Array,
  U32: Uint32Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
};
type NpyType = keyof typeof ARRAYS;

const VECTORS = 'little-endian float16, float32, float64, int8 or uint8';
const IDS = 'little-endian integers; ids that are texts can be in a CSV file';

/**
 * Opens a matrix of vectors that NumPy saved.
 * @throws FILE_NOT_FOUND · IO; FILE_CORRUPT when it is cut or no such file; INVALID_ARGUMENT for another type, shape or order.
 */
export async function openNpy(path: string): Promise<ArrayFile> {
  const npy = await openArray(path, VECTORS);
  try {
    const { type, shape, file, offset } = npy;
    if (shape.length !== 2 || shape[1] === 0) {
      throw unfit(path, `has the shape (${shape.join(', ')})`, 'two dimensions: vectors, and the numbers of each');
    }
    if (!NUMBERS.includes(type as NumberType)) {
      throw unfit(path, `holds ${type}`, VECTORS);
    }
    const [rows, width] = shape;
    const bytes = width * ARRAYS[type].BYTES_PER_ELEMENT;
    return {
      name: path,
      rows,
      width,
      async read(first, end) {
        const data = await readArray(path, file, type, offset + first * bytes, (end - first) * width);
        return toFloats(type as NumberType, data);
      },
      close: () => file.close(),
    };
  } catch (error) {
    await npy.file.close();
    throw error;
  }
}

/** The integers of a NumPy file of one dimension. @throws as openNpy */
export async function readNpyIds(path: string): Promise<BigInt64Array> {
  const { type, shape, file, offset } = await openArray(path, IDS);
  try {
    if (shape.length !== 1)
      throw unfit(path, `has the shape (${shape.join(', ')})`, 'one dimension: an id for each row');
    if (!INTEGERS.includes(type as (typeof INTEGERS)[number])) {
      throw unfit(path, `holds ${type}`, IDS);
    }
    return toIds(await readArray(path, file, type, offset, shape[0]));
  } finally {
    await file.close();
  }
}

interface OpenArray {
  type: NpyType;
  shape: number[];
  file: FileHandle;
  /** Where the data begins. */
  offset: number;
}

/** @param types What it may hold, for the error. */
async function openArray(path: string, types: string): Promise<OpenArray> {
  const file = await open(path, 'r').catch((error) => {
    throw ioError('reading', path, error);
  });
  try {
    const start = await read(path, file, 0, 12);
    if (!start.subarray(0, 6).equals(MAGIC)) throw corrupt(path, 'it does not begin as a NumPy file does');
    const version = start[6];
    if (version < 1 || version > 3) throw corrupt(path, `it has version ${version}, and 1 to 3 are known`);
    const lengthBytes = version === 1 ? 2 : 4;
    const length = start.readUIntLE(8, lengthBytes);
    if (length > MAX_HEADER) throw corrupt(path, `its header claims ${length} bytes`);
    const offset = 8 + lengthBytes + length;
    const header = (await read(path, file, 8 + lengthBytes, length)).toString(version === 3 ? 'utf8' : 'latin1');
    const { type, shape } = parseHeader(path, header, types);
    const expected = offset + shape.reduce((product, size) => product * size, ARRAYS[type].BYTES_PER_ELEMENT);
    const { size } = await file.stat();
    if (size !== expected) {
      throw corrupt(path, `it has ${size} bytes, and an array of shape (${shape.join(', ')}) takes ${expected}`);
    }
    return { type, shape, file, offset };
  } catch (error) {
    await file.close();
    throw ioError('reading', path, error);
  }
}

function parseHeader(path: string, header: string, types: string): { type: NpyType; shape: number[] } {
  const descr = /'descr'\s*:\s*(?:'([^']*)'|\[)/.exec(header);
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1];
  const sizes = /'shape'\s*:\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  if (descr === null || order === undefined || sizes === undefined) throw corrupt(path, 'its header cannot be read');
  const [, letter, bits] = /^[<|=]([fiu])(\d)$/.exec(descr[1] ?? '') ?? [];
  const type = `${letter?.toUpperCase()}${Number(bits) * 8}`;
  if (!Object.hasOwn(ARRAYS, type)) {
    throw unfit(path, `holds ${descr[1] ?? 'records'}`, types);
  }
  const shape = sizes.split(',').flatMap((size) => (size.trim() === '' ? [] : [Number(size)]));
  if (order === 'True' && shape.length > 1) {
    throw unfit(path, 'is in Fortran order', 'C order: save numpy.ascontiguousarray(array)');
  }
  return { type: type as NpyType, shape };
}

async function readArray(
  path: string,
  file: FileHandle,
  type: NpyType,
  position: number,
  length: number,
): Promise<TensorData> {
  const Type = ARRAYS[type];
  const bytes = await read(path, file, position, length * Type.BYTES_PER_ELEMENT);
  return new Type(bytes.buffer, 0, length);
}

/** Bytes of a file, in memory of their own. */
async function read(path: string, file: FileHandle, position: number, length: number): Promise<Buffer<ArrayBuffer>> {
  const buffer = Buffer.from(new ArrayBuffer(length));
  for (let at = 0; at < length; ) {
    const { bytesRead } = await file.read(buffer, at, length - at, position + at);
    if (bytesRead === 0) throw corrupt(path, `it ends after ${position + at} bytes`);
    at += bytesRead;
  }
  return buffer;
}

function corrupt(path: string, reason: string): PinSageError {
  return new PinSageError('FILE_CORRUPT', `${path} cannot be used: ${reason}.`);
}

function unfit(path: string, is: string, allowed: string): PinSageError {
  return new PinSageError('INVALID_ARGUMENT', `${path} ${is}; allowed: ${allowed}`, {
    argument: 'file',
    value: path,
    allowed,
  });
}
