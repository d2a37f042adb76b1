import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export const BIN = fileURLToPath(new URL('../bin/pinsage.js', import.meta.url));

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
  /** The last line of stdout, when it is JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into results of many shapes.
  json: any;
}

/** Starts the real command in a process of its own. */
export function start(args: string[], stdin?: string): { child: ChildProcess; outcome: Promise<Outcome> } {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: 'pipe' });
  child.stdin.end(stdin ?? '');
  return { child, outcome: finish(child) };
}

/** What a command comes to. */
export async function finish(child: ChildProcessWithoutNullStreams): Promise<Outcome> {
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { code, stdout, stderr, json: parse(stdout.trimEnd().split('\n').at(-1) as string) };
}

export function pinsage(args: string[], stdin?: string): Promise<Outcome> {
  return start(args, stdin).outcome;
}

/** One float32 tensor of a safetensors file, read by hand. */
export async function readTensor(path: string, name: string): Promise<{ shape: number[]; data: Float32Array }> {
  const bytes = await readFile(path);
  const length = Number(bytes.readBigUInt64LE(0));
  const { shape, data_offsets: range } = JSON.parse(bytes.subarray(8, 8 + length).toString('utf8'))[name];
  const [from, to] = range.map((offset: number) => 8 + length + offset);
  return { shape, data: new Float32Array(new Uint8Array(bytes.subarray(from, to)).buffer) };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
