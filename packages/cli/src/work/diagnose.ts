import type { Embeddings } from '@pinsage/inference';
import { bestBaseline, type Diagnostics, diagnose, type Evaluation, type HomeDiagnostics } from '@pinsage/trainer';
import type { Context } from '../context.js';
import { columns } from '../format.js';
import { boardCards, type Card, pinCards } from './cards.js';
import type { OpenRun } from './run.js';

/** A home feed as people read it. */
export interface NamedCase {
  board: Card;
  /** Pins that are known to be on the board, of which `members` are some. */
  size: number;
  members: Card[];
  recommended: Card[];
  targets: (Card & { rank: number })[];
  ndcg: number;
}

/** Diagnostics with ids and titles in the place of rows. */
export interface RunDiagnostics extends Omit<Diagnostics, 'hubness' | 'home'> {
  hubness: Omit<Diagnostics['hubness'], 'hubs'> & { hubs: (Card & { occurrences: number })[] };
  home: (Omit<HomeDiagnostics, 'worst' | 'best'> & { worst: NamedCase[]; best: NamedCase[] }) | null;
}

/** Looks behind an evaluation's means, on the same queries, beside its best baseline. */
export async function diagnoseRun(
  run: OpenRun,
  embeddings: Embeddings,
  evaluation: Evaluation,
  queries: number | undefined,
  { signal }: Context,
): Promise<RunDiagnostics> {
  const { test, validation, coldEdges } = run.split!;
  const { seed, confidence } = evaluation;
  const diagnostics = await diagnose(
    embeddings,
    { dataset: run.dataset, train: run.trainGraph, test, validation, coldEdges },
    { baseline: bestBaseline(evaluation), queries, seed, confidence, signal },
  );
  return withTitles(run, diagnostics);
}

async function withTitles({ dataset }: OpenRun, { hubness, home, ...rest }: Diagnostics): Promise<RunDiagnostics> {
  const cases = home === null ? [] : [...home.worst, ...home.best];
  const pins = new Set([
    ...hubness.hubs.map(({ pin }) => pin),
    ...cases.flatMap(({ members, recommended, targets }) => [
      ...members,
      ...recommended,
      ...targets.map(({ pin }) => pin),
    ]),
  ]);
  const boards = cases.map(({ board }) => board);
  const pinOf = zip([...pins], await pinCards(dataset, [...pins]));
  const boardOf = zip(boards, await boardCards(dataset, boards));
  const named = (query: HomeDiagnostics['worst'][number]): NamedCase => ({
    ...query,
    board: boardOf(query.board),
    members: query.members.map(pinOf),
    recommended: query.recommended.map(pinOf),
    targets: query.targets.map(({ pin, rank }) => ({ ...pinOf(pin), rank })),
  });
  return {
    ...rest,
    hubness: {
      ...hubness,
      hubs: hubness.hubs.map(({ pin, occurrences }) => ({ ...pinOf(pin), occurrences })),
    },
    home: home && { ...home, worst: home.worst.map(named), best: home.best.map(named) },
  };
}

function zip(rows: number[], cards: Card[]): (row: number) => Card {
  const byRow = new Map(rows.map((row, i) => [row, cards[i]]));
  return (row) => byRow.get(row) as Card;
}

/** The numbers that one looks at first. */
export function describeDiagnostics({ geometry, hubness, home }: RunDiagnostics): string {
  const { width, effectiveRank, meanCosine, uniformity, alignment } = geometry;
  const aligned = alignment === null ? '' : `, alignment ${alignment.toFixed(2)}`;
  const rows = [
    [
      'embeddings',
      `effective rank ${effectiveRank.toFixed(1)} of ${width}, mean cosine ${meanCosine.toFixed(3)}, uniformity ${uniformity.toFixed(2)}${aligned}`,
    ],
    [
      'hubs',
      `skewness of N_${hubness.k} ${hubness.skewness.toFixed(2)}, ${(100 * hubness.antihubs).toFixed(1)} % of the pins near nobody`,
    ],
  ];
  if (home !== null) {
    const { logDegree, recommendations } = home;
    rows.push([
      'popularity',
      `mean ln(1 + degree) of the recommended ${recommendations[0].logDegree.toFixed(2)}, of the targets ${logDegree.targets.toFixed(2)}, of all pins ${logDegree.catalogue.toFixed(2)}`,
    ]);
  }
  return columns(rows);
}
