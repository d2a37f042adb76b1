import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { RowReader } from '../src/serving/row-reader.js';

describe('RowReader', () => {
  it('answers all who wait by one read', async () => {
    const reads: number[][] = [];
    const reader = new RowReader(async (rows) => {
      reads.push(rows);
      await setTimeout(1);
      return rows.map((row) => ({ row }));
    });
    const first = reader.rows([3]);
    await Promise.resolve();
    const others = [reader.rows([5, 4]), reader.rows([]), reader.rows([4, 3, 4])];
    expect(await first).toEqual([{ row: 3 }]);
    expect(await Promise.all(others)).toEqual([[{ row: 5 }, { row: 4 }], [], [{ row: 4 }, { row: 3 }, { row: 4 }]]);
    expect(reads).toEqual([[3], [5, 4, 3]]);
  });

  it('goes on after a read that failed, whose callers are told', async () => {
    let broken = true;
    const reader = new RowReader(async (rows) => {
      if (broken) throw new Error('no table');
      return rows.map((row) => ({ row }));
    });
    const answers = await Promise.allSettled([reader.rows([1]), reader.rows([2])]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    broken = false;
    expect(await reader.rows([1])).toEqual([{ row: 1 }]);
  });
});
