import '@pinsage/tensor';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import {
  accidentalHits,
  type Candidates,
  countNegatives,
  crossEntropy,
  maxMargin,
  sampledSoftmax,
  type Whole,
} from '../src/index.js';
import { type ReferenceLoss, referenceCrossEntropy, referenceMaxMargin, referenceSoftmax } from './reference.js';

const n = 5;
const s = 4;
const h = 3;
const d = 6;

function matrix(rows: number, seed: number): tf.Tensor2D {
  return tf.randomNormal([rows, d], 0, 0.5, 'float32', seed);
}

const queries = matrix(n, 1);
const positives = matrix(n, 2);
const shared = matrix(s, 3);
const hard = matrix(n * h, 4);
const masked = Int32Array.of(0, 3, 2, n + 1, 4, n + s + 2, 4, n + s);
const logQ = Float32Array.from({ length: n + s }, (_, i) => -1 - i / 4);

/** The same candidates as arrays, without those that are left out. */
function plain(candidates: Candidates, mask: Int32Array, q = queries): ReferenceLoss {
  const rows = candidates.hard?.arraySync() ?? [];
  return {
    queries: q.arraySync(),
    positives: candidates.positives.arraySync(),
    shared: candidates.shared?.arraySync() ?? [],
    hard: Array.from({ length: n }, (_, i) => (candidates.hard ? rows.slice(i * h, (i + 1) * h) : [])),
    masked: new Set(Array.from({ length: mask.length / 2 }, (_, i) => `${mask[2 * i]},${mask[2 * i + 1]}`)),
  };
}

const none = new Int32Array(0);
const sets: [string, Candidates, Int32Array][] = [
  ['in-batch negatives', { positives }, none],
  ['shared negatives', { positives, shared }, none],
  ['hard negatives', { positives, hard }, none],
  ['all, some masked', { positives, shared, hard }, masked],
];

/** Gradients against central differences of the plain loss. */
function checkGradients(
  loss: (q: tf.Tensor2D, c: Candidates) => tf.Scalar,
  candidates: Candidates,
  reference: (input: ReferenceLoss) => number,
  mask: Int32Array,
) {
  const inputs = [queries, candidates.positives, candidates.shared, candidates.hard].filter(
    (tensor) => tensor !== undefined,
  );
  const gradients = tf.grads((...tensors: tf.Tensor[]) => {
    const rest = tensors.slice(2) as tf.Tensor2D[];
    const parts: Candidates = { positives: tensors[1] as tf.Tensor2D };
    if (candidates.shared) parts.shared = rest.shift();
    if (candidates.hard) parts.hard = rest.shift();
    return loss(tensors[0] as tf.Tensor2D, parts);
  })(inputs);
  const input = plain(candidates, mask);
  const places = [input.queries, input.positives, input.shared, input.hard.flat()].filter((part) => part.length > 0);
  gradients.forEach((gradient, k) => {
    (gradient.arraySync() as number[][]).forEach((row, i) => {
      row.forEach((slope, j) => {
        const place = places[k][i];
        const kept = place[j];
        place[j] = kept + 1e-6;
        const above = reference(input);
        place[j] = kept - 1e-6;
        const below = reference(input);
        place[j] = kept;
        expect(Math.abs(slope - (above - below) / 2e-6)).toBeLessThan(1e-5);
      });
    });
  });
}

describe('sampledSoftmax', () => {
  for (const [name, candidates, mask] of sets) {
    it(`equals the plain computation with ${name}`, () => {
      const correction = logQ.slice(0, candidates.shared ? n + s : n);
      const options = { temperature: 0.3, logQ: correction, masked: mask };
      const expected = referenceSoftmax(plain(candidates, mask), 0.3, [...correction]);
      expect(sampledSoftmax(queries, candidates, options).dataSync()[0]).toBeCloseTo(expected, 5);
      checkGradients(
        (q, c) => sampledSoftmax(q, c, options),
        candidates,
        (input) => referenceSoftmax(input, 0.3, [...correction]),
        mask,
      );
    });
  }

  it('has temperature 0.07 and no correction by default', () => {
    const expected = referenceSoftmax(plain({ positives, shared }, none), 0.07, [0]);
    expect(sampledSoftmax(queries, { positives, shared }).dataSync()[0]).toBeCloseTo(expected, 4);
  });
});

describe('crossEntropy', () => {
  for (const [name, candidates, mask] of sets.slice(1)) {
    it(`equals the plain computation with ${name}`, () => {
      const options = { temperature: 0.5, masked: mask };
      const expected = referenceCrossEntropy(plain(candidates, mask), 0.5);
      expect(crossEntropy(queries, candidates, options).dataSync()[0]).toBeCloseTo(expected, 5);
      checkGradients(
        (q, c) => crossEntropy(q, c, options),
        candidates,
        (input) => referenceCrossEntropy(input, 0.5),
        mask,
      );
    });
  }
});

