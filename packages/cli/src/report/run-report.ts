import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Evaluation, StepReport, TaskResult } from '@pinsage/trainer';
import { count, duration } from '../format.js';
import type { RunDiagnostics } from '../work/diagnose.js';
import type { OpenRun } from '../work/run.js';
import { diagnosticsView } from './diagnostics-view.js';
import type { Chart, Example, Fact, MetricsTable, Report } from './report.js';

interface Parts {
  evaluation: Evaluation;
  diagnostics: RunDiagnostics;
  examples: Example[];
  map: Report['map'];
  title?: string;
}

/** Gathers what a run has to show. */
export async function runReport(
  run: OpenRun,
  { evaluation, diagnostics, examples, map, title }: Parts,
): Promise<Report> {
  const { dataset, directory, config } = run;
  const history = await readHistory(directory.metricsPath);
  return {
    title: title ?? `PinSage on ${basename(dataset.directory)}`,
    lead: `One embedding for each of ${count(dataset.pins)} pins, learned from ${count(run.trainGraph.edges)} edges to ${count(dataset.boards)} boards and from ${dataset.features.map(({ name }) => name).join(', ') || 'the graph alone'}.`,
    facts: facts(run, evaluation, history),
    examples,
    tables: evaluation.tasks.map(metricsTable),
    map,
    diagnostics: diagnosticsView(diagnostics, methodName),
    charts: charts(history),
    settings: {
      dataset: dataset.directory,
      split: directory.config.split,
      model: directory.config.model,
      trainer: config,
    },
  };
}

function facts({ dataset, trainGraph }: OpenRun, { tasks }: Evaluation, history: StepReport[]): Fact[] {
  const home = tasks.find(({ task }) => task === 'home')?.methods.find(({ method }) => method === 'pinsage');
  const seconds = history.reduce((sum, step) => sum + step.seconds + (step.validation?.seconds ?? 0), 0);
  return [
    { value: count(dataset.pins), label: 'pins' },
    { value: count(dataset.boards), label: 'boards' },
    { value: count(trainGraph.edges), label: 'edges to learn from' },
    ...(home ? [{ value: home.metrics['recall@20'].mean.toFixed(3), label: 'Recall@20, home feed' }] : []),
    ...(seconds > 0 ? [{ value: duration(seconds * 1000), label: 'of training' }] : []),
  ];
}

const METHODS: Record<string, string> = {
  pinsage: 'PinSage',
  popularity: 'Popularity',
  content: 'Content neighbours',
  walk: 'Random walk (Pixie)',
  boardknn: 'Similar boards (kNN)',
  itemknn: 'Item kNN',
  rp3beta: 'RP3beta',
  ppr: 'Personalized PageRank',
  als: 'Matrix factors (ALS)',
  ease: 'EASE',
  transitions: 'Transitions',
  mix: 'Mixed scores',
};

function methodName(method: string): string {
  return METHODS[method] ?? method;
}

const METRICS: Record<string, string> = {
  'hit-rate@10': 'Hit rate@10',
  'recall@20': 'Recall@20',
  'recall@100': 'Recall@100',
  'ndcg@20': 'NDCG@20',
  mrr: 'Scaled MRR',
};

const TASKS: Record<TaskResult['task'], string> = {
  home: 'Home feed',
  related: 'Related pins',
  next: 'Next pin',
  cold: 'Cold pins',
};

function metricsTable({ task, description, queries, available, candidates, methods }: TaskResult): MetricsTable {
  const names = Object.keys(methods[0]?.metrics ?? {});
  const asked =
    queries < available
      ? `${count(queries)} of ${count(available)} queries, drawn at random`
      : `${count(queries)} queries`;
  return {
    title: TASKS[task],
    explanation: `${description.charAt(0).toUpperCase()}${description.slice(1)}. ${asked}, each ranking all ${count(candidates)} candidates; with 95 % bootstrap intervals.`,
    metrics: [...names.map((name) => METRICS[name] ?? name), 'Coverage@20'],
    rows: methods.map(({ method, metrics, coverage }) => ({
      method: methodName(method),
      ours: method === 'pinsage',
      values: [...names.map((name) => ({ ...metrics[name], value: metrics[name].mean })), { value: coverage }],
    })),
  };
}

function charts(history: StepReport[]): Chart[] {
  const points = (value: (step: StepReport) => number | undefined) =>
    history.flatMap((step): [number, number][] =>
      value(step) === undefined ? [] : [[step.step, value(step) as number]],
    );
  return [
    { title: 'Loss', lines: [{ name: 'loss', points: points((step) => step.loss), noisy: true }] },
    {
      title: 'Validation: home feed',
      lines: [
        { name: 'Recall@20', points: points((step) => step.validation?.recallAt20) },
        { name: 'NDCG@20', points: points((step) => step.validation?.ndcgAt20) },
      ],
    },
    { title: 'Learning rate', lines: [{ name: 'learning rate', points: points((step) => step.learningRate) }] },
  ];
}

/** The steps of metrics.jsonl; none when it is not there. */
async function readHistory(path: string): Promise<StepReport[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as StepReport);
}
