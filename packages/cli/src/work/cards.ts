import type { Dataset } from '@pinsage/graph';

/** A pin or board as people read it. */
export interface Card {
  id: string | number;
  title: string;
  /** The pin's first category, such as an artist or a genre; may be empty. */
  subtitle: string;
  url?: string;
}

const LINKS = ['url', 'link', 'href'];

export async function pinCards(dataset: Dataset, rows: ArrayLike<number>): Promise<Card[]> {
  const { title, image } = dataset.manifest.columns;
  const category = dataset.features.find(({ kind }) => kind === 'categories');
  const described = await dataset.describePins(rows);
  const known = new Set(Object.keys(described[0] ?? {}));
  const link = LINKS.find((name) => known.has(name)) ?? image;
  return described.map((pin) => ({
    id: pin.id as string | number,
    title: (title && text(pin[title])) || `pin ${pin.id}`,
    subtitle: category ? text(pin[category.name]).replaceAll(category.separator ?? '|', ', ') : '',
    url: link && (text(pin[link]) || undefined),
  }));
}

export async function boardCards(dataset: Dataset, rows: ArrayLike<number>): Promise<Card[]> {
  const { boardTitle } = dataset.manifest.columns;
  return (await dataset.describeBoards(rows)).map((board) => ({
    id: board.id as string | number,
    title: (boardTitle && text(board[boardTitle])) || `board ${board.id}`,
    subtitle: '',
  }));
}

function text(value: unknown): string {
  if (Array.isArray(value)) return value.map(text).join(', ');
  return value === null || value === undefined ? '' : String(value).trim();
}
