/** How far a job is: what was decided about it, and which of its tasks have a result. */

import { abortError, readDecision } from '../commit/decision.ts';
import { taskManifestUri } from '../commit/work-paths.ts';
import { StageIncomplete } from '../errors.ts';
import { type JobPlace, stageManifestsPrefix } from './job-paths.ts';
import type { JobServices } from './read-job.ts';
import { readItems } from './stage-items.ts';

/** Tasks that a message names. */
const NAMED_TASKS = 5;

/**
 * Whether there is still something to do, or the job was decided to be committed, which any commit completes.
 * @throws JobAborted, OutputExists where the job was decided to be aborted
 */
export async function assertGoingOn(
  { destination, jobId }: JobPlace,
  { store, signal }: JobServices,
): Promise<'undecided' | 'committed'> {
  const decision = await readDecision(store, destination, jobId, signal);
  if (decision === undefined) return 'undecided';
  if (decision.decision === 'commit') return 'committed';
  throw abortError(decision, destination);
}

/**
 * How many tasks the stage has, once each of them has its manifest.
 * @throws StageIncomplete; where the job was aborted meanwhile, which is why tasks gave up, JobAborted
 */
export async function assertStageComplete(place: JobPlace, stageId: number, services: JobServices): Promise<number> {
  const { taskCount, missing } = await stageProgress(place, stageId, services);
  if (taskCount === undefined) throw new StageIncomplete(`Stage ${stageId} of job ${place.jobId} was not planned.`);
  if (missing.length === 0) return taskCount;
  if ((await assertGoingOn(place, services)) === 'committed') return taskCount;
  const named = missing.slice(0, NAMED_TASKS).join(', ');
  const more = missing.length > NAMED_TASKS ? ` and ${missing.length - NAMED_TASKS} more` : '';
  throw new StageIncomplete(
    `Stage ${stageId} of job ${place.jobId} has ended without a result of ${missing.length} of its ${taskCount} tasks: ${named}${more}. Their logs tell why; nothing of the job is visible.`,
  );
}

export interface StageProgress {
  /** Undefined while the stage is not planned. */
  readonly taskCount: number | undefined;
  /** Tasks without a result, by number. */
  readonly missing: readonly number[];
}

/** Which tasks of a stage have a manifest. One listing, a page per thousand tasks. */
export async function stageProgress(
  place: JobPlace,
  stageId: number,
  { store, signal }: JobServices,
): Promise<StageProgress> {
  const items = await readItems(store, place, stageId, { signal });
  if (items === undefined) return { taskCount: undefined, missing: [] };
  const manifests = new Set<string>();
  for await (const { uri } of store.list(stageManifestsPrefix(place, stageId), { signal })) manifests.add(uri);
  const { destination, jobId } = place;
  const missing = [...items.keys()].filter(
    (taskId) => !manifests.has(taskManifestUri(destination, jobId, { stageId, taskId })),
  );
  return { taskCount: items.length, missing };
}
