import { connect } from 'node:net';
import { PinSageError } from '@pinsage/native';
import { describe, expect, it } from 'vitest';
import { Workers } from '../src/workers/workers.js';

const HOST = '127.0.0.1';

/** Three in this process. */
async function meet(setup?: unknown): Promise<Workers[]> {
  let others: Promise<Workers>[] = [];
  const onOpen = (port: number, token: string) => {
    others = [2, undefined].map((rank) => Workers.join({ host: HOST, port, token, rank }));
  };
  const first = await Workers.lead({ workers: 3, setup, onOpen });
  const met = [first, ...(await Promise.all(others))];
  return met.sort((a, b) => a.rank - b.rank);
}

const close = (workers: Workers[]) => Promise.all(workers.map((each) => each.close()));

describe('workers', () => {
  it('hear what worker 0 says, and get the ranks that they ask for', async () => {
    const workers = await meet({ steps: 7 });
    expect(workers.map(({ rank, size, setup }) => ({ rank, size, setup }))).toEqual(
      [0, 1, 2].map((rank) => ({ rank, size: 3, setup: { steps: 7 } })),
    );
    await close(workers);
  });

  it('exchange numbers, take over worker 0’s, and hear who differs', async () => {
    const workers = await meet();
    const all = await Promise.all(workers.map((each) => each.exchange([each.rank, 5])));
    for (const numbers of all) {
      expect(numbers).toEqual([
        [0, 5],
        [1, 5],
        [2, 5],
      ]);
    }
    const arrays = workers.map(({ rank }) => [new Float32Array(3).fill(rank + 1), new Float32Array(0)]);
    await Promise.all(workers.map((each) => each.broadcast(arrays[each.rank])));
    for (const [numbers] of arrays) expect([...numbers]).toEqual([1, 1, 1]);
    const digest = (last: number) => Uint8Array.from({ length: 32 }, (_, i) => (i === 31 ? last : 200 + i));
    await Promise.all(workers.map((each) => each.checkSame('other weights', digest(7))));
    const differ = workers.map((each) => each.checkSame('other weights', digest(each.rank)).catch((error) => error));
    for (const error of await Promise.all(differ)) {
      expect(error).toMatchObject({ code: 'DIVERGED', message: 'Workers 1, 2 have other weights than worker 0.' });
    }
    await close(workers);
  });

  it('hear why one failed', async () => {
    const workers = await meet();
    const waiting = [0, 1].map(async (rank) => {
      const error = await workers[rank].exchange([1]).catch((error: unknown) => error);
      return workers[rank].explain(error);
    });
    await workers[2].close(new PinSageError('IO', 'No space left on device.'));
    for (const error of await Promise.all(waiting)) {
      expect(error).toMatchObject({ code: 'PEER_LOST', message: 'Worker 2 of 3 was lost: No space left on device.' });
    }
    await close(workers);
  });

  it('that wait can be aborted', async () => {
    const workers = await meet();
    const controller = new AbortController();
    const waiting = workers[0].exchange([1], controller.signal);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await close(workers);
  });
});

describe('worker 0', () => {
  it('lets nobody in who has not its token, or takes another’s place', async () => {
    const refused: Promise<unknown>[] = [];
    let second: Promise<Workers> | undefined;
    const onOpen = async (port: number, token: string) => {
      const attempt = (options: { token?: string; rank?: number }) =>
        Workers.join({ host: HOST, port, token, ...options }).catch((error: unknown) => error);
      // Neither a stranger nor noise ends the waiting.
      connect(port, HOST).end('GET / HTTP/1.1\r\n\r\n');
      refused.push(attempt({ token: 'guess' }), attempt({ rank: 9 }));
      await Promise.all(refused);
      second = Workers.join({ host: HOST, port, token, rank: 1 });
    };
    const first = await Workers.lead({ workers: 2, onOpen });
    const [stranger, ninth] = await Promise.all(refused);
    expect(stranger).toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('token') });
    expect(ninth).toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('rank 9') });
    await close([first, (await second)!]);
  });

  it('does not wait forever', async () => {
    const lead = Workers.lead({ workers: 3, timeout: 50 });
    await expect(lead).rejects.toMatchObject({ code: 'PEER_LOST', message: expect.stringContaining('Only 1 of 3') });
    const join = Workers.join({ host: HOST, port: 9, token: '', timeout: 50 });
    await expect(join).rejects.toMatchObject({ code: 'PEER_LOST', message: expect.stringContaining('127.0.0.1:9') });
  });

  it('says what is wrong', async () => {
    await expect(Workers.lead({ workers: 1 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', argument: 'workers' });
    await expect(Workers.lead({ workers: 2, host: '192.0.2.1' })).rejects.toMatchObject({ code: 'IO' });
  });
});
