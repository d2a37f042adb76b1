import * as tf from '@tensorflow/tfjs-core';
import { PinSageBackend } from './backend.js';
import { kernels } from './kernels/index.js';

// Backend "pinsage": every kernel of the CPU backend, and ours in the place of those that we have.
tf.registerBackend('pinsage', () => new PinSageBackend(), 10);
tf.copyRegisteredKernels('cpu', 'pinsage');
for (const { kernelName, native } of kernels) {
  const plain = tf.getKernel(kernelName, 'cpu').kernelFunc;
  tf.unregisterKernel(kernelName, 'pinsage');
  tf.registerKernel({
    kernelName,
    backendName: 'pinsage',
    kernelFunc: (call) => native(call as never) ?? plain(call),
  });
}
