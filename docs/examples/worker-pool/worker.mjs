import { parentPort, workerData } from 'node:worker_threads';
import { Recommender } from '@pinsage/inference';

const recommender = await Recommender.open(workerData.run);
parentPort.postMessage('ready');

parentPort.on('message', async ({ id, method, args }) => {
  if (method === 'close') {
    await recommender.close();
    parentPort.close();
    return;
  }
  try {
    parentPort.postMessage({ id, result: await recommender[method](...args) });
  } catch ({ code, message }) {
    parentPort.postMessage({ id, error: { code, message } });
  }
});
