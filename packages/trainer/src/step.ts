import { crossEntropy, maxMargin, type PinSage, sampledSoftmax, type Whole } from '@pinsage/model';
import { type DeviceGroup, PinSageError, type ProcessGroup } from '@pinsage/native';
import { type Adam, clipByGlobalNorm, gatherRows, importancePool, l2Normalize } from '@pinsage/tensor';
import * as tf from '@tensorflow/tfjs-core';
import type { TrainerConfig } from './config.js';
import type { Block, TrainingBatch } from './training-batch.js';
import { DeviceSum } from './workers/device-sum.js';
import { gatherCandidates } from './workers/gather-candidates.js';
import { GradientSum } from './workers/gradient-sum.js';

export interface StepResult {
  loss: number;
  /** Global norm of the gradients before clipping. */
  gradientNorm: number;
}

/** The other workers, and what all of them agree on before a step. */
export interface Together {
  group: ProcessGroup;
  /** Where gradients are summed between GPUs. */
  gpus?: DeviceGroup;
  /** [blocks] Entries that count as negatives, of all workers. */
  negatives: number[];
}

/**
 * One optimisation step: forward, loss, gradients, clipping, Adam. With others, all workers make the same step.
 *
 * @throws NOT_FINITE when the loss or a gradient is not a number any more; the model is then left as it was.
 */
export function trainStep(
  model: PinSage,
  optimizer: Adam,
  batch: TrainingBatch,
  config: TrainerConfig,
  learningRate: number,
  together?: Together,
): StepResult {
  return tf.tidy(() => {
    const { loss, grads } = gradientsOf(model, batch, config, together);
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

function gradientsOf(
  model: PinSage,
  batch: TrainingBatch,
  config: TrainerConfig,
  together?: Together,
): { loss: number; grads: tf.NamedTensorMap } {
  const { variables } = model;
  if (together === undefined) {
    const { value, grads } = tf.variableGrads(() => lossOf(model, batch, config), variables);
    return { loss: value.dataSync()[0], grads };
  }
  const { group, gpus } = together;
  const sum = gpus ? new DeviceSum(group, gpus, variables) : new GradientSum(group, variables, config.compression);
  try {
    const { value, grads } = tf.variableGrads(() => {
      const loss = lossOf(model, batch, config, together);
      sum.watch(loss);
      return loss;
    }, variables);
    return sum.finish(value, grads);
  } catch (error) {
    // Nothing may write to gradients any more, whose memory now goes to others.
    group.close();
    throw error;
  }
}

/** The mean over all pairs; of a worker's share, what it adds to that. */
export function lossOf(model: PinSage, batch: TrainingBatch, config: TrainerConfig, together?: Together): tf.Scalar {
  const z = model.forward(batch.sample);
  const queries = model.asQueries(queryVectors(model, z, batch));
  const roots = model.asCandidates(z, batch.sample.pins.subarray(0, z.shape[0]));
  const candidates =
    together === undefined || batch.exchange === undefined
      ? roots
      : gatherCandidates(together.group, gatherRows(roots, rowsTensor(batch.exchange.rows)), batch.exchange.counts);
  const items = gatherRows(candidates, rowsTensor(batch.itemRows));
  const shared = batch.sharedRows.length === 0 ? undefined : gatherRows(candidates, rowsTensor(batch.sharedRows));
  const losses = batch.blocks.flatMap((block, i) => {
    if (block.to === block.from) return [];
    const of = together && { pairs: block.end - block.first, negatives: together.negatives[i] };
    const vectors = {
      queries: part(queries, block.from, block.to),
      positives: part(items, block.first, block.end),
      own: block.own,
      shared,
      hard: ownOf(roots, batch, block),
    };
    const loss = blockLoss(block, config, vectors, of);
    return tf.mul(loss, (block.end - block.first) / batch.itemRows.length);
  });
  return tf.addN(losses) as tf.Scalar;
}

interface BlockVectors {
  queries: tf.Tensor2D;
  positives: tf.Tensor2D;
  own?: Int32Array;
  shared?: tf.Tensor2D;
  hard?: tf.Tensor2D;
}

function blockLoss(
  block: Block,
  config: TrainerConfig,
  { queries, ...candidates }: BlockVectors,
  of: Whole | undefined,
): tf.Scalar {
  const { masked } = block;
  if (config.loss === 'max-margin') return maxMargin(queries, candidates, { margin: config.margin, masked, of });
  const { temperature } = config;
  if (config.loss === 'cross-entropy') return crossEntropy(queries, candidates, { temperature, masked, of });
  return sampledSoftmax(queries, candidates, { temperature, masked, logQ: config.logQ ? block.logQ : undefined, of });
}

/** A query is the mean of its pins' embeddings, of length 1 when the pins' are. */
function queryVectors(model: PinSage, z: tf.Tensor2D, batch: TrainingBatch): tf.Tensor2D {
  const { width } = batch.pairs;
  if (width === 1) return gatherRows(z, rowsTensor(batch.queryRows));
  const shape: [number, number] = [batch.queryRows.length / width, width];
  const mean = importancePool(z, tf.tensor2d(batch.queryRows, shape, 'int32'), tf.tensor2d(batch.queryWeights, shape));
  return model.config.similarity === 'cosine' ? l2Normalize(mean) : mean;
}

/** The negatives of each pair alone. */
function ownOf(roots: tf.Tensor2D, batch: TrainingBatch, { from, to }: Block): tf.Tensor2D | undefined {
  if (batch.own === 0) return undefined;
  return gatherRows(roots, rowsTensor(batch.ownRows.subarray(from * batch.own, to * batch.own)));
}

function part(x: tf.Tensor2D, from: number, to: number): tf.Tensor2D {
  return to - from === x.shape[0] ? x : tf.slice(x, [from, 0], [to - from, -1]);
}

function rowsTensor(rows: Int32Array): tf.Tensor1D {
  return tf.tensor1d(rows, 'int32');
}
