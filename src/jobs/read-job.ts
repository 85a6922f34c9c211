/**
 * Jobs and their plans, read from storage and parsed. Nothing here binds a plan: functions that only end a job start
 * without what there is to say of expressions.
 */

import { InvalidArgument, ObjectNotFound } from '../errors.ts';
import { Problems } from '../expressions/problems.ts';
import type { RetryPolicy } from '../io/backoff.ts';
import type { ObjectStore } from '../io/object-store.ts';
import { redactUri } from '../io/uri.ts';
import { parsePlan } from '../plan/parse-task.ts';
import type { PlanNode } from '../plan/plan-node.ts';
import type { Job, StoredJob } from './job.ts';
import { jobDocumentUri, placeOfJob } from './job-paths.ts';
import { asJobPlan, checkJobPlan, parseJob } from './parse-job.ts';

/** What every step of a job needs. */
export interface JobServices {
  readonly store: ObjectStore;
  readonly retryPolicy?: RetryPolicy | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A job's plan is a document of at most as many bytes. */
const MAX_DOCUMENT_BYTES = 64 * 1024 * 1024;

/** The job at `jobUri`. @throws ObjectNotFound, InvalidPlan, InvalidArgument where it is that of another place. */
export async function readJob(jobUri: string, { store, signal }: JobServices): Promise<StoredJob> {
  placeOfJob(jobUri);
  const stored = await store.get(jobUri, { signal, maxBytes: MAX_DOCUMENT_BYTES });
  if (stored === undefined) throw new ObjectNotFound(redactUri(jobUri));
  return storedJob(jobUri, stored.bytes);
}

/** A job from the bytes at `jobUri`. @throws InvalidPlan, InvalidArgument where it is that of another place. */
export function storedJob(jobUri: string, bytes: Uint8Array): StoredJob {
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
