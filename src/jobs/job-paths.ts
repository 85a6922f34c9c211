/**
 * Where the documents of a job lie that tell what is to be done, beside those of its commit (`commit/work-paths.ts`).
 *
 *     <destination>/_millrace/<jobId>/
 *       job.json                          the job
 *       plan-0/plan.json                  what every task of stage 0 does
 *       plan-0/tasks-<attempt>/task-3.json
 *       plan-0/items.json                 which of these count: the list of the first planner
 *       stage-0/task-3.json               what task 3 has done
 */

import { jobPrefix } from '../commit/work-paths.ts';
import { InvalidArgument } from '../errors.ts';
import { joinUri, redactUri } from '../io/uri.ts';

/** A job, by its place. */
export interface JobPlace {
  readonly destination: string;
  readonly jobId: string;
}

export function jobDocumentUri({ destination, jobId }: JobPlace): string {
  return joinUri(jobPrefix(destination, jobId), 'job.json');
}

/** The place of the job whose document is at `uri`. @throws InvalidArgument where no job's document can be there. */
export function placeOfJob(uri: string): JobPlace {
  const [, destination, jobId] = /^(.*)\/_millrace\/([^/]+)\/job\.json$/s.exec(uri) ?? [];
  if (destination === undefined || jobId === undefined) {
    throw new InvalidArgument(`${redactUri(uri)} is not where a job lies: <destination>/_millrace/<job id>/job.json.`);
  }
  const place = { destination, jobId };
  if (jobDocumentUri(place) !== uri) throw new InvalidArgument(`${redactUri(uri)} is not where a job lies.`);
  return place;
}

export function stagePlanUri({ destination, jobId }: JobPlace, stageId: number): string {
  return joinUri(jobPrefix(destination, jobId), `plan-${stageId}/plan.json`);
}

export function itemsUri({ destination, jobId }: JobPlace, stageId: number): string {
  return joinUri(jobPrefix(destination, jobId), `plan-${stageId}/items.json`);
}

/** A task's document, of the planner `attemptId`. */
export function taskDocumentUri(
  { destination, jobId }: JobPlace,
  stageId: number,
  attemptId: string,
  taskId: number,
): string {
  return joinUri(jobPrefix(destination, jobId), `plan-${stageId}/tasks-${attemptId}/task-${taskId}.json`);
}

/** The prefix of the manifests of a stage's tasks. */
export function stageManifestsPrefix({ destination, jobId }: JobPlace, stageId: number): string {
  return `${jobPrefix(destination, jobId)}stage-${stageId}/`;
}
