// Random walks one step after the other, as docs and DESIGN state them.

import type { WalkOptions } from '../../lib/walk-options.js';
import type { Neighbor, ReferenceGraph } from './graph.js';
import { philox, type Words } from './philox.js';

const SPARE_CALLS_APART = 65536;
const REDRAWS = 8;

export interface Start {
  pin: number;
  boards: Neighbor[];
  isNew: boolean;
  /** Walks only cross earlier edges. */
  before?: bigint;
}

/** The pins that walk number `walk` visits. `start` has its limit in time; that of the options is not read. */
export function referenceWalk(graph: ReferenceGraph, start: Start, walk: number, options: WalkOptions): number[] {
  const { hops = 3, stop = 0.5, mode = 'stop', seed = 0n, stream = 0, heldOut } = options;
  const stopBelow = Math.round(stop * 2 ** 32);
  const visited: number[] = [];
  let here = start;
  for (let hop = 0; hop < hops; hop++) {
    const counter: Words = [start.pin, walk, hop, stream];
    const words = philox(seed, counter);
    const spare = spareWords(seed, counter, words[3]);
    const isForbidden = (pin: number, board: number, time: bigint) =>
      (heldOut !== undefined && referenceFold(pin, board, heldOut.folds) === heldOut.fold) ||
      (start.before !== undefined && time >= start.before);

    const board = pick(
      here.boards,
      graph.weighted && !here.isNew,
      words[0],
      spare,
      ({ id, time }) => !here.isNew && isForbidden(here.pin, id, time),
    );
    if (board === undefined) break;
    const pin = pick(graph.pinsOf[board], graph.weighted, words[1], spare, ({ id, time }) =>
      isForbidden(id, board, time),
    );
    if (pin === undefined) break;
    visited.push(pin);

    if (words[2] < stopBelow) {
      if (mode === 'stop') break;
      here = start;
    } else {
      here = { pin, boards: graph.boardsOf[pin], isNew: false };
    }
  }
  return visited;
}

function pick(
  row: Neighbor[],
  weighted: boolean,
  word: number,
  spare: Iterator<number>,
  isForbidden: (neighbor: Neighbor) => boolean,
): number | undefined {
  if (row.length === 0 || (weighted && row.every(({ weight }) => weight === 0))) return undefined;
  let draw = word;
  for (let redraws = 0; redraws <= REDRAWS; redraws++) {
    if (redraws > 0) draw = spare.next().value;
    const neighbor = weighted ? pickByWeight(row, draw) : row[Number((BigInt(draw) * BigInt(row.length)) >> 32n)];
    if (!isForbidden(neighbor)) return neighbor.id;
  }
  return undefined;
}

function pickByWeight(row: Neighbor[], word: number): Neighbor {
  let sum = 0;
  const prefix = row.map(({ weight }) => {
    sum += weight;
    return Math.fround(sum);
  });
  const point = word * 2 ** -32 * prefix[prefix.length - 1];
  return row[prefix.findIndex((value) => value > point)];
}

function* spareWords(seed: bigint, [pin, walk, hop, stream]: Words, spare: number): Generator<number, never> {
  yield spare;
  for (let call = 1; ; call++) yield* philox(seed, [pin, walk, hop + call * SPARE_CALLS_APART, stream]);
}

export function referenceFold(pin: number, board: number, folds: number): number {
  const u32 = (value: bigint) => BigInt.asUintN(32, value);
  const mix = (value: bigint) => {
    let h = value;
    h = u32((h ^ (h >> 16n)) * 0x85ebca6bn);
    h = u32((h ^ (h >> 13n)) * 0xc2b2ae35n);
    return h ^ (h >> 16n);
  };
  const edge = mix(mix(BigInt(pin)) ^ u32(BigInt(board) * 0x9e3779b1n + 0x7f4a7c15n));
  return Number(edge % BigInt(folds));
}
