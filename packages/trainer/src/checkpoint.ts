import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PinSage, RunDirectory } from '@pinsage/model';
import {
  commitRename,
  commitReplace,
  ioError,
  PinSageError,
  Safetensors,
  syncDirectory,
  temporaryName,
  writeFileAtomic,
  writeSafetensors,
} from '@pinsage/native';
import type { Adam, AdamState } from '@pinsage/tensor';
import * as tf from '@tensorflow/tfjs-core';
import type { TrainerConfig } from './config.js';
import type { EarlyStoppingState } from './early-stopping.js';
import type { StepReport } from './step-report.js';

const VERSION = 1;

type Tensors = Parameters<typeof writeSafetensors>[1];

/** What a run needs beside weights and moments to go on as if it had never stopped. */
export interface CheckpointState {
  version: number;
  /** Steps done. */
  step: number;
  config: TrainerConfig;
  earlyStopping: EarlyStoppingState;
  /** The last step's report when training was aborted in its validation, which is then made up for on resume. */
  unfinished: StepReport | null;
}

/** Writes `checkpoint-<step>/` (model.safetensors, optimizer.safetensors, state.json): there as a whole, or not at all. */
export async function saveCheckpoint(
  run: RunDirectory,
  model: PinSage,
  optimizer: Adam,
  state: Omit<CheckpointState, 'version'>,
): Promise<void> {
  const path = run.checkpointPath(state.step);
  const temporary = temporaryName(path);
  try {
    await mkdir(temporary);
    await model.save(join(temporary, 'model.safetensors'), { step: String(state.step) });
    await writeSafetensors(join(temporary, 'optimizer.safetensors'), optimizer.state() as Tensors);
    await writeFileAtomic(join(temporary, 'state.json'), JSON.stringify({ version: VERSION, ...state }));
    await syncDirectory(temporary);
    if (existsSync(path)) await commitReplace(temporary, path);
    else await commitRename(temporary, path);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw ioError('writing', path, error);
  }
}

/** Steps of the run's checkpoints, ascending. */
export async function listCheckpoints(run: RunDirectory): Promise<number[]> {
  const steps: number[] = [];
  for (const name of await readdir(run.path)) {
    const match = /^checkpoint-(\d+)$/.exec(name);
    if (match) steps.push(Number(match[1]));
  }
  return steps.sort((a, b) => a - b);
}

/** @throws FILE_NOT_FOUND · FILE_CORRUPT · FILE_VERSION when a newer version wrote it */
export async function readState(run: RunDirectory, step: number): Promise<CheckpointState> {
  const path = join(run.checkpointPath(step), 'state.json');
  const state = parse(await readFile(path, 'utf8').catch((error) => Promise.reject(ioError('reading', path, error))));
  if (state !== undefined && state.version > VERSION) {
    throw new PinSageError(
      'FILE_VERSION',
      `${path} has version ${state.version}; this program reads up to ${VERSION}.`,
    );
  }
  if (state?.step !== step || !isObject(state.config) || !isObject(state.earlyStopping)) {
    throw new PinSageError('FILE_CORRUPT', `${path} is not the state of step ${step}.`);
  }
  return state;
}

/** Puts the checkpoint's weights and moments into the model and the optimizer. */
export async function loadCheckpoint(run: RunDirectory, step: number, model: PinSage, optimizer: Adam): Promise<void> {
  const path = run.checkpointPath(step);
  await loadWeights(model, join(path, 'model.safetensors'));
  const file = await Safetensors.open(join(path, 'optimizer.safetensors'), { verify: true });
  try {
    const moments: AdamState = {};
    for (const name of file.names) {
      const { shape, data } = file.get(name, 'F32');
      moments[name] = { shape, data: data.slice() };
    }
    optimizer.restore(moments);
  } finally {
    file.close();
  }
}

/** Copies the weights of a model file into a model of the same shape. */
export async function loadWeights(model: PinSage, path: string): Promise<void> {
  const file = await Safetensors.open(path, { verify: true });
  try {
    for (const variable of model.variables) {
      const stored = file.has(variable.name) ? file.get(variable.name, 'F32') : undefined;
      if (stored === undefined || stored.shape.join() !== variable.shape.join()) {
        throw new PinSageError(
          'FILE_CORRUPT',
          `${path} is of another model: '${variable.name}' is missing or of another shape.`,
        );
      }
      tf.tidy(() => variable.assign(tf.tensor(stored.data.slice(), variable.shape)));
    }
  } finally {
    file.close();
  }
}

/** Removes all but the newest `keep` checkpoints, and what a crash left of a half-written one. */
export async function pruneCheckpoints(run: RunDirectory, keep: number): Promise<void> {
  const old = (await listCheckpoints(run)).slice(0, -keep).map((step) => run.checkpointPath(step));
  const halves = (await readdir(run.path)).filter((name) => /^checkpoint-\d+\..*\.tmp$/.test(name));
  for (const path of [...old, ...halves.map((name) => join(run.path, name))]) {
    await rm(path, { recursive: true, force: true });
  }
}

function parse(text: string): CheckpointState | undefined {
  try {
    const state: unknown = JSON.parse(text);
    return isObject(state) ? (state as CheckpointState) : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
