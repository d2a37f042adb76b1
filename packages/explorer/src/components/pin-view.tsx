import type { PinPage } from '../api.js';
import { webAddress } from '../card.js';
import { counted, plain, readable } from '../format.js';
import { address } from '../route.js';
import { card, info, page } from '../state.js';
import { AddButton } from './add-button.js';
import { Neighborhood } from './neighborhood.js';
import { Neighbors } from './neighbors.js';
import { Notice } from './notice.js';
import { Picture } from './picture.js';

/** Columns that are seen at once. */
const SHOWN = 10;

export function PinView() {
  const shown = page.state.value;
  if (shown.status !== 'ready') return <Notice of={shown} />;
  const pin = card(shown.value.pin);
  return (
    <article>
      <div class="object">
        <Picture key={pin.id} card={pin} large />
        <div class="label">
          <h1 tabIndex={-1}>{pin.title}</h1>
          {pin.subtitle && <p class="lead">{pin.subtitle}</p>}
          <AddButton card={pin} words />
          <Columns of={shown.value} />
        </div>
        <Boards of={shown.value} />
      </div>
      <Neighbors of={shown.value} />
      <Neighborhood of={shown.value} />
    </article>
  );
}

/** The pin's columns; addresses as links. */
function Columns({ of: { pin } }: { of: PinPage }) {
  const known = info.state.value;
  const shown = known.status === 'ready' ? known.value.columns : {};
  const rest = Object.entries(pin).filter(
    ([name, value]) => !['row', shown.title, shown.image].includes(name) && plain(value) !== '',
  );
  return (
    <div class="columns">
      <Rows of={rest.slice(0, SHOWN)} />
      {rest.length > SHOWN && (
        <details>
          <summary>{rest.length - SHOWN} more</summary>
          <Rows of={rest.slice(SHOWN)} />
        </details>
      )}
    </div>
  );
}

function Rows({ of }: { of: [string, unknown][] }) {
  return (
    <dl>
      {of.map(([name, value]) => (
        <div key={name}>
          <dt>{readable(name)}</dt>
          <dd>
            <Value text={plain(value)} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Value({ text }: { text: string }) {
  const link = webAddress(text);
  if (link === undefined) return <>{text}</>;
  return (
    <a href={link} rel="noreferrer noopener" target="_blank">
      {new URL(link).hostname}
    </a>
  );
}

function Boards({ of: { boards, boardCount } }: { of: PinPage }) {
  if (boardCount === 0) return <p class="boards">On no board: its embedding is of its content alone.</p>;
  return (
    <section class="boards">
      <h2 class="minor">On {counted(boardCount, 'board')}</h2>
      <ul class="chips">
        {boards.map((board) => (
          <li key={board.id}>
            <a href={address({ view: 'board', id: board.id })} title={counted(board.size, 'pin')}>
              {board.title}
            </a>
          </li>
        ))}
        {boardCount > boards.length && <li class="more">and {boardCount - boards.length} more</li>}
      </ul>
    </section>
  );
}
