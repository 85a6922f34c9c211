/**
 * The local file system as an object store. `file-uploads.ts` has how writes become visible, `file-listing.ts` the
 * order of listings. An etag is made of size, modification time and inode: every write makes a new file.
 */

import { type BigIntStats, closeSync, constants, fstatSync, openSync, read } from 'node:fs';
import { realpath, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { AccessDenied, InvalidArgument, MalformedFile, ObjectChanged, ObjectNotFound } from '../errors.ts';
import { asStorageErrors, errorCode } from './file-errors.ts';
import { listDirectories, listFiles } from './file-listing.ts';
import { beginUpload, completeUpload, removeUpload, UPLOADS_DIRECTORY, uploadsIn, writePart } from './file-uploads.ts';
import {
  MIN_PART_BYTES,
  type ObjectInfo,
  type ObjectStore,
  type RequestOptions,
  type StoredObject,
  type UploadedPart,
  type UploadInfo,
} from './object-store.ts';
import { assertPartsInOrder } from './upload-rules.ts';
import { filePath } from './uri.ts';
import { assertSmall } from './whole-object.ts';

export interface FileStoreOptions {
  /** Only this directory and what is below it may be written, also by way of symbolic links. Absent: everything. */
  readonly root?: string;
  /** Whether files are on the disk, not only with the operating system, before they become visible. Default true. */
  readonly sync?: boolean;
  /** Smaller than `MIN_PART_BYTES` in tests only. */
  readonly minPartBytes?: number;
}

const readBytes = promisify(read);

/** Bytes asked of the system in one read. */
const MAX_READ_BYTES = 1 << 30;

export function fileStore(options: FileStoreOptions = {}): ObjectStore {
  return new FileStore(options);
}

class FileStore implements ObjectStore {
  readonly #root: string | undefined;
  readonly #sync: boolean;
  readonly #minPartBytes: number;
  /** What was read last: a scan reads a file in many pieces. */
  #last = { uri: '', path: '' };

  constructor({ root, sync = true, minPartBytes = MIN_PART_BYTES }: FileStoreOptions) {
    this.#root = root;
    this.#sync = sync;
    this.#minPartBytes = minPartBytes;
  }

  async head(uri: string, options?: RequestOptions): Promise<ObjectInfo | undefined> {
    options?.signal?.throwIfAborted();
    const path = objectPath(uri);
    return asStorageErrors(uri, 'read', async () => {
      try {
        const stats = await stat(path, { bigint: true });
        return stats.isFile() ? infoOf(uri, stats) : undefined;
      } catch (error) {
        if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
        throw error;
      }
    });
  }

  async readInto(
    uri: string,
    start: number,
    into: Uint8Array,
    options?: RequestOptions & { etag?: string },
  ): Promise<void> {
    await this.#open(uri, options, async (descriptor, { etag, size }) => {
      if (options?.etag !== undefined && options.etag !== etag) throw new ObjectChanged(uri, options.etag, etag);
      if (start + into.byteLength > size) {
        throw new MalformedFile(uri, `it has ${size} bytes, and ${start + into.byteLength} were expected`);
      }
      await fill(uri, descriptor, start, into, options?.signal);
    });
  }

  async readTail(
    uri: string,
    into: Uint8Array,
    options?: RequestOptions & { etag?: string },
  ): Promise<ObjectInfo | undefined> {
    try {
      return await this.#open(uri, options, async (descriptor, info) => {
        if (options?.etag !== undefined && options.etag !== info.etag) {
          throw new ObjectChanged(uri, options.etag, info.etag);
        }
        const byteLength = Math.min(info.size, into.byteLength);
        await fill(uri, descriptor, info.size - byteLength, into.subarray(0, byteLength), options?.signal);
        return info;
      });
    } catch (error) {
      if (error instanceof ObjectNotFound) return undefined;
      throw error;
    }
  }

  async get(uri: string, options?: RequestOptions & { maxBytes?: number }): Promise<StoredObject | undefined> {
    try {
      return await this.#open(uri, options, async (descriptor, { etag, size }) => {
        assertSmall(uri, size, options?.maxBytes);
        const bytes = new Uint8Array(size);
        await fill(uri, descriptor, 0, bytes, options?.signal);
        return { bytes, etag };
      });
    } catch (error) {
      if (error instanceof ObjectNotFound) return undefined;
      throw error;
    }
  }

  async *list(prefix: string, options?: RequestOptions): AsyncGenerator<ObjectInfo> {
    const files = listFiles(filePath(prefix));
    while (true) {
      options?.signal?.throwIfAborted();
      const { done, value } = await asStorageErrors(prefix, 'list', () => files.next());
      if (done) return;
      yield infoOf(`file://${value.path}`, value.stats);
    }
  }

  async put(
    uri: string,
    bytes: Uint8Array,
    options?: RequestOptions & { ifNoneMatch?: boolean },
  ): Promise<{ etag: string }> {
    const uploadId = await this.beginUpload(uri, options);
    try {
      const part = await this.uploadPart(uri, uploadId, 1, bytes, options);
      return await this.completeUpload(uri, uploadId, [part], options);
    } catch (error) {
      await this.abortUpload(uri, uploadId);
      throw error;
    }
  }

  async delete(uri: string, options?: RequestOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    await asStorageErrors(uri, 'delete', async () => {
      const path = await this.#writablePath(uri, 'delete');
      try {
        await rm(path, { force: true });
      } catch (error) {
        if (errorCode(error) !== 'ENOTDIR') throw error;
      }
    });
  }

  async beginUpload(uri: string, options?: RequestOptions): Promise<string> {
    options?.signal?.throwIfAborted();
    return asStorageErrors(uri, 'write', async () => {
      const path = await this.#writablePath(uri, 'write');
      return beginUpload(path);
    });
  }

  async uploadPart(
    uri: string,
    uploadId: string,
    number: number,
    bytes: Uint8Array,
    options?: RequestOptions,
  ): Promise<UploadedPart> {
    options?.signal?.throwIfAborted();
    if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgument(`${number} is not a part number.`);
    return asStorageErrors(uri, 'write', async () =>
      writePart(uri, await this.#writablePath(uri, 'write'), uploadId, number, bytes, this.#sync),
    );
  }

  async completeUpload(
    uri: string,
    uploadId: string,
    parts: readonly UploadedPart[],
    options?: RequestOptions & { ifNoneMatch?: boolean },
  ): Promise<{ etag: string }> {
    options?.signal?.throwIfAborted();
    assertPartsInOrder(uri, parts, this.#minPartBytes);
    return asStorageErrors(uri, 'write', async () => {
      const path = await this.#writablePath(uri, 'write');
      await completeUpload(uri, path, uploadId, parts, options?.ifNoneMatch ?? false, this.#sync);
      return { etag: etagOf(await stat(path, { bigint: true })) };
    });
  }

  async abortUpload(uri: string, uploadId: string): Promise<void> {
    await asStorageErrors(uri, 'delete', async () => removeUpload(await this.#writablePath(uri, 'delete'), uploadId));
  }

  async *listUploads(prefix: string, options?: RequestOptions): AsyncGenerator<UploadInfo> {
    const path = filePath(prefix);
    for await (const directory of listDirectories(path)) {
      options?.signal?.throwIfAborted();
      const parent = directory.endsWith('/') ? directory : `${directory}/`;
      for (const { name, uploadId, startedMs } of await uploadsIn(directory)) {
        if (`${parent}${name}`.startsWith(path)) yield { uri: `file://${parent}${name}`, uploadId, startedMs };
      }
    }
  }

  async #open<Result>(
    uri: string,
    options: RequestOptions | undefined,
    use: (descriptor: number, info: ObjectInfo) => Promise<Result>,
  ): Promise<Result> {
    options?.signal?.throwIfAborted();
    if (uri !== this.#last.uri) this.#last = { uri, path: objectPath(uri) };
    const { path } = this.#last;
    return asStorageErrors(uri, 'read', async () => {
      const descriptor = openForReading(uri, path);
      try {
        const stats = fstatSync(descriptor, { bigint: true });
        if (!stats.isFile()) throw new ObjectNotFound(uri);
        return await use(descriptor, infoOf(uri, stats));
      } finally {
        closeSync(descriptor);
      }
    });
  }

  /** The path to write to. Symbolic links in the directories above it are resolved, and may not leave the root. */
  async #writablePath(uri: string, verb: string): Promise<string> {
    const path = objectPath(uri);
    if (this.#root === undefined) return path;
    const root = await realpath(this.#root);
    const directory = await nearestRealDirectory(dirname(path));
    if (directory !== root && !directory.startsWith(root === '/' ? root : `${root}/`)) {
      throw new AccessDenied(uri, verb);
    }
    return path;
  }
}

/** @throws InvalidArgument for a uri that names a directory, or the store's own files. */
function objectPath(uri: string): string {
  const path = filePath(uri);
  if (path.endsWith('/')) throw new InvalidArgument(`${uri} names a directory.`);
  if (path.split('/').includes(UPLOADS_DIRECTORY)) {
    throw new InvalidArgument(`${uri} lies among unfinished uploads, which are not objects.`);
  }
  return path;
}

/** Not blocking, because opening a pipe would wait for its writer. */
/**
 * Opening, looking and closing take some microseconds and are done at once: as turns of the event loop they would wait
 * for the batch at work, three times for every read ahead.
 */
function openForReading(uri: string, path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (['ENOTDIR', 'ENXIO', 'EISDIR'].includes(errorCode(error) ?? '')) throw new ObjectNotFound(uri);
    throw error;
  }
}

async function fill(
  uri: string,
  descriptor: number,
  start: number,
  into: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let done = 0; done < into.byteLength; ) {
    signal?.throwIfAborted();
    const length = Math.min(into.byteLength - done, MAX_READ_BYTES);
    const { bytesRead } = await readBytes(descriptor, into, done, length, start + done);
    if (bytesRead === 0) throw new MalformedFile(uri, `it ends after ${start + done} bytes`);
    done += bytesRead;
  }
}

/** Where `directory`, or the nearest one above it that exists, really is. */
async function nearestRealDirectory(directory: string): Promise<string> {
  try {
    return await realpath(directory);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' || directory === '/') throw error;
    return nearestRealDirectory(dirname(directory));
  }
}

function infoOf(uri: string, stats: BigIntStats): ObjectInfo {
  return { uri, size: Number(stats.size), etag: etagOf(stats), modifiedMs: Number(stats.mtimeMs) };
}

function etagOf({ size, mtimeNs, ino }: BigIntStats): string {
  return `${size.toString(36)}-${mtimeNs.toString(36)}-${ino.toString(36)}`;
}
