/**
 * Where the documents of the commit protocol lie. The leading underscore hides them from Hive-style readers.
 *
 *     <destination>/
 *       month=1/part-….parquet
 *       _SUCCESS
 *       _millrace/
 *         _sequence/000000000001.json       claims: the order of commits, all jobs
 *         <jobId>/
 *           stage-0/task-3.json             task manifest
 *           stage-0/part-….shuffle          rows for tasks of the next stage
 *           decision.json
 *           manifest.json                   job manifest
 */

import { assertJobId, isJobId, parsePartName } from '../io/part-name.ts';
import { directoryPrefix, joinUri } from '../io/uri.ts';
import type { TaskId } from './manifest.ts';

const WORK_DIRECTORY = '_millrace';
const SUCCESS_NAME = '_SUCCESS';

const SEQUENCE_DIGITS = 12;

/** The prefix of all work of all jobs, with a slash at its end. */
export function workPrefix(destination: string): string {
  return `${directoryPrefix(destination)}${WORK_DIRECTORY}/`;
}

/** The prefix of one job's work, with a slash at its end. @throws InvalidArgument for an id that is none. */
export function jobPrefix(destination: string, jobId: string): string {
  assertJobId(jobId);
  return `${workPrefix(destination)}${jobId}/`;
}

/** Where shuffle objects of a stage lie, beside its task manifests. */
export function stageUri(destination: string, jobId: string, stageId: number): string {
  return joinUri(jobPrefix(destination, jobId), `stage-${stageId}`);
}

export function taskManifestUri(destination: string, jobId: string, { stageId, taskId }: TaskId): string {
  return joinUri(jobPrefix(destination, jobId), `stage-${stageId}/task-${taskId}.json`);
}

export function decisionUri(destination: string, jobId: string): string {
  return joinUri(jobPrefix(destination, jobId), 'decision.json');
}

export function jobManifestUri(destination: string, jobId: string): string {
  return joinUri(jobPrefix(destination, jobId), 'manifest.json');
}

export function claimsPrefix(destination: string): string {
  return `${workPrefix(destination)}_sequence/`;
}

export function claimUri(destination: string, sequence: number): string {
  return joinUri(claimsPrefix(destination), `${sequence.toString().padStart(SEQUENCE_DIGITS, '0')}.json`);
}

/** The sequence that a claim's uri stands for; undefined where it is no claim. */
export function claimSequence(destination: string, uri: string): number | undefined {
  const prefix = claimsPrefix(destination);
  const [, digits] = uri.startsWith(prefix) ? (/^(\d{12})\.json$/.exec(uri.slice(prefix.length)) ?? []) : [];
  return digits === undefined ? undefined : Number(digits);
}

/** The job to whose work `uri` belongs; undefined where it is nobody's. */
export function jobOfWork(destination: string, uri: string): string | undefined {
  const prefix = workPrefix(destination);
  const [jobId = ''] = uri.startsWith(prefix) ? uri.slice(prefix.length).split('/') : [];
  return isJobId(jobId) ? jobId : undefined;
}

export function successUri(destination: string): string {
  return joinUri(destination, SUCCESS_NAME);
}

/** Whether the uri could be a document or a file of a job, of whatever destination: nobody else may put anything there. */
export function isKeptForJobs(uri: string): boolean {
  const segments = uri.split('/');
  return segments.includes(WORK_DIRECTORY) || segments.at(-1) === SUCCESS_NAME || parsePartName(uri) !== undefined;
}
