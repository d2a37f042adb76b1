import { renderBars } from './bars.js';
import { type Html, html } from './html.js';
import { link } from './link.js';
import type { DiagnosticsView, QueryCard } from './report.js';

/** Where the run fails and why, as a section of the page. */
export function renderDiagnostics(view: DiagnosticsView): Html {
  return html`<section id="diagnostics"><h2>Diagnostics</h2>
${view.bars.length > 0 && html`<h3>Where home feeds fail</h3><p>A query counts in each group with the held-out pins that it has there, at their ranks among all pins; n is the number of queries. Lines are bootstrap intervals.</p><div class="charts">${view.bars.map(renderBars)}</div>`}
<h3>The space of the embeddings</h3><p>${view.explanation}</p>
<dl class="facts">${view.facts.map((fact) => html`<div><dt>${fact.label}</dt><dd>${fact.value}</dd></div>`)}</dl>
${
  view.hubs.rows.length > 0 &&
  html`<h3>Hubs</h3><p>${view.hubs.explanation}</p><div class="scroll"><table><thead><tr><th>Pin</th><th></th><th>Lists</th></tr></thead>
<tbody>${view.hubs.rows.map((hub) => html`<tr><td class="wraps">${link(hub)}</td><td class="wraps"><small>${hub.subtitle}</small></td><td>${hub.occurrences}</td></tr>`)}</tbody></table></div>`
}
${view.spread !== null && html`<h3>Coverage and popularity</h3><p>${view.spread.explanation}</p>${renderSpread(view.spread.rows)}`}
${view.worst.length > 0 && html`<h3>Worst queries</h3><p>Lowest NDCG of the whole ranking.</p><div class="examples">${view.worst.map(renderQuery)}</div>`}
${view.best.length > 0 && html`<h3>Best queries</h3><p>Highest NDCG of the whole ranking.</p><div class="examples">${view.best.map(renderQuery)}</div>`}
</section>`;
}

function renderSpread(rows: NonNullable<DiagnosticsView['spread']>['rows']): Html {
  return html`<div class="scroll"><table><thead><tr><th></th><th>Coverage@20</th><th>Gini of recommendations</th><th>Mean ln(1 + degree)</th></tr></thead>
<tbody>${rows.map((row) => html`<tr class="${row.ours && 'ours'}"><th>${row.method}</th>${[row.coverage, row.gini, row.logDegree].map((value) => html`<td>${value.toFixed(3)}</td>`)}</tr>`)}</tbody></table></div>`;
}

function renderQuery(query: QueryCard): Html {
  return html`<article class="example"><h3>${link(query)}</h3><p class="by">${query.subtitle}<span class="badge">NDCG ${query.ndcg.toFixed(2)}</span></p>
<ol><li class="head">Should be found, and its rank</li>${query.targets.map((pin) => html`<li><span class="what"><b>${link(pin)}</b><small>${pin.subtitle}</small></span><span class="score">${pin.rank}</span></li>`)}
<li class="head">Recommended first</li>${query.recommended.map((pin) => html`<li><span class="what"><b>${link(pin)}</b><small>${pin.subtitle}</small></span></li>`)}</ol></article>`;
}
