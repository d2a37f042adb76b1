import type { ProcessGroup } from '@pinsage/native';
import { ownFloats } from '@pinsage/tensor';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Rows of all workers, one worker's behind the other's by rank. The gradient of a worker's rows is the sum of what all workers' losses
 * make of them. Blocks until the others are there.
 *
 * @param own [counts[rank], d]
 * @param counts [workers] rows of each
 * @returns [sum of counts, d]
 */
export function gatherCandidates(group: ProcessGroup, own: tf.Tensor2D, counts: Uint32Array): tf.Tensor2D {
  const width = own.shape[1];
  const lengths = counts.map((rows) => rows * width);
  const rows = counts.reduce((sum, count) => sum + count, 0);
  const gather = tf.customGrad((x) => {
    const all = new Float32Array(rows * width);
    group.allGather(floatsOf(x as tf.Tensor), lengths, all).wait();
    return {
      value: tf.tensor2d(all, [rows, width]),
      gradFunc: (dy) => {
        const part = new Float32Array(lengths[group.rank]);
        group.reduceScatter(floatsOf(dy), lengths, part).wait();
        return tf.tensor2d(part, own.shape);
      },
    };
  });
  return gather(own) as tf.Tensor2D;
}

function floatsOf(tensor: tf.Tensor): Float32Array {
  return ownFloats(tensor) ?? (tensor.dataSync() as Float32Array);
}
