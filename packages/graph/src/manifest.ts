import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileDigest, ioError, PinSageError, writeFileAtomic } from '@pinsage/native';

const MANIFEST = 'manifest.json';

/** A file of a directory, as it was when it was written. */
export interface FileRecord {
  bytes: number;
  sha256: string;
}

/** What every directory of ours says about itself. */
export interface ManifestBase {
  /** What kind of directory it is. */
  format: string;
  /** Of the directory's layout. A reader refuses newer ones. */
  version: number;
  created: string;
  files: Record<string, FileRecord>;
}

/** Files up to this size are compared with their checksum whenever a directory is opened; it takes a few hundredths of a second. */
const CHECKED_AT_OPEN = 64 * 2 ** 20;

/** Writes `manifest.json` for the files that are in the directory. It names itself last: a directory without one is unfinished. */
export async function writeManifest<T extends object>(
  directory: string,
  kind: { format: string; version: number },
  content: T,
  files: string[],
): Promise<T & ManifestBase> {
  const records: Record<string, FileRecord> = {};
  for (const file of files) records[file] = await record(join(directory, file));
  const manifest = { ...kind, created: new Date().toISOString(), ...content, files: records };
  const text = JSON.stringify({ ...manifest, checksum: checksum(manifest) }, null, 2);
  await writeFileAtomic(join(directory, MANIFEST), `${text}\n`);
  return manifest;
}

/**
 * Reads a directory's manifest and compares the files with it: their sizes, and the checksums of those up to 64 MiB.
 * @throws FILE_NOT_FOUND when this is no such directory or a file is missing; FILE_VERSION when it was written by a newer
 *   version; FILE_CORRUPT when something was changed.
 */
export async function readManifest<T extends ManifestBase>(
  directory: string,
  kind: { format: string; version: number },
): Promise<T> {
  const path = join(directory, MANIFEST);
  const text = await readFile(path, 'utf8').catch((error) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw ioError('reading', path, error);
    throw new PinSageError('FILE_NOT_FOUND', `${directory} is not a ${kind.format}: it has no ${MANIFEST}.`);
  });
  const { checksum: expected, ...manifest } = parse(path, text) as T & { checksum: unknown };
  if (manifest.format !== kind.format) {
    throw new PinSageError('FILE_CORRUPT', `${path} does not describe a ${kind.format}.`);
  }
  if (typeof manifest.version === 'number' && manifest.version > kind.version) {
    const message = `${directory} has version ${manifest.version} of the ${kind.format} format, and this program knows ${kind.version}: install a newer one.`;
    throw new PinSageError('FILE_VERSION', message, { value: manifest.version, allowed: `up to ${kind.version}` });
  }
  if (expected !== checksum(manifest)) {
    throw new PinSageError('FILE_CORRUPT', `${path} does not match its checksum: it was damaged, or changed by hand.`);
  }
  await verifyFiles(directory, manifest as unknown as ManifestBase, CHECKED_AT_OPEN);
  return manifest as unknown as T;
}

/** Compares the files with the manifest: all sizes, and the checksums of those of at most `largest` bytes. */
export async function verifyFiles(
  directory: string,
  manifest: ManifestBase,
  largest = Number.POSITIVE_INFINITY,
): Promise<void> {
  for (const [file, { bytes, sha256 }] of Object.entries(manifest.files)) {
    const path = join(directory, file);
    const size = await stat(path).then(
      (status) => status.size,
      (error) => {
        throw ioError('reading', path, error);
      },
    );
    if (size !== bytes)
      throw new PinSageError('FILE_CORRUPT', `${path} has ${size} bytes, and was written with ${bytes}.`);
    if (bytes <= largest && (await fileDigest(path)) !== sha256) {
      throw new PinSageError('FILE_CORRUPT', `${path} does not match its checksum: it was damaged or changed.`);
    }
  }
}

async function record(path: string): Promise<FileRecord> {
  return { bytes: (await stat(path)).size, sha256: await fileDigest(path) };
}

/** Of the manifest itself, so that a flipped digit in it is noticed as one in the other files is. */
function checksum(manifest: object): string {
  return createHash('sha256').update(JSON.stringify(manifest)).digest('hex');
}

function parse(path: string, text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Said below.
  }
  throw new PinSageError('FILE_CORRUPT', `${path} is not a JSON object.`);
}
