import type { Embeddings } from '@pinsage/inference';
import { writeFileAtomic } from '@pinsage/native';
import type { Context } from '../context.js';
import { embeddingMap } from '../report/embedding-map.js';
import { renderPage } from '../report/page.js';
import { runReport } from '../report/run-report.js';
import type { Measurement } from './evaluate.js';
import { toExample } from './examples.js';
import type { Answer } from './recommend.js';
import type { OpenRun } from './run.js';

export interface ReportParts {
  /** Of all pins, for the map. */
  embeddings: Embeddings;
  measured: Measurement;
  examples: { warm: Answer[]; cold: Answer | undefined };
  /** The HTML file. */
  path: string;
  title?: string;
}

/** Writes a run's HTML report. */
export async function writeReport(run: OpenRun, parts: ReportParts, { terminal, signal }: Context): Promise<void> {
  const { embeddings, measured, examples, path, title } = parts;
  const progress = terminal.progress('Mapping', 'rounds');
  const map = await embeddingMap(run.dataset, embeddings, {
    signal,
    onProgress: (done, total) => progress.update(done, total),
  }).finally(() => progress.stop());
  const shown = examples.warm.map((answer) => toExample(answer));
  if (examples.cold !== undefined) shown.push(toExample(examples.cold, 'never seen in training'));
  const report = await runReport(run, { ...measured, examples: shown, map, title });
  await writeFileAtomic(path, renderPage(report));
}
