import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSafetensors, Safetensors, writeSafetensors } from '../lib/safetensors.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pinsage-safetensors-'));
  path = join(folder, 'a.safetensors');
});
afterEach(() => rmSync(folder, { recursive: true }));

const corrupt = expect.objectContaining({ code: 'FILE_CORRUPT' });

/** A file made by hand, as the format's description has it. */
function file(header: unknown, dataBytes: number, length?: bigint): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const word = Buffer.alloc(8);
  word.writeBigUInt64LE(length ?? BigInt(json.length));
  return Buffer.concat([word, json, Buffer.from(Array.from({ length: dataBytes }, (_, i) => i))]);
}

describe('Safetensors', () => {
  test('reads a file made by hand', async () => {
    const header = {
      __metadata__: { made: 'by hand' },
      b: { dtype: 'U16', shape: [2, 1], data_offsets: [3, 7] },
      a: { dtype: 'U8', shape: [3], data_offsets: [0, 3] },
      scalar: { dtype: 'I8', shape: [], data_offsets: [7, 8] },
      none: { dtype: 'F64', shape: [0, 5], data_offsets: [8, 8] },
    };
    writeFileSync(path, file(header, 8));
    using opened = await Safetensors.open(path);
    expect(opened.metadata).toEqual({ made: 'by hand' });
    expect(opened.names.sort()).toEqual(['a', 'b', 'none', 'scalar']);
    expect(opened.get('a')).toEqual({ dtype: 'U8', shape: [3], data: Uint8Array.of(0, 1, 2) });
    expect(opened.get('b', 'U16')).toEqual({ dtype: 'U16', shape: [2, 1], data: Uint16Array.of(0x0403, 0x0605) });
    expect(opened.get('scalar')).toEqual({ dtype: 'I8', shape: [], data: Int8Array.of(7) });
    expect(opened.get('none').data).toEqual(new Float64Array(0));
  });

  test('what is written comes back, aligned and with its checksum apart', async () => {
    const tensors = {
      bytes: { shape: [3], data: Uint8Array.of(1, 2, 3) },
      'layers.0.Q': { shape: [2, 2], data: Float32Array.of(1, -2, Number.NaN, 4) },
      offsets: { shape: [2], data: BigUint64Array.of(0n, 2n ** 63n) },
      'größe "x"': { shape: [1], data: Int16Array.of(-5) },
    };
    await writeSafetensors(path, tensors, { step: '12' });
    using opened = await Safetensors.open(path, { verify: true });
    expect(opened.metadata).toEqual({ step: '12' });
    for (const [name, { shape, data }] of Object.entries(tensors)) {
      const read = opened.get(name);
      expect(read.shape).toEqual(shape);
      expect(read.data).toEqual(data);
      expect(read.data.byteOffset % data.BYTES_PER_ELEMENT).toBe(0);
    }
    expect(readdirSync(folder)).toEqual(['a.safetensors']);
  });

  test('a mapped writer gives the same file as writing at once', async () => {
    const values = Float32Array.from({ length: 3000 }, (_, i) => i / 7);
    await writeSafetensors(path, { x: { shape: [1000, 3], data: values } }, { a: 'b' });
    const other = join(folder, 'b.safetensors');
    const writer = await createSafetensors(other, { x: { dtype: 'F32', shape: [1000, 3] } }, { a: 'b' });
    writer.get('x').set(values as never);
    expect(readdirSync(folder)).not.toContain('b.safetensors');
    await writer.commit();
    expect(readFileSync(other)).toEqual(readFileSync(path));
    expect(readdirSync(folder).sort()).toEqual(['a.safetensors', 'b.safetensors']);
  });

  test('an aborted writer leaves nothing', async () => {
    const writer = await createSafetensors(path, { x: { dtype: 'F32', shape: [10] } });
    await writer.abort();
    await writer.abort();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('refuses to write what does not fit its shape', async () => {
    const write = (shape: number[]) => writeSafetensors(path, { x: { shape, data: new Float32Array(6) } });
    await expect(write([5])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(write([2, -3])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(write([1.5, 4])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a tensor that is not there, or of another type, is said', async () => {
    await writeSafetensors(path, { x: { shape: [1], data: Float32Array.of(1) } });
    using opened = await Safetensors.open(path);
    expect(opened.has('y')).toBe(false);
    expect(() => opened.get('y')).toThrow(/no tensor 'y'; it has 'x'/);
    expect(() => opened.get('x', 'F64')).toThrow(/holds F32, not F64/);
  });

  test('after close, use throws', async () => {
    await writeSafetensors(path, { x: { shape: [1], data: Float32Array.of(1) } });
    const opened = await Safetensors.open(path);
    opened.close();
    expect(() => opened.get('x')).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  });
});

describe('files that are not sound', () => {
  const x = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
  const cases: Record<string, Buffer> = {
    'no bytes': Buffer.alloc(0),
    'five bytes': Buffer.alloc(5),
    'a header longer than the file': file({ x }, 8, 1000n),
    'a header of 2^64-1 bytes': file({ x }, 8, 2n ** 64n - 1n),
    'a header that is no JSON': file('{"x":', 8),
    'a header that is not UTF-8': Buffer.concat([file('', 0, 4n), Buffer.from([0x22, 0xff, 0xfe, 0x22])]),
    'a header that is a list': file([], 0),
    'a header that is null': file('null', 0),
    'a tensor that is a number': file({ x: 5 }, 0),
    'an unknown dtype': file({ x: { ...x, dtype: 'F99' } }, 8),
    'a dtype from the prototype': file({ x: { ...x, dtype: 'constructor' } }, 8),
    'a shape that is not one': file({ x: { ...x, shape: 'ab' } }, 8),
    'a negative size': file({ x: { ...x, shape: [-2] } }, 8),
    'a fraction': file({ x: { ...x, shape: [2.5] } }, 8),
    'a shape beyond 2^53': file({ x: { ...x, shape: [2 ** 40, 2 ** 40] } }, 8),
    'one offset': file({ x: { ...x, data_offsets: [8] } }, 8),
    'offsets the wrong way round': file({ x: { ...x, data_offsets: [8, 0] } }, 8),
    'a shape that does not fill its bytes': file({ x: { ...x, shape: [3] } }, 8),
    'data cut short': file({ x }, 7),
    'data too long': file({ x }, 9),
    'a hole': file({ x, y: { ...x, data_offsets: [12, 20] } }, 20),
    'an overlap': file({ x, y: { ...x, data_offsets: [4, 12] } }, 12),
    'metadata that is no map of strings': file({ __metadata__: { a: 1 }, x }, 8),
  };

  test.each(Object.keys(cases))('%s', async (name) => {
    writeFileSync(path, cases[name]);
    await expect(Safetensors.open(path)).rejects.toThrow(corrupt);
  });

  test('a cut or flipped bit anywhere in a file of ours is refused, or changes no tensor', {
    timeout: 60_000,
  }, async () => {
    const data = Float32Array.of(1, 2, 3, 4);
    await writeSafetensors(path, { x: { shape: [2, 2], data } }, { a: 'b' });
    const good = readFileSync(path);
    for (let length = 0; length < good.length; length += 3) {
      writeFileSync(path, good.subarray(0, length));
      await expect(Safetensors.open(path)).rejects.toThrow(corrupt);
    }
    let refused = 0;
    for (let bit = 0; bit < good.length * 8; bit += 3) {
      const bad = Buffer.from(good);
      bad[bit >> 3] ^= 1 << (bit & 7);
      writeFileSync(path, bad);
      try {
        using opened = await Safetensors.open(path);
        expect(opened.get('x')).toEqual({ dtype: 'F32', shape: [2, 2], data });
      } catch (error) {
        expect(error).toEqual(corrupt);
        ++refused;
      }
    }
    // Only the name of the checksum itself can be damaged without being noticed.
    expect(refused).toBeGreaterThan((good.length * 8) / 3 - 8 * 8);
  });

  test('no such file', async () => {
    await expect(Safetensors.open(path)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });
});

const python = process.env.PINSAGE_PYTHON ?? 'python3';
const hasPython = spawnSync(python, ['-c', 'import safetensors.numpy']).status === 0;

describe.skipIf(!hasPython)('with the Python library', () => {
  test('Python reads ours and we read Python’s', async () => {
    await writeSafetensors(
      path,
      { a: { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }, b: { shape: [1], data: BigUint64Array.of(7n) } },
      { made: 'here' },
    );
    const script = `
import sys, numpy
from safetensors import safe_open
from safetensors.numpy import save_file
with safe_open(sys.argv[1], 'np') as f:
    assert f.metadata()['made'] == 'here'
    save_file({'a2': f.get_tensor('a') * 2, 'b2': f.get_tensor('b'), 'c': numpy.arange(3, dtype='int8')}, sys.argv[2])`;
    const other = join(folder, 'b.safetensors');
    const run = spawnSync(python, ['-c', script, path, other], { encoding: 'utf8' });
    expect(run.stderr).toBe('');
    using opened = await Safetensors.open(other);
    expect(opened.get('a2')).toEqual({ dtype: 'F32', shape: [2, 2], data: Float32Array.of(2, 4, 6, 8) });
    expect(opened.get('b2').data).toEqual(BigUint64Array.of(7n));
    expect(opened.get('c').data).toEqual(Int8Array.of(0, 1, 2));
  });
});
