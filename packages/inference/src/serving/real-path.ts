import { realpath } from 'node:fs/promises';

/** Where a path leads now, past symbolic links; the path itself when there is nothing. */
export function realPath(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
