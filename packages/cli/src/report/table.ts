import { type Html, html } from './html.js';
import type { Interval, MetricsTable } from './report.js';

/** One task's methods, a row each: value, 95 % interval and a bar on the column's scale. */
export function renderTable(table: MetricsTable): Html {
  const tops = table.metrics.map((_, column) =>
    Math.max(...table.rows.map((row) => row.values[column].high ?? row.values[column].value)),
  );
  const bests = table.metrics.map((_, column) => Math.max(...table.rows.map((row) => row.values[column].value)));
  return html`<section class="task"><h3>${table.title}</h3><p>${table.explanation}</p>
<div class="scroll"><table>
<thead><tr><th></th>${table.metrics.map((metric) => html`<th>${metric}</th>`)}</tr></thead>
<tbody>${table.rows.map(
    (row) => html`<tr class="${row.ours && 'ours'}"><th>${row.method}</th>${row.values.map(
      (interval, column) =>
        html`<td class="${interval.value === bests[column] && 'best'}">${renderCell(interval, tops[column])}</td>`,
    )}</tr>
`,
  )}</tbody></table></div></section>`;
}

function renderCell(interval: Interval, top: number): Html {
  const percent = (value: number) => `${((100 * value) / (top || 1)).toFixed(1)}%`;
  const { value, low, high } = interval;
  const known = low !== undefined && high !== undefined;
  return html`<b>${value.toFixed(3)}</b>${known && html`<small>${low.toFixed(3)} – ${high.toFixed(3)}</small>`}
<span class="bar"><i style="width:${percent(value)}"></i>${known && html`<u style="left:${percent(low)};right:calc(100% - ${percent(high)})"></u>`}</span>`;
}
