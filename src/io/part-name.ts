/**
 * Names of output files: they tell the job, the task and the attempt, so that no two attempts ever write one key and
 * cleaning knows whose an abandoned upload is.
 *
 *     month=1/part-<job>-<stage>-<task>-<attempt>-<index>.parquet
 *
 * A job id may hold hyphens, an attempt id may not: read from its end, a name has one meaning.
 */

import { randomUUID } from 'node:crypto';
import { InvalidArgument } from '../errors.ts';

/** Whose a file is. */
export interface PartOwner {
  readonly jobId: string;
  readonly stageId: number;
  readonly taskId: number;
  readonly attemptId: string;
}

const JOB_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const ATTEMPT_ID = /^[A-Za-z0-9]{1,64}$/;
const EXTENSION = /^[A-Za-z0-9]+(?:\.[A-Za-z0-9]+)*$/;
const PART_NAME = /(?:^|\/)part-([^/]+)-(\d+)-(\d+)-([A-Za-z0-9]+)-(\d+)\.[A-Za-z0-9.]+$/;

/** Whether `jobId` can be a segment of a path: 1–100 letters, digits, `.`, `_`, `-`, the first a letter or digit. */
export function isJobId(jobId: string): boolean {
  return JOB_ID.test(jobId);
}

/** Whether `attemptId` is 1–64 letters and digits. */
export function isAttemptId(attemptId: string): boolean {
  return ATTEMPT_ID.test(attemptId);
}

/** An attempt id that nobody else has. */
export function newAttemptId(): string {
  return randomUUID().replaceAll('-', '');
}

/** @throws InvalidArgument for ids that cannot stand in a path. */
export function assertPartOwner({ jobId, stageId, taskId, attemptId }: PartOwner): void {
  assertJobId(jobId);
  for (const number of [stageId, taskId]) {
    if (!Number.isSafeInteger(number) || number < 0) throw new InvalidArgument(`${number} is not a stage or task id.`);
  }
  if (!isAttemptId(attemptId)) {
    throw new InvalidArgument(`${JSON.stringify(attemptId)} is not an attempt id: 1–64 letters and digits.`);
  }
}

/** @throws InvalidArgument for an id that cannot stand in a path. */
export function assertJobId(jobId: string): void {
  if (!isJobId(jobId)) {
    throw new InvalidArgument(
      `${JSON.stringify(jobId)} is not a job id: 1–100 letters, digits, ".", "_" or "-", the first a letter or digit.`,
    );
  }
}

/** The file name of the owner's file number `index`. */
export function formatPartName(owner: PartOwner, index: number, extension: string): string {
  if (!EXTENSION.test(extension)) throw new InvalidArgument(`${JSON.stringify(extension)} is not a file extension.`);
  return `part-${owner.jobId}-${owner.stageId}-${owner.taskId}-${owner.attemptId}-${index}.${extension}`;
}

/** Whose file this path or uri names; undefined where it is no name of ours. */
export function parsePartName(path: string): PartOwner | undefined {
  const [, jobId = '', stageId, taskId, attemptId = ''] = PART_NAME.exec(path) ?? [];
  if (!isJobId(jobId) || !isAttemptId(attemptId)) return undefined;
  return { jobId, stageId: Number(stageId), taskId: Number(taskId), attemptId };
}
