/**
 * Writes of the file store. Every write, also a plain put, is an upload: parts in a directory of their own beside the
 * target, hence on the same file system, made visible by one atomic call.
 *
 *     sales/
 *       .millrace-uploads/
 *         1.parquet/                      the target's name
 *           m3x9k2a1-6f1d…/               the upload: when it began, and a random id
 *             1-9ae16a3b-8388608          part: number, CRC-32, size        (and a copy of all parts while completing)
 *       1.parquet                         after completion: a hard link to the part, or to the copy
 *
 *     ── begin ──▶ open ── link or rename ──▶ visible, upload still there ── rename to gone-… ──▶ done
 *                   │  └── abort: rename to gone-… ──▶ done
 *
 * A crash before the link leaves nothing visible, and completing again starts over. A crash after it leaves the whole
 * object and an upload directory; completing again finds that the target is the same file (inode) as its own part or
 * copy, and only tidies up. Removing a directory is not atomic, so it is first renamed to a name that is no upload.
 * Files are synced before they get the name under which they count.
 */

import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, link, mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { InvalidArgument, PreconditionFailed, UploadNotFound } from '../errors.ts';
import { errorCode } from './file-errors.ts';
import type { UploadedPart } from './object-store.ts';

/** The directory of uploads, hidden from every listing. */
export const UPLOADS_DIRECTORY = '.millrace-uploads';

const UPLOAD_ID = /^([0-9a-z]{1,10})-[0-9a-f-]{36}$/;
/** How often a directory may vanish under a begin, because others remove theirs, before it counts as a failure. */
const MAX_BEGIN_ATTEMPTS = 50;

export interface OpenUpload {
  readonly name: string;
  readonly uploadId: string;
  readonly startedMs: number;
}

function uploadDirectory(path: string, uploadId: string): string {
  return join(dirname(path), UPLOADS_DIRECTORY, basename(path), uploadId);
}

export async function beginUpload(path: string): Promise<string> {
  const uploadId = `${Date.now().toString(36)}-${randomUUID()}`;
  for (let attempt = 1; ; attempt++) {
    try {
      await makeDirectory(uploadDirectory(path, uploadId));
      return uploadId;
    } catch (error) {
      // Another upload's end has removed a parent, empty until now, between two steps of this mkdir.
      if (errorCode(error) !== 'ENOENT' || attempt === MAX_BEGIN_ATTEMPTS) throw error;
    }
  }
}

/** Not mkdir's own recursion, which never ends where the system says ENOENT of a parent that is there, as in /proc. */
async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory);
  } catch (error) {
    if (errorCode(error) === 'EEXIST' && (await stat(directory)).isDirectory()) return;
    if (errorCode(error) !== 'ENOENT' || dirname(directory) === directory) throw error;
    await makeDirectory(dirname(directory));
    await mkdir(directory).catch(ignoring('EEXIST'));
  }
}

export async function writePart(
  uri: string,
  path: string,
  uploadId: string,
  number: number,
  bytes: Uint8Array,
  sync: boolean,
): Promise<UploadedPart> {
  const directory = await existingUpload(uri, path, uploadId);
  const etag = crc32(bytes).toString(16).padStart(8, '0');
  const part: UploadedPart = { number, size: bytes.byteLength, etag };
  const unfinished = join(directory, `unfinished-${randomUUID()}`);
  return inUpload(uri, uploadId, async () => {
    const handle = await open(unfinished, 'wx');
    try {
      await writeAll(handle, bytes);
      if (sync) await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, join(directory, partFile(part)));
    for (const file of await readdir(directory)) {
      if (file.startsWith(`${number}-`) && file !== partFile(part)) await rm(join(directory, file), { force: true });
    }
    if (sync) await syncDirectory(directory);
    return part;
  });
}

/** Makes `path` of the parts; with `exclusive`, only where nothing is there. */
export async function completeUpload(
  uri: string,
  path: string,
  uploadId: string,
  parts: readonly UploadedPart[],
  exclusive: boolean,
  sync: boolean,
): Promise<void> {
  const directory = await existingUpload(uri, path, uploadId);
  await inUpload(uri, uploadId, async () => {
    const whole = await wholeFile(uri, directory, parts, sync);
    if (exclusive) await linkExclusively(uri, whole, path, directory);
    else {
      // Renaming the only part itself would leave nothing to complete again with.
      const replacement = join(directory, `whole-${randomUUID()}`);
      await link(whole, replacement);
      await rename(replacement, path);
    }
  });
  if (sync) await syncDirectory(dirname(path));
  await removeUpload(path, uploadId);
}

