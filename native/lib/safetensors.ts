import { createHash } from 'node:crypto';
import { type FileHandle, rm } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { PinSageError } from './errors.js';
import { commitRename, ioError, MappedFile, replaceFile, temporaryName } from './files.js';

// The format: u64 length of the header, the header (JSON), the data. https://github.com/huggingface/safetensors#format
// The checks are those of its Rust implementation, so that what we write Python reads, and what Python refuses we refuse.

const DTYPES = {
  BOOL: Uint8Array,
  U8: Uint8Array,
  I8: Int8Array,
  U16: Uint16Array,
  I16: Int16Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  U32: Uint32Array,
  I32: Int32Array,
  F32: Float32Array,
  U64: BigUint64Array,
  I64: BigInt64Array,
  F64: Float64Array,
};

/** The array of each element type. F16, BF16 and BOOL are given as their raw bits. */
interface TensorArrays {
  BOOL: Uint8Array;
  U8: Uint8Array;
  I8: Int8Array;
  U16: Uint16Array;
  I16: Int16Array;
  F16: Uint16Array;
  BF16: Uint16Array;
  U32: Uint32Array;
  I32: Int32Array;
  F32: Float32Array;
  U64: BigUint64Array;
  I64: BigInt64Array;
  F64: Float64Array;
}

export type TensorDtype = keyof TensorArrays;
export type TensorData<D extends TensorDtype = TensorDtype> = TensorArrays[D];

export interface StoredTensor<D extends TensorDtype = TensorDtype> {
  dtype: D;
  shape: number[];
  /** Row-major; a view of the mapped file. */
  data: TensorData<D>;
}

interface Entry {
  dtype: TensorDtype;
  shape: number[];
  /** Bytes from the start of the data. */
  begin: number;
  end: number;
}

const MAX_HEADER = 100_000_000;
const ALIGNMENT = 64;
const DIGEST_KEY = 'sha256';
const NO_DIGEST = '0'.repeat(64);
const VERIFIED_AT_OPEN = 64 * 2 ** 20;
const CHUNK = 4 * 2 ** 20;
const LARGE_VIEW = 2 ** 30;

export interface SafetensorsOpenOptions {
  /**
   * Whether to read the whole file and compare it with the checksum that our writers leave in its metadata.
   * Default: only when the file has at most 64 MiB. Larger ones can be checked by `verify()`.
   */
  verify?: boolean;
}

/** A mapped safetensors file. */
export class Safetensors {
  readonly path: string;
  /** The file's own `__metadata__`, without our checksum. */
  readonly metadata: Record<string, string>;
  readonly #file: MappedFile;
  readonly #entries: Map<string, Entry>;
  readonly #headerBytes: number;
  readonly #digest?: string;
  readonly #views = new Map<string, TensorData>();

  private constructor(path: string, file: MappedFile) {
    const header = readHeader(path, file);
    const { [DIGEST_KEY]: digest, ...metadata } = header.metadata;
    this.path = path;
    this.metadata = metadata;
    this.#file = file;
    this.#entries = header.entries;
    this.#headerBytes = header.bytes;
    this.#digest = digest;
  }

