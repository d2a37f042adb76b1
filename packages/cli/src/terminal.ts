import { plain } from './json.js';
import { openProgress, type Progress } from './progress.js';

/** The two ends of a command's output: words for people, and one JSON object for machines. */
export class Terminal {
  readonly #json: boolean;

  constructor(options: { json: boolean }) {
    this.#json = options.json;
  }

  /** A line for people: on stdout, or on stderr where stdout belongs to a machine. */
  say(text = ''): void {
    (this.#json ? process.stderr : process.stdout).write(`${text}\n`);
  }

  /** A remark beside the result, always on stderr. */
  note(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  /** What the command found. With --json it is the last line of stdout. */
  result(value: object): void {
    if (this.#json) process.stdout.write(`${JSON.stringify(value, plain)}\n`);
  }

  /** A bar on a terminal, now and then a line elsewhere; always on stderr. */
  progress(label: string, unit: string): Progress {
    return openProgress(process.stderr, label, unit);
  }
}
