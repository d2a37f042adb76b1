import type { ExternalId } from '@pinsage/graph';
import { checkEdges, checkPins, checkRemoval, type EdgeToAdd, type PinToAdd } from './checks.js';
import type { Generation } from './generation.js';
import type { LiveRecord } from './records.js';
import type { Request } from './turns.js';

/** A call that has been checked, and what it changes. */
export interface Answered {
  record: LiveRecord;
  /** @param rows of the record's pins */
  acknowledge(rows: Uint32Array): void;
}

/** Checks calls that come together, each as if those before it were done, and rejects those that cannot be; changes nothing. */
export type Change<Given, Result> = (generation: Generation, group: Request<Given, Result>[]) => Promise<Answered[]>;

export const addPins: Change<PinToAdd[], { added: number; rows: Uint32Array }> = async (generation, group) => {
  const taken = new Set<string>();
  const checked = checkEach(group, (given) => {
    const pins = checkPins(generation, given, taken);
    for (const { id } of pins) taken.add(id);
    return pins;
  });
  const vectors = await generation.embedNew(checked.flatMap(([, pins]) => pins));
  let begin = 0;
  return checked.map(([{ resolve }, pins]) => {
    const end = begin + pins.length * generation.index.width;
    const record: LiveRecord = { kind: 'pins', pins, vectors: vectors.slice(begin, end) };
    begin = end;
    return { record, acknowledge: (rows) => resolve({ added: pins.length, rows }) };
  });
};

export const addEdges: Change<EdgeToAdd[], { added: number }> = async (generation, group) => {
  const { catalogue, index } = generation;
  const boardsOf = new Map<string, Set<string>>();
  const checked = checkEach(group, (given) => {
    const edges = checkEdges(generation, given).filter(([pin, board]) => !boardsOf.get(pin)?.has(board));
    for (const [pin, board] of edges) boardsOf.set(pin, (boardsOf.get(pin) ?? new Set()).add(board));
    return edges;
  });
  // A pin of several calls is embedded once, with the boards of all of them.
  const moved = [...boardsOf];
  const rows = catalogue.pinRows(moved.map(([pin]) => pin));
  const embedded = await generation.embedMoved(moved.map(([, boards], i) => ({ row: rows[i], boards: [...boards] })));
  const places = new Map(moved.map(([pin], i) => [pin, i * index.width]));
  return checked.map(([{ resolve }, edges]) => {
    const pins = [...new Set(edges.map(([pin]) => pin))];
    const vectors = new Float32Array(pins.length * index.width);
    pins.forEach((pin, i) => {
      const at = places.get(pin)!;
      vectors.set(embedded.subarray(at, at + index.width), i * index.width);
    });
    return { record: { kind: 'edges', edges, pins, vectors }, acknowledge: () => resolve({ added: edges.length }) };
  });
};

export const removePins: Change<ExternalId[], { removed: number }> = async (generation, group) => {
  const gone = new Set<string>();
  const checked = checkEach(group, (given) => {
    const pins = checkRemoval(generation, given, gone);
    for (const id of pins) gone.add(id);
    return pins;
  });
  return checked.map(([{ resolve }, pins]) => {
    return { record: { kind: 'removal', pins }, acknowledge: () => resolve({ removed: pins.length }) };
  });
};

/** Calls that pass, with what the check made of them; the others are rejected. */
function checkEach<Given, Result, T>(
  group: Request<Given, Result>[],
  check: (given: Given) => T,
): [Request<Given, Result>, T][] {
  return group.flatMap((request) => {
    try {
      return [[request, check(request.given)] as [Request<Given, Result>, T]];
    } catch (error) {
      request.reject(error);
      return [];
    }
  });
}
