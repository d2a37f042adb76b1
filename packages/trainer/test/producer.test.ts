import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { produce } from '../src/producer.js';

describe('produce', () => {
  it('yields in order, whatever finishes first, with at most `ahead` under way', async () => {
    let underWay = 0;
    let most = 0;
    const make = async (index: number) => {
      most = Math.max(most, ++underWay);
      await sleep(index % 2 === 0 ? 8 : 1);
      underWay -= 1;
      return index;
    };
    const seen: number[] = [];
    for await (const { value } of produce(3, 13, 3, make)) seen.push(value);
    expect(seen).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(most).toBe(3);
  });

  it('works while the consumer does, and says how long that had to wait', async () => {
    const make = async () => sleep(40);
    const waits: number[] = [];
    for await (const { waited } of produce(0, 4, 2, make)) {
      waits.push(waited);
      await sleep(60);
    }
    expect(waits[0]).toBeGreaterThan(0.03);
    for (const waited of waits.slice(1)) expect(waited).toBeLessThan(0.02);
  });

  it('stops what is under way when the consumer leaves', async () => {
    const stopped: number[] = [];
    const make = (index: number, signal: AbortSignal) =>
      index === 0
        ? Promise.resolve(0)
        : new Promise<number>((_, reject) => {
            signal.addEventListener('abort', () => {
              stopped.push(index);
              reject(signal.reason);
            });
          });
    for await (const _ of produce(0, 9, 3, make)) break;
    expect(stopped).toEqual([1, 2, 3]);
  });

  it('passes a failure on when its turn comes', async () => {
    const make = async (index: number) => {
      if (index === 2) throw new Error('two');
      return index;
    };
    const seen: number[] = [];
    const all = async () => {
      for await (const { value } of produce(0, 5, 4, make)) seen.push(value);
    };
    await expect(all()).rejects.toThrow('two');
    expect(seen).toEqual([0, 1]);
  });
});
