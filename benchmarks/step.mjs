// How fast is one training step: forward, backward, Adam? Of the paper's model with its batch ready in memory (1,524 roots, fan-out
// [10, 10], 40,000 unique leaves, widths 256 → 512 → 256, max-margin loss), and of DGL's example with its sampling included.

import { PinSage } from '@pinsage/model';
import { randomWords } from '@pinsage/native';
import { Adam, gatherRows, hingeLoss, l2Normalize, linear, transformedPool, useBackend } from '@pinsage/tensor';
import * as tf from '@tensorflow/tfjs-core';
import { compare, seconds } from './lib/compare.mjs';
import { movies } from './lib/movies.mjs';
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
    const pooled = transformedPool(h, q, b, neighbors, shares);
    return l2Normalize(linear([tf.slice(h, [0, 0], [rows, -1]), pooled], w, c, 'relu'));
  };
  const loss = () => {
    const h = convolve(convolve(features, nodes, inner, first), roots, outer, second);
    const z = tf.matMul(linear(h, g1, g, 'relu'), g2);
    const [query, positive, negative] = parts.map((part) => gatherRows(z, part));
    return hingeLoss(tf.matMul(query, negative, false, true), tf.sum(tf.mul(query, positive), 1), 0.1);
  };
  return () => tf.tidy(() => adam.step(variables, tf.variableGrads(loss, variables).grads));
}

/** A step of DGL's example on our side: pairs by a walk of one hop, neighbourhoods, features, model, hinge loss, Adam. */
function makeSampledStep({ graph, sources, columns }, { batch, hidden, layers, walks, hops, neighbors }) {
  const widths = { width: hidden, hidden, output: hidden };
  const model = new PinSage({ features: columns, layers, ...widths, degree: false, similarity: 'dot' });
  const adam = new Adam({ learningRate: 3e-5 });
  const { pins } = graph;
  let step = 0;
  const sample = async () => {
    step += 1;
    const words = randomWords(6n, [step, 0, 0], 0, 2 * batch);
    const drawn = words.map((word) => Math.floor((word / 2 ** 32) * pins));
    const [heads, negatives] = [drawn.subarray(0, batch), drawn.subarray(batch)];
    const tails = await graph.walk(heads, { walks: 1, hops: 1, stop: 0, seed: 6n, stream: step });
    const kept = heads.map((_, i) => i).filter((i) => tails[i] < pins);
    const [queries, positives, others] = [heads, tails, negatives].map((all) => kept.map((i) => all[i]));
    const roots = Uint32Array.of(...queries, ...positives, ...others);
    const exclude = { queries: Uint32Array.of(...queries, ...queries), items: Uint32Array.of(...positives, ...others) };
    const neighborhoods = { walks, hops, stop: 0.5, neighbors, seed: 7n, stream: step };
    return graph.batch(roots, { ...neighborhoods, exclude, layers, features: sources });
  };
  const loss = (sampled) => {
    const z = model.forward(sampled);
    const third = sampled.rootRows.length / 3;
    const [query, positive, negative] = [0, 1, 2].map((part) =>
      gatherRows(z, tf.tensor1d(sampled.rootRows.subarray(part * third, (part + 1) * third), 'int32')),
    );
    return hingeLoss(tf.sum(tf.mul(query, negative), 1, true), tf.sum(tf.mul(query, positive), 1), 1);
  };
  return async () => {
    const sampled = await sample();
    tf.tidy(() => adam.step(model.variables, tf.variableGrads(() => loss(sampled), model.variables).grads));
  };
}

async function paper(peer, { id, precision, onednn, name, target, runOurs }) {
  try {
    await useBackend('pinsage', { precision });
  } catch (error) {
    if (error.code !== 'MISSING_DEPENDENCY') throw error;
    console.log(`${id}: not measured. ${error.message}`);
    return [];
  }
  const request = { op: 'step', roots, fanOut, leaves, width, hidden, bf16: precision === 'bf16', onednn };
  const row = await compare({
    id,
    work: `one training step, ${precision}: ${roots} roots, fan-out [10, 10], ${leaves} leaves, 256 → 512 → 256`,
    unit: 'seconds',
    peer: peer && name,
    runPeer: peer && (async () => (await peer.call(request)).seconds),
    runOurs: () => seconds(runOurs),
    target,
    rounds: 5,
  });
  return [row];
}

async function sampled(peer, data, { id, trimmed, target, ...shape }) {
  const steps = shape.batch > 100 ? 1 : 20;
  await peer?.call({ op: 'dgl_load', name: id, trimmed, ...shape, ...data.peer });
  const ours = makeSampledStep(data, shape);
  const { batch, neighbors, walks, hops, hidden, layers } = shape;
  return compare({
    id,
    work: `sampling and one training step: batch ${batch}, T ${neighbors}, ${walks} walks, ${hops} hops, hidden ${hidden}, ${layers} layers`,
    unit: 'seconds',
    peer: peer && `DGL 2.1 example${trimmed ? ', titles ready' : ''}`,
    runPeer:
      peer &&
      (async () => {
        let total = 0;
        for (let i = 0; i < steps; ++i) total += (await peer.call({ op: 'dgl_step', name: id })).seconds;
        return total / steps;
      }),
    runOurs: async () => {
      const run = async () => {
        for (let i = 0; i < steps; ++i) await ours();
      };
      return (await seconds(run)) / steps;
    },
    target,
    rounds: 5,
  });
}

export default async function step({ threads }) {
  const peer = await startPeer('tensors.py', { threads });
  const runOurs = makeStep();
  const rows = [];
  for (const row of [
    { id: 'step.paper', precision: 'float32', onednn: false, name: 'PyTorch 2.13', target: 3 },
    { id: 'step.paper.onednn', precision: 'float32', onednn: true, name: 'PyTorch 2.13, oneDNN', target: 2 },
    { id: 'step.paper.bf16', precision: 'bf16', onednn: false, name: 'PyTorch 2.13 autocast', target: 3 },
  ]) {
    rows.push(...(await paper(peer, { ...row, runOurs })));
  }
  console.log(`peak memory of step.paper ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`);
  await useBackend('pinsage');
  const data = await movies();
  const small = { batch: 32, neighbors: 3, walks: 10, hops: 2, hidden: 16, layers: 2 };
  const large = { batch: 512, neighbors: 50, walks: 100, hops: 3, hidden: 256, layers: 2 };
  for (const row of [
    { id: 'step.dgl', trimmed: false, target: 10, ...small },
    { id: 'step.dgl.trimmed', trimmed: true, target: 4, ...small },
    { id: 'step.t50', trimmed: true, target: 5, ...large },
  ]) {
    rows.push(await sampled(peer, data, row));
  }
  peer?.close();
  return rows;
}
