import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Graph, randomWords, writeSafetensors } from '@pinsage/native';

const cache = fileURLToPath(new URL('../.cache/graphs', import.meta.url));

/** The synthetic graphs: pins, boards and edges drawn before duplicates are merged. */
export const sizes = {
  '20m': { pins: 1_000_000, boards: 200_000, edges: 20_000_000 },
  '200m': { pins: 10_000_000, boards: 2_000_000, edges: 200_000_000 },
};

/**
 * A directory with a graph.safetensors: made on first use, from a fixed seed, then kept. Both ends of each edge follow a Zipf law
 * with exponent .75 over shuffled ids, so that neither degree nor neighbourhood can be read off an id.
 */
export async function benchmarkGraph(name) {
  const directory = `${cache}/${name}`;
  if (existsSync(`${directory}/graph.safetensors`)) return directory;
  const { pins, boards, edges } = sizes[name];
  console.error(`benchmarks: making the ${name} graph (${pins} pins, ${boards} boards, ${edges} edges) once`);
  mkdirSync(directory, { recursive: true });
  const graph = await Graph.fromEdges(
    { pins: zipf(pins, edges, 1), boards: zipf(boards, edges, 2) },
    { pins, boards, duplicates: 'merge' },
  );
  const { pinOffsets, pinBoards, boardOffsets, boardPins } = graph.arrays;
  await writeSafetensors(`${directory}/graph.safetensors`, {
    'pin.offsets': { shape: [pins + 1], data: pinOffsets },
    'pin.boards': { shape: [pinBoards.length], data: pinBoards },
    'board.offsets': { shape: [boards + 1], data: boardOffsets },
    'board.pins': { shape: [boardPins.length], data: boardPins },
  });
  await graph.close();
  return directory;
}

/** `count` ids below `n`, id at rank r with probability ~ r^-.75: the inverse of the continuous law's distribution function. */
function zipf(n, count, stream) {
  const ids = shuffled(n, stream);
  const range = n ** 0.25 - 1;
  const result = new Uint32Array(count);
  const block = 1 << 20;
  for (let start = 0; start < count; start += block) {
    const words = randomWords(1n, [start >>> 20, 0, 0], stream, Math.min(block, count - start));
    for (let i = 0; i < words.length; ++i) {
      const root = (words[i] / 2 ** 32) * range + 1;
      const square = root * root;
      result[start + i] = ids[Math.min(n - 1, Math.floor(square * square) - 1)];
    }
  }
  return result;
}

function shuffled(n, stream) {
  const ids = new Uint32Array(n).map((_, i) => i);
  const words = randomWords(2n, [0, 0, 0], stream, n);
  for (let i = n - 1; i > 0; --i) {
    const j = Math.floor((words[i] / 2 ** 32) * (i + 1));
    [ids[i], ids[j]] = [ids[j], ids[i]];
  }
  return ids;
}

/** The same graph with a weight in (0, 1] on every edge, a hash of its two ends. */
export function weightedByHash(arrays) {
  const { pinOffsets, pinBoards, boardOffsets, boardPins } = arrays;
  const weights = (offsets, ids, weight) => {
    const result = new Float32Array(ids.length);
    for (let row = 0; row + 1 < offsets.length; row++) {
      const end = Number(offsets[row + 1]);
      for (let i = Number(offsets[row]); i < end; i++) result[i] = weight(row, ids[i]);
    }
    return result;
  };
  const hash = (pin, board) => {
    let h = Math.imul(pin, 0x9e3779b1) ^ Math.imul(board, 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
    return (((h ^ (h >>> 12)) >>> 8) + 1) / 2 ** 24;
  };
  return {
    ...arrays,
    pinWeights: weights(pinOffsets, pinBoards, hash),
    boardWeights: weights(boardOffsets, boardPins, (board, pin) => hash(pin, board)),
  };
}
