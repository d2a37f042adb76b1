import { InvalidArgumentError } from 'commander';

/** An option's integer. */
export function integer(text: string): number {
  if (!/^-?\d{1,15}$/.test(text)) throw new InvalidArgumentError(`'${text}' is not an integer.`);
  return Number(text);
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
