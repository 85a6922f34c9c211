/**
 * Jobs are put into storage. A job is put once, under its own name, with its plan in it; from then on it never changes, and
 * everybody who works for it reads the same (read-job.ts).
 */

import { randomUUID } from 'node:crypto';
import { putOnce } from '../commit/put-once.ts';
import { InvalidArgument } from '../errors.ts';
import { DEFAULT_RETRY_POLICY } from '../io/backoff.ts';
import { retryingStore } from '../io/retrying-store.ts';
import { redactUri } from '../io/uri.ts';
import { loadAndBind } from '../planner/load-and-bind.ts';
import type { Job, StoredJob } from './job.ts';
import { jobDocumentUri } from './job-paths.ts';
import { asJobPlan } from './parse-job.ts';
import { type JobServices, loadPlan, storedJob } from './read-job.ts';

export interface StoreJobOptions extends JobServices {
  /** Parsed by `parseJob`. */
  readonly job: Job;
  /** Takes a job that is there under the same id for this one, whatever it is. */
  readonly keepExisting?: boolean | undefined;
}

/**
 * Puts a job into its work prefix, under a new id where it has none. The same job again changes nothing.
 * @throws InvalidPlan where its plan cannot run; InvalidArgument where another job has its id.
 */
export async function storeJob(options: StoreJobOptions): Promise<{ jobUri: string; job: StoredJob }> {
  const { retryPolicy = DEFAULT_RETRY_POLICY, signal } = options;
  const store = retryingStore(options.store, retryPolicy);
  const plan = asJobPlan(await loadPlan(options.job, { store, signal }));
  await loadAndBind(plan, options.job);
  const job = { ...options.job, jobId: options.job.jobId ?? newJobId(), plan };
  const jobUri = jobDocumentUri({ destination: job.output.uri, jobId: job.jobId });
  const bytes = new TextEncoder().encode(`${JSON.stringify(job, undefined, 1)}\n`);
  // With its plan in it and spaced, it may have grown too large to be read again.
  storedJob(jobUri, bytes);
  // No nonce: whose bytes they are does not matter, as long as they say the same.
  const stored = await putOnce(store, jobUri, bytes, retryPolicy, signal);
  if (stored.mine) return { jobUri, job };
  const standing = storedJob(jobUri, stored.bytes);
  if (options.keepExisting !== true && canonicalText(standing) !== canonicalText(job)) {
    throw new InvalidArgument(
      `There is another job with the id ${job.jobId} for ${redactUri(job.output.uri)} already. Give this one an id of its own.`,
    );
  }
  return { jobUri, job: standing };
}

/** An id that no other job has. */
export const newJobId = (): string => `job-${randomUUID()}`;

/** Equal for documents that say the same, in whatever order. */
function canonicalText(document: unknown): string {
  return JSON.stringify(document, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
