import { renderChart } from './chart.js';
import { renderDocument } from './document.js';
import { type Html, html } from './html.js';
import { renderScatter } from './scatter.js';
import type { StudyReport } from './study-report.js';
import { renderTrialCurves } from './trial-curves.js';

/** A study as one HTML file that asks nothing of any network. */
export function renderTunePage(report: StudyReport): string {
  const { metric, bestSoFar, curves, scatters, table } = report;
  const best = { title: `Best ${metric} so far`, unit: 'trial', lines: [{ name: metric, points: bestSoFar }] };
  return renderDocument({
    ...report,
    sections: html`<section><h2>Progress</h2><div class="charts">${renderChart(best)}${renderTrialCurves(curves, metric)}</div></section>
<section><h2>${metric} against each setting</h2><p>A point is a trial; rings were stopped before their end, and the large one is the best.</p><div class="charts">${scatters.map((scatter) => renderScatter(scatter, metric))}</div></section>
<section><h2>Trials</h2>${renderTrials(table)}</section>`,
    settingsOf: 'study',
  });
}

function renderTrials({ head, rows }: StudyReport['table']): Html {
  return html`<div class="scroll"><table class="narrow"><thead><tr>${head.map((cell) => html`<th>${cell}</th>`)}</tr></thead>
<tbody>${rows.map(
    ({
      cells,
      best,
    }) => html`<tr class="${best && 'ours'}">${cells.map((cell, index) => (index === 0 ? html`<th>${cell}</th>` : html`<td>${cell}</td>`))}</tr>
`,
  )}</tbody></table></div>`;
}
