/** Reading and taking the decision about a job. */

import { randomUUID } from 'node:crypto';
import { JobAborted, OutputExists } from '../errors.ts';
import type { RetryPolicy } from '../io/backoff.ts';
import type { ObjectStore } from '../io/object-store.ts';
import { type AbortDecision, type CommitDecision, type Decision, encodeDocument, parseDecision } from './manifest.ts';
import { putOnce } from './put-once.ts';
import { decisionUri } from './work-paths.ts';

type Stamp = 'version' | 'jobId' | 'nonce' | 'decidedMs';

/** Undefined while nobody has decided. */
export async function readDecision(
  store: ObjectStore,
  destination: string,
  jobId: string,
  signal?: AbortSignal,
): Promise<Decision | undefined> {
  const uri = decisionUri(destination, jobId);
  const stored = await store.get(uri, { signal });
  return stored && parseDecision(uri, stored.bytes);
}

/** Proposes a decision and gives back the one that stands: this one, or one taken before. */
export async function decide(
  store: ObjectStore,
  destination: string,
  jobId: string,
  proposal: Omit<CommitDecision, Stamp> | Omit<AbortDecision, Stamp>,
  policy: RetryPolicy,
  signal?: AbortSignal,
): Promise<Decision> {
  const uri = decisionUri(destination, jobId);
  const stamp = { version: 1, jobId, nonce: randomUUID(), decidedMs: Date.now() } as const;
  const { bytes } = await putOnce(store, uri, encodeDocument({ ...stamp, ...proposal }), policy, signal);
  return parseDecision(uri, bytes);
}

/** Why a job was aborted, without a full stop. */
export function abortReason({ error, reason }: Pick<AbortDecision, 'error' | 'reason'>): string {
  return error === undefined ? reason : `${error}: ${reason}`;
}

/** What whoever still works for an aborted job is told. */
export function abortError(decision: AbortDecision, destination: string): JobAborted | OutputExists {
  if (decision.cause === 'output-exists') return new OutputExists(destination);
  return new JobAborted(`Job ${decision.jobId} was aborted: ${abortReason(decision)}.`);
}
