import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { pinsage } from './command.js';

it('the demo runs, and runs again to the same numbers', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'pinsage-demo-'));
  try {
    const [data, runs] = [join(directory, 'data'), join(directory, 'runs')];
    const flags = ['demo', '--collection', 'generated', '--steps', '3', '--data', data, '--runs', runs];
    const first = await pinsage([...flags, '--json']);
    expect(first.code).toBe(0);
    const { json } = first;
    expect(json).toMatchObject({ collection: 'generated', dataset: join(data, 'generated'), training: { steps: 3 } });
    expect(json.tasks.map(({ task }: { task: string }) => task)).toEqual(['home', 'related', 'cold']);
    expect(json.tasks[0].methods.map(({ method }: { method: string }) => method)).toEqual(
      expect.arrayContaining(['pinsage', 'popularity', 'content', 'walk']),
    );
    expect(json.examples.warm).toHaveLength(5);
    expect(json.examples.cold.related).toHaveLength(6);
    expect(await readFile(json.report, 'utf8')).toContain('<h1>A generated collection</h1>');

    const second = await pinsage(flags);
    expect(second.code).toBe(0);
    expect(second.stdout).toContain('== Recommend');
    const { mean } = json.tasks[0].methods[0].metrics['recall@20'];
    expect(second.stdout).toContain(`${mean.toFixed(3).replace(/^0/, '')} ±`);
    const metrics = JSON.parse(await readFile(join(runs, 'generated', 'evaluation.json'), 'utf8'));
    const results = (tasks: { methods: { metrics: object }[] }[]) =>
      tasks.map(({ methods }) => methods.map((method) => method.metrics));
    expect(results(metrics.tasks)).toEqual(results(json.tasks));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
