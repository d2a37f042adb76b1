import { useEffect, useRef } from 'preact/hooks';
import { count } from '../format.js';
import { board, info, page, route } from '../state.js';
import { BoardView } from './board-view.js';
import { Header } from './header.js';
import { HomeView } from './home-view.js';
import { ListView } from './list-view.js';
import { MapSection } from './map-section.js';
import { NewPinView } from './new-pin-view.js';
import { Notice } from './notice.js';
import { PinView } from './pin-view.js';

export function App() {
  const known = info.state.value;
  const { view } = route.value;
  useTitleAndFocus();
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        Skip to the content
      </button>
      <Header />
      <main id="main" tabIndex={-1}>
        {known.status !== 'ready' ? (
          <Notice of={known} />
        ) : (
          <>
            {view === 'home' && <HomeView info={known.value} />}
            {view === 'pin' && <PinView />}
            {view === 'board' && <BoardView />}
            {view === 'list' && <ListView />}
            {view === 'new' && <NewPinView info={known.value} />}
            {(view === 'home' || view === 'pin') && <MapSection />}
          </>
        )}
      </main>
      <footer>
        {known.status === 'ready' && (
          <p>
            {known.value.name} · {count(known.value.pins)} pins · {count(known.value.boards)} boards ·{' '}
            {count(known.value.edges)} edges
          </p>
        )}
      </footer>
    </>
  );
}

/** What is new is announced: the tab's title follows the view, and after the first one the heading has the focus. */
function useTitleAndFocus(): void {
  const first = useRef(true);
  const heading = headingOf();
  useEffect(() => {
    if (heading === undefined) return;
    document.title = heading;
    const top = document.querySelector<HTMLElement>('h1');
    if (!first.current && top !== null) {
      top.focus({ preventScroll: true });
      window.scrollTo({ top: 0 });
    }
    first.current = false;
  }, [heading, route.value]);
}

function headingOf(): string | undefined {
  const known = info.state.value;
  if (known.status !== 'ready') return undefined;
  const { view } = route.value;
  if (view === 'list') return `Your list · ${known.value.name}`;
  if (view === 'new') return `A new pin · ${known.value.name}`;
  if (view === 'home') return known.value.name;
  const shown = view === 'pin' ? page.state.value : board.state.value;
  if (shown.status !== 'ready') return undefined;
  const { columns } = known.value;
  const title = 'pin' in shown.value ? shown.value.pin[columns.title ?? 'id'] : shown.value.board.title;
  return `${title} · ${known.value.name}`;
}
