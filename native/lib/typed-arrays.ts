import { invalidArgument } from './errors.js';

type TypedArrayClass<T> = { new (length: number): T; readonly name: string };

/** The value when it is a typed array of this class, and of this length when one is given. */
export function checkArray<T extends ArrayBufferView>(
  argument: string,
  value: unknown,
  type: TypedArrayClass<T>,
  length?: number,
): T {
  const ofLength = length === undefined ? '' : ` of ${length}`;
  if (!(value instanceof type) || (length !== undefined && (value as unknown as Uint32Array).length !== length)) {
    throw invalidArgument(argument, value, `a ${type.name}${ofLength}`);
  }
  return value;
}

/** The array when every id lies below `count`. */
export function checkIds(argument: string, value: unknown, count: number, what: string): Uint32Array {
  const ids = checkArray(argument, value, Uint32Array);
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] >= count) {
      const allowed = count === 0 ? `nothing: there are no ${what}` : `${what} from 0 to ${count - 1}`;
      throw invalidArgument(`${argument}[${i}]`, ids[i], allowed);
    }
  }
  return ids;
}
