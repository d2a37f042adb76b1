import { invalidArgument, PinSageError } from '@pinsage/native';

/** What a stream of batches is to be put through. */
export type Stage = {
  /** Of the native kernels: as many as Spark gives a task. */
  threads: number;
  /** The file of the model. */
  model: string;
} & (
  | { op: 'neighborhoods' | 'inputs' /** Its directory on this machine. */; dataset: string }
  | { op: 'encode' }
  | { op: 'pool' }
  | { op: 'convolve'; layer: number }
);

const OPS = ['neighborhoods', 'inputs', 'encode', 'pool', 'convolve'];

/** @throws PinSageError INVALID_ARGUMENT */
export function parseStage(json: string): Stage {
  const stage = parse(json) as Partial<Record<string, unknown>>;
  const { op, model, threads, dataset, layer } = stage;
  if (!OPS.includes(op as string)) throw invalidArgument('op', op, OPS.join(' | '));
  if (typeof model !== 'string') throw invalidArgument('model', model, 'the path of a model');
  if (!Number.isInteger(threads)) throw invalidArgument('threads', threads, 'an integer');
  if ((op === 'neighborhoods' || op === 'inputs') && typeof dataset !== 'string')
    throw invalidArgument('dataset', dataset, 'the path of a dataset');
  if (op === 'convolve' && !Number.isInteger(layer)) throw invalidArgument('layer', layer, 'an integer');
  return stage as Stage;
}

function parse(json: string): object {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null) return value;
  } catch {}
  throw new PinSageError('INVALID_ARGUMENT', 'A stage is not a JSON object.');
}
