import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderScatter } from '../dist/report/scatter.js';
import type { StudyReport } from '../dist/report/study-report.js';
import { renderTunePage } from '../dist/report/tune-page.js';
import { type Outcome, pinsage, start } from './command.js';
import { writeFilms } from './films.js';

let directory: string;
let dataset: string;
let space: string;
let flags: string[];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pinsage-tune-'));
  dataset = join(directory, 'films');
  const { films, ratings } = await writeFilms(join(directory, 'raw'));
  const columns = ['--pin', 'movieId', '--board', 'userId', '--pins', films, '--pin-id', 'movieId'];
  const features = ['--feature', 'title:text', '--feature', 'genres:categories'];
  await pinsage(['import', ratings, ...columns, ...features, '--out', dataset]);
  space = join(directory, 'space.json');
  await writeFile(
    space,
    JSON.stringify({
      'trainer.learningRate': { type: 'float', low: 0.0005, high: 0.05, log: true },
      'model.layers': { type: 'integer', low: 0, high: 1 },
      'model.residual': { type: 'choice', values: [true, false] },
    }),
  );
  const settings = ['model.width=16', 'model.hidden=16', 'model.output=16', 'trainer.batch=64', 'trainer.block=32'];
  flags = ['--space', space, '--trials', '5', '--steps', '12', '--reduction', '2'];
  for (const setting of settings) flags.push('--set', setting);
});

afterAll(() => rm(directory, { recursive: true, force: true }));

/** What does not depend on the clock. */
function timeless({ json }: Outcome) {
  return json.trials.map(({ seconds: _, validations, ...rest }: { seconds: number; validations: object[] }) => ({
    ...rest,
    validations: validations.map((validation) => ({ ...validation, seconds: 0 })),
  }));
}

describe('pinsage tune', () => {
  let whole: Outcome;

  it('runs trials and gives a table, the best settings and a page', async () => {
    const out = join(directory, 'studies', 'films');
    whole = await pinsage(['tune', dataset, '--out', out, ...flags, '--json']);
    expect(whole.code).toBe(0);
    const { json, stderr } = whole;
    expect(json).toMatchObject({ study: out, config: join(out, 'best.json'), report: join(out, 'tune.html') });
    expect(json.trials).toHaveLength(5);
    const complete = json.trials.filter(({ outcome }: { outcome: string }) => outcome === 'complete');
    expect(json.best.value).toBe(Math.max(...complete.map(({ value }: { value: number }) => value)));
    expect(stderr).toMatch(/5 trials, .*complete/);
    expect(stderr).toMatch(/trial +recall@20 +steps +time +learningRate +layers +residual/);
    expect(stderr).toContain(`pinsage train ${dataset} --split default --config ${join(out, 'best.json')}`);
    expect((await readdir(out)).sort()).toEqual(['best.json', 'study.json', 'trials.jsonl', 'tune.html']);
    const page = await readFile(json.report, 'utf8');
    expect(page).toContain('Tuning on films');
    expect([...page.matchAll(/<figure/g)]).toHaveLength(5); // progress, curves, three settings
    expect([...page.matchAll(/class="cross"/g)]).toHaveLength(5 - complete.length);
  });

  it('has a best.json that train takes, to the same result', async () => {
    const run = join(directory, 'tuned');
    const config = whole.json.config;
    const { code, json } = await pinsage(['train', dataset, '--config', config, '--out', run, '--no-embed', '--json']);
    expect(code).toBe(0);
    expect(json.recallAt20).toBe(whole.json.best.value);
  });

  it('goes on after a kill as if there had been none', async () => {
    const out = join(directory, 'studies', 'killed');
    const { child, outcome } = start(['tune', dataset, '--out', out, ...flags]);
    const log = () => readFile(join(out, 'trials.jsonl'), 'utf8').catch(() => '');
    while ((await log()).split('"start"').length < 3) await setTimeout(5);
    child.kill('SIGKILL');
    expect((await outcome).code).toBeNull();
    const ended = (await log()).split('"end"').length - 1;
    expect(ended).toBeLessThan(5);
    const resumed = await pinsage(['tune', '--resume', out, '--json']);
    expect(resumed.code).toBe(0);
    expect(timeless(resumed)).toEqual(timeless(whole));
    expect((await log()).split('"end"')).toHaveLength(6);
  });

  it('saves at Ctrl-C and says how to go on', async () => {
    const out = join(directory, 'studies', 'interrupted');
    const { child, outcome } = start(['tune', dataset, '--out', out, ...flags]);
    while (!(await readFile(join(out, 'trials.jsonl'), 'utf8').catch(() => '')).includes('"start"'))
      await setTimeout(5);
    child.kill('SIGINT');
    const { code, stderr } = await outcome;
    expect(code).toBe(130);
    expect(stderr).toContain(`Go on with: pinsage tune --resume ${out}`);
    const resumed = await pinsage(['tune', '--resume', out, '--trials', '6', '--json']);
    expect(resumed.json.trials).toHaveLength(6);
    expect(timeless(resumed).slice(0, 5)).toEqual(timeless(whole));
  });

  const cases: [string, () => string[], number, RegExp][] = [
    ['no dataset', () => ['tune'], 2, /dataset is undefined; allowed: .*--resume/],
    ['a study that is there', () => ['tune', dataset, '--out', whole.json.study], 1, /study already.*\[FILE_EXISTS\]/],
    ['a study that is not', () => ['tune', '--resume', directory], 1, /not a study.*\[FILE_NOT_FOUND\]/],
    [
      'other settings on resume',
      () => ['tune', '--resume', whole.json.study, '--set', 'model.layers=1'],
      2,
      /--set is/,
    ],
    [
      'another length on resume',
      () => ['tune', '--resume', whole.json.study, '--steps', '13'],
      2,
      /steps is '13'.*'?12/,
    ],
    ['a space that is not there', () => ['tune', dataset, '--space', 'no.json'], 1, /no\.json.*\[FILE_NOT_FOUND\]/],
    ['a space that is none', () => ['tune', dataset, '--space', join(dataset, 'manifest.json')], 2, /space\.format is/],
    ['an unknown metric', () => ['tune', dataset, '--metric', 'luck'], 2, /recall@20, ndcg@20/],
  ];
  it.each(cases)('refuses %s', async (_, args, code, message) => {
    const outcome = await pinsage(args());
    expect(outcome.stderr).toMatch(message);
    expect(outcome.code).toBe(code);
  });

  it('refuses another space on resume', async () => {
    const other = join(directory, 'other.json');
    await writeFile(other, JSON.stringify({ 'model.layers': { type: 'integer', low: 0, high: 2 } }));
    const { code, stderr } = await pinsage(['tune', '--resume', whole.json.study, '--space', other]);
    expect(code).toBe(2);
    expect(stderr).toContain('space is');
    expect((await pinsage(['tune', '--resume', whole.json.study, '--space', space])).code).toBe(0);
  });
});

