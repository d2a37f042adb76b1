import type { Dataset } from '@pinsage/graph';
import { Embeddings, type Recommendation, Recommender, type RecommendOptions } from '@pinsage/inference';
import { invalidArgument, PinSageError } from '@pinsage/native';
import type { Context } from '../context.js';
import type { RecommendFlags } from '../flags.js';
import { clip, columns } from '../format.js';
import { boardCards, type Card, pinCards } from './cards.js';
import { commonBoards } from './common-boards.js';
import { embedFresh } from './embed.js';
import { readNewPins } from './new-pins.js';
import { loadModel, type OpenRun, openRun } from './run.js';

/** A query as people read it, and its answer. */
export interface Answer {
  query: Card;
  /** `common`: titles of boards that a queried pin shares with this one. */
  related: (Card & { score: number; common: string[] })[];
}

/** `pinsage recommend <run>` */
export async function recommend(path: string, flags: RecommendFlags, context: Context): Promise<void> {
  if (![flags.pin, flags.title, flags.board, flags.list, flags.new].some((query) => query !== undefined)) {
    throw invalidArgument('query', undefined, '--pin, --title, --board, --list or --new');
  }
  await using run = await openRun(path);
  using embeddings = await openEmbeddings(run);
  const answers = await ask(run, await Recommender.over(run.dataset, embeddings), flags, context);
  context.terminal.say(answers.map(describeAnswer).join('\n\n'));
  context.terminal.result({ run: path, answers });
}

async function ask(run: OpenRun, recommender: Recommender, flags: RecommendFlags, context: Context): Promise<Answer[]> {
  const { dataset } = run;
  const options = { top: flags.top, signal: context.signal };
  const answers: Answer[] = [];
  for (const row of await rowsOf(dataset, flags)) answers.push(await answerTo(recommender, row, options));
  for (const id of flags.board ?? []) {
    const found = await recommender.homeFeed({ board: id }, options);
    const [query] = await boardCards(dataset, await dataset.boardRows([id]));
    answers.push({ query, related: await describe(dataset, found) });
  }
  if (flags.list !== undefined) {
    const found = await recommender.homeFeed({ pins: flags.list }, options);
    const cards = await pinCards(dataset, await dataset.pinRows(flags.list));
    const query = { id: flags.list.join(' '), title: cards.map(({ title }) => title).join(' + '), subtitle: '' };
    answers.push({ query, related: await describe(dataset, found) });
  }
  if (flags.new !== undefined) answers.push(...(await askForNew(run, recommender, flags.new, options, context)));
  return answers;
}

/** Related pins of the dataset's pin in this row. */
export async function answerTo(recommender: Recommender, row: number, options: RecommendOptions): Promise<Answer> {
  const { dataset } = recommender;
  const found = await recommender.related({ row }, options);
  const common = await commonBoards(
    dataset,
    row,
    found.map((pin) => pin.row),
  );
  const [query] = await pinCards(dataset, [row]);
  return { query, related: await describe(dataset, found, common) };
}

async function askForNew(
  run: OpenRun,
  recommender: Recommender,
  path: string,
  options: RecommendOptions,
  context: Context,
): Promise<Answer[]> {
  const { dataset } = run;
  const pins = await readNewPins(path);
  const model = await loadModel(run);
  try {
    const vectors = await embedFresh(run, model, pins, context);
    const { output } = model.config;
    const { title = 'title' } = dataset.manifest.columns;
    const answers: Answer[] = [];
    for (const [index, { id, features }] of pins.entries()) {
      const found = await recommender.relatedTo(vectors.slice(index * output, (index + 1) * output), options);
      const name = String(features[title] ?? `pin ${id ?? index + 1}`);
      answers.push({
        query: { id: id ?? index + 1, title: name, subtitle: 'new' },
        related: await describe(dataset, found),
      });
    }
    return answers;
  } finally {
    model.dispose();
  }
}

/** Rows of the pins of --pin and --title. */
async function rowsOf(dataset: Dataset, { pin = [], title = [] }: RecommendFlags): Promise<number[]> {
  const rows = Array.from(await dataset.pinRows(pin));
  const missing = rows.indexOf(-1);
  if (missing >= 0) throw new PinSageError('NOT_FOUND', `The dataset has no pin with id '${pin[missing]}'.`);
  for (const text of title) {
    const [row] = await dataset.search(text, { limit: 1 });
    if (row === undefined) throw new PinSageError('NOT_FOUND', `No pin has '${text}' in its title.`);
    rows.push(row);
  }
  return rows;
}

async function describe(
  dataset: Dataset,
  found: Recommendation[],
  common: string[][] = [],
): Promise<Answer['related']> {
  const cards = await pinCards(
    dataset,
    found.map(({ row }) => row),
  );
  return cards.map((card, index) => ({ ...card, score: found[index].score, common: common[index] ?? [] }));
}

/** A run's embeddings, or what to do to have them. */
export async function openEmbeddings(run: OpenRun): Promise<Embeddings> {
  try {
    return await Embeddings.open(run.directory.path);
  } catch (error) {
    if (!(error instanceof PinSageError) || error.code !== 'FILE_NOT_FOUND') throw error;
    throw new PinSageError('FILE_NOT_FOUND', `${run.path} has no embeddings yet: pinsage embed ${run.path}`, {
      cause: error,
    });
  }
}

/** The answer as text: score, title, subtitle, and what the two have in common or the id. */
export function describeAnswer({ query, related }: Answer): string {
  const rows = related.map(({ score, title, subtitle, common, id }) => [
    `  ${score.toFixed(3)}`,
    clip(title, 48),
    clip(subtitle, 28),
    common.length > 0 ? clip(common.join('; '), 44) : `(${id})`,
  ]);
  return `${describeCard(query)}\n${columns(rows)}`;
}

function describeCard({ title, subtitle, id }: Card): string {
  return `${clip(title, 90)}${subtitle && ` · ${clip(subtitle, 40)}`} (${id})`;
}
