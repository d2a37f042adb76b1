import { readFileSync } from 'node:fs';
import { renderChart } from './chart.js';
import { renderDiagnostics } from './diagnostics.js';
import { renderDocument } from './document.js';
import { type Html, html, jsonForScript, Html as Markup } from './html.js';
import { link } from './link.js';
import type { EmbeddingMap, Example, Report } from './report.js';
import { renderTable } from './table.js';

/** The report as one HTML file that asks nothing of any network. */
export function renderPage(report: Report): string {
  return renderDocument({
    ...report,
    sections: html`${report.examples.length > 0 && html`<section><h2>Recommendations</h2><div class="examples">${report.examples.map(renderExample)}</div></section>`}
${report.map && renderMap(report.map)}
${report.tables.length > 0 && html`<section><h2>Evaluation</h2>${report.tables.map(renderTable)}</section>`}
${report.diagnostics && renderDiagnostics(report.diagnostics)}
${report.charts.length > 0 && html`<section><h2>Training</h2><div class="charts">${report.charts.map(renderChart)}</div></section>`}`,
    settingsOf: 'run',
    scripts:
      report.map &&
      html`<script type="application/json" id="map-data">${jsonForScript(report.map)}</script>
<script type="module">${mapScript()}</script>`,
  });
}

function renderExample(example: Example): Html {
  const top = Math.max(...example.related.map((pin) => pin.score), 1); // cosines keep their own scale
  return html`<article class="example">
<h3>${link(example)}</h3><p class="by">${example.subtitle}${example.badge && html`<span class="badge">${example.badge}</span>`}</p>
<ol>${example.related.map(
    (pin) => html`<li><span class="what"><b>${link(pin)}</b><small>${pin.subtitle}</small></span>
<span class="score" title="similarity"><i style="width:${Math.max((100 * pin.score) / top, 0).toFixed(0)}%"></i>${pin.score.toFixed(2)}</span></li>`,
  )}</ol></article>`;
}

function renderMap(map: EmbeddingMap): Html {
  return html`<section id="map"><h2>Map of the embeddings</h2><p>${map.explanation}</p>
<div class="controls"><label>Colour by <select id="map-coloring">${map.colorings.map((coloring, index) => html`<option value="${index}">${coloring.name}</option>`)}</select></label>
<label>Find <input id="map-find" type="search" placeholder="a word of a title" autocomplete="off"></label><button id="map-reset" type="button">Whole map</button></div>
<div class="stage"><canvas id="map-canvas" aria-label="Map of the embeddings"></canvas><div id="map-tip" hidden></div></div>
<div id="map-legend" class="legend"></div></section>`;
}

/** The map's own program, compiled from browser/map.ts. */
function mapScript(): Html {
  const source = readFileSync(new URL('./browser/map.js', import.meta.url), 'utf8');
  return new Markup(source.replace(/^\/\/# sourceMappingURL.*$/m, '').replaceAll('</', '<\\/'));
}
