import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { LiveState } from '@pinsage/inference';
import { Gauge, Histogram, Registry } from 'prom-client';
import type { Calls } from './calls.js';
import type { Gate } from './gate.js';

/** Seconds. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What a service measures of itself, for Prometheus. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: 10 });
  readonly #durations: Histogram<'method' | 'route' | 'status'>;

  constructor(gate: Gate, calls: Calls) {
    this.#durations = new Histogram({
      name: 'pinsage_http_request_duration_seconds',
      help: 'From the headers of a request to the end of its answer; its _count is the number of requests.',
      labelNames: ['method', 'route', 'status'],
      buckets: BUCKETS,
      registers: [this.#registry],
    });
    this.#gauge('pinsage_requests_running', 'Requests whose work goes on.', () => gate.running);
    this.#gauge('pinsage_requests_waiting', 'Requests that wait for a place.', () => gate.waiting);
    this.#gauge('pinsage_ready', '1 when queries are answered.', () => Number(calls.state === 'ready'));
    const catalogue = (read: (catalogue: { rows: number; boardRows: number }) => number) => async () =>
      (await calls.peek((recommender) => read(recommender.catalogue))) ?? 0;
    this.#gauge(
      'pinsage_pins',
      'Rows of pins, removed ones too.',
      catalogue(({ rows }) => rows),
    );
    this.#gauge(
      'pinsage_boards',
      'Rows of boards.',
      catalogue(({ boardRows }) => boardRows),
    );
    const live = (read: (state: LiveState) => number) => () => calls.peek(({ live }) => live && read(live));
    this.#gauge(
      'pinsage_live_generation',
      'Of the dataset: one more after each compaction.',
      live(({ generation }) => generation),
    );
    this.#gauge(
      'pinsage_live_log_bytes',
      'Log of live updates, which a compaction empties.',
      live(({ logBytes }) => logBytes),
    );
    this.#gauge(
      'pinsage_live_log_entries',
      'Updates in the log, one for each call.',
      live(({ logEntries }) => logEntries),
    );
    this.#gauge('pinsage_event_loop_delay_seconds', '99th percentile since the last reading.', () => {
      const delay = this.#delay.percentile(99) / 1e9;
      this.#delay.reset();
      return delay;
    });
    this.#gauge('process_resident_memory_bytes', 'Memory of the process.', () => process.memoryUsage.rss());
    this.#gauge('process_uptime_seconds', 'Seconds since the process began.', () => process.uptime());
    this.#delay.enable();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Counts a request that is over. @param route undefined: that of no route. @param seconds It took. */
  count(method: string, route: string | undefined, status: number, seconds: number): void {
    // Addresses that are no route's would be labels without end.
    this.#durations.observe({ method, route: route ?? 'none', status: String(status) }, seconds);
  }

  close(): void {
    this.#delay.disable();
  }

  /** @param read undefined: there is nothing to tell now. */
  #gauge(name: string, help: string, read: () => number | undefined | Promise<number | undefined>): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      async collect() {
        const value = await read();
        if (value === undefined) this.remove();
        else this.set(value);
      },
    });
  }
}
