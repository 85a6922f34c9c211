/**
 * Creating an object exactly once, and knowing who did.
 *
 *                    ┌── 409, lost answer, 503: wait ──┐
 *                    ▼                                 │
 *     put if-none-match ── 200 ──▶ mine                │
 *                    │                                 │
 *                    └── 412 ──▶ read ── my bytes ──▶ mine      the answer to a try of mine was lost on the way
 *                                  ├── others   ──▶ theirs
 *                                  └── nothing  ──▶ (deleted in between: by nobody of ours) try again
 *
 * Why it is safe: the object is never replaced or deleted, so whatever is read is there for good. The bytes hold a nonce,
 * so equal bytes are mine, however the put that stored them was answered. Putting again after a lost answer cannot
 * store twice, because the condition holds for one put only; nor can a put of mine that is still under way change
 * anything, for it stores the same bytes or is refused. A 409 says nothing about the outcome: it never means "exists".
 */

import { ConditionalConflict, PreconditionFailed, StorageUnavailable } from '../errors.ts';
import { backOff, type RetryPolicy } from '../io/backoff.ts';
import type { ObjectStore } from '../io/object-store.ts';

export interface PutOutcome {
  /** Whether the object is the one put here. */
  readonly mine: boolean;
  /** What is stored. */
  readonly bytes: Uint8Array;
}

/**
 * Creates `uri` with `bytes`, which hold something nobody else writes, unless it exists.
 * @throws StorageUnavailable when the tries are used up: then the outcome is unknown, and nothing may be undone.
 */
export async function putOnce(
  store: ObjectStore,
  uri: string,
  bytes: Uint8Array,
  policy: RetryPolicy,
  signal?: AbortSignal,
): Promise<PutOutcome> {
  for (let attempt = 1; ; attempt++) {
    try {
      await store.put(uri, bytes, { ifNoneMatch: true, signal });
      return { mine: true, bytes };
    } catch (error) {
      if (error instanceof PreconditionFailed) {
        const stored = (await store.get(uri, { signal }))?.bytes;
        if (stored !== undefined) return { mine: Buffer.compare(stored, bytes) === 0, bytes: stored };
      } else if (!mayPass(error)) throw error;
      if (attempt >= policy.attempts) throw unknownOutcome(uri, error);
      await backOff(policy, attempt, signal);
    }
  }
}

function mayPass(error: unknown): boolean {
  return error instanceof ConditionalConflict || error instanceof StorageUnavailable;
}

function unknownOutcome(uri: string, cause: unknown): StorageUnavailable {
  const detail = cause instanceof Error ? cause.message : String(cause);
  const error = new StorageUnavailable(`Whether ${uri} was written is unknown. Run the same again. ${detail}`);
  error.cause = cause;
  return error;
}
