import * as tf from '@tensorflow/tfjs-core';

/** As tf.tidy, of work whose result holds no tensors: tf.tidy would search it for some, number by number, which takes longer than the work. */
export function tidied<T>(work: () => T): T {
  let result: T;
  tf.tidy(() => {
    result = work();
  });
  return result!;
}
