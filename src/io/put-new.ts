/**
 * Storing an object that nothing is replaced by, again and again with the same outcome.
 *
 *     put if-none-match ── 200 ──▶ stored
 *          ▲            ├─ 412 ──▶ look ── the same bytes ──▶ stored: by an earlier try, or somebody who meant the same
 *          │            │            └── others ──▶ PreconditionFailed
 *          └─ wait ◀────┴─ 409, no answer
 *
 * Unlike the documents of a commit the bytes do not tell who wrote them, and need not: whoever asks wants them there.
 */

import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import {
  ConditionalConflict,
  ObjectChanged,
  ObjectNotFound,
  PreconditionFailed,
  StorageUnavailable,
} from '../errors.ts';
import { backOff, type RetryPolicy } from './backoff.ts';
import type { ObjectInfo, ObjectStore } from './object-store.ts';

/** Bytes that comparing takes beside those compared. */
export const COMPARE_BYTES: number = 64 * 1024;

/** What was asked of storage. */
export interface PutCosts {
  requests: number;
  bytesRead: number;
  bytesWritten: number;
}

export interface PutNew {
  /** One that repeats reads by itself (`retryingStore`). */
  readonly store: ObjectStore;
  readonly policy: RetryPolicy;
  readonly signal: AbortSignal;
  readonly costs: PutCosts;
}

/** The name of an object that is called by its content: the SHA-256 in hexadecimal digits. */
export const contentName = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Stores `bytes` at `uri`. @throws PreconditionFailed where something else is there, StorageUnavailable after the last try */
export async function putNew(uri: string, bytes: Uint8Array, put: PutNew): Promise<void> {
  const { store, policy, signal, costs } = put;
  for (let attempt = 1; ; attempt += 1) {
    try {
      costs.requests += 1;
      await store.put(uri, bytes, { ifNoneMatch: true, signal });
      costs.bytesWritten += bytes.byteLength;
      return;
    } catch (error) {
      if (error instanceof PreconditionFailed) {
        const isSame = await holds(uri, bytes, put);
        if (isSame === true) return;
        if (isSame === false) throw error;
      } else if (!(error instanceof ConditionalConflict || error instanceof StorageUnavailable)) throw error;
      if (attempt >= policy.attempts) throw error;
      await backOff(policy, attempt, signal);
    }
  }
}

/** Whether the object has these bytes; undefined where there is none any more, or another by now. */
async function holds(uri: string, bytes: Uint8Array, put: PutNew): Promise<boolean | undefined> {
  const { store, signal, costs } = put;
  costs.requests += 1;
  const found = await store.head(uri, { checksum: true, signal });
  if (found === undefined) return undefined;
  if (found.size !== bytes.byteLength) return false;
  if (found.crc32 !== undefined) return found.crc32 === crc32(bytes).toString(16).padStart(8, '0');
  try {
    return await equals(found, bytes, put);
  } catch (error) {
    if (error instanceof ObjectNotFound || error instanceof ObjectChanged) return undefined;
    throw error;
  }
}

async function equals({ uri, etag }: ObjectInfo, bytes: Uint8Array, put: PutNew): Promise<boolean> {
  const { store, signal, costs } = put;
  const chunk = new Uint8Array(Math.min(COMPARE_BYTES, bytes.byteLength));
  for (let start = 0; start < bytes.byteLength; start += chunk.byteLength) {
    const piece = chunk.subarray(0, Math.min(chunk.byteLength, bytes.byteLength - start));
    costs.requests += 1;
    costs.bytesRead += piece.byteLength;
    await store.readInto(uri, start, piece, { etag, signal });
    if (Buffer.compare(piece, bytes.subarray(start, start + piece.byteLength)) !== 0) return false;
  }
  return true;
}
