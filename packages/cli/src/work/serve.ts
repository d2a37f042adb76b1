import { once } from 'node:events';
import { RecommenderSlot } from '@pinsage/inference';
import { invalidArgument, PinSageError } from '@pinsage/native';
import { ApiKeys, createService, makeKey } from '@pinsage/service';
import { type Logger, pino } from 'pino';
import type { Context } from '../context.js';
import type { ServeFlags } from '../flags.js';

/** `pinsage serve <run>` */
export async function serve(path: string | undefined, flags: ServeFlags, context: Context): Promise<void> {
  if (flags.newKey !== undefined) return newKey(flags.newKey, flags.name, context);
  if (path === undefined) throw invalidArgument('run', path, 'the directory of a run');
  const logger = pino({ level: flags.logLevel });
  const keys = flags.keys === undefined ? undefined : await ApiKeys.open(flags.keys);
  const { live, search, store } = flags;
  const run = { live, search, store, onWarning: (message: string) => logger.warn(message) };
  // The service answers that it is not ready while this goes on.
  const opening = RecommenderSlot.open(path, run);
  const swap = async () => {
    await (await opening).swap(path, run);
    logger.info({ run: path }, 'swapped');
  };
  try {
    using _ = onHangup(swap, logger);
    const service = await createService({
      ...serviceOptions(flags),
      recommender: opening,
      keys,
      logger,
      swap,
    });
    try {
      const url = await listen(() => service.listen({ host: flags.host, port: flags.port }), flags);
      const stopped = context.signal.aborted ? Promise.resolve() : once(context.signal, 'abort');
      await Promise.race([opening, stopped]);
      context.terminal.note(`Serving ${path} on ${url} (${url}/docs shows what can be asked).`);
      logger.info({ url, run: path }, 'ready');
      await stopped;
      context.terminal.result({ run: path, url });
    } finally {
      await service.close();
    }
  } finally {
    await (await opening.catch(() => undefined))?.close();
  }
}

function serviceOptions(flags: ServeFlags) {
  const { body, rate, concurrency, queue, timeout, cors, trustProxy, keysForReads } = flags;
  return { limits: { body, rate, concurrency, queue, timeout }, cors, trustProxy, keysForReads };
}

async function newKey(path: string, name: string | undefined, { terminal }: Context): Promise<void> {
  const key = await makeKey(path, name);
  terminal.note(`A new key, which is shown only now; its hash is in ${path}:`);
  terminal.say(key);
  terminal.result({ key, file: path });
}

/** Swaps at SIGHUP, until it is disposed of. A run that cannot be opened leaves the old one in its place. */
function onHangup(swap: () => Promise<void>, logger: Logger): Disposable {
  const hangup = () => {
    swap().catch((err) => logger.error({ err }, 'the run could not be swapped'));
  };
  process.on('SIGHUP', hangup);
  return { [Symbol.dispose]: () => process.off('SIGHUP', hangup) };
}

async function listen(start: () => Promise<string>, { host, port }: ServeFlags): Promise<string> {
  try {
    return await start();
  } catch (error) {
    throw new PinSageError('IO', `Cannot listen on ${host}:${port}: ${(error as Error).message}`, { cause: error });
  }
}
