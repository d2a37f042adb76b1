import { type ChildProcess, spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Dataset, type Split } from '@pinsage/graph';
import { invalidArgument, PinSageError, setThreads } from '@pinsage/native';
import { createModel, Trainer, type TrainerOptions, Workers } from '@pinsage/trainer';
import type { Context } from '../context.js';
import { EXIT } from '../exit.js';
import type { TrainFlags } from '../flags.js';
import type { Settings } from '../options.js';
import { openSplit } from './open-split.js';
import type { OpenRun } from './run.js';

/** Holds what workers have to know to be let in. Not an option, which other users of a machine could see. */
const TOKEN = 'PINSAGE_TOKEN';
/** Options that say nothing of the training, and those that are there when nobody gave them. */
const ALLOWED = new Set(['join', 'rank', 'threads', 'device', 'json', 'debug']);
const DEFAULTS: Record<string, unknown> = { split: 'default', embed: true };
/** Milliseconds that processes get to end by themselves. */
const GRACE = 10_000;

/** What worker 0 tells the others: all of the run, so that they need the dataset alone. */
interface Setup {
  dataset: Record<string, string>;
  split: { name: string; options: Split['manifest']['options'] } | null;
  model: Settings;
  trainer: TrainerOptions;
}

/** The other workers of a training, from the view of worker 0. */
export interface Team extends AsyncDisposable {
  workers: Workers;
}

/** Starts the other workers on this machine or, with --listen, waits for those that join from elsewhere. */
export async function leadTeam(
  run: OpenRun,
  trainer: TrainerOptions,
  flags: Pick<TrainFlags, 'workers' | 'listen' | 'threads' | 'device'>,
  { terminal, signal }: Context,
): Promise<Team> {
  const { workers: size = 1, listen } = flags;
  const { dataset, directory, split } = run;
  const setup: Setup = {
    dataset: filesOf(dataset),
    split: split === undefined ? null : { name: directory.config.split!, options: split.manifest.options },
    model: directory.config.model,
    trainer,
  };
  const children = new Children(dataset.directory, flags);
  const { host, port } = listen === undefined ? {} : parseAddress('--listen', listen);
  const onOpen = (open: number, token: string) => {
    if (host === undefined) {
      children.start(size - 1, open, token);
      return;
    }
    terminal.say(`Waiting for ${size - 1} more to join, on each of their machines with:`);
    terminal.say(`  ${TOKEN}=${token} pinsage train <dataset> --join ${host}:${open}`);
  };
  try {
    const workers = await Workers.lead({
      ...{ workers: size, host, port, setup, onOpen },
      token: process.env[TOKEN],
      signal: AbortSignal.any([signal, children.failed]),
    });
    if (host === undefined && flags.threads === undefined) setThreads(threadsOf(size));
    return {
      workers,
      async [Symbol.asyncDispose]() {
        await workers.close();
        await children.end();
        if (flags.threads === undefined) setThreads(0);
      },
    };
  } catch (error) {
    await children.end();
    throw children.failed.aborted ? children.failed.reason : error;
  }
}

/** `pinsage train <dataset> --join <host:port>`: one of the other workers, which writes nothing. */
export async function joinTeam(datasetPath: string | undefined, flags: TrainFlags, context: Context): Promise<void> {
  if (datasetPath === undefined) throw invalidArgument('dataset', undefined, 'the directory of the dataset');
  const others = Object.keys(flags).filter(
    (name) => !ALLOWED.has(name) && flags[name as keyof TrainFlags] !== DEFAULTS[name],
  );
  if (others.length > 0) {
    const allowed = `nothing of the training beside it (${others.join(', ')}): worker 0 says what it is`;
    throw invalidArgument('--join', flags.join, allowed);
  }
  const token = process.env[TOKEN];
  if (token === undefined) throw invalidArgument(TOKEN, token, 'in the environment, as worker 0 says');
  const { signal, terminal } = context;
  const address = parseAddress('--join', flags.join as string);
  await using dataset = await Dataset.open(datasetPath);
  await using workers = await Workers.join({ ...address, token, rank: flags.rank, signal });
  terminal.say(`Worker ${workers.rank} of ${workers.size}`);
  try {
    await work(datasetPath, dataset, workers, context);
  } catch (error) {
    await workers.close(error);
    throw error;
  }
}

