import type { ExecutionStarter, StartedExecution } from './execution.ts';
import type { StoredJob } from './job.ts';
import { executionName } from './job-names.ts';
import { placeOfJob } from './job-paths.ts';
import { type StoreJobOptions, storeJob } from './store-job.ts';

export interface StartJobOptions extends StoreJobOptions {
  readonly starter: ExecutionStarter;
  /** What the execution is called, where that is to hold for any destination; default the job's own name. */
  readonly name?: string | undefined;
}

export interface StartedJob extends StartedExecution {
  readonly jobUri: string;
  readonly job: StoredJob;
}

/**
 * Stores a job and starts its execution, which is named after it: the same job again starts nothing new.
 * @throws as `storeJob` and `ExecutionStarter.start`
 */
export async function startJob({ starter, name, ...options }: StartJobOptions): Promise<StartedJob> {
  const { jobUri, job } = await storeJob(options);
  const { signal } = options;
  const started = await starter.start(name ?? executionName(placeOfJob(jobUri)), { job: jobUri }, { signal });
  return { jobUri, job, ...started };
}
