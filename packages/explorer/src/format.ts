const whole = new Intl.NumberFormat('en');

/** 69202 as 69,202. */
export function count(value: number): string {
  return whole.format(value);
}

/** "1 pin", "2 pins". */
export function counted(value: number, one: string): string {
  return `${count(value)} ${one}${value === 1 ? '' : 's'}`;
}

/** A cosine, as .83 or −.12. */
export function cosine(value: number): string {
  return value
    .toFixed(2)
    .replace('-', '−')
    .replace(/(?<!\d)0\./, '.');
}

/** A share of 1, as 12 % or 0.4 %. */
export function percent(share: number): string {
  const value = 100 * share;
  return `${value >= 10 || value === 0 ? Math.round(value) : value.toFixed(1)} %`;
}

/** A column's name, as people write it. */
export function readable(column: string): string {
  return column.replaceAll('_', ' ');
}

/** A value of a column, as text; '' for none. */
export function plain(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(plain).filter(Boolean).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value).trim();
}
