/** A job as its author writes it: a plan that ends in a commit, what it reads, and where it writes. */

import type { CommitWriteNode, PlanNode, WriteNode } from '../plan/plan-node.ts';
import type { PlanSettings, TaskInput } from '../plan/task.ts';

/** All objects that the glob matches when the job is planned; at least one has to. */
export interface GlobInput {
  readonly kind: 'glob';
  readonly glob: string;
}

/** What tasks have partitioned only the planner of stages knows. */
export type JobInput = Exclude<TaskInput, { kind: 'shuffle' }> | GlobInput;

export interface Job extends PlanSettings {
  /** Version of this document's form. */
  readonly version: 1;
  /** The caller's idempotency key: the same job is done once. One is made up where it is absent. */
  readonly jobId?: string | undefined;
  /** The plan, its root a `commit-write`, or the uri of an object that holds it. */
  readonly plan: PlanNode | { readonly uri: string };
  /** By source id. */
  readonly inputs: Readonly<Record<string, JobInput>>;
  /** The destination: the uri of a directory. */
  readonly output: { readonly uri: string };
  /** Stored bytes that one task reads, about; `DEFAULT_TASK_BYTES` where absent. */
  readonly taskBytes?: number | undefined;
}

/** The plan of a job. */
export type JobPlan = CommitWriteNode & { readonly input: WriteNode };

/** What its tasks have of it. */
export const settingsOf = ({ overflow, timezone }: PlanSettings): PlanSettings => ({
  ...(overflow && { overflow }),
  ...(timezone && { timezone }),
});

/** A job as it lies in its work prefix: with its name, and with the plan itself. */
export interface StoredJob extends Job {
  readonly jobId: string;
  readonly plan: JobPlan;
}

/**
 * At what a function reads, 75 MB/s at the best, 256 MiB are some seconds of reading, and well below a minute with the
 * work on them: long against the start of a function, and little to lose where one has to be run again.
 */
export const DEFAULT_TASK_BYTES: number = 256 * 1024 * 1024;
