/** The two ends of a job: all of its tasks committed together, or nothing of them. */

import { abortJob } from '../commit/abort-job.ts';
import { commitJob, type JobOutcome } from '../commit/commit-job.ts';
import type { AbortDecision } from '../commit/manifest.ts';
import { jobManifestUri } from '../commit/work-paths.ts';
import { InvalidArgument, InvalidPlan, ObjectNotFound, OutputExists, UnsupportedFile } from '../errors.ts';
import { DEFAULT_RETRY_POLICY } from '../io/backoff.ts';
import { retryingStore } from '../io/retrying-store.ts';
import { failure, type JobFailure } from './job-failure.ts';
import { placeOfJob } from './job-paths.ts';
import { type JobServices, readJob } from './read-job.ts';
import { assertGoingOn, assertStageComplete } from './stage-state.ts';

export interface StagedJobOptions extends JobServices {
  readonly jobUri: string;
}

export interface CommittedJob extends JobOutcome {
  readonly manifestUri: string;
}

/**
 * Commits a job whose stage is complete, or completes a commit, or gives the result of one that is complete.
 * @throws StageIncomplete, JobAborted, OutputExists; StorageUnavailable where the outcome is unknown
 */
export async function commitStagedJob(options: StagedJobOptions): Promise<CommittedJob> {
  const { jobUri, signal, retryPolicy = DEFAULT_RETRY_POLICY } = options;
  const store = retryingStore(options.store, retryPolicy);
  const services = { store, signal };
  const place = placeOfJob(jobUri);
  const { mode, successFile = false } = (await readJob(jobUri, services)).plan;
  const state = await assertGoingOn(place, services);
  // What was decided names its tasks by itself.
  const taskCount = state === 'committed' ? 0 : await assertStageComplete(place, 0, services);
  const tasks = Array.from({ length: taskCount }, (_, taskId) => ({ stageId: 0, taskId }));
  const signalled = signal === undefined ? {} : { signal };
  const outcome = await commitJob({ ...place, store, mode, successFile, tasks, retryPolicy, ...signalled });
  return { ...outcome, manifestUri: jobManifestUri(place.destination, place.jobId) };
}

export interface AbortStagedJobOptions extends StagedJobOptions {
  readonly failure: JobFailure;
}

/**
 * Aborts a job for `failure`, and gives the failure that it was aborted for: the first one recorded. A job that cannot
 * be read cannot have begun: then this is the one given. One that was decided to be committed stays so, which is said.
 * @throws StorageUnavailable where the decision is unknown
 */
export async function abortStagedJob(options: AbortStagedJobOptions): Promise<JobFailure> {
  const { jobUri, signal, retryPolicy = DEFAULT_RETRY_POLICY } = options;
  const store = retryingStore(options.store, retryPolicy);
  const given = failure(options.failure.error, options.failure.cause);
  if (!(await isJob(jobUri, { store, signal }))) return given;
  const place = placeOfJob(jobUri);
  const reason = given.cause.replace(/\.$/, '');
  const signalled = signal === undefined ? {} : { signal };
  const { standing } = await abortJob({ ...place, store, error: given.error, reason, retryPolicy, ...signalled });
  if (standing !== undefined) return recordedFailure(standing, place.destination);
  const note = `Job ${place.jobId} was decided to be committed before, and stays so: commit it again to complete it.`;
  return { error: given.error, cause: `${given.cause}\n${note}` };
}

async function isJob(jobUri: string, services: JobServices): Promise<boolean> {
  try {
    await readJob(jobUri, services);
    return true;
  } catch (error) {
    const isNone =
      error instanceof InvalidPlan ||
      error instanceof InvalidArgument ||
      error instanceof ObjectNotFound ||
      error instanceof UnsupportedFile;
    if (isNone) return false;
    throw error;
  }
}

function recordedFailure({ error, reason, cause }: AbortDecision, destination: string): JobFailure {
  const told = /[.!?…]$/.test(reason) ? reason : `${reason}.`;
  if (cause !== 'output-exists') return { error: error ?? 'JobAborted', cause: told };
  const { name, message } = new OutputExists(destination);
  return failure(name, `${message} Found: ${told}`);
}
