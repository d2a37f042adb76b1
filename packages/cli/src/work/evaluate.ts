import { join } from 'node:path';
import { type Embeddings, embedPins } from '@pinsage/inference';
import type { PinSage } from '@pinsage/model';
import { PinSageError, writeFileAtomic } from '@pinsage/native';
import { type Evaluation, evaluate, formatEvaluation } from '@pinsage/trainer';
import type { Context } from '../context.js';
import type { EvaluateFlags } from '../flags.js';
import { plain } from '../json.js';
import { describeDiagnostics, diagnoseRun, type RunDiagnostics } from './diagnose.js';
import { coldExample, warmExamples } from './examples.js';
import { openEmbeddings } from './recommend.js';
import { writeReport } from './report.js';
import { loadModel, type OpenRun, openRun } from './run.js';

/** What was measured, and what is behind it. */
export interface Measurement {
  evaluation: Evaluation;
  diagnostics: RunDiagnostics;
}

/** `pinsage evaluate <run>` */
export async function evaluateRun(path: string, flags: EvaluateFlags, context: Context): Promise<void> {
  await using run = await openRun(path);
  const model = await loadModel(run);
  try {
    using embeddings = await embedTraining(run, model, context);
    const measured = await measure(run, embeddings, flags, context);
    const { evaluation, diagnostics } = measured;
    context.terminal.say(`${formatEvaluation(evaluation)}\n\n${describeDiagnostics(diagnostics)}`);
    const report = flags.report && (await reportOn(run, embeddings, measured, flags.report, context));
    context.terminal.result({ run: path, ...evaluation, diagnostics, report });
  } finally {
    model.dispose();
  }
}

/** Embeddings of all pins on the graph that training saw: what is held out has to stay unknown to them. */
export async function embedTraining(run: OpenRun, model: PinSage, { terminal, signal }: Context): Promise<Embeddings> {
  if (run.split === undefined) {
    throw new PinSageError(
      'NOT_FOUND',
      `${run.path} trained on all edges: none are left to evaluate on. Train with a split.`,
    );
  }
  const progress = terminal.progress('Embedding', 'pins');
  return embedPins(model, run.dataset, run.trainGraph, {
    signal,
    onProgress: (done, total) => progress.update(done, total),
  }).finally(() => progress.stop());
}

/** Measures embeddings on the split's test edges and keeps the result as evaluation.json. */
export async function measure(
  run: OpenRun,
  embeddings: Embeddings,
  { tasks, latest, baselines, mix, queries, seed }: Omit<EvaluateFlags, 'report'>,
  context: Context,
): Promise<Measurement> {
  const { test, validation, coldEdges } = run.split!;
  const progress = context.terminal.progress('Evaluating', 'rankings');
  const evaluation = await evaluate(
    embeddings,
    { dataset: run.dataset, train: run.trainGraph, test, validation, coldEdges },
    {
      tasks,
      latest,
      baselines: baselines === false ? [] : baselines,
      mix,
      queries,
      seed,
      signal: context.signal,
      onProgress: (done, total) => progress.update(done, total),
    },
  ).finally(() => progress.stop());
  const diagnostics = await diagnoseRun(run, embeddings, evaluation, queries, context);
  await writeFileAtomic(
    join(run.directory.path, 'evaluation.json'),
    `${JSON.stringify({ ...evaluation, diagnostics }, plain, 2)}\n`,
  );
  return { evaluation, diagnostics };
}

async function reportOn(
  run: OpenRun,
  training: Embeddings,
  measured: Measurement,
  file: string | true,
  context: Context,
) {
  using embeddings = await openEmbeddings(run);
  const examples = { warm: await warmExamples(run, embeddings), cold: await coldExample(run, training) };
  const path = file === true ? join(run.path, 'report.html') : file;
  await writeReport(run, { embeddings, measured, examples, path }, context);
  context.terminal.say(`\nReport: ${path}`);
  return path;
}
