import { expect, it } from 'vitest';
import { cudaStatus, Graph } from '../lib/index.js';
import { all, expectError, randomEdges } from './support.js';

const status = cudaStatus();
const openGraph = (weighted = false) =>
  Graph.fromEdges(randomEdges(51, 3000, 400, 30_000, weighted), { pins: 3000, boards: 400, duplicates: 'merge' });

it('says what CUDA there is', () => {
  expect(typeof status.built).toBe('boolean');
  // A device or a reason why not.
  expect(status.devices.length > 0).toBe(status.problem === '');
  for (const { name, computeCapability, memory } of status.devices) {
    expect(name).not.toBe('');
    expect(computeCapability).toMatch(/^\d+\.\d+$/);
    // The emulation has none of its own.
    expect(memory > 2 ** 30).toBe(computeCapability !== '0.0');
  }
});

it('says which libraries of CUDA there are, with a GPU or without', () => {
  expect(status.libraries.map(({ name }) => name)).toEqual(status.built ? ['cuBLAS', 'NCCL'] : []);
  for (const { name, version, path, problem } of status.libraries) {
    if (problem === '') {
      expect(path).toMatch(new RegExp(`lib${name}`, 'i'));
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    } else {
      expect(problem).toMatch(new RegExp(`^${name} .*(pip install|PINSAGE_${name})`, 'i'));
      expect([version, path]).toEqual(['', '']);
    }
  }
});

it('refuses devices that there are not, and goes on', async () => {
  const graph = await openGraph();
  const before = await graph.neighborhoods(all(3000));
  await expectError('INVALID_ARGUMENT', /device is 'tpu'; allowed: 'cpu' \| 'cuda'/, () =>
    graph.neighborhoods(all(3000), { device: 'tpu' as 'cuda' }),
  );
  if (status.problem !== '') {
    for (const call of [
      () => graph.neighborhoods(all(3000), { device: 'cuda' }),
      () => graph.pageRank(all(3), { device: 'cuda' }),
      () => graph.pageRankBand(all(3), { device: 'cuda', method: 'fast' }),
    ]) {
      await expectError('MISSING_DEPENDENCY', /device is 'cuda': .*(CUDA|driver|GPU)/, call);
    }
  }
  expect(await graph.neighborhoods(all(3000), { device: 'cpu' })).toEqual(before);
});

const withGpu = it.skipIf(status.problem !== '');
withGpu(`the GPU’s results are the CPU’s (skipped where: ${status.problem})`, async () => {
  for (const weighted of [false, true]) {
    const graph = await openGraph(weighted);
    const exclude = { queries: Uint32Array.of(1, 2, 2), items: Uint32Array.of(2, 3, 9) };
    for (const options of [
      { exclude },
      { walks: 10, hops: 2, neighbors: 3 },
      { walks: 5000, hops: 4, neighbors: 500 },
      { walks: 200_000, hops: 3 },
      { heldOut: { folds: 5, fold: 2 } },
      { before: 40n, heldOut: { folds: 5, fold: 2 } },
    ]) {
      // A device without memory of its own is the emulated one, which runs a thread after the other.
      const most = status.devices[0].memory === 0 ? 50 : 3000;
      const seeds = all((options.walks ?? 100) > 10_000 ? 5 : most);
      const expected = await graph.neighborhoods(seeds, options);
      expect(await graph.neighborhoods(seeds, { ...options, device: 'cuda' })).toEqual(expected);
    }
    const band = { from: 20, to: 500, method: 'fast', walks: 10_000 } as const;
    const expected = await graph.pageRankBand(all(40), band);
    expect(await graph.pageRankBand(all(40), { ...band, device: 'cuda' })).toEqual(expected);
    const [scores, exact] = [await graph.pageRank(all(40), { device: 'cuda' }), await graph.pageRank(all(40))];
    for (let query = 0; query < 40; query++) {
      const row = exact.subarray(3000 * query, 3000 * query + 3000);
      const distance = row.reduce((sum, score, pin) => sum + Math.abs(score - scores[3000 * query + pin]), 0);
      expect(distance).toBeLessThan(3e-6);
    }
  }
});
