import { access, readdir } from 'node:fs/promises';
import { cpus, freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { Dataset, type FeatureColumn, locateDatasets } from '@pinsage/graph';
import { blas, type CudaStatus, collectives, cudaStatus, getThreads, PinSageError, simd } from '@pinsage/native';
import '@pinsage/tensor';
import * as tf from '@tensorflow/tfjs-core';
import type { Context } from '../context.js';
import { bytes, columns, count } from '../format.js';
import { version } from '../version.js';
import { openRun } from './run.js';

/** `pinsage info` */
export function describeSystem({ terminal }: Context): void {
  const processors = cpus();
  const system = {
    version,
    node: process.versions.node,
    tfjs: tf.version_core,
    platform: `${process.platform} ${process.arch}`,
    processor: processors[0]?.model.trim() ?? 'unknown',
    processors: processors.length,
    threads: getThreads(),
    blas,
    simd,
    collectives,
    cuda: cudaStatus(),
    backends: tf.engine().backendNames(),
    memory: { total: totalmem(), free: freemem() },
    datasets: locateDatasets(),
  };
  terminal.say(
    columns([
      ['PinSage', system.version],
      ['Node.js', `${system.node} on ${system.platform}`],
      ['TensorFlow.js', `${system.tfjs}, backends ${system.backends.join(', ')}`],
      ['Processor', `${system.processor}, ${system.processors} logical, ${system.threads} threads in use`],
      ['Matrix products', system.blas],
      ['Graph kernels', system.simd],
      ['Several workers', collectives === 'none' ? 'not in this build, which was made without Gloo' : collectives],
      ['CUDA', describeCuda(system.cuda)],
      ...system.cuda.libraries.map(describeLibrary),
      ['Memory', `${bytes(system.memory.total)}, ${bytes(system.memory.free)} free`],
      ['Datasets', system.datasets.join(', ') || 'none found; PINSAGE_DATASETS may name a directory'],
    ]),
  );
  terminal.result(system);
}

function describeCuda({ problem, devices }: CudaStatus): string {
  if (problem !== '') return problem;
  return devices
    .map(({ name, computeCapability, memory }) => `${name} (${computeCapability}), ${bytes(memory)}`)
    .join(', ');
}

function describeLibrary({ name, version, path, problem }: CudaStatus['libraries'][number]): string[] {
  return [name, problem || (version === '' ? path : `${version}, ${path}`)];
}

/** `pinsage info <path>` */
export async function describePath(path: string, context: Context): Promise<void> {
  if (await has(path, 'manifest.json')) await describeDataset(path, context);
  else if (await has(path, 'config.json')) await describeRun(path, context);
  else
    throw new PinSageError('FILE_NOT_FOUND', `${path} is neither a dataset (manifest.json) nor a run (config.json).`);
}

async function describeDataset(path: string, { terminal }: Context): Promise<void> {
  await using dataset = await Dataset.open(path);
  const { counts, edges, source, created, files } = dataset.manifest;
  const graph = await dataset.graph();
  const splits = await readdir(join(path, 'splits')).catch(() => []);
  const features = dataset.features.map(summarize);
  const boardFeatures = dataset.boardFeatures.map(summarize);
  const size = Object.values(files).reduce((sum, file) => sum + file.bytes, 0);
  const largestBoard = graph.boardDegrees().reduce((most, degree) => Math.max(most, degree), 0);
  terminal.say(
    columns([
      ['Dataset', `${path}, ${bytes(size)}, made ${created.slice(0, 10)} of ${source.edges.join(', ')}`],
      ['Pins', `${count(counts.pins)}, of which ${count(counts.pinsWithoutEdges)} without edges`],
      ['Boards', `${count(counts.boards)}, the largest of ${count(largestBoard)} pins`],
      ...dataset.boardTypes.map((name, type) => [`Boards: ${name}`, count(dataset.manifest.boardTypes![type].boards)]),
      ['Edges', `${count(counts.edges)}${edges.weighted ? ', weighted' : ''}${edges.times ? ', with times' : ''}`],
      ['Features', listFeatures(features)],
      ['Boards’ features', listFeatures(boardFeatures)],
      ['Splits', splits.join(', ') || 'none yet'],
    ]),
  );
  const result = {
    dataset: path,
    created,
    bytes: size,
    ...counts,
    largestBoard,
    boardTypes: dataset.manifest.boardTypes,
    ...edges,
  };
  terminal.result({ ...result, features, boardFeatures, splits, source });
}

function summarize({ name, kind, width, store, buckets, missing }: FeatureColumn) {
  return { name, kind, width, store, buckets, missing };
}

function listFeatures(features: ReturnType<typeof summarize>[]): string {
  const shape = ({ kind, width, store = 'f32' }: (typeof features)[number]) =>
    kind === 'dense' ? `dense, ${count(width)} × ${store}` : kind;
  return features.map((feature) => `${feature.name} (${shape(feature)})`).join(', ') || 'none';
}

async function describeRun(path: string, { terminal }: Context): Promise<void> {
  await using run = await openRun(path);
  const { config } = run.directory;
  const names = await readdir(path);
  const checkpoints = names.filter((name) => /^checkpoint-\d+$/.test(name)).sort();
  const outputs = ['model.safetensors', 'embeddings.safetensors', 'evaluation.json', 'report.html'].filter((name) =>
    names.includes(name),
  );
  terminal.say(
    columns([
      ['Run', path],
      ['Dataset', run.dataset.directory],
      ['Split', config.split ?? 'none: trained on all edges'],
      [
        'Training',
        `preset ${run.config.preset}, loss ${run.config.loss}, ${count(run.config.steps ?? run.config.epochs * run.config.stepsPerEpoch)} steps of ${count(run.config.batch)} pairs`,
      ],
      ['Checkpoints', checkpoints.join(', ') || 'none yet'],
      ['Results', outputs.join(', ') || 'none yet'],
    ]),
  );
  terminal.result({ run: path, ...config, dataset: run.dataset.directory, trainer: run.config, checkpoints, outputs });
}

async function has(directory: string, file: string): Promise<boolean> {
  return access(join(directory, file)).then(
    () => true,
    () => false,
  );
}
