import type { Evaluation, MethodResult, TaskResult } from './evaluate.js';

/**
 * The evaluation as plain text: a table for each task, a row for each method, means with half the interval's width, and marks where a
 * method is significantly better or worse than the first.
 */
export function formatEvaluation({ tasks, confidence, mix }: Evaluation): string {
  const parts = tasks.map((task) => formatTask(task, 1 - confidence));
  const reference = tasks[0]?.methods[0]?.method;
  if (tasks.some(({ methods }) => methods.length > 1)) {
    parts.push(
      `▲ significantly better than ${reference}, ▼ worse: paired bootstrap, p < ${digits(1 - confidence, 2)} after Holm’s correction`,
    );
  }
  if (mix) {
    const weights = Object.entries(mix.weights).map(([name, weight]) => `${digits(weight)} ${name}`);
    parts.push(`mix: ${weights.join(' + ')}, found on ${mix.queries} home feeds of the validation edges`);
  }
  return parts.join('\n\n');
}

function formatTask(result: TaskResult, alpha: number): string {
  const { task, description, queries, available, candidates, methods } = result;
  const asked = queries === available ? `${queries} queries` : `${queries} of ${available} queries, drawn at random`;
  const names = Object.keys(methods[0]?.metrics ?? {});
  const rows = [['method', ...names.map((name) => `${name} `), 'coverage@20', 'seconds']];
  for (const method of methods) {
    const cells = names.map((name) => {
      const { mean, low, high } = method.metrics[name];
      return `${digits(mean)} ±${digits((high - low) / 2)}${mark(method, name, alpha)}`;
    });
    rows.push([method.method, ...cells, digits(method.coverage), method.seconds.toFixed(1)]);
  }
  return [`${task}: ${description} (${asked}, ${candidates} candidates)`, ...align(rows)].join('\n');
}

function mark({ differences }: MethodResult, metric: string, alpha: number): string {
  const difference = differences?.[metric];
  if (difference === undefined || difference.p >= alpha || difference.mean === 0) return ' ';
  return difference.mean > 0 ? '▲' : '▼';
}

/** .123: leading zeros of numbers below 1 only take space. */
function digits(value: number, places = 3): string {
  return value.toFixed(places).replace(/^0/, '');
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
