import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Dataset, importDataset, Split } from '@pinsage/graph';

/**
 * A small collection with planted communities: a board takes its pins from one community, and a pin's words say, noisily, which
 * community it is of.
 */
export async function communities(o: {
  pins: number;
  boards: number;
  communities: number;
  size: number;
}): Promise<string> {
  let state = 7;
  const next = (n: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const pins = ['pin,title'];
  for (let pin = 0; pin < o.pins; pin++) {
    const own = pin % o.communities;
    const words = Array.from({ length: 4 }, () => (next(3) > 0 ? `c${own}w${next(6)}` : `x${next(40)}`));
    pins.push(`${pin},${words.join(' ')}`);
  }
  const edges = ['pin,board'];
  for (let board = 0; board < o.boards; board++) {
    const members = new Set<number>();
    while (members.size < o.size) members.add(next(o.pins / o.communities) * o.communities + (board % o.communities));
    for (const pin of members) edges.push(`${pin},${board}`);
  }
  const directory = await mkdtemp(join(tmpdir(), 'pinsage-trainer-'));
  await writeFile(join(directory, 'pins.csv'), pins.join('\n'));
  await writeFile(join(directory, 'edges.csv'), edges.join('\n'));
  await importDataset({
    edges: join(directory, 'edges.csv'),
    pin: 'pin',
    board: 'board',
    pins: join(directory, 'pins.csv'),
    features: [{ name: 'title', kind: 'text', buckets: 512 }],
    out: join(directory, 'data'),
  });
  return directory;
}

export async function openSplit(directory: string): Promise<{ dataset: Dataset; split: Split }> {
  const dataset = await Dataset.open(join(directory, 'data'));
  const split = await Split.create(dataset, 'test', { validation: 0.1, test: 0.1, coldPins: 0.05, force: true });
  return { dataset, split };
}