/** Removes the upload's directory, and those above it that are left empty. */
export async function removeUpload(path: string, uploadId: string): Promise<void> {
  if (!UPLOAD_ID.test(uploadId)) return;
  const directory = uploadDirectory(path, uploadId);
  const gone = join(dirname(directory), `gone-${uploadId}`);
  await rename(directory, gone).catch(ignoring('ENOENT', 'ENOTDIR', 'ENOTEMPTY', 'EEXIST'));
  await rm(gone, { recursive: true, force: true });
  for (const parent of [dirname(directory), dirname(dirname(directory))]) {
    await rmdir(parent).catch(ignoring('ENOENT', 'ENOTDIR', 'ENOTEMPTY', 'EEXIST'));
  }
}

/** The open uploads of targets in `directory`. */
export async function uploadsIn(directory: string): Promise<OpenUpload[]> {
  const uploads: OpenUpload[] = [];
  for (const name of await namesIn(join(directory, UPLOADS_DIRECTORY))) {
    for (const uploadId of await namesIn(join(directory, UPLOADS_DIRECTORY, name))) {
      const [, started] = UPLOAD_ID.exec(uploadId) ?? [];
      if (started !== undefined) uploads.push({ name, uploadId, startedMs: Number.parseInt(started, 36) });
    }
  }
  return uploads;
}

export async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.byteLength; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.byteLength - done, null);
    done += bytesWritten;
  }
}

function partFile({ number, etag, size }: UploadedPart): string {
  return `${number}-${etag}-${size}`;
}

async function existingUpload(uri: string, path: string, uploadId: string): Promise<string> {
  if (!UPLOAD_ID.test(uploadId)) throw new UploadNotFound(uri, uploadId);
  const directory = uploadDirectory(path, uploadId);
  await inUpload(uri, uploadId, () => stat(directory));
  return directory;
}

/** A file or directory that has vanished inside an upload means that the upload has. */
async function inUpload<Result>(uri: string, uploadId: string, action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') throw new UploadNotFound(uri, uploadId);
    throw error;
  }
}

/** A synced file with the content of all parts: the only part, or a copy. */
async function wholeFile(
  uri: string,
  directory: string,
  parts: readonly UploadedPart[],
  sync: boolean,
): Promise<string> {
  const present = new Set(await readdir(directory));
  for (const part of parts) {
    if (present.has(partFile(part))) continue;
    throw new InvalidArgument(`Part ${part.number} of ${uri} is not what was uploaded last under that number.`);
  }
  const files = parts.map((part) => join(directory, partFile(part)));
  const [only] = files;
  if (files.length === 1 && only !== undefined) return only;

  const copy = join(directory, `whole-${randomUUID()}`);
  const handle = await open(copy, 'wx');
  try {
    for (const file of files) {
      for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) await writeAll(handle, chunk);
    }
    if (sync) await handle.sync();
  } finally {
    await handle.close();
  }
  return copy;
}

async function linkExclusively(uri: string, whole: string, path: string, directory: string): Promise<void> {
  try {
    await link(whole, path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    if (!(await isOneOf(path, directory))) throw new PreconditionFailed(uri);
  }
}

/** Whether `path` is a link to a file of this upload: its own earlier completion. */
async function isOneOf(path: string, directory: string): Promise<boolean> {
  const target = await stat(path, { bigint: true }).catch(ignoring('ENOENT'));
  if (target === undefined) return false;
  for (const file of await readdir(directory)) {
    const { ino, dev } = await stat(join(directory, file), { bigint: true });
    if (ino === target.ino && dev === target.dev) return true;
  }
  return false;
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function namesIn(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(ignoring('ENOENT', 'ENOTDIR'));
  return (names ?? []).sort();
}

function ignoring(...codes: readonly string[]): (error: unknown) => undefined {
  return (error) => {
    if (!codes.includes(errorCode(error) ?? '')) throw error;
  };
}
