import { crossEntropy, maxMargin, type PinSage, sampledSoftmax } from '@pinsage/model';
import { PinSageError } from '@pinsage/native';
import { type Adam, clipByGlobalNorm, gatherRows, importancePool, l2Normalize } from '@pinsage/tensor';
import * as tf from '@tensorflow/tfjs-core';
import type { TrainerConfig } from './config.js';
import type { Block, TrainingBatch } from './training-batch.js';

export interface StepResult {
  loss: number;
  /** Global norm of the gradients before clipping. */
  gradientNorm: number;
}

/**
 * One optimisation step: forward, loss, gradients, clipping, Adam.
 *
 * @throws NOT_FINITE when the loss or a gradient is not a number any more; the model is then left as it was.
 */
export function trainStep(
  model: PinSage,
  optimizer: Adam,
  batch: TrainingBatch,
  config: TrainerConfig,
  learningRate: number,
): StepResult {
  return tf.tidy(() => {
    const { value, grads } = tf.variableGrads(() => lossOf(model, batch, config), model.variables);
    const loss = value.dataSync()[0];
    const names = Object.keys(grads);
    const clipped = clipByGlobalNorm(Object.values(grads), config.clipNorm ?? Number.MAX_VALUE);
    if (!Number.isFinite(loss) || !Number.isFinite(clipped.norm)) {
      throw new PinSageError(
        'NOT_FINITE',
        `The loss is ${loss} and the norm of its gradient ${clipped.norm} in step ${batch.step}: try a smaller learningRate.`,
      );
    }
    optimizer.step(model.variables, Object.fromEntries(names.map((name, i) => [name, clipped.grads[i]])), learningRate);
    return { loss, gradientNorm: clipped.norm };
  });
}

/** The mean over all pairs. */
export function lossOf(model: PinSage, batch: TrainingBatch, config: TrainerConfig): tf.Scalar {
  const z = model.forward(batch.sample);
  const queries = model.asQueries(queryVectors(model, z, batch));
  const candidates = model.asCandidates(z, batch.sample.pins.subarray(0, z.shape[0]));
  const items = gatherRows(candidates, rowsTensor(batch.itemRows));
  const shared = batch.sharedRows.length === 0 ? undefined : gatherRows(candidates, rowsTensor(batch.sharedRows));
  const losses = batch.blocks.map((block) => {
    const loss = blockLoss(block, config, {
      queries: part(queries, block),
      positives: part(items, block),
      shared,
      hard: ownOf(candidates, batch, block),
    });
    return tf.mul(loss, (block.end - block.first) / batch.itemRows.length);
  });
  return tf.addN(losses) as tf.Scalar;
}

interface BlockVectors {
  queries: tf.Tensor2D;
  positives: tf.Tensor2D;
  shared?: tf.Tensor2D;
  hard?: tf.Tensor2D;
}

function blockLoss(block: Block, config: TrainerConfig, { queries, ...candidates }: BlockVectors): tf.Scalar {
  const { masked } = block;
  if (config.loss === 'max-margin') return maxMargin(queries, candidates, { margin: config.margin, masked });
  const { temperature } = config;
  if (config.loss === 'cross-entropy') return crossEntropy(queries, candidates, { temperature, masked });
  return sampledSoftmax(queries, candidates, { temperature, masked, logQ: config.logQ ? block.logQ : undefined });
}

/** A query is the mean of its pins' embeddings, of length 1 when the pins' are. */
function queryVectors(model: PinSage, z: tf.Tensor2D, batch: TrainingBatch): tf.Tensor2D {
  const { width } = batch.pairs;
  if (width === 1) return gatherRows(z, rowsTensor(batch.queryRows));
  const shape: [number, number] = [batch.itemRows.length, width];
  const mean = importancePool(z, tf.tensor2d(batch.queryRows, shape, 'int32'), tf.tensor2d(batch.queryWeights, shape));
  return model.config.similarity === 'cosine' ? l2Normalize(mean) : mean;
}

/** The negatives of each pair alone. */
function ownOf(candidates: tf.Tensor2D, batch: TrainingBatch, block: Block): tf.Tensor2D | undefined {
  if (batch.own === 0) return undefined;
  return gatherRows(candidates, rowsTensor(batch.ownRows.subarray(block.first * batch.own, block.end * batch.own)));
}

function part(x: tf.Tensor2D, { first, end }: Block): tf.Tensor2D {
  return end - first === x.shape[0] ? x : tf.slice(x, [first, 0], [end - first, -1]);
}

function rowsTensor(rows: Int32Array): tf.Tensor1D {
  return tf.tensor1d(rows, 'int32');
}
