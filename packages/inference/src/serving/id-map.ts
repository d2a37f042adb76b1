import { join } from 'node:path';
import type { Dataset } from '@pinsage/graph';
import { PinSageError, Safetensors, type TensorData, type TensorToWrite, writeSafetensors } from '@pinsage/native';
import { type IdColumn, IntegerIds, TextIds } from './id-columns.js';

const FILE = 'ids.safetensors';
/** Of the file's layout. */
const VERSION = '1';

const SIDES = ['pin', 'board'] as const;
type Side = (typeof SIDES)[number];

/**
 * The ids of a dataset's pins and boards by row, and their rows by id: `ids.safetensors` in the dataset's directory, mapped. It says
 * which pins.parquet and boards.parquet it was made of; where it is missing, damaged or of others, it is made anew.
 */
export class IdMap {
  readonly pins: IdColumn;
  readonly boards: IdColumn;
  readonly #file?: Safetensors;

  private constructor(pins: IdColumn, boards: IdColumn, file?: Safetensors) {
    this.pins = pins;
    this.boards = boards;
    this.#file = file;
  }

  /** @param onWarning Told when the file is damaged, and when it cannot be written: the ids are then held in memory. */
  static async open(dataset: Dataset, onWarning: (message: string) => void = () => {}): Promise<IdMap> {
    const path = join(dataset.directory, FILE);
    try {
      const mapped = await IdMap.#map(dataset, path);
      if (mapped !== undefined) return mapped;
    } catch (error) {
      if ((error as PinSageError).code !== 'FILE_NOT_FOUND') onWarning(`Made anew: ${(error as Error).message}`);
    }
    const tensors = { ...(await collect(dataset, 'pin')), ...(await collect(dataset, 'board')) };
    try {
      await writeSafetensors(path, tensors, identity(dataset));
      const mapped = await IdMap.#map(dataset, path);
      if (mapped !== undefined) return mapped;
    } catch (error) {
      onWarning(`The ids are held in memory, and read again at every start: ${(error as Error).message}`);
    }
    const [pins, boards] = SIDES.map((side) => columnOf(dataset, side, (name) => tensors[name]?.data));
    return new IdMap(pins, boards);
  }

  /** undefined when the file is of another dataset, or of another version. */
  static async #map(dataset: Dataset, path: string): Promise<IdMap | undefined> {
    const file = await Safetensors.open(path);
    try {
      if (Object.entries(identity(dataset)).every(([key, value]) => file.metadata[key] === value)) {
        const [pins, boards] = SIDES.map((side) => columnOf(dataset, side, (name) => file.get(name).data));
        return new IdMap(pins, boards, file);
      }
    } catch (error) {
      file.close();
      throw error;
    }
    file.close();
    return undefined;
  }

  close(): void {
    this.#file?.close();
  }
}

function identity({ manifest }: Dataset): Record<string, string> {
  const { 'pins.parquet': pins, 'boards.parquet': boards } = manifest.files;
  return { version: VERSION, pins: pins.sha256, boards: boards.sha256 };
}

function isInteger(dataset: Dataset, side: Side): boolean {
  return dataset.manifest.ids[side].type === 'integer';
}

/** The ids of one side from its tensors, which are checked as far as a search relies on them. */
function columnOf(dataset: Dataset, side: Side, get: (name: string) => TensorData): IdColumn {
  const count = side === 'pin' ? dataset.pins : dataset.boards;
  const table = get(`${side}.table`) as Uint32Array;
  const ids = get(isInteger(dataset, side) ? `${side}.ids` : `${side}.offsets`);
  const sound = table instanceof Uint32Array && table.length >= 2 * count && (table.length & (table.length - 1)) === 0;
  if (sound && ids instanceof BigInt64Array && ids.length === count) return new IntegerIds(ids, table);
  const bytes = get(`${side}.bytes`);
  if (sound && ids instanceof BigUint64Array && ids.length === count + 1 && bytes instanceof Uint8Array)
    return new TextIds(ids, bytes, table);
  throw new PinSageError('FILE_CORRUPT', `${dataset.directory}/${FILE} does not hold ids of ${count} ${side}s.`);
}

async function collect(dataset: Dataset, side: Side): Promise<Record<string, TensorToWrite>> {
  const tensor = (data: TensorData): TensorToWrite => ({ shape: [data.length], data });
  if (isInteger(dataset, side)) {
    const ids = await collectIntegers(dataset, side);
    return { [`${side}.ids`]: tensor(ids), [`${side}.table`]: tensor(new IntegerIds(ids).table) };
  }
  const { offsets, bytes } = await collectTexts(dataset, side);
  return {
    [`${side}.offsets`]: tensor(offsets),
    [`${side}.bytes`]: tensor(bytes),
    [`${side}.table`]: tensor(new TextIds(offsets, bytes).table),
  };
}

async function collectIntegers(dataset: Dataset, side: Side): Promise<BigInt64Array> {
  const ids = new BigInt64Array(side === 'pin' ? dataset.pins : dataset.boards);
  let row = 0;
  for await (const piece of dataset.ids(side)) for (const id of piece) ids[row++] = id as bigint;
  return ids;
}

async function collectTexts(dataset: Dataset, side: Side): Promise<{ offsets: BigUint64Array; bytes: Uint8Array }> {
  const offsets = new BigUint64Array((side === 'pin' ? dataset.pins : dataset.boards) + 1);
  const pieces: Buffer[] = [];
  let row = 0;
  let end = 0;
  for await (const piece of dataset.ids(side)) {
    for (const id of piece as string[]) {
      end += Buffer.byteLength(id);
      offsets[++row] = BigInt(end);
    }
    pieces.push(Buffer.from((piece as string[]).join('')));
  }
  return { offsets, bytes: Buffer.concat(pieces) };
}
