/**
 * Jobs in storage. A job is put once, under its own name, with its plan in it; from then on it never changes, and
 * everybody who works for it reads the same.
 */

import { randomUUID } from 'node:crypto';
import { putOnce } from '../commit/put-once.ts';
import { InvalidArgument, ObjectNotFound } from '../errors.ts';
import { Problems } from '../expressions/problems.ts';
import { DEFAULT_RETRY_POLICY, type RetryPolicy } from '../io/backoff.ts';
import type { ObjectStore } from '../io/object-store.ts';
import { retryingStore } from '../io/retrying-store.ts';
import { redactUri } from '../io/uri.ts';
import { parsePlan } from '../plan/parse-task.ts';
import type { PlanNode } from '../plan/plan-node.ts';
import { bindPlan } from '../planner/bind-plan.ts';
import type { Job, StoredJob } from './job.ts';
import { jobDocumentUri, placeOfJob } from './job-paths.ts';
import { asJobPlan, checkJobPlan, parseJob } from './parse-job.ts';

/** What every step of a job needs. */
export interface JobServices {
  readonly store: ObjectStore;
  readonly retryPolicy?: RetryPolicy | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface StoreJobOptions extends JobServices {
  /** Parsed by `parseJob`. */
  readonly job: Job;
  /** Takes a job that is there under the same id for this one, whatever it is. */
  readonly keepExisting?: boolean | undefined;
}

/** A job's plan is a document of at most as many bytes. */
const MAX_DOCUMENT_BYTES = 64 * 1024 * 1024;

/**
 * Puts a job into its work prefix, under a new id where it has none. The same job again changes nothing.
 * @throws InvalidPlan where its plan cannot run; InvalidArgument where another job has its id.
 */
export async function storeJob(options: StoreJobOptions): Promise<{ jobUri: string; job: StoredJob }> {
  const { retryPolicy = DEFAULT_RETRY_POLICY, signal } = options;
  const store = retryingStore(options.store, retryPolicy);
  const plan = asJobPlan(await loadPlan(options.job, { store, signal }));
  bindPlan(plan);
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

/** The job at `jobUri`. @throws ObjectNotFound, InvalidPlan, InvalidArgument where it is that of another place. */
export async function readJob(jobUri: string, { store, signal }: JobServices): Promise<StoredJob> {
  placeOfJob(jobUri);
  const stored = await store.get(jobUri, { signal, maxBytes: MAX_DOCUMENT_BYTES });
  if (stored === undefined) throw new ObjectNotFound(redactUri(jobUri));
  return storedJob(jobUri, stored.bytes);
}

function storedJob(jobUri: string, bytes: Uint8Array): StoredJob {
  const { jobId, plan, ...job } = parseJob(new TextDecoder().decode(bytes));
  if (jobId === undefined || !('kind' in plan)) {
    throw new InvalidArgument(
      `${redactUri(jobUri)} is no stored job: its id and its plan have to be in it. Submit it.`,
    );
  }
  if (jobDocumentUri({ destination: job.output.uri, jobId }) !== jobUri) {
    throw new InvalidArgument(`${redactUri(jobUri)} holds a job that belongs elsewhere: by its id, or its output.`);
  }
  return { ...job, jobId, plan: asJobPlan(plan) };
}

/** The plan of a job, from where the job says it is. @throws InvalidPlan, ObjectNotFound */
export async function loadPlan(job: Job, { store, signal }: JobServices): Promise<PlanNode> {
  if ('kind' in job.plan) return job.plan;
  const stored = await store.get(job.plan.uri, { signal, maxBytes: MAX_DOCUMENT_BYTES });
  if (stored === undefined) throw new ObjectNotFound(redactUri(job.plan.uri));
  const plan = parsePlan(new TextDecoder().decode(stored.bytes), job);
  const problems = new Problems();
  checkJobPlan(job, plan, problems, '$.plan');
  problems.throwIfAny();
  return plan;
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
