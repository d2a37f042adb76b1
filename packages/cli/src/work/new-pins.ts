import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { PinSageError } from '@pinsage/native';

/** A pin that the dataset does not know. */
export interface NewPin {
  id: string | number | null;
  /** External ids of boards that it is on. */
  boards: (string | number)[];
  /** Its other fields, the features among them. */
  features: Record<string, unknown>;
}

/**
 * Reads JSON lines such as `{"id": "x", "title": "A boat", "year": 1929, "boards": ["sea"]}`; `-` is stdin.
 * `id` and `boards` may be left out.
 */
export async function readNewPins(path: string): Promise<NewPin[]> {
  const lines = (await read(path)).split('\n');
  const pins = lines.map((line, index) => (line.trim() === '' ? undefined : parse(line, `${path}, line ${index + 1}`)));
  const found = pins.filter((pin) => pin !== undefined);
  if (found.length === 0)
    throw new PinSageError('BAD_ROWS', `${path} has no pins; it has to have one JSON object a line.`);
  return found;
}

async function read(path: string): Promise<string> {
  try {
    return path === '-' ? await text(process.stdin) : await readFile(path, 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new PinSageError(missing ? 'FILE_NOT_FOUND' : 'IO', `${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function parse(line: string, place: string): NewPin {
  const bad = (problem: string) => new PinSageError('BAD_ROWS', `${place}: ${problem}`);
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch (error) {
    throw bad(`not JSON: ${(error as Error).message}`);
  }
  if (typeof row !== 'object' || row === null || Array.isArray(row)) throw bad('not a JSON object');
  const { id = null, boards = [], ...features } = row as Record<string, unknown>;
  const isId = (value: unknown) => typeof value === 'string' || Number.isSafeInteger(value);
  if (id !== null && !isId(id)) throw bad('id has to be a text or an integer');
  if (!Array.isArray(boards) || !boards.every(isId)) throw bad('boards has to be a list of ids');
  return { id: id as NewPin['id'], boards, features };
}
