import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Card } from '../card.js';

/** A pin's image; where there is none, or it does not come, a card with the first letters of its title. */
export function Picture({ card, large = false }: { card: Card; large?: boolean }) {
  const missing = useSignal(false);
  useEffect(() => {
    missing.value = false;
  }, [card.image]);
  if (card.image !== undefined && !missing.value) {
    return (
      <img
        class="picture"
        src={card.image}
        alt=""
        loading="lazy"
        decoding="async"
        referrerpolicy="no-referrer"
        onError={() => {
          missing.value = true;
        }}
      />
    );
  }
  return (
    <span class="picture card" aria-hidden="true">
      {large ? card.title : initials(card.title)}
    </span>
  );
}

function initials(title: string): string {
  const words = title.match(/[\p{L}\p{N}]+/gu) ?? ['·'];
  return words
    .slice(0, 2)
    .map((word) => Array.from(word)[0].toUpperCase())
    .join('');
}
