import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { defaultBackend } from '../src/register.js';

test('importing the package first, and alone, is enough for gradients', () => {
  const program = `
    import { linear } from '@pinsage/tensor';
    import * as tf from '@tensorflow/tfjs-core';
    const w = tf.variable(tf.ones([2, 1]));
    const { grads } = tf.variableGrads(() => tf.sum(tf.square(tf.cast(linear(tf.ones([3, 2]), w).clone(), 'float32'))));
    console.log(tf.getBackend(), Array.from(grads[w.name].dataSync()).join());`;
  const folder = fileURLToPath(new URL('..', import.meta.url));
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(printed.trim()).toBe(`${defaultBackend()} 12,12`);
});
