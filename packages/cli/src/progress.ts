import { Presets, SingleBar } from 'cli-progress';
import { count, duration } from './format.js';

/** How far a long call is. */
export interface Progress {
  update(done: number, total: number, detail?: string): void;
  /** Ends the bar; the next output starts on its own line. */
  stop(): void;
}

const LINE_EVERY = 5000; // ms between two plain lines

export function openProgress(stream: NodeJS.WriteStream, label: string, unit: string): Progress {
  return stream.isTTY ? new Bar(stream, label, unit) : new Lines(stream, label, unit);
}

class Bar implements Progress {
  readonly #bar: SingleBar;
  readonly #pace = new Pace();
  readonly #text: { label: string; unit: string };
  #started = false;

  constructor(stream: NodeJS.WriteStream, label: string, unit: string) {
    this.#text = { label, unit };
    this.#bar = new SingleBar(
      {
        stream,
        format: '{label} {bar} {percentage} % · {done} of {all} {unit} · {rate}{left}{detail}',
        barsize: 24,
        fps: 10,
        hideCursor: true,
        linewrap: null,
        gracefulExit: false,
      },
      Presets.rect,
    );
  }

  update(done: number, total: number, detail = ''): void {
    const { rate, left } = this.#pace.at(done, total);
    const payload = {
      ...this.#text,
      done: count(done),
      all: count(total),
      rate: `${rate} ${this.#text.unit}/s`,
      left: left === undefined ? '' : ` · ${left} left`,
      detail: detail && ` · ${detail}`,
    };
    if (this.#started) {
      this.#bar.setTotal(total);
      this.#bar.update(done, payload);
    } else {
      this.#bar.start(total, done, payload);
      this.#started = true;
    }
  }

  stop(): void {
    if (this.#started) this.#bar.stop();
  }
}

class Lines implements Progress {
  readonly #stream: NodeJS.WriteStream;
  readonly #label: string;
  readonly #unit: string;
  readonly #pace = new Pace();
  #last = performance.now();
  #pending: string | undefined;

  constructor(stream: NodeJS.WriteStream, label: string, unit: string) {
    this.#stream = stream;
    this.#label = label;
    this.#unit = unit;
  }

  update(done: number, total: number, detail = ''): void {
    const { rate, left } = this.#pace.at(done, total);
    const pace = left === undefined ? '' : `, ${rate} ${this.#unit}/s, ${left} left`;
    this.#pending = `${this.#label}: ${count(done)} of ${count(total)} ${this.#unit}${pace}${detail && ` · ${detail}`}`;
    if (performance.now() - this.#last >= LINE_EVERY) this.#write();
  }

  stop(): void {
    this.#write();
  }

  #write(): void {
    if (this.#pending !== undefined) this.#stream.write(`${this.#pending}\n`);
    this.#pending = undefined;
    this.#last = performance.now();
  }
}

/** Rate and time left, counted from the first call so that work done before (a resumed run) does not flatter it. */
class Pace {
  #start: { time: number; done: number } | undefined;

  at(done: number, total: number): { rate: string; left: string | undefined } {
    this.#start ??= { time: performance.now(), done };
    const seconds = (performance.now() - this.#start.time) / 1000;
    const rate = (done - this.#start.done) / Math.max(seconds, 1e-3);
    const known = seconds > 0.5 && rate > 0 && done < total;
    return {
      rate: rate >= 100 ? count(rate) : rate.toFixed(1),
      left: known ? duration(((total - done) / rate) * 1000) : undefined,
    };
  }
}