  /** @throws FILE_NOT_FOUND; FILE_CORRUPT when the file is short, its header is not sound or its checksum is another. */
  static async open(path: string, options: SafetensorsOpenOptions = {}): Promise<Safetensors> {
    const file = MappedFile.open(path);
    try {
      const result = new Safetensors(path, file);
      if (options.verify ?? file.size <= VERIFIED_AT_OPEN) await result.verify();
      return result;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** SHA-256 of the whole file as our writers left it in its metadata; undefined for a file of another program. */
  get digest(): string | undefined {
    return this.#digest;
  }

  get names(): string[] {
    return [...this.#entries.keys()];
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /**
   * One tensor, without a copy (unless another program wrote it unaligned). The array may be written to; the file never changes.
   * @throws FILE_CORRUPT when the file has no such tensor or `dtype` is given and it has another.
   */
  get<D extends TensorDtype = TensorDtype>(name: string, dtype?: D): StoredTensor<D> {
    const entry = this.#entries.get(name);
    if (entry === undefined) {
      throw corrupt(this.path, `it has no tensor '${name}'; it has ${quoted(this.names)}`);
    }
    if (dtype !== undefined && entry.dtype !== dtype) {
      throw corrupt(this.path, `its tensor '${name}' holds ${entry.dtype}, not ${dtype}`);
    }
    const data = this.#views.get(name) ?? view(this.#file, this.#headerBytes + entry.begin, entry);
    this.#views.set(name, data);
    return { dtype: entry.dtype as D, shape: [...entry.shape], data: data as TensorData<D> };
  }

  /** Reads everything and compares it with the stored checksum. A file that another program wrote has none, and passes. */
  async verify(): Promise<void> {
    if (this.#digest === undefined) return;
    const digest = await fileDigest(this.#file, this.#headerBytes, this.#digest);
    if (digest !== this.#digest) {
      throw corrupt(
        this.path,
        'its contents do not match its checksum, so it was changed or damaged after it was written',
      );
    }
  }

  /** For a file that does not fit into memory, and is read here and there. */
  expectRandomReads(): void {
    this.#file.expectRandomReads();
  }

  /** Bytes of the file. */
  get size(): number {
    return this.#file.size;
  }

  close(): void {
    this.#views.clear();
    this.#file.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** A tensor to write: row-major data, whose element type gives the dtype. */
export interface TensorToWrite {
  shape: number[];
  data: TensorData;
}

/** A tensor to write that is not in memory: its bytes, piece by piece. */
export interface TensorPieces {
  shape: number[];
  dtype: TensorDtype;
  pieces: () => AsyncIterable<Uint8Array>;
}

/**
 * Writes a safetensors file atomically (temporary name, fsync, rename), with a checksum over the whole in its metadata.
 * @throws IO, with "the disk is full" where it is; INVALID_ARGUMENT when data does not fill its shape. The old file is then untouched.
 */
export async function writeSafetensors(
  path: string,
  tensors: Record<string, TensorToWrite | TensorPieces>,
  metadata: Record<string, string> = {},
): Promise<void> {
  const specs = Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => {
      const dtype = 'data' in tensor ? dtypeOf(tensor.data) : tensor.dtype;
      return [name, { dtype, shape: tensor.shape }];
    }),
  );
  const { header, entries } = layOut(specs, metadata);
  for (const [name, { begin, end }] of entries) {
    const tensor = tensors[name];
    if ('data' in tensor && tensor.data.byteLength !== end - begin) throw misfit(name, tensor, tensor.data.byteLength);
  }
  const hash = createHash('sha256').update(header);
  await replaceFile(path, async (file) => {
    await writeAll(file, header);
    for (const [name, { begin, end }] of entries) {
      let bytes = 0;
      for await (const piece of piecesOf(tensors[name])) {
        hash.update(piece);
        await writeAll(file, piece);
        bytes += piece.length;
      }
      if (bytes !== end - begin) throw misfit(name, tensors[name], bytes);
    }
    setDigest(header, hash.digest('hex'));
    for (let at = 0; at < header.length; ) at += (await file.write(header, at, header.length - at, at)).bytesWritten;
  });
}

function misfit(name: string, { shape }: { shape: number[] }, bytes: number): PinSageError {
  return new PinSageError('INVALID_ARGUMENT', `tensors.${name} has ${bytes} bytes, but its shape is [${shape}].`, {
    argument: `tensors.${name}`,
  });
}

function piecesOf(tensor: TensorToWrite | TensorPieces): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  return 'data' in tensor ? chunksOf(tensor.data) : tensor.pieces();
}

function* chunksOf({ buffer, byteOffset, byteLength }: TensorData): Generator<Uint8Array> {
  for (let at = 0; at < byteLength; at += CHUNK) {
    yield new Uint8Array(buffer, byteOffset + at, Math.min(CHUNK, byteLength - at));
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
}

/** A safetensors file whose tensors are filled in place, mapped: for results larger than memory. */
export interface SafetensorsWriter {
  /** The tensor's memory, zero at first. */
  get(name: string): TensorData;
  /** Syncs, and gives the file its name. The arrays are empty from now on. */
  commit(): Promise<void>;
  /** Removes what was written. Does nothing after commit. */
  abort(): Promise<void>;
}

/**
 * Creates a safetensors file under a temporary name and maps it; `commit` renames it to `path`.
 * @throws IO, with "the disk is full" where it is: the space is reserved before this resolves.
 */
export async function createSafetensors(
  path: string,
  specs: Record<string, { dtype: TensorDtype; shape: number[] }>,
  metadata: Record<string, string> = {},
): Promise<SafetensorsWriter> {
  const layout = layOut(specs, metadata);
  const temporary = temporaryName(path);
  const file = MappedFile.create(temporary, layout.header.length + layout.dataBytes);
  const header = new Uint8Array(file.view(0, layout.header.length));
  header.set(layout.header);
  const views = new Map<string, TensorData>();
  let open = true;

  const discard = async () => {
    open = false;
    file.close();
    await rm(temporary, { force: true });
  };
  return {
    get(name) {
      const entry = layout.entries.get(name);
      if (entry === undefined) {
        throw new PinSageError('INVALID_ARGUMENT', `${path} was created without a tensor '${name}'.`, {
          argument: 'name',
        });
      }
      const data = views.get(name) ?? view(file, layout.header.length + entry.begin, entry);
      views.set(name, data);
      return data;
    },
    async commit() {
      try {
        setDigest(header, await fileDigest(file, layout.header.length, NO_DIGEST));
        await file.sync();
        await commitRename(temporary, path);
        open = false;
        file.close();
      } catch (error) {
        await discard();
        throw ioError('writing', path, error);
      }
    },
    async abort() {
      if (open) await discard();
    },
  };
}

interface Layout {
  /** Length word, JSON and padding, with zeros for the checksum. */
  header: Uint8Array;
  /** In the order of the file. */
  entries: Map<string, Entry>;
  dataBytes: number;
}

/** Wide element types first: then every tensor is aligned to its element, without gaps (which the format does not allow). */
function layOut(
  specs: Record<string, { dtype: TensorDtype; shape: number[] }>,
  metadata: Record<string, string>,
): Layout {
  const entries = new Map<string, Entry>();
  const bySize = Object.entries(specs).sort(([, a], [, b]) => elementBytes(b.dtype) - elementBytes(a.dtype));
  let end = 0;
  for (const [name, { dtype, shape }] of bySize) {
    const begin = end;
    const bytes = tensorBytes(dtype, shape);
    if (bytes === undefined) {
      throw new PinSageError('INVALID_ARGUMENT', `The shape of tensor '${name}' is [${shape}].`, { argument: 'shape' });
    }
    end += bytes;
    entries.set(name, { dtype, shape: [...shape], begin, end });
  }
  const json = [...entries].map(([name, { dtype, shape, begin, end }]) => {
    return [name, { dtype, shape, data_offsets: [begin, end] }] as [string, unknown];
  });
  json.unshift(['__metadata__', { ...metadata, [DIGEST_KEY]: NO_DIGEST }]);
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(json)));
  const header = new Uint8Array(Math.ceil((8 + text.length) / ALIGNMENT) * ALIGNMENT).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(text, 8);
  return { header, entries, dataBytes: end };
}

function readHeader(path: string, file: MappedFile) {
  const { size } = file;
  if (size < 8) throw corrupt(path, `it has ${size} bytes, too few for a header`);
  const length = Number(new DataView(file.view(0, 8)).getBigUint64(0, true));
  if (length > MAX_HEADER || length > size - 8) {
    throw corrupt(path, `its header claims ${length} bytes, and the file has ${size}`);
  }
  const dataBytes = size - 8 - length;
  const { __metadata__: metadata = {}, ...tensors } = parseHeader(path, new Uint8Array(file.view(8, length)));
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    throw corrupt(path, 'its __metadata__ is not a map from strings to strings');
  }
  const entries = Object.entries(tensors).map(([name, value]) => [name, readEntry(path, name, value)] as const);
  entries.sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const [name, entry] of entries) {
    if (entry.begin !== end)
      throw corrupt(path, `the data of tensor '${name}' does not begin where the one before it ends`);
    end = entry.end;
  }
  if (end !== dataBytes) {
    throw corrupt(path, `its tensors take ${end} bytes, and ${dataBytes} follow the header: it was cut or extended`);
  }
  return { metadata: metadata as Record<string, string>, entries: new Map(entries), bytes: 8 + length };
}

function parseHeader(path: string, bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw corrupt(path, 'its header is not JSON', cause);
  }
  if (!isRecord(header)) throw corrupt(path, 'its header is not a JSON object');
  return header;
}

function readEntry(path: string, name: string, value: unknown): Entry {
  const { dtype, shape, data_offsets: offsets } = isRecord(value) ? value : {};
  if (typeof dtype !== 'string' || !Object.hasOwn(DTYPES, dtype)) {
    throw corrupt(path, `tensor '${name}' has the unknown dtype ${JSON.stringify(dtype)}`);
  }
  if (!isSizes(shape)) throw corrupt(path, `tensor '${name}' has the shape ${JSON.stringify(shape)}`);
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    throw corrupt(path, `tensor '${name}' has the data_offsets ${JSON.stringify(offsets)}`);
  }
  const [begin, end] = offsets;
  if (tensorBytes(dtype as TensorDtype, shape) !== end - begin) {
    throw corrupt(path, `tensor '${name}' is ${dtype} [${shape}], which does not fill its ${end - begin} bytes`);
  }
  return { dtype: dtype as TensorDtype, shape, begin, end };
}

