import type { ExecutionStarter, StartedExecution } from './execution.ts';
import type { StoredJob } from './job.ts';
import { executionName } from './job-names.ts';
import { type StoreJobOptions, storeJob } from './store-job.ts';

export interface StartedJob extends StartedExecution {
  readonly jobUri: string;
  readonly job: StoredJob;
}

/**
 * Stores a job and starts its execution, which is named after it: the same job again starts nothing new.
 * @throws as `storeJob` and `ExecutionStarter.start`
 */
export async function startJob({
  starter,
  ...options
}: StoreJobOptions & { readonly starter: ExecutionStarter }): Promise<StartedJob> {
  const { jobUri, job } = await storeJob(options);
  const { signal } = options;
  const started = await starter.start(executionName(job.jobId), { job: jobUri }, { signal });
  return { jobUri, job, ...started };
}
