import { checkChoice, checkInteger, checkNumber, invalidArgument } from '@pinsage/native';

export type ParameterValue = string | number | boolean | null;

/** What a setting may be. `log` spreads the trials evenly over the logarithm. */
export type Parameter =
  | { type: 'float'; low: number; high: number; log?: boolean }
  | { type: 'integer'; low: number; high: number; log?: boolean }
  | { type: 'choice'; values: ParameterValue[] };

/** Parameters by the names of settings, such as `trainer.learningRate` or `model.layers`. */
export type Space = Record<string, Parameter>;

const FIELDS = {
  float: ['type', 'low', 'high', 'log'],
  integer: ['type', 'low', 'high', 'log'],
  choice: ['type', 'values'],
};
const LARGEST = 1e15;

/** The space when it is one. @throws INVALID_ARGUMENT */
export function checkSpace(space: unknown): Space {
  if (!isObject(space) || Object.keys(space).length === 0) {
    throw invalidArgument('space', space, 'an object with a parameter for each setting’s name');
  }
  for (const [name, parameter] of Object.entries(space)) checkParameter(name, parameter);
  return space as Space;
}

function checkParameter(name: string, parameter: unknown): void {
  if (!isObject(parameter)) {
    throw invalidArgument(`space.${name}`, parameter, '{"type": "float" | "integer" | "choice", …}');
  }
  const type = checkChoice(`space.${name}.type`, parameter.type, ['float', 'integer', 'choice']);
  const strange = Object.keys(parameter).find((field) => !FIELDS[type].includes(field));
  if (strange !== undefined) throw invalidArgument(`space.${name}`, strange, FIELDS[type].join(', '));
  if (type === 'choice') checkValues(`space.${name}.values`, parameter.values);
  else checkRange(`space.${name}`, parameter, type);
}

function checkValues(argument: string, values: unknown): void {
  const plain = (value: unknown) => value === null || ['string', 'number', 'boolean'].includes(typeof value);
  if (!Array.isArray(values) || values.length === 0 || !values.every(plain) || new Set(values).size < values.length) {
    throw invalidArgument(argument, values, 'a list of different texts, numbers, true, false or null');
  }
}

function checkRange(argument: string, { low, high, log }: Record<string, unknown>, type: 'float' | 'integer'): void {
  const check = type === 'integer' ? checkInteger : checkNumber;
  if (log !== undefined && typeof log !== 'boolean') throw invalidArgument(`${argument}.log`, log, 'true | false');
  const least = type === 'integer' ? 1 : Number.MIN_VALUE;
  check(`${argument}.low`, low, log ? least : -LARGEST, LARGEST);
  check(`${argument}.high`, high, low as number, LARGEST);
}

/** The value at u in [0, 1]: equal lengths of u are equally likely. */
export function valueAt(parameter: Parameter, u: number): ParameterValue {
  if (parameter.type === 'choice') return parameter.values[cell(u, parameter.values.length)];
  const { low, high, log } = parameter;
  if (parameter.type === 'float') return clamp(log ? low * (high / low) ** u : low + u * (high - low), low, high);
  if (!log) return low + cell(u, high - low + 1);
  const [from, to] = logEnds(low, high);
  return clamp(Math.round(from * (to / from) ** u), low, high);
}

/** The u of a value, the inverse of valueAt: the middle of what leads to it. */
export function positionOf(parameter: Parameter, value: ParameterValue): number {
  if (parameter.type === 'choice') return (parameter.values.indexOf(value) + 0.5) / parameter.values.length;
  const { low, high, log } = parameter;
  const number = value as number;
  if (parameter.type === 'float') {
    if (low === high) return 0.5;
    return log ? Math.log(number / low) / Math.log(high / low) : (number - low) / (high - low);
  }
  if (!log) return (number - low + 0.5) / (high - low + 1);
  const [from, to] = logEnds(low, high);
  return Math.log(number / from) / Math.log(to / from);
}

/** Both ends of a range, or all choices: what has to be allowed so that all of the space is. */
export function boundsOf(parameter: Parameter): ParameterValue[] {
  return parameter.type === 'choice' ? parameter.values : [parameter.low, parameter.high];
}

/** Half a unit beyond, so that the ends are as likely as what lies between. */
function logEnds(low: number, high: number): [number, number] {
  return [low - 0.5, high + 0.5];
}

function cell(u: number, cells: number): number {
  return Math.min(Math.floor(u * cells), cells - 1);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
