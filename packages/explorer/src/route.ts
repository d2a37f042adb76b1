/** What the address after the # says. */
export type Route =
  | { view: 'home' }
  | { view: 'pin'; id: string }
  | { view: 'board'; id: string }
  | { view: 'list' }
  | { view: 'new' };

export function parseRoute(hash: string): Route {
  const [view, ...rest] = hash.replace(/^#?\/?/, '').split('/');
  const id = decode(rest.join('/'));
  if ((view === 'pin' || view === 'board') && id !== '') return { view, id };
  return view === 'list' || view === 'new' ? { view } : { view: 'home' };
}

export function address(route: Route): string {
  if (route.view === 'home') return '#/';
  return 'id' in route ? `#/${route.view}/${encodeURIComponent(route.id)}` : `#/${route.view}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a lone % that somebody typed
  }
}
