import type { Job, JobInput } from './job.ts';

/** What a job reads when an object has appeared. */
export type TriggerInput =
  | JobInput
  /** The object, in the version that the event tells of. */
  | { readonly kind: 'event-object' }
  /** What `glob` matches in the directory of the object, when the job is planned. */
  | { readonly kind: 'event-folder'; readonly glob: string };

/** Starts a job for every version of every object that appears under a glob. */
export interface Trigger {
  /** Version of this document's form. */
  readonly version: 1;
  readonly on: { readonly objects: string };
  /** Its id is made for each object version. */
  readonly job: Omit<Job, 'jobId' | 'inputs'> & { readonly inputs: Readonly<Record<string, TriggerInput>> };
}
