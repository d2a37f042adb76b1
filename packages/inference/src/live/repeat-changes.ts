import type { ExternalId } from '@pinsage/graph';
import type { EdgeToAdd, PinToAdd } from './checks.js';
import type { LiveStore } from './live-store.js';
import type { LiveRecord } from './records.js';

/** Pins, edges or removals that are given to a store in one call. */
const AT_ONCE = 1024;

/** What a log comes to, to be done in this order. */
interface NetChanges {
  /** Pins that were removed, also those that were added again. */
  removed: Iterable<string>;
  added: PinToAdd[];
  edges: EdgeToAdd[];
}

/**
 * Brings a store to where the changes of another run's log lead, with embeddings of its own model. What is there already is left as it
 * is: it does not matter how many of them the store's dataset has seen, nor whether some were made here by an attempt before.
 */
export async function repeatChanges(records: LiveRecord[], store: LiveStore): Promise<void> {
  const { removed, added, edges } = netChanges(records);
  const isThere = ({ id }: { id: ExternalId }) => store.now.catalogue.pinRows([id])[0] >= 0;
  for (const part of parts([...removed].filter((id) => isThere({ id })))) await store.removePins(part);
  const seen = added.filter(isThere).flatMap(({ id, boards = [] }) => boards.map((board) => ({ pin: id, board })));
  for (const part of parts(added.filter((pin) => !isThere(pin)))) await store.addPins(part);
  for (const part of parts([...seen, ...edges.filter(({ pin }) => isThere({ id: pin }))])) await store.addEdges(part);
}

function netChanges(records: LiveRecord[]): NetChanges {
  const removed = new Set<string>();
  const added = new Map<string, PinToAdd>();
  const edges = new Map<string, EdgeToAdd[]>();
  for (const record of records) {
    if (record.kind === 'pins') for (const pin of record.pins) added.set(pin.id, pin);
    else if (record.kind === 'edges') {
      for (const [pin, board] of record.edges) {
        const ofPin = edges.get(pin);
        if (ofPin === undefined) edges.set(pin, [{ pin, board }]);
        else ofPin.push({ pin, board });
      }
    } else
      for (const pin of record.pins) {
        removed.add(pin);
        added.delete(pin);
        edges.delete(pin);
      }
  }
  return { removed, added: [...added.values()], edges: [...edges.values()].flat() };
}

function* parts<T>(items: T[]): Generator<T[]> {
  for (let at = 0; at < items.length; at += AT_ONCE) yield items.slice(at, at + AT_ONCE);
}
