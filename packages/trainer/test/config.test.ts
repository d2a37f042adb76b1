import { PinSageError } from '@pinsage/native';
import { describe, expect, it } from 'vitest';
import type { TrainerOptions } from '../src/config.js';
import { hardNegativesOf } from '../src/curriculum.js';
import { EarlyStopping } from '../src/early-stopping.js';
import { defaults } from '../src/presets.js';
import { resolveConfig } from '../src/resolve-config.js';
import { learningRate } from '../src/schedule.js';

function errorOf(options: object): PinSageError {
  try {
    resolveConfig(options as TrainerOptions);
  } catch (error) {
    expect(error).toBeInstanceOf(PinSageError);
    return error as PinSageError;
  }
  throw new Error('no error');
}

describe('resolveConfig', () => {
  it('gives the defaults, which pass their own checks and survive JSON', () => {
    const config = resolveConfig();
    expect(config).toEqual(defaults);
    expect(JSON.parse(JSON.stringify(config))).toEqual(config);
  });

  it('puts options over the preset, field by field', () => {
    const config = resolveConfig({ preset: 'paper', negatives: { shared: 7 }, batch: undefined });
    expect(config.loss).toBe('max-margin');
    expect(config.negatives).toEqual({ ...defaults.negatives, hard: 'curriculum', shared: 7 });
    expect(config.neighborhoods.walks).toBe(defaults.neighborhoods.walks);
    expect(config.batch).toBe(defaults.batch);
  });

  it.each([
    [{ batch: 0 }, 'batch'],
    [{ batch: 1.5 }, 'batch'],
    [{ temperature: Number.NaN }, 'temperature'],
    [{ loss: 'hinge' }, 'loss'],
    [{ preset: 'toString' }, 'preset'],
    [{ logQ: 1 }, 'logQ'],
    [{ neighborhoods: { stop: 2 } }, 'neighborhoods.stop'],
    [{ neighborhoods: 3 }, 'neighborhoods'],
    [{ neighborhoods: { quotas: [1, 2] } }, 'neighborhoods.quotas'],
    [{ neighborhoods: { quotas: 7 } }, 'neighborhoods.quotas'],
    [{ neighborhoods: { quotas: { album: -1 } } }, 'neighborhoods.quotas.album'],
    [{ neighborhoods: { quotas: { album: 0 } } }, 'the sum of neighborhoods.quotas'],
    [{ negatives: { hard: 'all' } }, 'negatives.hard'],
    [{ negatives: { hardFrom: 5, hardTo: 5 } }, 'negatives.hardTo'],
    [{ neighborhoods: { walks: 1000, hops: 20_000 } }, 'neighborhoods.hops'],
    [{ loss: 'max-margin', negatives: { shared: 0 } }, 'negatives.shared'],
    [{ loss: 'cross-entropy', negatives: { shared: 0 } }, 'negatives.shared'],
    [{ seed: -1 }, 'seed'],
    [{ clipNorm: 0 }, 'clipNorm'],
  ])('names the bad field: %j', (options, argument) => {
    expect(errorOf(options)).toMatchObject({ code: 'INVALID_ARGUMENT', argument });
  });

  it('refuses names that do not exist, and says which do', () => {
    const error = errorOf({ negatives: { sharde: 3 } });
    expect(error.message).toContain('negatives.sharde');
    expect(error.message).toContain('shared');
  });
});

describe('learning rate', () => {
  const schedule = { learningRate: 0.1, warmup: 4, decay: 0.5, stepsPerEpoch: 10 };

  it('rises in equal parts', () => {
    expect([0, 1, 2, 3].map((step) => learningRate(step, schedule))).toEqual(
      [0.025, 0.05, 0.075, 0.1].map((x) => expect.closeTo(x, 12)),
    );
  });

  it('then loses the same factor every epoch', () => {
    expect(learningRate(4, schedule)).toBeCloseTo(0.1, 12);
    expect(learningRate(14, schedule)).toBeCloseTo(0.05, 12);
    expect(learningRate(24, schedule)).toBeCloseTo(0.025, 12);
  });

  it('may do without a warm-up', () => {
    expect(learningRate(0, { ...schedule, warmup: 0 })).toBe(0.1);
  });
});

it('adds a hard negative an epoch', () => {
  expect([1, 2, 6].map((epoch) => hardNegativesOf(epoch, 'curriculum'))).toEqual([0, 1, 5]);
  expect(hardNegativesOf(1, 3)).toBe(3);
});

it('stops after `patience` validations without a better one, also across a restart', () => {
  const first = new EarlyStopping(2);
  expect([0.1, 0.3, 0.3].map((value, i) => first.report(i, value))).toEqual([true, true, false]);
  expect(first.stopped).toBe(false);
  const second = new EarlyStopping(2, first.state);
  expect(second.report(3, 0.2)).toBe(false);
  expect(second.stopped).toBe(true);
  expect(second.state).toEqual({ best: 0.3, bestStep: 1, waited: 2 });
  expect(new EarlyStopping(null, second.state).stopped).toBe(false);
});
