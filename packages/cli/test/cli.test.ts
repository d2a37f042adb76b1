import { access, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Database } from '@pinsage/graph';
import { Recommender } from '@pinsage/inference';
import { baselineNames } from '@pinsage/trainer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pinsage, readTensor, start } from './command.js';
import { FILMS, writeFilms } from './films.js';

let directory: string;
let dataset: string;
let run: string;
let importFlags: string[];
const SMALL = ['--batch', '128', '--output', '16', '--seed', '3'].concat(
  [
    'model.width=32',
    'model.hidden=32',
    'trainer.block=64',
    'trainer.negatives.shared=40',
    'trainer.stepsPerEpoch=10',
  ].flatMap((setting) => ['--set', setting]),
);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pinsage-cli-'));
  dataset = join(directory, 'data', 'films');
  run = join(directory, 'runs', 'films');
  const { films, ratings } = await writeFilms(join(directory, 'raw'));
  importFlags = [
    ratings,
    '--pin',
    'movieId',
    '--board',
    'userId',
    '--time',
    'timestamp',
    '--pins',
    films,
    '--pin-id',
    'movieId',
  ];
  for (const feature of ['title:text', 'genres:categories', 'year:number', 'vector:dense'])
    importFlags.push('--feature', feature);
});

afterAll(() => rm(directory, { recursive: true, force: true }));

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

