import type { Card } from '../card.js';
import { address } from '../route.js';
import { AddButton } from './add-button.js';
import { Picture } from './picture.js';

/** A pin in a list, with what stands beside it: a score and its length as a bar. */
export function PinTile({ card, score, share, note }: { card: Card; score?: string; share?: number; note?: string }) {
  return (
    <li class="tile">
      <Picture card={card} />
      <a href={address({ view: 'pin', id: card.id })}>
        <b>{card.title}</b>
        {card.subtitle && <small>{card.subtitle}</small>}
        {note && <small class="note">{note}</small>}
      </a>
      {score !== undefined && (
        <span class="score">
          {score}
          <i style={{ width: `${Math.round(100 * Math.min(Math.max(share ?? 0, 0), 1))}%` }} />
        </span>
      )}
      <AddButton card={card} />
    </li>
  );
}