describe('maxMargin', () => {
  for (const [name, candidates, mask] of sets.slice(1)) {
    for (const inBatch of [false, true]) {
      it(`equals the plain computation with ${name}${inBatch ? ' and in-batch ones' : ''}`, () => {
        const options = { margin: 0.2, masked: mask, inBatch };
        const expected = referenceMaxMargin(plain(candidates, mask), 0.2, inBatch);
        expect(maxMargin(queries, candidates, options).dataSync()[0]).toBeCloseTo(expected, 5);
        checkGradients(
          (q, c) => maxMargin(q, c, options),
          candidates,
          (input) => referenceMaxMargin(input, 0.2, inBatch),
          mask,
        );
      });
    }
  }

  it('refuses to be called without negatives', () => {
    expect(() => maxMargin(queries, { positives })).toThrowError(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});

describe('the losses of parts of the queries', () => {
  const whole = { positives, shared, hard };
  const negatives = countNegatives(n, n, s + h, masked);
  const parts = [[0, 2, 4], [3], [1]];
  const rowsOf = (x: tf.Tensor2D, rows: number[], each = 1) =>
    tf.gather(
      x,
      rows.flatMap((row) => Array.from({ length: each }, (_, i) => row * each + i)),
    ) as tf.Tensor2D;
  const maskOf = (rows: number[]) =>
    Int32Array.from(
      Array.from({ length: masked.length / 2 }, (_, i) => [rows.indexOf(masked[2 * i]), masked[2 * i + 1]])
        .filter(([row]) => row >= 0)
        .flat(),
    );

  it.each([
    ['softmax', (q, c, masked, of) => sampledSoftmax(q, c, { logQ, masked, of })],
    ['cross-entropy', (q, c, masked, of) => crossEntropy(q, c, { masked, of })],
    ['max-margin', (q, c, masked, of) => maxMargin(q, c, { masked, of })],
  ] as [string, (q: tf.Tensor2D, c: Candidates, masked: Int32Array, of?: Whole) => tf.Scalar][])(
    'add up to that of all of them: %s',
    (_, loss) => {
      const gradients = tf.grads((q: tf.Tensor, p: tf.Tensor) => {
        return loss(q as tf.Tensor2D, { ...whole, positives: p as tf.Tensor2D }, masked);
      })([queries, positives]);
      const shares = parts.map((rows) =>
        tf.grads((q: tf.Tensor, p: tf.Tensor) => {
          const candidates = { positives: p as tf.Tensor2D, own: Int32Array.from(rows), shared };
          const own = { ...candidates, hard: rowsOf(hard, rows, h) };
          return loss(rowsOf(q as tf.Tensor2D, rows), own, maskOf(rows), { pairs: n, negatives });
        })([queries, positives]),
      );
      for (const [i, gradient] of gradients.entries()) {
        const sum = tf.addN(shares.map((share) => share[i])).dataSync();
        gradient.dataSync().forEach((value, j) => {
          expect(sum[j]).toBeCloseTo(value, 6);
        });
      }
      const sum = parts.reduce((sum, rows) => {
        const candidates = { positives, own: Int32Array.from(rows), shared, hard: rowsOf(hard, rows, h) };
        return sum + loss(rowsOf(queries, rows), candidates, maskOf(rows), { pairs: n, negatives }).dataSync()[0];
      }, 0);
      expect(sum).toBeCloseTo(loss(queries, whole, masked).dataSync()[0], 5);
    },
  );

  it('count negatives once each, and no positives', () => {
    // Of `masked`, (0, 3) is a positive's column.
    expect(negatives).toBe(n * (s + h) - 3);
    expect(countNegatives(2, 1, 3, Int32Array.of(0, 1, 0, 1, 1, 0))).toBe(5);
  });
});

describe('accidentalHits', () => {
  it('goes by the column of each query’s own positive', () => {
    const hits = accidentalHits({ offsets: [0, 1], queries: [10], positives: [10, 20, 20], own: [2], shared: [20] });
    expect([...hits]).toEqual([0, 1, 0, 3, 0, 0]);
  });

  it('lists every candidate that is the positive or a member, but the own positive', () => {
    const hits = accidentalHits({
      offsets: [0, 2, 3],
      queries: [10, 11, 20],
      positives: [20, 12],
      shared: [11, 12, 99, 20],
      hard: [10, 98, 12, 20],
    });
    const pairs = new Set(Array.from({ length: hits.length / 2 }, (_, i) => `${hits[2 * i]},${hits[2 * i + 1]}`));
    // Columns: positives 0-1, shared 2-5, hard 6-7.
    expect(pairs).toEqual(new Set(['0,2', '0,5', '0,6', '1,0', '1,3', '1,5', '1,6', '1,7']));
    expect(hits.length).toBe(2 * pairs.size);
  });

  it('finds nothing among other pins', () => {
    expect(accidentalHits({ offsets: [0, 1], queries: [1], positives: [2], shared: [3], hard: [4] }).length).toBe(0);
  });
});
