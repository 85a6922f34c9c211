/**
 * Completing one upload of a job that is decided, however often and by however many at once.
 *
 *     complete if-none-match ── 200 ────────────────────────────────▶ done
 *          ▲                 ├─ 412 ─────────┐
 *          │                 ├─ no upload ───┤   look at the key
 *          │                 ├─ 409 ─────────┼──▶ right size and checksum ──▶ done
 *          │                 └─ no answer ───┘  ├ another content ──────────▶ CommitCorrupted
 *          └──── wait ◀──── nothing, and the upload may be open ◀──┤
 *                           nothing, and the upload is gone ◀──────┴─────▶ missing: the caller judges
 *                                                                          (also when it is deleted while checked)
 *
 * Why it is safe: a key holds an attempt's own id, so only this upload makes this object; an upload completes once, so
 * whoever else completes it makes the same object. The size is always compared, the checksum too unless that is turned
 * off: where the store keeps none it costs a read of the whole object, though only where somebody else, or a lost answer,
 * was first. Completing hands the checksum to the store, so that an object with other bytes is not made at all.
 *
 * The condition is a second lock on a door that the attempt's own id locks already. After a conflict, which the service
 * wants answered by a new upload of bytes that are gone with their task, it is left out: a completion without a condition
 * cannot meet that conflict again, and makes the same object.
 */

import { crc32 } from 'node:zlib';
import {
  CommitCorrupted,
  ConditionalConflict,
  ObjectNotFound,
  PreconditionFailed,
  StorageUnavailable,
  UploadNotFound,
} from '../errors.ts';
import { backOff, type RetryPolicy } from '../io/backoff.ts';
import type { ObjectInfo, ObjectStore } from '../io/object-store.ts';
import type { PendingFile } from '../io/output-files.ts';
import { joinUri } from '../io/uri.ts';
import { abortUploads } from './abort-uploads.ts';
import type { CommittedFile } from './manifest.ts';

/** How an object that somebody else completed is compared with what the manifest says of it. */
export type Verification = 'checksum' | 'size';

export interface CompleteFileOptions {
  readonly store: ObjectStore;
  readonly destination: string;
  readonly policy: RetryPolicy;
  readonly verification: Verification;
  readonly signal: AbortSignal | undefined;
}

const VERIFY_CHUNK_BYTES = 4 * 1024 * 1024;

/** The file as committed; undefined where neither the upload nor the object is there. */
export async function completeFile(
  file: PendingFile,
  options: CompleteFileOptions,
): Promise<CommittedFile | undefined> {
  const { store, destination, policy, signal } = options;
  const uri = joinUri(destination, file.path);
  let ifNoneMatch = true;
  for (let attempt = 1; ; attempt++) {
    try {
      const completion = { ifNoneMatch, crc32: file.crc32, signal };
      const { etag } = await store.completeUpload(uri, file.uploadId, file.parts, completion);
      return committed(file, etag);
    } catch (error) {
      if (!isAmbiguous(error)) throw error;
      const found = await store.head(uri, { checksum: options.verification === 'checksum', signal });
      if (found !== undefined) {
        if (!(await hasContent(file, found, options))) return undefined;
        // Another upload of the same content, or this one, may still be open behind the object.
        if (!(error instanceof UploadNotFound)) await abortUploads(store, destination, [file]);
        return committed(file, found.etag);
      }
      if (error instanceof UploadNotFound) return undefined;
      if (attempt >= policy.attempts) throw error;
      if (error instanceof ConditionalConflict) ifNoneMatch = false;
      await backOff(policy, attempt, signal);
    }
  }
}

function committed({ path, size, rows, crc32, partition }: PendingFile, etag: string): CommittedFile {
  return { path, size, rows, crc32, etag, partition };
}

function isAmbiguous(error: unknown): boolean {
  return (
    error instanceof UploadNotFound ||
    error instanceof PreconditionFailed ||
    error instanceof ConditionalConflict ||
    error instanceof StorageUnavailable
  );
}

/** False where the object was deleted while it was read. @throws CommitCorrupted where it is not what the task wrote. */
async function hasContent(file: PendingFile, found: ObjectInfo, options: CompleteFileOptions): Promise<boolean> {
  if (found.size !== file.size) {
    throw new CommitCorrupted(`${found.uri} has ${found.size} bytes; its task wrote ${file.size}.`);
  }
  if (options.verification === 'size') return true;
  const checksum =
    found.crc32 ??
    (await checksumOf(found, options).catch((error: unknown) => {
      if (error instanceof ObjectNotFound) return undefined;
      throw error;
    }));
  if (checksum !== undefined && checksum !== file.crc32) {
    throw new CommitCorrupted(`${found.uri} has checksum ${checksum}; its task wrote ${file.crc32}.`);
  }
  return checksum !== undefined;
}

async function checksumOf({ uri, size, etag }: ObjectInfo, { store, signal }: CompleteFileOptions): Promise<string> {
  const chunk = new Uint8Array(Math.min(VERIFY_CHUNK_BYTES, size));
  let checksum = 0;
  for (let start = 0; start < size; start += chunk.byteLength) {
    const piece = chunk.subarray(0, Math.min(chunk.byteLength, size - start));
    await store.readInto(uri, start, piece, { etag, signal });
    checksum = crc32(piece, checksum);
  }
  return checksum.toString(16).padStart(8, '0');
}
