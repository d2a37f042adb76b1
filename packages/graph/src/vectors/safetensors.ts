import { PinSageError, Safetensors, type StoredTensor } from '@pinsage/native';
import { type ArrayFile, INTEGERS, NUMBERS, type NumberType, toFloats, toIds } from './array-file.js';

/**
 * Opens a tensor [rows, width] of a safetensors file: that of the feature's name, or the only one of two dimensions. Integers called
 * `ids` are its rows' ids.
 *
 * @throws FILE_NOT_FOUND · IO · FILE_CORRUPT; INVALID_ARGUMENT when there is no such tensor.
 */
export async function openSafetensors(path: string, feature: string): Promise<ArrayFile> {
  const file = await Safetensors.open(path);
  try {
    const { dtype, shape, data } = findTensor(file, feature);
    const [rows, width] = shape;
    const ids = file.has('ids') ? readIds(file, rows) : undefined;
    return {
      name: path,
      rows,
      width,
      read: async (first, end) => toFloats(dtype as NumberType, data.slice(first * width, end * width)),
      ids,
      close: async () => file.close(),
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

function findTensor(file: Safetensors, feature: string): StoredTensor {
  const isMatrix = (name: string) => file.get(name).shape.length === 2;
  const names = file.has(feature) ? [feature] : file.names.filter(isMatrix);
  if (names.length !== 1) {
    const tensors = file.names.map((name) => `'${name}' [${file.get(name).shape.join(', ')}]`).join(', ');
    throw unfit(file, `has the tensors ${tensors || '(none)'}`, `one of the name '${feature}', or only one matrix`);
  }
  const tensor = file.get(names[0]);
  if (tensor.shape.length !== 2 || tensor.shape[1] === 0) {
    const is = `has a tensor '${names[0]}' of the shape [${tensor.shape.join(', ')}]`;
    throw unfit(file, is, 'two dimensions: vectors, and the numbers of each');
  }
  if (!NUMBERS.includes(tensor.dtype as NumberType)) {
    throw unfit(file, `has a tensor '${names[0]}' of ${tensor.dtype}`, NUMBERS.join(', '));
  }
  return tensor;
}

function readIds(file: Safetensors, rows: number): BigInt64Array {
  const { dtype, shape, data } = file.get('ids');
  if (!INTEGERS.includes(dtype as (typeof INTEGERS)[number]) || shape.join() !== String(rows)) {
    throw unfit(file, `has a tensor 'ids' of ${dtype} [${shape.join(', ')}]`, `integers [${rows}]`);
  }
  return toIds(data);
}

function unfit(file: Safetensors, is: string, allowed: string): PinSageError {
  const details = { argument: 'file', value: file.path, allowed };
  return new PinSageError('INVALID_ARGUMENT', `${file.path} ${is}; allowed: ${allowed}`, details);
}
