import { addon } from './addon.js';
import { checkInteger } from './errors.js';

export * from './errors.js';
export { runTask, type TaskOptions } from './task.js';

/** The library that matrix products run on: `oneDNN`, `BLAS` or `plain loop`. */
export const blas: string = addon.blas;

/** Threads that a call uses when it does not say. */
export function getThreads(): number {
  return addon.getThreads();
}

/** Sets the process-wide number of threads; 0 goes back to the number of processors. */
export function setThreads(threads: number): void {
  addon.setThreads(checkInteger('threads', threads, 0, 1024));
}
