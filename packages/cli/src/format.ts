/** 69202 → `69,202`. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** `3.1 s`, `2 min 14 s`, `1 h 05 min`. */
export function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** `1.2 GB`, in powers of 1000. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(Math.floor(Math.log10(Math.max(value, 1)) / 3), units.length - 1);
  return `${(value / 1000 ** power).toFixed(power === 0 || value / 1000 ** power >= 100 ? 0 : 1)} ${units[power]}`;
}

/** Rows as aligned columns; the first column to the left, the columns in `right` to the right. */
export function columns(rows: string[][], right: number[] = []): string {
  const widths = rows.reduce<number[]>((all, row) => {
    row.forEach((cell, column) => {
      all[column] = Math.max(all[column] ?? 0, width(cell));
    });
    return all;
  }, []);
  const line = (row: string[]) =>
    row.map((cell, column) => {
      const space = ' '.repeat(widths[column] - width(cell));
      return right.includes(column) ? space + cell : cell + space;
    });
  return rows.map((row) => line(row).join('  ').trimEnd()).join('\n');
}

/** The text, or its beginning and an ellipsis. */
export function clip(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}

function width(text: string): number {
  return [...text].length;
}
