/**
 * Making the files of one attempt the result of its task: the first attempt wins, all others are undone.
 *
 *     uploads open ──▶ decided? ── abort ──▶ abort my uploads, JobAborted
 *                         │ no, or commit
 *                         ▼
 *                  put task manifest ── another attempt's is there ──▶ abort my uploads, return the winner's
 *                   (once, see put-once.ts)
 *                         │ mine
 *                         ▼
 *                      decided? ── abort ──▶ abort my uploads, JobAborted
 *                         │ no, or commit
 *                         ▼
 *                        won
 *
 * Why it is safe. Two attempts: the manifest is created once, and names one attempt's uploads; keys hold the attempt, so a
 * zombie cannot touch what the winner has. Nothing is undone while the outcome of the put is unknown: the error says so,
 * and the same call again finds out. An abort that was decided between the two looks either finds this manifest when it
 * aborts uploads, or was decided before the second look and is seen here: nobody's uploads stay open unnoticed. After a
 * decision to commit a task that is part of the job has its manifest already, so every late attempt loses.
 */

import { JobAborted } from '../errors.ts';
import { DEFAULT_RETRY_POLICY, type RetryPolicy } from '../io/backoff.ts';
import type { ObjectStore } from '../io/object-store.ts';
import type { PendingFile } from '../io/output-files.ts';
import { assertPartOwner, type PartOwner } from '../io/part-name.ts';
import { abortUploads } from './abort-uploads.ts';
import { abortReason, readDecision } from './decision.ts';
import {
  encodeDocument,
  type JsonValue,
  parseTaskManifest,
  type ShuffleObject,
  type TaskManifest,
} from './manifest.ts';
import { putOnce } from './put-once.ts';
import { taskManifestUri } from './work-paths.ts';

export interface CommitTaskOptions {
  /** One that repeats reads by itself (`retryingStore`). */
  readonly store: ObjectStore;
  readonly destination: string;
  readonly owner: PartOwner;
  readonly files: readonly PendingFile[];
  readonly shuffle?: readonly ShuffleObject[] | undefined;
  readonly statistics: JsonValue;
  readonly retryPolicy?: RetryPolicy;
  readonly signal?: AbortSignal;
}

export interface TaskOutcome {
  /** Whether this attempt is the task's result. */
  readonly won: boolean;
  /** The task's result: this attempt's, or the winner's. */
  readonly manifest: TaskManifest;
}

/**
 * Commits a task. Calling it again with the same files gives the same outcome.
 * @throws JobAborted where the job was aborted; StorageUnavailable where the outcome is unknown.
 */
export async function commitTask(options: CommitTaskOptions): Promise<TaskOutcome> {
  const { store, destination, owner, files, shuffle, statistics, signal } = options;
  assertPartOwner(owner);
  await assertStillWanted(options);
  const uri = taskManifestUri(destination, owner.jobId, owner);
  const { jobId, stageId, taskId, attemptId } = owner;
  const mine: TaskManifest = { version: 1, jobId, stageId, taskId, attemptId, files, shuffle, statistics };
  const policy = options.retryPolicy ?? DEFAULT_RETRY_POLICY;
  const outcome = await putOnce(store, uri, encodeDocument(mine), policy, signal);
  const manifest = parseTaskManifest(uri, outcome.bytes);
  if (!outcome.mine) {
    await abortUploads(store, destination, files, manifest.files);
    return { won: false, manifest };
  }
  await assertStillWanted(options);
  return { won: true, manifest };
}

/** A job decided to be aborted, or committed without this task, will never complete these files. */
async function assertStillWanted({ store, destination, owner, files, signal }: CommitTaskOptions): Promise<void> {
  const { jobId, stageId, taskId } = owner;
  const decision = await readDecision(store, destination, jobId, signal);
  if (decision === undefined) return;
  if (decision.decision === 'commit') {
    const isPart = decision.tasks.some((task) => task.stageId === stageId && task.taskId === taskId);
    if (isPart || files.length === 0) return;
  }
  await abortUploads(store, destination, files);
  const why =
    decision.decision === 'abort' ? `was aborted: ${abortReason(decision)}` : 'was committed without this task';
  throw new JobAborted(`Job ${jobId} ${why}.`);
}
