// All that the page knows. Components read these signals and call these functions.
import { computed, effect, signal } from '@preact/signals';
import { api, type BoardPage, type Info, type MapAnswer, type PinPage, type PinRecord, type ScoredPin } from './api.js';
import { type Card, toCard } from './card.js';
import { type Loaded, Resource } from './loaded.js';
import { address, parseRoute, type Route } from './route.js';

const FEED = 12;
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
  info.load(api.info);
  effect(() => void (info.state.value.status === 'ready' && waitForMap()));
  effect(() => follow(route.value, info.state.value));
  effect(() => localStorage.setItem(KEPT, JSON.stringify(list.value)));
}

/** Asks for everything again, after a key was given. */
export function retry(): void {
  info.load(api.info);
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
export function ask(features: Record<string, unknown>): void {
  fresh.load((signal) => api.relatedTo(features, { top: FEED, columns: shownColumns() }, signal));
}

export async function searchPins(text: string, signal: AbortSignal): Promise<Card[]> {
  return (await api.search(text, 8, shownColumns(), signal)).map(card);
}

const cards = new Map<number, Promise<Card>>();

/** The pin of a row; asked for once. */
export function cardOf(row: number): Promise<Card> {
  let found = cards.get(row);
  if (found === undefined) {
    found = api.row(row).then(card);
    found.catch(() => cards.delete(row));
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

/** Loads what an address is about. */
function follow(to: Route, known: Loaded<Info>): void {
  if (known.status !== 'ready') return;
  if (to.view === 'pin') page.load((signal) => api.page(to.id, signal));
  else page.clear();
  if (to.view === 'board') {
    board.load((signal) => api.board(to.id, signal));
    feed.load((signal) => api.homeFeed({ board: to.id }, { top: FEED, columns: shownColumns() }, signal));
  } else if (to.view === 'list' && list.value.length > 0) {
    const pins = list.value.map(({ id }) => ({ id }));
    feed.load((signal) => api.homeFeed({ pins }, { top: FEED, columns: shownColumns() }, signal));
  } else {
    feed.clear();
  }
}

async function waitForMap(): Promise<void> {
  while (map.peek().status === 'computing') {
    map.value = await api.map().catch((error) => ({ status: 'failed' as const, reason: error.message }));
    if (map.peek().status === 'computing') await new Promise((resolve) => setTimeout(resolve, MAP_PAUSE));
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
