import type { Evaluation, TaskResult } from './evaluate.js';

/** The evaluation as plain text: a table for each task, a row for each method, means with half the interval's width. */
export function formatEvaluation(evaluation: Evaluation): string {
  return evaluation.tasks.map(formatTask).join('\n\n');
}

function formatTask(result: TaskResult): string {
  const { task, description, queries, available, candidates, methods } = result;
  const asked = queries === available ? `${queries} queries` : `${queries} of ${available} queries, drawn at random`;
  const names = Object.keys(methods[0]?.metrics ?? {});
  const rows = [['method', ...names, 'coverage@20', 'seconds']];
  for (const { method, metrics, coverage, seconds } of methods) {
    const cells = names.map((name) => {
      const { mean, low, high } = metrics[name];
      return `${digits(mean)} ±${digits((high - low) / 2)}`;
    });
    rows.push([method, ...cells, digits(coverage), seconds.toFixed(1)]);
  }
  return [`${task}: ${description} (${asked}, ${candidates} candidates)`, ...align(rows)].join('\n');
}

/** .123: leading zeros of numbers below 1 only take space. */
function digits(value: number): string {
  return value.toFixed(3).replace(/^0/, '');
}

function align(rows: string[][]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd(),
  );
}
