import { crc32, inflateRawSync } from 'node:zlib';
import { PinSageError } from '@pinsage/native';

const END = 0x06054b50;
const ENTRY = 0x02014b50;

/**
 * One file out of a zip archive (without the 64-bit extension or encryption).
 * @throws FILE_CORRUPT when the archive is not sound or has no such file.
 */
export function unzip(archive: Buffer, name: string): Buffer {
  try {
    let at = archive.readUInt32LE(findEnd(archive) + 16);
    while (archive.readUInt32LE(at) === ENTRY) {
      const nameLength = archive.readUInt16LE(at + 28);
      const next = at + 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
      if (archive.toString('utf8', at + 46, at + 46 + nameLength) === name) return unpack(archive, at);
      at = next;
    }
  } catch (cause) {
    throw new PinSageError('FILE_CORRUPT', `The zip archive is damaged: ${(cause as Error).message}.`, { cause });
  }
  throw new PinSageError('FILE_CORRUPT', `The zip archive has no ${name}.`);
}

/** The end record is the last thing in the file but for a comment of at most 64 KiB. */
function findEnd(archive: Buffer): number {
  for (let at = archive.length - 22; at >= Math.max(0, archive.length - 65_557); at--) {
    if (archive.readUInt32LE(at) === END) return at;
  }
  throw new Error('it has no end');
}

function unpack(archive: Buffer, entry: number): Buffer {
  const method = archive.readUInt16LE(entry + 10);
  const sum = archive.readUInt32LE(entry + 16);
  const packed = archive.readUInt32LE(entry + 20);
  const size = archive.readUInt32LE(entry + 24);
  const local = archive.readUInt32LE(entry + 42);
  const begin = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  const bytes = archive.subarray(begin, begin + packed);
  if (method !== 0 && method !== 8) throw new Error(`it is packed by method ${method}`);
  const unpacked = method === 0 ? bytes : inflateRawSync(bytes, { maxOutputLength: Math.max(size, 1) });
  if (unpacked.length !== size || crc32(unpacked) !== sum) throw new Error('a checksum does not match');
  return unpacked;
}
