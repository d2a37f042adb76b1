import { address, type Route } from '../route.js';
import { info, list, route } from '../state.js';
import { Search } from './search.js';

export function Header() {
  return (
    <header>
      <a class="name" href={address({ view: 'home' })}>
        Explorer
      </a>
      {info.state.value.status === 'ready' && <Search />}
      <nav aria-label="Views">
        <Link to={{ view: 'home' }}>Map</Link>
        <Link to={{ view: 'list' }}>List{list.value.length > 0 && <span class="count">{list.value.length}</span>}</Link>
        <Link to={{ view: 'new' }}>New pin</Link>
      </nav>
    </header>
  );
}

function Link({ to, children }: { to: Route; children: preact.ComponentChildren }) {
  return (
    <a href={address(to)} aria-current={route.value.view === to.view ? 'page' : undefined}>
      {children}
    </a>
  );
}
