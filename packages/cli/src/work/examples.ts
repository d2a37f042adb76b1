import type { Dataset } from '@pinsage/graph';
import { type Embeddings, Recommender } from '@pinsage/inference';
import type { Example } from '../report/report.js';
import { type Card, pinCards } from './cards.js';
import { type Answer, answerTo } from './recommend.js';
import type { OpenRun } from './run.js';

const TOP = 6;
const POPULAR = 300;

/** A pin that people may know: the beginning of its title, and of its subtitle. */
export type WellKnown = [title: string, subtitle: string];

/** Related pins of a few pins: the well-known ones that the dataset has, filled up with popular ones unlike each other. */
export async function warmExamples(
  run: OpenRun,
  embeddings: Embeddings,
  wellKnown: WellKnown[] = [],
  wanted = 5,
): Promise<Answer[]> {
  const { dataset } = run;
  const cold = new Set(run.split?.coldPins);
  const rows: number[] = [];
  for (const pin of wellKnown) {
    const row = await findPin(dataset, pin);
    if (row !== undefined && !cold.has(row) && rows.length < wanted) rows.push(row);
  }
  const recommender = await Recommender.over(dataset, embeddings);
  for (const row of await popularAndUnlike(run, embeddings, wanted - rows.length)) rows.push(row);
  return Promise.all(rows.map((row) => answerTo(recommender, row, { top: TOP })));
}

/**
 * Related pins of one pin that training never saw: of those with a name, the one on most boards, all of which were held out.
 * @param embeddings of the training graph, in which the pin has no edge.
 */
export async function coldExample(run: OpenRun, embeddings: Embeddings): Promise<Answer | undefined> {
  if (run.split === undefined || run.split.coldPins.length === 0) return undefined;
  const graph = await run.dataset.graph();
  const byDegree = Array.from(run.split.coldPins).sort(
    (a, b) => graph.boardsOf(b).length - graph.boardsOf(a).length || a - b,
  );
  const [row] = [...(await named(run.dataset, byDegree)), ...byDegree];
  return answerTo(await Recommender.over(run.dataset, embeddings), row, { top: TOP });
}

/** As the report shows it. */
export function toExample({ query, related }: Answer, badge?: string): Example {
  const shown = ({ title, subtitle, url }: Card, common: string[] = []) => ({
    title,
    subtitle: [subtitle, common.length > 0 && `shared: ${common.join('; ')}`].filter(Boolean).join(' · '),
    url,
  });
  return {
    ...shown(query),
    badge,
    related: related.map(({ common, score, ...card }) => ({ ...shown(card, common), score })),
  };
}

async function findPin(dataset: Dataset, [title, subtitle]: WellKnown): Promise<number | undefined> {
  if (dataset.manifest.columns.title === undefined) return undefined;
  const rows = await dataset.search(title, { limit: 20 });
  const cards = await pinCards(dataset, rows);
  const found = cards.findIndex((card) => card.title.startsWith(title) && card.subtitle.startsWith(subtitle));
  return found < 0 ? undefined : rows[found];
}

/** Of the pins with most edges, each time the one whose nearest chosen one is farthest (Gonzalez, 1985). */
async function popularAndUnlike(run: OpenRun, embeddings: Embeddings, wanted: number): Promise<number[]> {
  if (wanted <= 0) return [];
  const degrees = run.trainGraph.pinDegrees();
  const byDegree = Array.from(degrees.keys()).sort((a, b) => degrees[b] - degrees[a] || a - b);
  const popular = await named(run.dataset, byDegree.slice(0, POPULAR));
  const similarity = (a: number, b: number) => {
    const other = embeddings.of(b);
    return embeddings.of(a).reduce((sum, value, index) => sum + value * other[index], 0);
  };
  const chosen: number[] = [];
  const nearest = new Map(popular.map((pin) => [pin, Number.NEGATIVE_INFINITY]));
  while (chosen.length < Math.min(wanted, popular.length)) {
    const next = popular.reduce((best, pin) =>
      (nearest.get(pin) as number) < (nearest.get(best) as number) ? pin : best,
    );
    chosen.push(next);
    for (const pin of popular) nearest.set(pin, Math.max(nearest.get(pin) as number, similarity(pin, next)));
    nearest.set(next, Number.POSITIVE_INFINITY);
  }
  return chosen;
}

/** Without those whose title says nothing, such as `[no title]`. */
async function named(dataset: Dataset, pins: number[]): Promise<number[]> {
  const cards = await pinCards(dataset, pins);
  return pins.filter((_, index) => !cards[index].title.startsWith('['));
}
