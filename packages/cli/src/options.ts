import { InvalidArgumentError } from 'commander';

/** An option's integer: 20000, 2e4 or 1.5e6. */
export function integer(text: string): number {
  if (!/^-?\d{1,15}(\.\d+)?(e\d{1,2})?$/.test(text) || !Number.isSafeInteger(Number(text))) {
    throw new InvalidArgumentError(`'${text}' is not an integer.`);
  }
  return Number(text);
}

const UNITS: Record<string, number> = { '': 1, kb: 2 ** 10, mb: 2 ** 20, gb: 2 ** 30, tb: 2 ** 40 };

/** An option's amount of memory: 512MB, 4GB or bytes. */
export function bytes(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*([kmgt]b|)$/i.exec(text) ?? [];
  if (amount === undefined)
    throw new InvalidArgumentError(`'${text}' is not an amount of memory, such as 512MB or 4GB.`);
  return Math.floor(Number(amount) * UNITS[unit.toLowerCase()]);
}

/** An option's number. */
export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError(`'${text}' is not a number.`);
  return value;
}

/** An option's names with commas between them, which are to be among `known`. */
export function namesOf<T extends string>(known: readonly T[]): (text: string) => T[] {
  return (text) =>
    text.split(',').map((name) => {
      if (!known.includes(name as T)) throw new InvalidArgumentError(`'${name}' is none of ${known.join(', ')}.`);
      return name as T;
    });
}

/** Collects an option that may be given more than once. */
export function repeated(value: string, before: string[] = []): string[] {
  return [...before, value];
}

/** Collects `--set name.of.field=value` into nested objects; values are JSON where they can be, else text. */
export function assignment(text: string, before: Settings = {}): Settings {
  const [, path, value] = /^([\w.]+)=(.*)$/s.exec(text) ?? [];
  if (path === undefined) throw new InvalidArgumentError(`'${text}' is not of the form name=value.`);
  const names = path.split('.');
  const last = names.pop() as string;
  let place = before;
  for (const name of names) {
    if (!Object.hasOwn(place, name)) place[name] = {};
    place = place[name] as Settings;
    if (typeof place !== 'object' || place === null) throw new InvalidArgumentError(`'${path}' is set twice.`);
  }
  place[last] = parseValue(value);
  return before;
}

export interface Settings {
  [name: string]: unknown;
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
