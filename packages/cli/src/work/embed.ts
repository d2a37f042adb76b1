import { buildIndex, Embeddings, embedNewPins, embedPins, importEmbeddings } from '@pinsage/inference';
import type { PinSage } from '@pinsage/model';
import { type IndexStore, PinSageError, writeFileAtomic } from '@pinsage/native';
import type { Context } from '../context.js';
import type { EmbedFlags } from '../flags.js';
import { count, duration } from '../format.js';
import { type NewPin, readNewPins } from './new-pins.js';
import { loadModel, type OpenRun, openRun } from './run.js';

/** `pinsage embed <run>` */
export async function embedRun(path: string, { from, index, memory }: EmbedFlags, context: Context): Promise<void> {
  await using run = await openRun(path);
  const model = await loadModel(run);
  try {
    const result = await (from === undefined
      ? embedAll(run, model, context, memory)
      : takeAll(run, model, from, context));
    if (index !== undefined) await indexRun(run, index, context);
    context.terminal.result(result);
  } finally {
    model.dispose();
  }
}

/** Embeds all pins on the dataset's whole graph, into the run's directory. */
export async function embedAll(run: OpenRun, model: PinSage, { terminal, signal }: Context, memory?: number) {
  const { dataset, directory } = run;
  const started = performance.now();
  await directory.lock();
  try {
    const progress = terminal.progress('Embedding', 'pins');
    const graph = await dataset.graph();
    const embeddings = await embedPins(model, dataset, graph, {
      out: directory.path,
      memory,
      signal,
      onProgress: (done, total) => progress.update(done, total),
    }).finally(() => progress.stop());
    embeddings.close();
  } finally {
    await directory.unlock();
  }
  const { output } = model.config;
  const seconds = (performance.now() - started) / 1000;
  terminal.say(
    `Embedded ${count(dataset.pins)} pins into ${output} numbers each, in ${duration(seconds * 1000)}: ${run.path}/embeddings.*`,
  );
  return { run: run.path, pins: dataset.pins, width: output, seconds };
}

/** Takes the embeddings of all pins from Parquet into the run's directory. */
async function takeAll({ dataset, directory, path }: OpenRun, model: PinSage, from: string, context: Context) {
  const { terminal, signal } = context;
  const { output: width } = model.config;
  const started = performance.now();
  await directory.lock();
  try {
    const progress = terminal.progress('Reading', 'pins');
    const onProgress = (done: number, total: number) => progress.update(done, total);
    const reading = importEmbeddings(from, dataset, { width, out: directory.path, signal, onProgress });
    const embeddings = await reading.finally(() => progress.stop());
    embeddings.close();
  } finally {
    await directory.unlock();
  }
  const seconds = (performance.now() - started) / 1000;
  terminal.say(
    `Took the embeddings of ${count(dataset.pins)} pins from ${from}, ${width} numbers each, in ${duration(seconds * 1000)}: ${path}/embeddings.*`,
  );
  return { run: path, pins: dataset.pins, width, seconds, from };
}

/** An index of the embeddings, for `Recommender.open` to search. */
async function indexRun({ path, directory }: OpenRun, store: IndexStore, { terminal, signal }: Context): Promise<void> {
  const started = performance.now();
  await directory.lock();
  try {
    using embeddings = await Embeddings.open(directory.path);
    const progress = terminal.progress('Indexing', 'pins');
    const onProgress = (done: number, total: number) => progress.update(done, total);
    const built = buildIndex(directory.path, embeddings, store, { signal, onProgress });
    const { expansion, recall } = await built.finally(() => progress.stop());
    const found = `${expansion} candidates find ${recall.toFixed(3)} of the nearest ten`;
    terminal.say(`Indexed them in ${duration(performance.now() - started)}: ${path}/index.usearch (${found})`);
  } finally {
    await directory.unlock();
  }
}

/** `pinsage embed <run> --new <file>`: one line of JSON a pin. */
export async function embedNewPinsOf(
  path: string,
  input: string,
  out: string | undefined,
  context: Context,
): Promise<void> {
  const { terminal } = context;
  const pins = await readNewPins(input);
  await using run = await openRun(path);
  const model = await loadModel(run);
  try {
    const vectors = await embedFresh(run, model, pins, context);
    const { output } = model.config;
    const rows = pins.map(({ id }, row) => ({
      id,
      embedding: Array.from(vectors.subarray(row * output, (row + 1) * output)),
    }));
    const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    if (out !== undefined) {
      await writeFileAtomic(out, lines);
      terminal.say(`Embedded ${count(pins.length)} new pins into ${output} numbers each: ${out}`);
      terminal.result({ run: path, pins: pins.length, width: output, out });
    } else {
      process.stdout.write(lines);
    }
  } finally {
    model.dispose();
  }
}

/** [pins, width] embeddings of pins that the dataset does not have; their boards are external ids. */
export async function embedFresh(
  run: OpenRun,
  model: PinSage,
  pins: NewPin[],
  { signal }: Context,
): Promise<Float32Array> {
  const { dataset } = run;
  const ids = pins.flatMap(({ boards }) => boards);
  const rows = await dataset.boardRows(ids);
  const missing = rows.indexOf(-1);
  if (missing >= 0)
    throw new PinSageError(
      'NOT_FOUND',
      `The dataset has no board '${ids[missing]}', which a new pin is said to be on.`,
    );
  const located: { features: Record<string, unknown>; boards: Int32Array }[] = [];
  let begin = 0;
  for (const { features, boards } of pins) {
    located.push({ features, boards: rows.subarray(begin, begin + boards.length) });
    begin += boards.length;
  }
  return embedNewPins(model, dataset, await dataset.graph(), located, {
    signal,
  });
}
