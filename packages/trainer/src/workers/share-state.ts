import { createHash } from 'node:crypto';
import type { PinSage } from '@pinsage/model';
import { type Adam, type AdamState, ownFloats } from '@pinsage/tensor';
import * as tf from '@tensorflow/tfjs-core';
import type { Workers } from './workers.js';

/** Gives worker 0's weights, moments and number of steps to all. @returns these steps */
export async function shareState(workers: Workers, steps: number, model: PinSage, optimizer: Adam): Promise<number> {
  const { variables } = model;
  const state = optimizer.state();
  const hasMoments = variables.map(({ name }) => Number(state[`${name}.m`] !== undefined));
  const header = Float32Array.of(steps, state.iterations.data[0], ...hasMoments);
  await workers.broadcast([header]);
  await shareWeights(workers, model);
  const moments: AdamState = { iterations: { shape: [1], data: header.slice(1, 2) } };
  for (const [i, { name, shape, size }] of variables.entries()) {
    if (header[2 + i] === 0) continue;
    for (const moment of [`${name}.m`, `${name}.v`])
      moments[moment] = state[moment] ?? { shape, data: new Float32Array(size) };
  }
  const { iterations: _, ...rest } = moments;
  await workers.broadcast(Object.values(rest).map(({ data }) => data));
  if (workers.rank > 0) optimizer.restore(moments);
  return header[0];
}

/** Gives worker 0's weights to all. */
export async function shareWeights(workers: Workers, { variables }: PinSage): Promise<void> {
  for (const variable of variables) {
    const weights = Float32Array.from(variable.dataSync());
    await workers.broadcast([weights]);
    if (workers.rank > 0) tf.tidy(() => variable.assign(tf.tensor(weights, variable.shape)));
  }
}

/** SHA-256 of a model's weights. */
export function digestOf({ variables }: PinSage): Uint8Array {
  const hash = createHash('sha256');
  for (const variable of variables) {
    const { buffer, byteOffset, byteLength } = ownFloats(variable) ?? (variable.dataSync() as Float32Array);
    hash.update(new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength));
  }
  return hash.digest();
}
