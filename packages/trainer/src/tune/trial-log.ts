import { open, readFile } from 'node:fs/promises';
import { ioError, PinSageError, writeFileAtomic } from '@pinsage/native';
import type { TrialEvent } from './trial.js';

/** trials.jsonl: one event a line, on the disk before anything follows from it. */
export class TrialLog {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async append(event: TrialEvent): Promise<void> {
    try {
      const file = await open(this.#path, 'a');
      try {
        await file.write(`${JSON.stringify(event)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      throw ioError('writing', this.#path, error);
    }
  }

  /** All events. A last line that a crash cut off is cut away from the file too. @throws FILE_CORRUPT · IO */
  async read(): Promise<TrialEvent[]> {
    const text = await readFile(this.#path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw ioError('reading', this.#path, error);
    });
    const lines = text.split('\n').filter((line) => line !== '');
    const events = lines.map(parseEvent);
    const torn = events.indexOf(undefined);
    if (torn >= 0 && torn < lines.length - 1) {
      throw new PinSageError('FILE_CORRUPT', `Line ${torn + 1} of ${this.#path} is not an event of a trial.`);
    }
    const whole = events.filter((event) => event !== undefined);
    const kept = lines
      .slice(0, whole.length)
      .map((line) => `${line}\n`)
      .join('');
    if (kept !== text) await writeFileAtomic(this.#path, kept);
    return whole;
  }
}

function parseEvent(line: string): TrialEvent | undefined {
  try {
    const event = JSON.parse(line) as Partial<TrialEvent> | null;
    const known = ['start', 'validation', 'end'].includes(event?.event as string);
    return known && Number.isInteger(event?.trial) ? (event as TrialEvent) : undefined;
  } catch {
    return undefined;
  }
}
