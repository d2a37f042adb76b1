// What the suite's own runners set up before its specs, with our backend in the place of theirs.
import '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util';
import { defaultBackend } from '../../dist/register.js';

const backendName = defaultBackend();
setTestEnvs([{ name: backendName, backendName, isDataSync: true }]);
