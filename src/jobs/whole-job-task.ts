import { DEFAULT_RETRY_POLICY } from '../io/backoff.ts';
import { retryingStore } from '../io/retrying-store.ts';
import type { Task } from '../plan/task.ts';
import { wholeInputs } from './cut-job.ts';
import { type Job, settingsOf } from './job.ts';
import { type JobServices, loadPlan } from './read-job.ts';
import { resolveInputs } from './resolve-inputs.ts';
import { newJobId } from './store-job.ts';

/**
 * No state machine maps this stage. So the result of a whole job is never taken for that of a task which reads a part of
 * it, nor the other way round, where somebody runs a job here that a state machine runs too: each would commit tasks of
 * its own, and the decision names those of one of them.
 */
const WHOLE_JOB_STAGE = 1_000;

/**
 * A whole job as one task that commits itself, for running it without a state machine. Globs are listed and versions
 * pinned now. @throws InvalidPlan, InvalidArgument, ObjectNotFound, ObjectChanged
 */
export async function wholeJobTask({ job, ...services }: JobServices & { readonly job: Job }): Promise<Task> {
  const { retryPolicy = DEFAULT_RETRY_POLICY, signal } = services;
  const store = retryingStore(services.store, retryPolicy);
  const { jobId = newJobId(), output } = job;
  const plan = await loadPlan(job, { store, signal });
  const inputs = wholeInputs(await resolveInputs(job.inputs, { store, signal }));
  return { version: 1, jobId, stageId: WHOLE_JOB_STAGE, taskId: 0, plan, inputs, output, ...settingsOf(job) };
}
