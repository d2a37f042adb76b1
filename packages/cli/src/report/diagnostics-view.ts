import type { Slice } from '@pinsage/trainer';
import { count } from '../format.js';
import type { Card as PlainCard } from '../work/cards.js';
import type { NamedCase, RunDiagnostics } from '../work/diagnose.js';
import type { BarChart, DiagnosticsView, QueryCard } from './report.js';

const SHOWN_MEMBERS = 3;

/** Diagnostics as the page shows them. @param nameOf a method's name for people */
export function diagnosticsView(diagnostics: RunDiagnostics, nameOf: (method: string) => string): DiagnosticsView {
  const { geometry, hubness, home } = diagnostics;
  return {
    bars: home === null ? [] : bars(home, nameOf),
    facts: [
      { value: `${geometry.effectiveRank.toFixed(1)} of ${geometry.width}`, label: 'effective rank' },
      { value: geometry.meanCosine.toFixed(3), label: 'mean cosine of two pins' },
      { value: geometry.uniformity.toFixed(2), label: 'uniformity' },
      ...(geometry.alignment === null ? [] : [{ value: geometry.alignment.toFixed(2), label: 'alignment' }]),
      { value: hubness.skewness.toFixed(2), label: `skewness of N${hubness.k}` },
      { value: `${(100 * hubness.antihubs).toFixed(1)} %`, label: `in nobody’s top ${hubness.k}` },
    ],
    explanation: `Of ${count(geometry.pins)} pins drawn at random. A collapsed model has an effective rank near 1, a mean cosine near 1 and a uniformity near 0; evenly spread embeddings have a uniformity near −4. Alignment is the mean squared distance of ${count(geometry.pairs)} pins and held-out pins of their boards: less is better. N${hubness.k} counts how often a pin is among the ${hubness.k} nearest of others, here of ${count(hubness.pins)} pins among themselves.`,
    hubs: {
      explanation: `The pins that are among the ${hubness.k} nearest of most of ${count(hubness.queries)} pins, drawn at random.`,
      rows: hubness.hubs.map(({ occurrences, ...card }) => ({ ...shown(card), occurrences })),
    },
    spread: home && {
      explanation: `Mean ln(1 + degree) is ${home.logDegree.catalogue.toFixed(2)} for the whole catalogue and ${home.logDegree.targets.toFixed(2)} for the pins that should be found. A method that recommends far above the latter leans on popular pins. The first 20 of ${count(home.queries)} home feeds.`,
      rows: home.recommendations.map(({ method, ...row }) => ({
        ...row,
        method: nameOf(method),
        ours: method === 'pinsage',
      })),
    },
    worst: home?.worst.map(queryCard) ?? [],
    best: home?.best.map(queryCard) ?? [],
  };
}

function bars(home: NonNullable<RunDiagnostics['home']>, nameOf: (method: string) => string): BarChart[] {
  const slicings: [string, Slice[]][] = [
    ['by the board’s size', home.byBoardSize],
    ['by the held-out pin’s degree', home.byPinDegree],
    ['of warm and cold pins', home.byWarmth],
  ];
  const metrics = [
    ['recall@20', 'Recall@20'],
    ['ndcg@20', 'NDCG@20'],
  ] as const;
  return slicings.flatMap(([what, slices]) =>
    metrics.map(([metric, name]) => ({
      title: `${name} ${what}`,
      names: home.methods.map(nameOf),
      groups: slices.map(({ label, queries, methods }) => ({
        label,
        note: `n=${count(queries)}`,
        values: methods.map((method) => ({ ...method[metric], value: method[metric].mean })),
      })),
    })),
  );
}

function queryCard({ board, size, members, recommended, targets, ndcg }: NamedCase): QueryCard {
  const some = members.slice(0, SHOWN_MEMBERS).map(({ title }) => title);
  const pins = size === 1 ? '1 pin' : `${count(size)} pins`;
  return {
    ...shown(board),
    subtitle: `${pins}: ${some.join('; ')}${size > some.length ? '; …' : ''}`,
    ndcg,
    recommended: recommended.map(shown),
    targets: targets.map(({ rank, ...card }) => ({ ...shown(card), rank })),
  };
}

function shown({ title, subtitle, url }: PlainCard) {
  return { title, subtitle, url };
}
