import type { ScoredPin } from '../api.js';
import { cosine } from '../format.js';
import type { Resource } from '../loaded.js';
import { card } from '../state.js';
import { Notice } from './notice.js';
import { PinTile } from './pin-tile.js';

/** Recommended pins in columns. */
export function Feed({ of }: { of: Resource<ScoredPin[]> }) {
  const shown = of.state.value;
  if (shown.status !== 'ready') return <Notice of={shown} />;
  return (
    <ol class="feed">
      {shown.value.map((pin) => (
        <PinTile key={pin.id} card={card(pin)} score={cosine(pin.score)} share={pin.score} />
      ))}
    </ol>
  );
}
