import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { cudaStatus, DEVICE_GROUP_ID, DeviceGroup, deviceTensorKernels, Graph, ProcessGroup } from '../lib/index.js';
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

it('has groups of GPUs where there are NCCL and a GPU, and says why not elsewhere', async () => {
  const problem = DeviceGroup.problem();
  if (status.problem !== '') expect(problem).toBe(status.problem);
  using processes = ProcessGroup.create({ rank: 0, size: 1 });
  await expectError('INVALID_ARGUMENT', /id is/, () => DeviceGroup.join(processes, new Uint8Array(5)));
  if (problem !== '') {
    await expectError('MISSING_DEPENDENCY', /NVIDIA|NCCL|CUDA/, () => DeviceGroup.createId());
    await expectError('MISSING_DEPENDENCY', /NVIDIA|NCCL|CUDA/, () =>
      DeviceGroup.join(processes, new Uint8Array(DEVICE_GROUP_ID)),
    );
    return;
  }
  const group = await DeviceGroup.join(processes, DeviceGroup.createId());
  const kernels = deviceTensorKernels();
  const values = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i));
  const [numbers, back] = [kernels.upload(values), new Float32Array(1000)];
  group.allReduce([numbers]);
  kernels.download(numbers, back);
  expect(back).toEqual(values);
  group.close();
  await expectError('CLOSED', /closed/, () => group.allReduce([numbers]));
});

const CHOICE = `
  const { cudaStatus, takeGpu } = await import(process.argv[1]);
  const gpu = takeGpu(Number(process.argv[2]));
  takeGpu(0);
  const { devices } = cudaStatus();
  process.stdout.write(JSON.stringify({ gpu, seen: devices.length, visible: process.env.CUDA_VISIBLE_DEVICES ?? null }));
`;

it('gives the processes of a machine its GPUs in turn', () => {
  const dist = fileURLToPath(new URL('../dist/index.js', import.meta.url));
  const { length } = status.devices;
  for (const index of [0, 1, 5]) {
    const args = ['--input-type=module', '-e', CHOICE, dist, String(index)];
    const { gpu, seen, visible } = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
    const before = process.env.CUDA_VISIBLE_DEVICES;
    const expected =
      length === 0 ? undefined : (before?.split(',') ?? [0, 1, 2, 3, 4, 5, 6, 7].map(String))[index % length];
    expect(gpu).toBe(expected);
    expect(seen).toBe(Math.min(length, 1));
    expect(visible).toBe(length > 1 ? expected : (before ?? null));
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
