// How fast is one training step of the model: forward, backward, Adam? 1,524 roots, fan-out [10, 10], 40,000 unique leaves, widths
// 256 → 512 → 256, max-margin loss; the batch is ready in memory.
import { randomWords } from '@pinsage/native';
import { Adam, gatherRows, hingeLoss, importancePool, l2Normalize, linear, useBackend } from '@pinsage/tensor';
import * as tf from '@tensorflow/tfjs-core';
import { compare, seconds } from './lib/compare.mjs';
import { startPeer } from './lib/peer.mjs';

const [roots, fanOut, leaves, width, hidden] = [1524, 10, 40_000, 256, 512];
const nodes = roots * (fanOut + 1);
const third = roots / 3;

function makeStep() {
  const indices = (rows, below, stream) =>
    tf.tensor2d(
      Int32Array.from(randomWords(1n, [0, 0, 0], stream, rows * fanOut), (word) => word % below),
      [rows, fanOut],
      'int32',
    );
  const pool = (rows, below, stream) => [indices(rows, below, stream), tf.randomUniform([rows, fanOut])];
  const [features, inner, outer] = [tf.randomNormal([leaves, width]), pool(nodes, leaves, 1), pool(roots, nodes, 2)];
  const weight = (a, b) => tf.tidy(() => tf.variable(tf.randomNormal([a, b], 0, 1 / Math.sqrt(a))));
  const bias = (size) => tf.tidy(() => tf.variable(tf.zeros([size])));
  const layer = () => [weight(width, hidden), bias(hidden), weight(width + hidden, width), bias(width)];
  const [first, second] = [layer(), layer()];
  const [g1, g, g2] = [weight(width, width), bias(width), weight(width, width)];
  const variables = [...first, ...second, g1, g, g2];
  const parts = [0, 1, 2].map((part) => tf.range(part * third, (part + 1) * third, 1, 'int32'));
  const adam = new Adam();

  const convolve = (h, rows, [neighbors, shares], [q, b, w, c]) => {
    const pooled = importancePool(linear(h, q, b, 'relu'), neighbors, shares);
    return l2Normalize(linear(tf.concat([tf.slice(h, [0, 0], [rows, -1]), pooled], 1), w, c, 'relu'));
  };
  const loss = () => {
    const h = convolve(convolve(features, nodes, inner, first), roots, outer, second);
    const z = tf.matMul(linear(h, g1, g, 'relu'), g2);
    const [query, positive, negative] = parts.map((part) => gatherRows(z, part));
    return hingeLoss(tf.matMul(query, negative, false, true), tf.sum(tf.mul(query, positive), 1), 0.1);
  };
  return () => tf.tidy(() => adam.step(variables, tf.variableGrads(loss, variables).grads));
}

export default async function step({ threads }) {
  const peer = await startPeer('tensors.py', { threads });
  const rows = [];
  for (const precision of ['float32', 'bf16']) {
    await useBackend('pinsage', { precision });
    const ours = makeStep();
    const request = { op: 'step', roots, fanOut, leaves, width, hidden, bf16: precision === 'bf16' };
    rows.push(
      await compare({
        id: precision === 'bf16' ? 'step.paper.bf16' : 'step.paper',
        work: `one training step, ${precision}: ${roots} roots, fan-out [10, 10], ${leaves} leaves, 256 → 512 → 256`,
        unit: 'seconds',
        peer: peer && `PyTorch 2.13${precision === 'bf16' ? ' autocast' : ''}`,
        runPeer: peer && (async () => (await peer.call(request)).seconds),
        runOurs: () => seconds(ours),
        target: 3,
      }),
    );
  }
  peer?.close();
  console.log(`peak memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`);
  return rows;
}