// The tests of this block follow one another, as a user's commands do.
describe('the whole line', () => {
  it('imports', async () => {
    const { code, json, stdout } = await pinsage(['import', ...importFlags, '--out', dataset, '--json']);
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(json).toMatchObject({ directory: dataset, pins: FILMS, boards: 120, badRows: { count: 0 } });
    const pairs = new Set(
      (await readFile(join(directory, 'raw', 'ratings.csv'), 'utf8'))
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.replace(/,\d+$/, '')),
    );
    expect(json.edges).toBe(pairs.size);
  });

  it('describes the dataset', async () => {
    const { code, json } = await pinsage(['info', dataset, '--json']);
    expect(code).toBe(0);
    expect(json).toMatchObject({ dataset, pins: FILMS, boards: 120, times: true, splits: [] });
    expect(json.features.map(({ kind }: { kind: string }) => kind)).toEqual(['text', 'categories', 'number', 'dense']);
  });

  it('trains', async () => {
    const flags = ['--out', run, '--steps', '30', '--cold-pins', '0.05', ...SMALL];
    const { code, json, stderr } = await pinsage(['train', dataset, ...flags, '--json']);
    expect(stderr).not.toContain('pinsage:');
    expect(code).toBe(0);
    expect(json).toMatchObject({ run, steps: 30, stoppedEarly: false });
    expect(json.loss).toBeGreaterThan(0);
    expect(json.recallAt20).toBeGreaterThan(0);
    const steps = (await readFile(join(run, 'metrics.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
    expect(await readTensor(join(run, 'embeddings.safetensors'), 'embeddings')).toMatchObject({ shape: [FILMS, 16] });
  });

  it('evaluates, and reports', async () => {
    const { code, json, stderr } = await pinsage(['evaluate', run, '--report', '--json']);
    expect(code).toBe(0);
    expect(json.tasks.map(({ task }: { task: string }) => task)).toEqual(['home', 'related', 'cold']);
    const home = json.tasks[0].methods;
    const recall = (name: string) =>
      home.find(({ method }: { method: string }) => method === name).metrics['recall@20'].mean;
    expect(recall('pinsage')).toBeGreaterThan(recall('popularity'));
    expect(stderr).toContain('pinsage');
    const written = JSON.parse(await readFile(join(run, 'evaluation.json'), 'utf8'));
    expect(written.tasks).toEqual(json.tasks);
    expect(written.diagnostics).toEqual(json.diagnostics);
    const { geometry, hubness, home: feeds } = json.diagnostics;
    expect(geometry).toMatchObject({ width: 16, pins: FILMS });
    expect(geometry.effectiveRank).toBeGreaterThan(1);
    expect(geometry.effectiveRank).toBeLessThanOrEqual(16);
    expect(hubness.hubs[0]).toMatchObject({ id: expect.any(Number), title: expect.any(String) });
    expect(feeds.byWarmth[0].methods[0]['recall@20'].mean).toBe(recall('pinsage'));
    expect(feeds.byWarmth.map(({ label }: { label: string }) => label)).toEqual(['warm', 'cold']);
    expect(feeds.methods).toHaveLength(2);
    expect(feeds.worst).toHaveLength(10);
    expect(feeds.worst[0].targets[0].rank).toBeGreaterThan(feeds.best[0].targets[0].rank);
    expect(stderr).toContain('effective rank');

    expect(json.report).toBe(join(run, 'report.html'));
    const page = await readFile(json.report, 'utf8');
    const map = JSON.parse(/<script type="application\/json" id="map-data">([\s\S]*?)<\/script>/.exec(page)![1]);
    expect(map.titles).toContain('"The "<Best>" & Last, Part 7"'.replaceAll('"The ', 'The ').replace(/7"$/, '7'));
    expect(page).not.toContain('<Best>');
    expect(map.x.length).toBeGreaterThan(200);
    expect(map.colorings.map(({ name }: { name: string }) => name)).toContain('genres');
    expect(page).toContain('never seen in training');
    expect(page).toContain('Worst queries');
    expect(page).toContain('Recall@20 by the held-out pin’s degree');
  });

  it('compares with the methods that are named, and mixes scores', async () => {
    const { code, json, stderr } = await pinsage([
      'evaluate',
      run,
      '--baselines',
      'als,ease,transitions',
      '--mix',
      'pinsage,ease',
      '--tasks',
      'home',
      '--json',
    ]);
    expect(code).toBe(0);
    const methods = json.tasks[0].methods.map(({ method }: { method: string }) => method);
    expect(methods).toEqual(['pinsage', 'mix', 'als', 'ease', 'transitions']);
    expect(json.tasks[0].methods[2].differences['recall@20'].p).toBeGreaterThan(0);
    expect(json.mix.weights.pinsage + json.mix.weights.ease).toBeCloseTo(1, 9);
    expect(stderr).toContain('significantly better than pinsage');
    const { stdout } = await pinsage(['evaluate', '--help']);
    expect(stdout.replaceAll(/\s+/g, '')).toContain(baselineNames.join(','));
  });

  it('embeds to the same bits again', async () => {
    const before = await readFile(join(run, 'embeddings.safetensors'));
    await rm(join(run, 'embeddings.safetensors'));
    const { code, json } = await pinsage(['embed', run, '--memory', '1MB', '--json', '--threads', '1']);
    expect(code).toBe(0);
    expect(json).toMatchObject({ run, pins: FILMS, width: 16 });
    expect((await readFile(join(run, 'embeddings.safetensors'))).equals(before)).toBe(true);
  });

  it('takes embeddings from Parquet', async () => {
    const before = await readFile(join(run, 'embeddings.safetensors'));
    const table = join(directory, 'table.parquet');
    const database = await Database.open();
    await database.run(
      `COPY (SELECT row_number() OVER () - 1 AS row, * FROM read_parquet('${run}/embeddings.parquet')) TO '${table}' (FORMAT parquet)`,
    );
    await database.close();
    await rm(join(run, 'embeddings.safetensors'));
    const { code, json, stderr } = await pinsage(['embed', run, '--from', table, '--json']);
    expect(code).toBe(0);
    expect(json).toMatchObject({ run, pins: FILMS, width: 16, from: table });
    expect(stderr).toContain(`Took the embeddings of ${FILMS} pins from ${table}`);
    expect((await readFile(join(run, 'embeddings.safetensors'))).equals(before)).toBe(true);
  });

  it('makes an index of the embeddings, which a recommender takes as it is', async () => {
    const { code, stdout } = await pinsage(['embed', run, '--index', 'f32', '--threads', '1']);
    expect(code).toBe(0);
    expect(stdout).toContain('index.usearch');
    const warnings: string[] = [];
    const onWarning = (message: string) => warnings.push(message);
    await using recommender = await Recommender.open(run, { search: 'hnsw', store: 'f32', onWarning });
    expect(await recommender.related({ row: 5 }, { top: 4 })).toHaveLength(4);
    expect(warnings.filter((message) => message.includes('index'))).toEqual([]);
  });

  it('recommends what is nearest', async () => {
    const { data } = await readTensor(join(run, 'embeddings.safetensors'), 'embeddings');
    const row = (pin: number) => data.subarray(pin * 16, (pin + 1) * 16);
    const score = (a: number, b: number) => row(a).reduce((sum, value, index) => sum + value * row(b)[index], 0);
    const expected = Array.from({ length: FILMS }, (_, pin) => pin)
      .filter((pin) => pin !== 5)
      .sort((a, b) => score(5, b) - score(5, a) || a - b)
      .slice(0, 4);
    const { code, json } = await pinsage([
      'recommend',
      run,
      '--pin',
      '105',
      '--board',
      'u3',
      '--list',
      '101',
      '105',
      '--top',
      '4',
      '--json',
    ]);
    expect(code).toBe(0);
    const [pin, board, list] = json.answers;
    expect(pin.query.id).toBe(105);
    expect(pin.related.map(({ id }: { id: number }) => id - 100)).toEqual(expected);
    expect(pin.related[0].score).toBeCloseTo(score(5, expected[0]), 5);
    expect(board.query.title).toBe('board u3');
    expect(board.related).toHaveLength(4);
    expect(list.related.map(({ id }: { id: number }) => id)).not.toContain(101);
  });

  it('embeds new pins, and finds their like', async () => {
    const pins = [
      { id: 'a', title: 'storm garden Horror', genres: 'Horror|Film', year: 1980, vector: [0.5, 0.5, 1.5, 0.5] },
      { id: 'b', genres: 'Musical|Film', boards: ['u1', 'u5'] },
    ];
    const lines = pins.map((pin) => JSON.stringify(pin)).join('\n');
    const embedded = await pinsage(['embed', run, '--new', '-'], lines);
    expect(embedded.code).toBe(0);
    const vectors = embedded.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(vectors.map(({ id, embedding }) => [id, embedding.length])).toEqual([
      ['a', 16],
      ['b', 16],
    ]);

    const file = join(directory, 'new.jsonl');
    await writeFile(file, lines);
    const { code, json } = await pinsage(['recommend', run, '--new', file, '--json']);
    expect(code).toBe(0);
    const like = (answer: number, genre: string) =>
      json.answers[answer].related.filter(({ subtitle }: { subtitle: string }) => subtitle.startsWith(genre)).length;
    expect(like(0, 'Horror')).toBeGreaterThanOrEqual(7);
    expect(like(1, 'Musical')).toBeGreaterThanOrEqual(7);
  });

  it('describes the run, and itself', async () => {
    const { json } = await pinsage(['info', run, '--json']);
    expect(json).toMatchObject({ run, split: 'default', trainer: { batch: 128, seed: 3 } });
    expect(json.outputs).toEqual(['model.safetensors', 'embeddings.safetensors', 'evaluation.json', 'report.html']);
    const system = (await pinsage(['info', '--threads', '1', '--json'])).json;
    expect(system).toMatchObject({ node: process.versions.node, threads: 1 });
    expect(system.backends).toContain('pinsage');
    expect(system.cuda.problem === '').toBe(system.cuda.devices.length > 0);
    const { stdout } = await pinsage(['info']);
    for (const { name, version, problem } of system.cuda.libraries) {
      expect(stdout).toMatch(new RegExp(`^${name} `, 'm'));
      expect(stdout).toContain(problem || version);
    }
  });

  it('finds pins by title and prints for people', async () => {
    const { code, stdout } = await pinsage(['recommend', run, '--title', 'the "<best>"', '--top', '3']);
    expect(code).toBe(0);
    expect(stdout).toContain('The "<Best>" & Last, Part 7 · Comedy, Film (107)');
    expect(stdout.trim().split('\n')).toHaveLength(4);
  });

  it('does not replace what is there', async () => {
    const again = await pinsage(['import', ...importFlags, '--out', dataset]);
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toContain('[FILE_EXISTS]');
    const train = await pinsage(['train', dataset, '--out', run, '--steps', '1', '--memory', '1GB']);
    expect(train.code).toBe(1);
    expect(train.stderr).toContain('[FILE_EXISTS]');
    const split = await pinsage(['train', dataset, '--out', `${run}-2`, '--test', '0.2']);
    expect(split.code).toBe(2);
    expect(split.stderr).toContain('test is 0.2; allowed: 0.1');
    expect(await exists(`${run}-2`)).toBe(false);
  });

  it('chooses a preset by what the dataset has, says why and keeps it', async () => {
    const flags = ['--out', `${run}-auto`, '--preset', 'auto', '--split-kind', 'none', '--steps', '2', '--no-embed'];
    const { code, stdout } = await pinsage(['train', dataset, ...flags, ...SMALL]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Preset 'sequential', because the edges have times and half of the boards have 1[0-2] pins/);
    const config = JSON.parse(await readFile(join(`${run}-auto`, 'config.json'), 'utf8'));
    expect(config).toMatchObject({ trainer: { preset: 'sequential' }, model: { pinVector: true, layers: 0 } });
    const unknown = await pinsage(['train', dataset, '--out', `${run}-other`, '--preset', 'best']);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain("'default' | 'content'");
  });

  it('trains on what was earlier and asks for what came next', async () => {
    const next = join(directory, 'runs', 'next');
    const flags = ['--out', next, '--split', 'last', '--split-kind', 'last', '--steps', '3', '--no-embed', ...SMALL];
    flags.push('--set', 'trainer.timeSlices=4', '--set', 'trainer.timeOrder=previous');
    expect(await pinsage(['train', dataset, ...flags])).toMatchObject({ code: 0 });
    const asked = ['--tasks', 'next', 'home', '--latest', '2', '--no-baselines', '--json'];
    const { code, json } = await pinsage(['evaluate', next, ...asked]);
    expect(code).toBe(0);
    expect(json.tasks).toMatchObject([
      { task: 'next', queries: 120, description: 'a board’s 2 latest pins → its next one' },
      { task: 'home', queries: 120 },
    ]);
  });

  it('leaves no run behind that could not begin', async () => {
    const edges = join(directory, 'lonely.csv');
    await writeFile(edges, 'pin,board\n1,a\n2,b\n3,c\n');
    const lonely = join(directory, 'data', 'lonely');
    expect(await pinsage(['import', edges, '--pin', 'pin', '--board', 'board', '--out', lonely])).toMatchObject({
      code: 0,
    });
    const train = await pinsage(['train', lonely, '--out', `${run}-lonely`]);
    expect(train).toMatchObject({ code: expect.toSatisfy((code: number) => code === 1 || code === 2) });
    expect(train.stderr).toContain('No board of the graph has two pins.');
    expect(await exists(`${run}-lonely`)).toBe(false);
  });
});

describe('an interruption', () => {
  it('saves a checkpoint, and the resumed run ends with the bits of one that was not interrupted', async () => {
    const [whole, broken] = ['whole', 'broken'].map((name) => join(directory, 'runs', name));
    // Early stopping could end both before step 60.
    const flags = ['--split', 'default', '--steps', '60', '--no-embed', '--set', 'trainer.patience=null', ...SMALL];
    const { child, outcome } = start(['train', dataset, '--out', broken, ...flags, '--json']);
    const lines = async () =>
      (await readFile(join(broken, 'metrics.jsonl'), 'utf8').catch(() => '')).split('\n').length - 1;
    while ((await lines()) < 7 && child.exitCode === null) await setTimeout(10);
    child.kill('SIGINT');
    const stopped = await outcome;
    expect(stopped.code).toBe(130);
    expect(stopped.json.error).toMatchObject({ code: 'ABORTED' });
    expect(stopped.stderr).toContain(`Go on with: pinsage train --resume ${broken}`);
    expect((await readdir(broken)).filter((name) => name.startsWith('checkpoint-')).length).toBeGreaterThan(0);
    expect(await lines()).toBeLessThan(60);

    const resumed = await pinsage(['train', '--resume', broken, '--no-embed', '--json']);
    expect(resumed.code).toBe(0);
    expect(resumed.json.steps).toBe(60);
    expect((await pinsage(['train', dataset, '--out', whole, ...flags])).code).toBe(0);
    const [a, b] = await Promise.all([whole, broken].map((path) => readFile(join(path, 'model.safetensors'))));
    expect(a.equals(b)).toBe(true);
  });
});

describe.concurrent('what cannot be done is said in one line, with an exit code', () => {
  const cases: [string, () => string[], number, RegExp][] = [
    ['no command', () => [], 2, /Usage: pinsage/],
    ['an unknown command', () => ['trian'], 2, /unknown command 'trian'.*\[USAGE\]/],
    ['an unknown option', () => ['train', dataset, '--epoch', '3'], 2, /unknown option '--epoch'.*\[USAGE\]/s],
    ['an option that is not a number', () => ['train', dataset, '--epochs', 'three'], 2, /'three' is not an integer/],
    ['a missing option', () => ['import', 'edges.csv', '--pin', 'a', '--board', 'b'], 2, /--out/],
    [
      'a value out of range',
      () => ['train', dataset, '--out', `${run}-x`, '--batch', '0'],
      2,
      /batch is 0; allowed: .*\[INVALID_ARGUMENT\]/,
    ],
    [
      'an unknown setting',
      () => ['train', dataset, '--out', `${run}-x`, '--set', 'trainer.tempo=1'],
      2,
      /tempo.*allowed: .*temperature/,
    ],
    [
      'an unknown setting of the model',
      () => ['train', dataset, '--out', `${run}-x`, '--set', 'model.depth=1'],
      2,
      /model\.depth.*model\.layers/,
    ],
    [
      'an unknown preset',
      () => ['train', dataset, '--out', `${run}-x`, '--preset', 'best'],
      2,
      /'default' \| 'content' .*'paper'/,
    ],
    ['no dataset', () => ['train'], 2, /dataset is undefined; allowed: .*--resume/],
    ['a dataset that is not there', () => ['train', 'nowhere'], 1, /nowhere.*\[FILE_NOT_FOUND\]/],
    ['a run that is not there', () => ['evaluate', 'nowhere'], 1, /nowhere.*\[FILE_NOT_FOUND\]/],
    ['a path that is neither', () => ['info', directory], 1, /neither a dataset .* nor a run/],
    [
      'an edge file that is not there',
      () => ['import', 'no.csv', '--pin', 'a', '--board', 'b', '--out', join(directory, 'x')],
      1,
      /no\.csv.*\[FILE_NOT_FOUND\]/,
    ],
    [
      'a column that is not there',
      () => ['import', importFlags[0], '--pin', 'film', '--board', 'userId', '--out', join(directory, 'x')],
      2,
      /no column 'film'.*'movieId'/,
    ],
    [
      'a feature of no kind',
      () => ['import', ...importFlags, '--feature', 'title', '--out', join(directory, 'x')],
      2,
      /feature is 'title'; allowed: name:kind/,
    ],
    ['an unknown pin', () => ['recommend', run, '--pin', '9999'], 1, /no pin with id '9999'.*\[NOT_FOUND\]/],
    ['an unknown board', () => ['recommend', run, '--board', 'nobody'], 1, /no board with id 'nobody'.*\[NOT_FOUND\]/],
    ['an unknown title', () => ['recommend', run, '--title', 'zzz'], 1, /No pin has 'zzz'/],
    ['a query for nothing', () => ['recommend', run], 2, /--pin, --title, --board/],
    ['too long a list', () => ['recommend', run, '--pin', '105', '--top', '0'], 2, /top is 0/],
    ['new pins that are not there', () => ['embed', run, '--new', 'no.jsonl'], 1, /no\.jsonl.*\[FILE_NOT_FOUND\]/],
    [
      'embeddings without rows',
      () => ['embed', run, '--from', join(run, 'embeddings.parquet')],
      2,
      /embedding \(FLOAT\[\]\).*allowed: row/,
    ],
    [
      'embeddings that are to be taken and computed',
      () => ['embed', run, '--from', 'x', '--new', '-'],
      2,
      /'--from <path>' cannot be used with option '--new/,
    ],
    [
      'memory for what computes nothing',
      () => ['embed', run, '--from', 'x', '--memory', '1GB'],
      2,
      /'--memory <size>' cannot be used with option '--from/,
    ],
    ['too little memory', () => ['train', run, '--memory', '1 pin'], 2, /'1 pin' is not an amount of memory/],
    ['an unknown baseline', () => ['evaluate', run, '--baselines', 'als,luck'], 2, /'luck' is none of popularity/],
    ['a mix of one', () => ['evaluate', run, '--mix', 'pinsage'], 2, /mix is .*two methods or more/],
    ['an unknown task', () => ['evaluate', run, '--tasks', 'luck'], 2, /home, related, cold/],
  ];
  it.each(cases)('%s', async (_, args, code, message) => {
    const outcome = await pinsage(args());
    expect(outcome.stderr).toMatch(message);
    expect(outcome).toMatchObject({ code, stdout: '' });
    expect(outcome.stderr).not.toMatch(/^\s+at /m);
  });

  it.each([
    ['{"id": "a"', /line 1: not JSON/],
    ['{"id": "a"}\n[1]', /line 2: not a JSON object/],
    ['{"boards": "u1"}', /boards has to be a list/],
    ['{"boards": ["nobody"]}', /no board 'nobody'/],
    ['{"vector": [1, 2]}', /vector.*4 numbers/],
    ['{"year": "soon"}', /year is 'soon'; allowed: a number/],
    ['', /no pins/],
  ])('new pins such as %s', async (lines, message) => {
    const outcome = await pinsage(['embed', run, '--new', '-'], lines);
    expect(outcome.code).not.toBe(0);
    expect(outcome.stderr).toMatch(message);
  });

  it('bad rows, with file and line, unless they are skipped', async () => {
    const edges = join(directory, 'bad.csv');
    await writeFile(edges, 'pin,board\n1,a\n2,a,extra\n,b\n3,b\n1,b\n');
    const flags = [edges, '--pin', 'pin', '--board', 'board', '--out', join(directory, 'bad'), '--json'];
    const failed = await pinsage(['import', ...flags]);
    expect(failed.code).toBe(1);
    expect(failed.json.error.code).toBe('BAD_ROWS');
    expect(failed.stderr).toContain('bad.csv:3:');
    expect(failed.stderr).toContain('bad.csv:4:');
    expect(await exists(join(directory, 'bad'))).toBe(false);
    const skipped = await pinsage(['import', ...flags, '--skip-bad-rows']);
    expect(skipped.code).toBe(0);
    expect(skipped.json).toMatchObject({ edges: 3, badRows: { count: 2 } });
  });

  it('a damaged dataset, with the stack on demand', async () => {
    const copy = join(directory, 'damaged');
    expect((await pinsage(['import', ...importFlags, '--out', copy])).code).toBe(0);
    const path = join(copy, 'graph.safetensors');
    const bytes = await readFile(path);
    bytes[bytes.length - 5] ^= 1;
    await writeFile(path, bytes);
    const { code, json, stderr } = await pinsage(['info', copy, '--json', '--debug']);
    expect(code).toBe(1);
    expect(json.error.code).toBe('FILE_CORRUPT');
    expect(stderr).toMatch(/^\s+at /m);
  });
});