/** undefined when a size is not one, or the product is beyond what a file can hold. */
function tensorBytes(dtype: TensorDtype, shape: number[]): number | undefined {
  if (!isSizes(shape)) return undefined;
  const bytes = shape.reduce((product, size) => product * size, elementBytes(dtype));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

function view(file: MappedFile, offset: number, { dtype, begin, end }: Entry): TensorData {
  const Type = DTYPES[dtype];
  const buffer = file.view(offset, end - begin);
  return new Type(offset % Type.BYTES_PER_ELEMENT === 0 ? buffer : buffer.slice(0));
}

function dtypeOf(data: TensorData): TensorDtype {
  // The first one of an element type is the plain one, but for BOOL.
  const found = Object.entries(DTYPES).find(([name, Type]) => data instanceof Type && name !== 'BOOL');
  if (found === undefined)
    throw new PinSageError('INVALID_ARGUMENT', 'data must be a typed array.', { argument: 'data' });
  return found[0] as TensorDtype;
}

function elementBytes(dtype: TensorDtype): number {
  return DTYPES[dtype].BYTES_PER_ELEMENT;
}

/** SHA-256 of the file with zeros in the place of the checksum itself. In pieces, so that the event loop goes on. */
async function fileDigest(file: MappedFile, headerBytes: number, digest: string): Promise<string> {
  const header = new Uint8Array(file.view(0, headerBytes)).slice();
  replaceText(header, digestText(digest), digestText(NO_DIGEST));
  const hash = createHash('sha256').update(header);
  for (let begin = headerBytes; begin < file.size; begin += LARGE_VIEW) {
    const bytes = new Uint8Array(file.view(begin, Math.min(LARGE_VIEW, file.size - begin)));
    for (const chunk of chunksOf(bytes)) {
      hash.update(chunk);
      if (file.size > CHUNK) await setImmediate();
    }
  }
  return hash.digest('hex');
}

function setDigest(header: Uint8Array, digest: string): void {
  replaceText(header, digestText(NO_DIGEST), digestText(digest));
}

function digestText(digest: string): string {
  return `"${DIGEST_KEY}":"${digest}"`;
}

function replaceText(bytes: Uint8Array, from: string, to: string): void {
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(from);
  if (at >= 0) bytes.set(new TextEncoder().encode(to), at);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function quoted(names: string[]): string {
  return names.length === 0 ? 'none' : names.map((name) => `'${name}'`).join(', ');
}

function corrupt(path: string, reason: string, cause?: unknown): PinSageError {
  return new PinSageError('FILE_CORRUPT', `${path} cannot be used: ${reason}.`, { cause });
}
