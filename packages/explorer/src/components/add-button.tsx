import type { Card } from '../card.js';
import { inList, toggle } from '../state.js';

export function AddButton({ card, words = false }: { card: Card; words?: boolean }) {
  const there = inList(card.id);
  const action = there ? 'Remove from the list' : 'Add to the list';
  return (
    <button
      type="button"
      class={words ? '' : 'icon'}
      aria-pressed={there}
      aria-label={words ? undefined : `${action}: ${card.title}`}
      title={words ? undefined : action}
      onClick={() => toggle(card)}
    >
      {words ? action : there ? '−' : '+'}
    </button>
  );
}
