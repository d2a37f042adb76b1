import { type Html, html, Html as Markup } from './html.js';
import type { Fact } from './report.js';
import { style } from './style.js';

export interface Document {
  title: string;
  /** One paragraph under the title. */
  lead: string;
  facts: Fact[];
  sections: Html;
  /** Shown as indented JSON at the end. */
  settings: unknown;
  /** What the settings are of. */
  settingsOf: string;
  scripts?: Html;
}

/** A page as one HTML file; its policy forbids it to ask anything of any network. */
export function renderDocument({ title, lead, facts, sections, settings, settingsOf, scripts }: Document): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p class="lead">${lead}</p>
<dl class="facts">${facts.map((fact) => html`<div><dt>${fact.label}</dt><dd>${fact.value}</dd></div>`)}</dl>
</header>
<main>
${sections}
<section><details><summary>Settings of this ${settingsOf}</summary><pre>${JSON.stringify(settings, null, 2)}</pre></details></section>
</main>
${scripts}
</body>
</html>
`.text;
}
