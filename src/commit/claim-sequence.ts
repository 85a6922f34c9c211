/**
 * The order of commits to one destination. A job takes the next free number, by creating its claim, before it is decided.
 *
 * Numbers have no gaps: a job tries a number only when it has seen the one before it. So whoever holds number n finds,
 * looking afterwards, every claim below n, and the ones below it cannot change. That makes error-if-exists exact, though
 * nothing is locked: of jobs that meet, the lower number goes first, and the higher one sees it.
 */

import { randomUUID } from 'node:crypto';
import type { RetryPolicy } from '../io/backoff.ts';
import type { ObjectStore } from '../io/object-store.ts';
import { directoryPrefix } from '../io/uri.ts';
import { readDecision } from './decision.ts';
import { encodeDocument } from './manifest.ts';
import { putOnce } from './put-once.ts';
import { readClaims } from './read-manifest.ts';
import { claimSequence, claimsPrefix, claimUri } from './work-paths.ts';

/** Takes the next number for a job. A number that the job's decision does not name in the end is void. */
export async function claimNext(
  store: ObjectStore,
  destination: string,
  jobId: string,
  policy: RetryPolicy,
  signal?: AbortSignal,
): Promise<number> {
  let sequence = 1;
  for await (const { uri } of store.list(claimsPrefix(destination), { signal })) {
    sequence = Math.max(sequence, (claimSequence(destination, uri) ?? 0) + 1);
  }
  while (true) {
    const bytes = encodeDocument({ version: 1, jobId, nonce: randomUUID() });
    const { mine } = await putOnce(store, claimUri(destination, sequence), bytes, policy, signal);
    if (mine) return sequence;
    sequence++;
  }
}

/**
 * What stands in the way of a job with mode error-if-exists that holds `sequence`; undefined where nothing does. A job
 * that was there first and is not decided counts: it may yet be committed.
 */
export async function findExisting(
  store: ObjectStore,
  destination: string,
  jobId: string,
  sequence: number,
  signal?: AbortSignal,
): Promise<string | undefined> {
  for (const claim of await readClaims(store, destination, { signal })) {
    if (claim.sequence >= sequence || claim.jobId === jobId) continue;
    const decision = await readDecision(store, destination, claim.jobId, signal);
    if (decision === undefined) return `job ${claim.jobId} is being committed there`;
    if (decision.decision === 'commit' && decision.sequence < sequence)
      return `it holds the result of job ${claim.jobId}`;
  }
  const prefix = directoryPrefix(destination);
  for await (const { uri } of store.list(prefix, { signal })) {
    const path = uri.slice(prefix.length);
    if (!/(?:^|\/)[._]/.test(path)) return `it holds ${path}`;
  }
  return undefined;
}
