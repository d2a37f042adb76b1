import { type Html, html, webAddress } from './html.js';
import type { Card } from './report.js';

/** A title, with a link where there is an address. */
export function link(card: Card): Html {
  const url = webAddress(card.url);
  return url === undefined ? html`${card.title}` : html`<a href="${url}" rel="noreferrer">${card.title}</a>`;
}
