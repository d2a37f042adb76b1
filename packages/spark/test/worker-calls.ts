import { once } from 'node:events';
import {
  Binary,
  type DataType,
  Field,
  Float32,
  Int32,
  Int64,
  List,
  type RecordBatch,
  Struct,
  Table,
  tableFromIPC,
  tableToIPC,
  vectorFromArray,
} from 'apache-arrow';
import { FrameReader } from '../src/frames.js';
import { startWorker } from './support.js';

export const pinType = new Int64();
export const intsType = new List(new Field('element', new Int32()));
const target = new Struct([new Field('pin', new Int64()), new Field('weight', new Float32())]);
const columnTypes: Record<string, DataType> = {
  kind: new Int32(),
  pin: pinType,
  blocks: intsType,
  vector: new Binary(),
  targets: new List(new Field('element', target)),
};

export type Row = Record<string, unknown>;

/** Batches of at most `size` rows, whose columns are as Spark sends them. */
export function batches(rows: Row[], size = 64, types = columnTypes): RecordBatch[] {
  const names = Object.keys(rows[0]);
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, i) => {
    const some = rows.slice(i * size, (i + 1) * size);
    const columns = names.map((name) => [
      name,
      vectorFromArray(
        some.map((row) => row[name]),
        types[name],
      ),
    ]);
    return new Table(Object.fromEntries(columns)).batches[0];
  });
}

/** The frames of a stream. */
export function streamOf(stage: object, input: RecordBatch[]): Buffer[] {
  const contents = [Buffer.from(JSON.stringify(stage)), ...input.map((batch) => tableToIPC(new Table([batch]))), []];
  return contents.map((bytes) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    return Buffer.concat([length, Uint8Array.from(bytes)]);
  });
}

/** A worker process that answers stream after stream. */
export class WorkerCalls {
  readonly process = startWorker();
  readonly #answers = new FrameReader(this.process.stdout);

  /** The rows of the answer. */
  async call(stage: object, input: RecordBatch[]): Promise<Row[]> {
    await this.write(stage, input);
    const rows: Row[] = [];
    for await (const frame of this.#answers.stream()) {
      for (const row of tableFromIPC(frame)) rows.push(row.toJSON());
    }
    return rows;
  }

  async write(stage: object, input: RecordBatch[]): Promise<void> {
    const { stdin } = this.process;
    for (const frame of streamOf({ threads: 1, ...stage }, input)) if (!stdin.write(frame)) await once(stdin, 'drain');
  }

  async close(): Promise<void> {
    if (this.process.exitCode !== null) return;
    const exit = once(this.process, 'exit');
    this.process.stdin.end();
    await exit;
  }
}
