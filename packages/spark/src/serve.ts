import type { Readable, Writable } from 'node:stream';
import { setThreads } from '@pinsage/native';
import { type RecordBatch, Table, tableFromIPC, tableToIPC } from 'apache-arrow';
import { encode } from './encode.js';
import { FrameReader, writeFrame } from './frames.js';
import { inputs, neighborhoods } from './map-pins.js';
import { reduceBlock } from './reduce-block.js';
import { Sources } from './sources.js';
import { parseStage, type Stage } from './stage.js';

/**
 * Answers each stream of `input` with one on `output`, until there are no more. A stream's first frame says what it is to be put through
 * (a Stage, as JSON); the others, and those of the answer, are Arrow IPC streams, each of which is read and computed only when what the one
 * before gave has been written.
 *
 * @throws PinSageError INVALID_ARGUMENT for a stage or columns that are not as they have to be; IO for an input that ends too early;
 *   what opening datasets and models throws
 */
export async function serve(input: Readable, output: Writable): Promise<void> {
  const sources = new Sources();
  const frames = new FrameReader(input);
  try {
    for (let frame = await frames.next(); frame !== undefined; frame = await frames.next()) {
      const stage = parseStage(Buffer.from(frame).toString());
      setThreads(stage.threads);
      for await (const batch of apply(stage, batchesOf(frames), sources)) {
        await writeFrame(output, tableToIPC(new Table([batch])));
      }
      await writeFrame(output, new Uint8Array(0));
    }
  } finally {
    // Else a process that has failed would wait for more.
    input.destroy();
    await sources.close();
  }
}

async function* batchesOf(frames: FrameReader): AsyncGenerator<RecordBatch> {
  for await (const frame of frames.stream()) yield* tableFromIPC(frame).batches;
}

async function* apply(
  stage: Stage,
  batches: AsyncIterable<RecordBatch>,
  sources: Sources,
): AsyncGenerator<RecordBatch> {
  const model = await sources.model(stage.model);
  if (stage.op === 'pool') yield* reduceBlock(batches, { model });
  else if (stage.op === 'convolve') yield* reduceBlock(batches, { model, layer: stage.layer });
  else if (stage.op === 'encode') for await (const batch of batches) yield encode(batch, model);
  else {
    const dataset = await sources.dataset(stage.dataset);
    const map = stage.op === 'inputs' ? inputs : neighborhoods;
    for await (const batch of batches) yield* map(batch, dataset, model, stage.threads);
  }
}
