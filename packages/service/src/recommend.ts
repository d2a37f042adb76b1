import type { Filter, Recommendation, RecommendOptions } from '@pinsage/inference';
import { invalidArgument } from '@pinsage/native';
import { plainRecord } from './json.js';

/** How pins are recommended, as a query string says it. */
export interface RecommendQuery {
  top?: number;
  columns?: string;
  filter?: string;
  exclude?: string;
  diversity?: number;
  walk?: number;
}

export function parseQuery({ columns, filter, exclude, ...numbers }: RecommendQuery): RecommendOptions {
  return {
    ...numbers,
    ...(columns !== undefined && { columns: parseList(columns) }),
    ...(filter !== undefined && { filter: parseFilter(filter) }),
    ...(exclude !== undefined && { exclude: parseList(exclude) }),
  };
}

/** `a,b` → a and b. */
export function parseList(text: string): string[] {
  return text.split(',').filter((item) => item !== '');
}

function parseFilter(text: string): Filter {
  try {
    // Its conditions are checked where they are used.
    return JSON.parse(text) as Filter;
  } catch {
    throw invalidArgument('filter', text, 'JSON, such as {"year":{"gte":1900}}');
  }
}

export type ListedPin = { id: string; row: number; score: number } & Record<string, unknown>;

/** Recommended pins as they are over HTTP. */
export function listOf(found: Recommendation[]): ListedPin[] {
  return found.map(plainRecord);
}

export function pinList(found: Recommendation[]): { pins: ListedPin[] } {
  return { pins: listOf(found) };
}
