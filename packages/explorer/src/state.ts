// All that the page knows. Components read these signals and call these functions.
import { computed, effect, signal } from '@preact/signals';
import {
  type BoardPage,
  failureOf,
  type Info,
  type MapAnswer,
  type PinPage,
  type PinRecord,
  pages,
  type ScoredPin,
  service,
} from './api.js';
import { type Card, toCard } from './card.js';
import { type Loaded, Resource } from './loaded.js';
import { isPlaced } from './map/view.js';
import { address, parseRoute, type Route } from './route.js';

const FEED = 12;
const FOUND = 8;
const KEPT = 'pinsage.list';
const MAP_PAUSE = 1000; // ms

export const route = signal<Route>(parseRoute(location.hash));
export const info = new Resource<Info>();
export const page = new Resource<PinPage>();
export const board = new Resource<BoardPage>();
export const feed = new Resource<ScoredPin[]>();
export const fresh = new Resource<ScoredPin[]>();
export const map = signal<MapAnswer>({ status: 'computing', progress: 0 });
export const list = signal<Card[]>(keptList());

/** The pins that the map marks: the chosen one and what is near it. */
export const marked = computed<{ chosen?: number; near: number[] }>(() => {
  const shown = page.state.value;
  if (route.value.view !== 'pin' || shown.status !== 'ready') return { near: [] };
  return { chosen: shown.value.pin.row, near: shown.value.embedding.map((pin) => pin.row) };
});

export function start(): void {
  window.addEventListener('hashchange', () => {
    route.value = parseRoute(location.hash);
  });
  info.load(pages.info);
  effect(() => void (info.state.value.status === 'ready' && loadMap()));
  effect(() => {
    // A pin that was added since the map came is on the next one.
    const [{ chosen }, shown] = [marked.value, map.peek()];
    if (chosen !== undefined && shown.status === 'ready' && !isPlaced(shown.positions, chosen)) void loadMap();
  });
  effect(() => follow(route.value, info.state.value));
  effect(() => localStorage.setItem(KEPT, JSON.stringify(list.value)));
}

/** Asks for everything again, after a key was given. */
export function retry(): void {
  info.load(pages.info);
}

export function go(to: Route): void {
  location.hash = address(to);
}

export function inList(id: string): boolean {
  return list.value.some((card) => card.id === id);
}

export function toggle(card: Card): void {
  list.value = inList(card.id) ? list.value.filter(({ id }) => id !== card.id) : [...list.value, card];
}

export function clearList(): void {
  list.value = [];
}

/** Pins like one that is described by its features. */
export function ask(features: Record<string, string | number>): void {
  fresh.load((options) => service().relatedTo({ features }, { ...feedOptions(), ...options }));
}

export async function searchPins(text: string, signal: AbortSignal): Promise<Card[]> {
  return (await service().search(text, { limit: FOUND, columns: shownColumns(), signal })).map(card);
}

const cards = new Map<number, Promise<Card>>();

/** The pin of a row; asked for once. */
export function cardOf(row: number): Promise<Card> {
  let found = cards.get(row);
  if (found === undefined) {
    found = pages.row(row).then(card);
    found.catch((error) => {
      cards.delete(row);
      if (failureOf(error).code === 404) void loadMap(); // it was removed since the map came
    });
    cards.set(row, found);
  }
  return found;
}

export function card(pin: PinRecord): Card {
  return toCard(pin, ready(info.state.value));
}

function ready(state: Loaded<Info>): Info {
  if (state.status !== 'ready') throw new Error('The service has not said yet what it serves.');
  return state.value;
}

function shownColumns(): string[] {
  const { title, subtitle, image } = ready(info.state.value).columns;
  return [title, subtitle?.name, image].filter((column) => column !== undefined);
}

function feedOptions() {
  return { top: FEED, columns: shownColumns() };
}

/** Loads what an address is about. */
function follow(to: Route, known: Loaded<Info>): void {
  if (known.status !== 'ready') return;
  if (to.view === 'pin') page.load((options) => pages.pin(to.id, options));
  else page.clear();
  if (to.view === 'board') {
    board.load((options) => pages.board(to.id, options));
    feed.load((options) => service().homeFeed({ board: to.id }, { ...feedOptions(), ...options }));
  } else if (to.view === 'list' && list.value.length > 0) {
    const pins = list.value.map(({ id }) => id);
    feed.load((options) => service().homeFeed({ pins }, { ...feedOptions(), ...options }));
  } else {
    feed.clear();
  }
}

/** Asks for the map, again and again while it is being made. What is shown stays until then. */
async function loadMap(): Promise<void> {
  for (;;) {
    map.value = await pages.map().catch((error) => ({ status: 'failed' as const, reason: failureOf(error).message }));
    if (map.peek().status !== 'computing') return;
    await new Promise((resolve) => setTimeout(resolve, MAP_PAUSE));
  }
}

/** The list of the last visit, unless it is not one. */
function keptList(): Card[] {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? '[]');
    return Array.isArray(kept)
      ? kept.filter((each) => typeof each?.id === 'string' && typeof each.title === 'string')
      : [];
  } catch {
    return [];
  }
}
