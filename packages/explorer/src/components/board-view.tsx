import { counted } from '../format.js';
import { board, card, feed } from '../state.js';
import { Feed } from './feed.js';
import { Notice } from './notice.js';
import { PinTile } from './pin-tile.js';

export function BoardView() {
  const shown = board.state.value;
  if (shown.status !== 'ready') return <Notice of={shown} />;
  const { board: of, pins } = shown.value;
  return (
    <article>
      <h1 tabIndex={-1}>{of.title}</h1>
      <p class="lead">
        A board of {counted(of.size, 'pin')}
        {of.size > pins.length && `, ${pins.length} of them here`}
      </p>
      <ol class="feed">
        {pins.map((pin) => (
          <PinTile key={pin.id} card={card(pin)} />
        ))}
      </ol>
      <section class="results">
        <h2>Home feed</h2>
        <p>Pins that are nearest to the mean of the board’s embeddings, and not on it.</p>
        <Feed of={feed} />
      </section>
    </article>
  );
}
