import type { Info, PinRecord } from './api.js';
import { plain } from './format.js';

/** A pin as people see it. */
export interface Card {
  id: string;
  row: number;
  title: string;
  /** Its first category, such as an artist or a genre; may be empty. */
  subtitle: string;
  /** An address of http or https. */
  image?: string;
}

export function toCard(pin: PinRecord, { columns }: Info): Card {
  const of = (column: string | undefined) => (column === undefined ? '' : plain(pin[column]));
  const separator = columns.subtitle?.separator ?? '|';
  return {
    id: String(pin.id),
    row: pin.row,
    title: of(columns.title) || `Pin ${pin.id}`,
    subtitle: of(columns.subtitle?.name).replaceAll(separator, ', '),
    image: webAddress(of(columns.image)),
  };
}

/** An address worth following, or undefined: anything but http and https could run code. */
export function webAddress(text: string): string | undefined {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) ? text : undefined;
}
