import { type BaselineName, baselineNames } from '../baselines/index.js';
import type { Evaluation } from '../evaluate.js';

/** The baseline with the highest Recall@20 of home feeds; undefined when none was measured on them. */
export function bestBaseline({ tasks }: Evaluation): BaselineName | undefined {
  const home = tasks.find(({ task }) => task === 'home');
  const measured = (home?.methods ?? []).filter(({ method }) => baselineNames.includes(method as BaselineName));
  measured.sort((a, b) => b.metrics['recall@20'].mean - a.metrics['recall@20'].mean);
  return measured[0]?.method as BaselineName | undefined;
}
