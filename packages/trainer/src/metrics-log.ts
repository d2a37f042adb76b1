import { appendFile, readFile } from 'node:fs/promises';
import { ioError, writeFileAtomic } from '@pinsage/native';

/** metrics.jsonl: one JSON object a line, each with the `step` it is about. */
export class MetricsLog {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async append(line: { step: number }): Promise<void> {
    await appendFile(this.#path, `${JSON.stringify(line)}\n`).catch((error: unknown) => {
      throw ioError('writing', this.#path, error);
    });
  }

  /** Drops what lies after `step`, also a line that a crash cut off, and gives back the rest. */
  async truncate<Line extends { step: number }>(step: number): Promise<Line[]> {
    const kept = (await this.#read<Line>()).filter((line) => line.step <= step);
    await writeFileAtomic(this.#path, kept.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return kept;
  }

  async #read<Line>(): Promise<Line[]> {
    const text = await readFile(this.#path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw ioError('reading', this.#path, error);
    });
    const lines: Line[] = [];
    for (const line of text.split('\n')) {
      try {
        lines.push(JSON.parse(line));
      } catch {
        // The empty end of the file, or half a line: what follows half a line is not of this run's order.
        break;
      }
    }
    return lines;
  }
}
