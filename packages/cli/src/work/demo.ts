import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Dataset, prepareCollection, Split } from '@pinsage/graph';
import { RunDirectory } from '@pinsage/model';
import { PinSageError } from '@pinsage/native';
import { formatEvaluation, presets } from '@pinsage/trainer';
import type { Context } from '../context.js';
import type { DemoFlags } from '../flags.js';
import { count, duration } from '../format.js';
import { embedAll } from './embed.js';
import { embedTraining, measure } from './evaluate.js';
import { coldExample, type WellKnown, warmExamples } from './examples.js';
import { describeAnswer, openEmbeddings } from './recommend.js';
import { writeReport } from './report.js';
import { openRun } from './run.js';
import { train } from './train.js';

const WELL_KNOWN: WellKnown[] = [
  ['Ophelia', 'Sir John Everett Millais'],
  ['Norham Castle, Sunrise', 'Joseph Mallord William Turner'],
  ['Weeping Woman', 'Pablo Picasso'],
  ['The Kiss', 'Auguste Rodin'],
  ['A Bigger Splash', 'David Hockney'],
  ['Toy Story (1995)', ''],
  ['Godfather, The (1972)', ''],
  ['Matrix, The (1999)', ''],
  ['Amelie', ''],
  ['Alien (1979)', ''],
];

/** Of a task; enough for intervals of a few hundredths. */
const QUERIES = 500;

const TITLES = { tate: 'The Tate collection', 'ml-latest-small': 'MovieLens', generated: 'A generated collection' };

const SPLIT = { kind: 'edges', validation: 0.05, test: 0.1, coldPins: 0.01, seed: 0 } as const;

/** `pinsage demo` */
export async function runDemo(flags: DemoFlags, context: Context): Promise<void> {
  const { terminal, signal } = context;
  const started = performance.now();
  const title = (text: string) => terminal.say(`\n== ${text} ${'='.repeat(Math.max(76 - text.length, 0))}\n`);

  title('Import');
  const importing = terminal.progress('Importing', 'parts');
  const { dataset, name, note } = await prepareCollection(flags.collection, {
    out: join(flags.data, flags.collection === 'auto' ? 'demo' : flags.collection),
    signal,
    onProgress: (done, total) => importing.update(done, total),
  }).finally(() => importing.stop());
  terminal.say(note);
  terminal.say(
    `${dataset.directory}: ${count(dataset.pins)} pins, ${count(dataset.boards)} boards, ${count(dataset.edges)} edges`,
  );
  const path = join(flags.runs, basename(dataset.directory));
  try {
    await makeSplit(dataset, context);
    await makeRun(path, dataset.directory);
  } finally {
    await dataset.close();
  }

  title('Train');
  await using run = await openRun(path);
  const { model, result } = await train(run, { steps: flags.steps }, context);
  try {
    await embedAll(run, model, context);

    title('Evaluate');
    using training = await embedTraining(run, model, context);
    const measured = await measure(run, training, { queries: QUERIES }, context);
    terminal.say(formatEvaluation(measured.evaluation));

    title('Recommend');
    using embeddings = await openEmbeddings(run);
    terminal.say('Similarity, title, maker or genre, and the boards that both are on (the id where there are none)\n');
    const warm = await warmExamples(run, embeddings, WELL_KNOWN);
    for (const answer of warm) terminal.say(`${describeAnswer(answer)}\n`);
    const cold = await coldExample(run, training);
    if (cold !== undefined) {
      terminal.say('Held out of training with all its edges, so known by its features alone:\n');
      terminal.say(describeAnswer(cold));
    }

    const report = join(path, 'report.html');
    await writeReport(
      run,
      { embeddings, measured, examples: { warm, cold }, path: report, title: TITLES[name] },
      context,
    );
    const seconds = (performance.now() - started) / 1000;
    title('Done');
    terminal.say(`In ${duration(seconds * 1000)}. The report, with a map of the embeddings: ${report}`);
    terminal.say(`Go on with: pinsage recommend ${path} --pin ${warm[0]?.query.id}`);
    terminal.result({
      collection: name,
      dataset: dataset.directory,
      training: result,
      ...measured.evaluation,
      diagnostics: measured.diagnostics,
      examples: { warm, cold },
      report,
      seconds,
    });
  } finally {
    model.dispose();
  }
}

async function makeSplit(dataset: Dataset, { terminal }: Context): Promise<void> {
  const split = await openOrCreate(dataset);
  const { train, validation, test, coldPins } = split.manifest.counts;
  terminal.say(
    `Split: ${count(train)} edges to train on, ${count(validation)} to validate on, ${count(test)} to evaluate on; ${count(coldPins)} pins are held out with all their edges`,
  );
  await split.close();
}

async function openOrCreate(dataset: Dataset): Promise<Split> {
  try {
    return await Split.open(dataset, 'demo');
  } catch (error) {
    if (!(error instanceof PinSageError) || error.code === 'IO') throw error;
    return Split.create(dataset, 'demo', { ...SPLIT, force: true });
  }
}

/** An empty run. One of an earlier demo makes room, unless it is still going on. */
async function makeRun(path: string, dataset: string): Promise<void> {
  const before = await RunDirectory.open(path).catch((error) => {
    if (error instanceof PinSageError && error.code === 'FILE_NOT_FOUND') return undefined;
    throw error;
  });
  if (before !== undefined) {
    await before.lock();
    await before.unlock();
    await rm(path, { recursive: true, force: true });
  }
  await RunDirectory.create(path, { dataset, split: 'demo', model: { ...presets.default.model }, trainer: {} });
}
