// How fast are matrix products through plain tf.matMul, for the shapes of training and all transposes?
import '@pinsage/tensor';
import * as tf from '@tensorflow/tfjs-core';
import { compare, seconds } from './lib/compare.mjs';
import { floatingPoint } from './lib/limits.mjs';
import { startPeer } from './lib/peer.mjs';

const shapes = [
  [4096, 1024, 1024],
  [25600, 256, 512],
  [102400, 64, 64],
];

export default async function gemm({ threads }) {
  const peer = await startPeer('tensors.py', { threads });
  const peak = floatingPoint(threads);
  const rows = [];
  for (const [m, k, n] of shapes) {
    for (const [transposeA, transposeB] of [
      [false, false],
      [false, true],
      [true, false],
      [true, true],
    ]) {
      const a = tf.randomUniform(transposeA ? [k, m] : [m, k]);
      const b = tf.randomUniform(transposeB ? [n, k] : [k, n]);
      const letters = `${transposeA ? 't' : 'n'}${transposeB ? 't' : 'n'}`;
      const request = { op: 'gemm', m, k, n, transposeA, transposeB };
      rows.push(
        await compare({
          id: `gemm.${m}x${k}x${n}.${letters}`,
          work: `float32 [${m}, ${k}] × [${k}, ${n}], ${letters}; items are floating-point operations`,
          unit: 'items/s',
          items: 2 * m * k * n,
          peer: peer && 'PyTorch 2.13',
          runPeer: peer && (async () => (await peer.call(request)).seconds),
          runOurs: () => seconds(() => tf.matMul(a, b, transposeA, transposeB).dispose()),
          limitShare: (ours) => (2 * m * k * n) / ours / peak,
          target: 2,
        }),
      );
      tf.dispose([a, b]);
    }
  }
  peer?.close();
  return rows;
}
