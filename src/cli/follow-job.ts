/** Watching a job that runs elsewhere, until it has ended. */

import { setTimeout } from 'node:timers/promises';
import type { JobManifest } from '../commit/manifest.ts';
import { readJobManifest } from '../commit/read-manifest.ts';
import { jobManifestUri } from '../commit/work-paths.ts';
import { JobFailed, ServiceUnavailable, StorageUnavailable } from '../errors.ts';
import type { ObjectStore } from '../io/object-store.ts';
import type { ExecutionStarter } from '../jobs/execution.ts';
import { failureOf } from '../jobs/job-failure.ts';
import { placeOfJob } from '../jobs/job-paths.ts';
import { stageProgress } from '../jobs/stage-state.ts';
import { barText, type ProgressBar } from '../stats/progress-bar.ts';
import { countText } from '../stats/quantity-text.ts';

export interface FollowedJob {
  readonly store: ObjectStore;
  readonly starter: ExecutionStarter;
  readonly jobUri: string;
  readonly executionArn: string;
  readonly bar: ProgressBar;
  readonly signal: AbortSignal;
}

/** Between two looks. */
const PAUSE_MS = 1_000;
/** Looks in a row that may fail for reasons that pass. */
const MOST_FAILED_LOOKS = 30;

/** The result of a job, once it is committed. @throws JobFailed with what its execution failed with */
export async function followJob(job: FollowedJob): Promise<{ manifest: JobManifest; manifestUri: string }> {
  for (let failedLooks = 0; ; ) {
    try {
      const result = await look(job);
      if (result !== undefined) return result;
      failedLooks = 0;
    } catch (error) {
      const mayPass = error instanceof ServiceUnavailable || error instanceof StorageUnavailable;
      failedLooks += 1;
      if (!mayPass || failedLooks > MOST_FAILED_LOOKS) throw error;
    }
    await setTimeout(PAUSE_MS, undefined, { signal: job.signal });
  }
}

/** Undefined while the job is under way. */
async function look({
  store,
  starter,
  jobUri,
  executionArn,
  bar,
  signal,
}: FollowedJob): Promise<{ manifest: JobManifest; manifestUri: string } | undefined> {
  const place = placeOfJob(jobUri);
  const { destination, jobId } = place;
  const execution = await starter.describe(executionArn, { signal });
  const { status } = execution;
  if (status === 'SUCCEEDED') {
    const manifest = await readJobManifest(store, destination, jobId, { signal });
    if (manifest !== undefined) return { manifest, manifestUri: jobManifestUri(destination, jobId) };
    throw new JobFailed(jobId, 'CommitCorrupted', 'its execution has succeeded, and there is no manifest of it.');
  }
  if (status !== 'RUNNING' && status !== 'PENDING_REDRIVE') {
    const { error, cause } = failureOf({ Error: execution.error ?? status, Cause: execution.cause });
    throw new JobFailed(jobId, error, cause);
  }
  const { taskCount, missing } = await stageProgress(place, 0, { store, signal });
  bar.draw((color) => jobProgressText(taskCount, missing.length, color));
  return undefined;
}

/** The line; `taskCount` is undefined while the job is being planned. */
export function jobProgressText(taskCount: number | undefined, missing: number, color?: string): string {
  if (taskCount === undefined) return 'planning';
  const done = taskCount - missing;
  const figures = `${done.toLocaleString('en-US')} of ${countText(taskCount, 'task')}`;
  return barText(done / taskCount, done === taskCount ? `${figures}, committing` : figures, color);
}