async function work(datasetPath: string, dataset: Dataset, workers: Workers, context: Context): Promise<void> {
  const { signal, terminal } = context;
  const setup = workers.setup as Setup;
  if (JSON.stringify(filesOf(dataset)) !== JSON.stringify(setup.dataset)) {
    throw invalidArgument('dataset', datasetPath, 'the one that worker 0 trains on, with the same bytes');
  }
  const split = setup.split && (await openSplit(dataset, setup.split.name, setup.split.options, context));
  try {
    using model = createModel(dataset, setup.model, setup.trainer);
    const graph = split?.train ?? (await dataset.graph());
    const trainer = new Trainer(model, { dataset, graph }, { ...setup.trainer, workers });
    const history = await trainer.train({ signal });
    terminal.result({ worker: workers.rank, workers: workers.size, steps: history.length });
  } finally {
    await split?.close();
  }
}

/** What a dataset's numbers are in. */
function filesOf({ manifest }: Dataset): Record<string, string> {
  const numbers = Object.entries(manifest.files).filter(([name]) => name.endsWith('.safetensors'));
  return Object.fromEntries(numbers.map(([name, { sha256 }]) => [name, sha256]));
}

function threadsOf(workers: number): number {
  return Math.max(1, Math.floor(availableParallelism() / workers));
}

function parseAddress(option: string, text: string): { host: string; port: number } {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535)
    throw invalidArgument(option, text, 'an address and a port: host:29500');
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
}

/** The workers that this process starts. */
class Children {
  readonly #dataset: string;
  readonly #flags: Pick<TrainFlags, 'threads' | 'device'>;
  readonly #children: ChildProcess[] = [];
  readonly #exits: Promise<void>[] = [];
  readonly #failure = new AbortController();

  constructor(dataset: string, flags: Pick<TrainFlags, 'threads' | 'device'>) {
    this.#dataset = dataset;
    this.#flags = flags;
  }

  /** Aborted by the first that ends with an error. */
  get failed(): AbortSignal {
    return this.#failure.signal;
  }

  start(count: number, port: number, token: string): void {
    const { threads = threadsOf(count + 1), device } = this.#flags;
    for (let rank = 1; rank <= count; rank++) {
      const args = ['train', this.#dataset, '--join', `127.0.0.1:${port}`, '--rank', String(rank)];
      args.push('--threads', String(threads), ...(device === undefined ? [] : ['--device', device]));
      const child = spawn(process.execPath, [...process.execArgv, process.argv[1], ...args], {
        env: { ...process.env, [TOKEN]: token },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      this.#children.push(child);
      this.#exits.push(this.#follow(child, rank));
    }
  }

  /** Returns when all have ended, which those do soon that have nobody to work with. */
  async end(): Promise<void> {
    const controller = new AbortController();
    const late = delay(GRACE, 'late', { signal: controller.signal }).catch(() => 'done');
    if ((await Promise.race([Promise.all(this.#exits), late])) === 'late') {
      for (const child of this.#children) child.kill('SIGKILL');
    }
    controller.abort();
    await Promise.all(this.#exits);
  }

  async #follow(child: ChildProcess, rank: number): Promise<void> {
    let said = '';
    child.stderr!.setEncoding('utf8').on('data', (text) => {
      said = (said + text).slice(-4096);
    });
    const code = await new Promise<number | null>((resolve) => {
      child.once('error', () => resolve(null));
      child.once('close', resolve);
    });
    if (code === EXIT.ok) return;
    const reason = said.trim().split('\n').at(-1) || 'it said nothing';
    this.#failure.abort(new PinSageError('PEER_LOST', `Worker ${rank} ended before all had met: ${reason}`));
  }
}
