import type { CsrArrays } from '@pinsage/native';

/**
 * (row, column) entries of a score matrix where the candidate is on the row's board and so no negative, the row's own positive
 * left out. Goes through the boards of each candidate, which is far less than the candidates of each board.
 *
 * @param boards [n] the board of each row
 * @param candidates [columns] pins
 * @param own [n] the column of each row's own positive; default: column r of row r
 * @returns [k, 2] flattened
 */
export function sameBoard(
  boards: Uint32Array,
  candidates: Uint32Array,
  graph: CsrArrays,
  own?: Int32Array,
): Int32Array {
  const rowsOf = new Map<number, number[]>();
  for (const [row, board] of boards.entries()) {
    const rows = rowsOf.get(board);
    if (rows === undefined) rowsOf.set(board, [row]);
    else rows.push(row);
  }
  const hits: number[] = [];
  for (const [column, pin] of candidates.entries()) {
    for (let edge = Number(graph.pinOffsets[pin]); edge < Number(graph.pinOffsets[pin + 1]); edge++) {
      for (const row of rowsOf.get(graph.pinBoards[edge]) ?? []) {
        if ((own === undefined ? row : own[row]) !== column) hits.push(row, column);
      }
    }
  }
  return Int32Array.from(hits);
}
