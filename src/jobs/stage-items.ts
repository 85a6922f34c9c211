/** The list over which a stage is mapped. The first planner's stands; where there is one, it is never replaced. */

import * as z from 'zod';
import { CommitCorrupted } from '../errors.ts';
import type { ObjectStore, RequestOptions } from '../io/object-store.ts';
import { redactUri } from '../io/uri.ts';
import { itemsUri, type JobPlace } from './job-paths.ts';

/** Which function a task needs: a small one suffices for rows that pass through, state needs a large one. */
export type TaskSize = 'small' | 'large';

/** Task n of a stage is item n of its list. */
export interface StageItem {
  /** Uri of the task's document. */
  readonly task: string;
  readonly size: TaskSize;
}

/** Tasks of a stage: what one distributed Map takes without a limit of its own coming near. */
export const MAX_STAGE_TASKS = 10_000;

const stageItems = z
  .array(z.strictObject({ task: z.string().min(1), size: z.enum(['small', 'large']) }))
  .min(1)
  .max(MAX_STAGE_TASKS);

/** The uris of two planners differ, so equal bytes are the same planner's. */
export function encodeItems(items: readonly StageItem[]): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(items)}\n`);
}

/** @throws CommitCorrupted */
export function parseItems(uri: string, bytes: Uint8Array): readonly StageItem[] {
  try {
    return stageItems.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch {
    throw new CommitCorrupted(`${redactUri(uri)} is no list of tasks, though only Millrace writes there.`);
  }
}

/** Undefined while the stage is not planned. */
export async function readItems(
  store: ObjectStore,
  place: JobPlace,
  stageId: number,
  options?: RequestOptions,
): Promise<readonly StageItem[] | undefined> {
  const uri = itemsUri(place, stageId);
  const stored = await store.get(uri, options);
  return stored && parseItems(uri, stored.bytes);
}