describe('the page of a study', () => {
  const NASTY = `</script><script>alert("1")</script> & 'two' <b>`;
  const report: StudyReport = {
    title: NASTY,
    lead: NASTY,
    facts: [{ value: '3', label: NASTY }],
    metric: NASTY,
    bestSoFar: [
      [1, 0.2],
      [2, 0.3],
    ],
    curves: [
      { name: NASTY, points: [[2, 0.1]], stopped: true, best: false },
      {
        name: 'trial 1',
        points: [
          [2, 0.1],
          [4, 0.3],
        ],
        stopped: false,
        best: true,
      },
    ],
    scatters: [
      {
        name: NASTY,
        axis: { labels: [NASTY, 'true'] },
        points: [{ x: 0, value: 0.3, name: NASTY, stopped: false, best: true }],
      },
    ],
    table: { head: [NASTY], rows: [{ cells: [NASTY, '1'], best: true }] },
    settings: { note: NASTY },
  };

  it('shows texts as texts, and asks nothing of the network', () => {
    const page = renderTunePage(report);
    expect(page).not.toContain('<script');
    expect(page).not.toContain('<b>\n');
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/NaN|undefined|@import|url\(/);
    expect([...page.matchAll(/class="cross"/g)]).toHaveLength(1);
  });

  it('is there for a study without results', () => {
    const empty = { ...report, bestSoFar: [], curves: [], scatters: [{ ...report.scatters[0], points: [] }] };
    expect(renderTunePage(empty)).not.toContain('<svg');
  });

  it('places numbers on a scale, over their logarithms where the search was', () => {
    const at = (log: boolean) => {
      const points = [0.001, 0.01, 0.1].map((x) => ({ x, value: x, name: 't', stopped: false, best: false }));
      const { text } = renderScatter(
        { name: 'rate', axis: { low: 0.001, high: 0.1, log, whole: false }, points },
        'recall',
      );
      return [...text.matchAll(/<circle [^>]*cx="([\d.]+)"/g)].map(([, x]) => Number(x));
    };
    const [a, b, c] = at(true);
    expect(b - a).toBeCloseTo(c - b, 0);
    const [d, e, f] = at(false);
    expect((e - d) / (f - d)).toBeCloseTo(0.009 / 0.099, 2);
  });

  it('has no halves between whole numbers', () => {
    const axis = { low: 0, high: 2, log: false, whole: true };
    const points = [{ x: 1, value: 0.5, name: 't', stopped: false, best: true }];
    const { text } = renderScatter({ name: 'layers', axis, points }, 'recall');
    const labels = [...text.matchAll(/text-anchor="middle"[^>]*>([^<]+)</g)].map(([, label]) => label);
    expect(labels).toEqual(['0', '1', '2']);
  });
});
