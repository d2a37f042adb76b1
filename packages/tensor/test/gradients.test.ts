import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { gradientsAsTheyCome, isOnGpu, linear, ownFloats, useBackend } from '../src/index.js';

beforeAll(() => useBackend());

it('gradients come while the backward pass goes on, last layer first, and are those of its end', () => {
  const x = tf.randomNormal([5, 4], 0, 1, 'float32', 1) as tf.Tensor2D;
  const weights = [2, 3, 4].map(
    (seed) => tf.variable(tf.randomNormal([4, 4], 0, 1, 'float32', seed)) as tf.Variable<tf.Rank.R2>,
  );
  const twice = tf.variable(tf.scalar(0.5));
  const came: string[] = [];
  const early = new Map<string, number[]>();
  const { grads } = tf.variableGrads(() => {
    let h = x;
    for (const w of weights) h = linear(h, w);
    const loss = tf.mul(tf.sum(tf.mul(tf.square(h), twice)), twice) as tf.Scalar;
    gradientsAsTheyCome(loss, [...weights, twice], (variable, gradient) => {
      came.push(variable.name);
      early.set(variable.name, [...gradient.dataSync()]);
    });
    return loss;
  }, [...weights, twice]);
  // The one that is used twice is not complete before the end.
  expect(came).toEqual(weights.map(({ name }) => name).reverse());
  for (const { name } of weights) expect(early.get(name)).toEqual([...grads[name].dataSync()]);
  expect(grads[twice.name]).toBeDefined();
});

it('memory can be changed in place while nobody else sees it', () => {
  const x = tf.add(tf.ones([3]), 1);
  if (isOnGpu()) {
    expect(ownFloats(x)).toBeUndefined();
    return;
  }
  ownFloats(x)!.set([7, 8, 9]);
  const same = x.clone();
  expect(ownFloats(x)).toBeUndefined();
  same.dispose();
  expect([...x.dataSync()]).toEqual([7, 8, 9]);
  // The array that dataSync() gave is its reader's.
  expect(ownFloats(x)).toBeUndefined();
  expect(ownFloats(tf.tensor1d([1], 'int32'))).toBeUndefined();
});
