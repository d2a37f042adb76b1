// The service as this page uses it.

export interface Info {
  /** What the dataset is called. */
  name: string;
  pins: number;
  boards: number;
  edges: number;
  /** Which columns of the pins say what; absent where none does. */
  columns: { title?: string; image?: string; subtitle?: { name: string; separator: string } };
  /** What a new pin can be described by. */
  features: { name: string; kind: 'text' | 'categories' | 'number'; separator?: string }[];
}

/** A pin with the columns that were asked for. */
export interface PinRecord {
  id: string;
  row: number;
  [column: string]: unknown;
}

export type ScoredPin = PinRecord & { score: number };

export interface BoardRecord {
  id: string;
  title: string;
  /** Pins on it. */
  size: number;
}

export interface PinPage {
  pin: PinRecord;
  /** The smallest first: they say most. */
  boards: BoardRecord[];
  boardCount: number;
  /** The nearest first; empty where there is nothing to go by. */
  embedding: ScoredPin[];
  walk: ScoredPin[];
  content: ScoredPin[];
  /** N(u): its pins with their weights as scores. */
  neighborhood: ScoredPin[];
}

export interface BoardPage {
  board: BoardRecord;
  pins: PinRecord[];
}

export type MapAnswer =
  | { status: 'computing'; progress: number }
  | { status: 'failed'; reason: string }
  | { status: 'ready'; positions: Uint16Array };

/** What the service says is wrong. */
export class ServiceError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const base = new URL('../v1/', document.baseURI);
const KEY = 'pinsage.key';

/** The key of a service that wants one for reading; kept until the tab is closed. */
export function setKey(key: string): void {
  sessionStorage.setItem(KEY, key);
}

export const api = {
  info: (signal?: AbortSignal) => json<Info>('explorer', { signal }),
  page: (id: string, signal?: AbortSignal) => json<PinPage>(`explorer/pins/${encodeURIComponent(id)}`, { signal }),
  board: (id: string, signal?: AbortSignal) => json<BoardPage>(`explorer/boards/${encodeURIComponent(id)}`, { signal }),
  row: (row: number, signal?: AbortSignal) => json<PinRecord>(`explorer/rows/${row}`, { signal }),
  async search(title: string, limit: number, columns: string[], signal?: AbortSignal): Promise<PinRecord[]> {
    const query = new URLSearchParams({ title, limit: String(limit), columns: columns.join(',') });
    return (await json<{ pins: PinRecord[] }>(`pins?${query}`, { signal })).pins;
  },
  homeFeed: (query: { pins: { id: string }[] } | { board: string }, options: ListOptions, signal?: AbortSignal) =>
    ranked('home-feed', { ...query, ...options }, signal),
  relatedTo: (features: Record<string, unknown>, options: ListOptions, signal?: AbortSignal) =>
    ranked('related-to', { features, ...options }, signal),
  async map(signal?: AbortSignal): Promise<MapAnswer> {
    const response = await send('explorer/map', { signal });
    if (response.headers.get('content-type')?.startsWith('application/json')) return response.json();
    return { status: 'ready', positions: new Uint16Array(await response.arrayBuffer()) };
  },
};

interface ListOptions {
  top: number;
  columns: string[];
}

async function ranked(path: string, body: object, signal?: AbortSignal): Promise<ScoredPin[]> {
  const headers = { 'content-type': 'application/json' };
  return (await json<{ pins: ScoredPin[] }>(path, { method: 'POST', body: JSON.stringify(body), headers, signal }))
    .pins;
}

async function json<T>(path: string, init: RequestInit): Promise<T> {
  return (await send(path, init)).json();
}

async function send(path: string, init: RequestInit): Promise<Response> {
  const key = sessionStorage.getItem(KEY);
  const headers = { ...init.headers, ...(key && { authorization: `Bearer ${key}` }) };
  const response = await fetch(new URL(path, base), { ...init, headers });
  if (response.ok) return response;
  const message = await response.json().then(
    (body) => body?.error?.message,
    () => undefined,
  );
  throw new ServiceError(response.status, message ?? `The service answered with status ${response.status}.`);
}
