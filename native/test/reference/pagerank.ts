import type { ReferenceGraph } from './graph.js';

/** Power iteration as the native one does it: stored numbers are f32, everything between two stores is f64. */
export function referencePageRank(graph: ReferenceGraph, query: number, alpha = 0.15, tolerance = 1e-6): number[] {
  const inverse = (rows: { weight: number }[][]) =>
    rows.map((row) => {
      const total = row.reduce((sum, { weight }) => sum + weight, 0);
      return total === 0 ? 0 : 1 / total;
    });
  const pinInverse = inverse(graph.boardsOf);
  const boardInverse = inverse(graph.pinsOf);
  let x = graph.boardsOf.map((_, pin) => (pin === query ? 1 : 0));
  for (let iteration = 0; iteration < 1000; iteration++) {
    const scaled = x.map((score, pin) => Math.fround(score * pinInverse[pin]));
    const boards = graph.pinsOf.map((row, board) =>
      Math.fround(row.reduce((sum, { id, weight }) => sum + weight * scaled[id], 0) * boardInverse[board]),
    );
    const next = graph.boardsOf.map((row, pin) => {
      if (pin === query && pinInverse[pin] === 0) return 1;
      const sum = row.reduce((sum, { id, weight }) => sum + weight * boards[id], 0) * (1 - alpha);
      return Math.fround(pin === query ? sum + alpha : sum);
    });
    const change = next.reduce((sum, score, pin) => sum + Math.abs(score - x[pin]), 0);
    x = next;
    if (change <= (tolerance * alpha) / (1 - alpha)) break;
  }
  return x;
}

/** Personalized PageRank by Gaussian elimination of (I - (1 - alpha) Pᵀ) x = alpha e_q, in f64. */
export function densePageRank(graph: ReferenceGraph, query: number, alpha = 0.15): number[] {
  const n = graph.boardsOf.length;
  const total = (row: { weight: number }[]) => row.reduce((sum, { weight }) => sum + weight, 0);
  if (total(graph.boardsOf[query]) === 0) return graph.boardsOf.map((_, pin) => (pin === query ? 1 : 0));
  const a = Array.from({ length: n }, (_, i) => Array.from({ length: n + 1 }, (_, j) => (i === j ? 1 : 0)));
  a.forEach((row, pin) => {
    row[n] = pin === query ? alpha : 0;
  });
  graph.boardsOf.forEach((boards, from) => {
    for (const { id: board, weight } of boards) {
      for (const { id: to, weight: back } of graph.pinsOf[board]) {
        if (weight * back === 0) continue;
        a[to][from] -= (1 - alpha) * (weight / total(boards)) * (back / total(graph.pinsOf[board]));
      }
    }
  });
  for (let column = 0; column < n; column++) {
    const pivot = a
      .slice(column)
      .reduce((best, row, i) => (Math.abs(row[column]) > Math.abs(a[best][column]) ? column + i : best), column);
    [a[column], a[pivot]] = [a[pivot], a[column]];
    for (let row = 0; row < n; row++) {
      if (row === column) continue;
      const factor = a[row][column] / a[column][column];
      if (factor !== 0) for (let j = column; j <= n; j++) a[row][j] -= factor * a[column][j];
    }
  }
  return a.map((row, i) => row[n] / row[i]);
}

/** Pins by score, best first, ties by smaller id, without the query and scores of 0. */
export function referenceRanking(scores: ArrayLike<number>, query: number): number[] {
  return Array.from(scores, (_, pin) => pin)
    .filter((pin) => pin !== query && scores[pin] > 0)
    .sort((a, b) => scores[b] - scores[a] || a - b);
}
