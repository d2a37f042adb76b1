import { clearList, feed, list } from '../state.js';
import { Feed } from './feed.js';
import { PinTile } from './pin-tile.js';

export function ListView() {
  const cards = list.value;
  return (
    <article>
      <h1 tabIndex={-1}>Your list</h1>
      {cards.length === 0 ? (
        <p class="lead">Nothing yet. Add pins with the + beside them, and their home feed appears here.</p>
      ) : (
        <>
          <ol class="feed">
            {cards.map((card) => (
              <PinTile key={card.id} card={card} />
            ))}
          </ol>
          <button type="button" onClick={clearList}>
            Clear the list
          </button>
          <section class="results">
            <h2>Home feed</h2>
            <p>Pins that are nearest to the mean of the list’s embeddings; the list’s own are left out.</p>
            <Feed of={feed} />
          </section>
        </>
      )}
    </article>
  );
}
