/**
 * Planning a stage: from a job in storage to the list over which its tasks are mapped.
 *
 *     stage 0   job.json ──bind──▶ inputs, pinned ──cut──▶ task documents ──▶ items.json    put once
 *                                                                                 │
 *     stage 1   which of them have a manifest ◀───────────────────────────────────┘
 *                 ├── all: commit
 *                 └── not all: JobAborted with the first failure, or StageIncomplete
 *
 * Any number of planners may be at work at once, or one after the other. Each writes its task documents below a prefix of
 * its own, and then tries to put the list; who comes second takes the list that stands, and its own documents are never
 * looked at. So a task number means one input for ever, whoever runs it, and what an attempt wrote can be trusted to be
 * what the task was.
 */

import { putOnce } from '../commit/put-once.ts';
import { listCommitted } from '../commit/read-manifest.ts';
import { InvalidArgument, OutputExists } from '../errors.ts';
import { DEFAULT_RETRY_POLICY } from '../io/backoff.ts';
import { inParallel, REQUESTS_AT_ONCE } from '../io/in-parallel.ts';
import { newAttemptId } from '../io/part-name.ts';
import { retryingStore } from '../io/retrying-store.ts';
import { parseUri } from '../io/uri.ts';
import { MAX_DOCUMENT_CHARACTERS } from '../plan/document-limits.ts';
import type { Task } from '../plan/task.ts';
import { loadAndBind } from '../planner/load-and-bind.ts';
import { cutJob, type StageTask } from './cut-job.ts';
import { type StoredJob, settingsOf } from './job.ts';
import { itemsUri, type JobPlace, placeOfJob, stagePlanUri, taskDocumentUri } from './job-paths.ts';
import { type JobServices, readJob } from './read-job.ts';
import { encodeItems, parseItems, readItems, type StageItem } from './stage-items.ts';
import { assertGoingOn, assertStageComplete } from './stage-state.ts';

export interface PlanStageOptions extends JobServices {
  readonly jobUri: string;
  /** From 0: how many stages have been mapped. */
  readonly stageId: number;
}

/** What comes next: a stage to be mapped, or the commit of those that were. */
export type StagePlan =
  | {
      readonly next: 'map';
      readonly stageId: number;
      readonly taskCount: number;
      /** The list of tasks: where it is, and in which parts a state machine asks for that. */
      readonly items: { readonly bucket: string; readonly key: string; readonly uri: string };
    }
  | { readonly next: 'commit'; readonly stageId: number };

/**
 * Plans stage `stageId`, or gives the plan of whoever was first.
 * @throws InvalidPlan, InvalidArgument, ObjectNotFound and the errors of files where the job cannot run; JobAborted and
 * OutputExists where it was decided that it shall not; StageIncomplete where a task of the stage before has no result.
 */
export async function planStage(options: PlanStageOptions): Promise<StagePlan> {
  const { jobUri, stageId, signal, retryPolicy = DEFAULT_RETRY_POLICY } = options;
  const services = { store: retryingStore(options.store, retryPolicy), retryPolicy, signal };
  const place = placeOfJob(jobUri);
  if (stageId !== 0 && stageId !== 1) {
    throw new InvalidArgument(`There is no stage ${stageId}: a job has stage 0, and is committed as stage 1.`);
  }
  if ((await assertGoingOn(place, services)) === 'committed') return { next: 'commit', stageId };
  if (stageId === 1) {
    await assertStageComplete(place, 0, services);
    return { next: 'commit', stageId };
  }
  const standing = await readItems(services.store, place, stageId, { signal });
  const items = standing ?? (await planFirstStage(place, await readJob(jobUri, services), services));
  const uri = itemsUri(place, stageId);
  const { bucket, key } = parseUri(uri);
  return { next: 'map', stageId, taskCount: items.length, items: { bucket, key, uri } };
}

async function planFirstStage(
  place: JobPlace,
  job: StoredJob,
  services: Required<Pick<JobServices, 'store' | 'retryPolicy'>> & JobServices,
): Promise<readonly StageItem[]> {
  const { store, retryPolicy = DEFAULT_RETRY_POLICY, signal } = services;
  const bound = await loadAndBind(job.plan, job);
  const { destination } = place;
  if (job.plan.mode === 'error-if-exists' && (await listCommitted(store, destination, { signal })).live.length > 0) {
    throw new OutputExists(destination);
  }
  const tasks = await cutJob(job, bound, { store, signal });
  await store.put(stagePlanUri(place, 0), encoded(job.plan.input), { signal });
  const items = await putTasks(place, job, tasks, services);
  const uri = itemsUri(place, 0);
  const { bytes } = await putOnce(store, uri, encodeItems(items), retryPolicy, signal);
  return parseItems(uri, bytes);
}

/** Writes the tasks' documents, where no other planner does. */
function putTasks(
  place: JobPlace,
  { jobId, output, ...job }: StoredJob,
  tasks: readonly StageTask[],
  { store, signal }: JobServices,
): Promise<StageItem[]> {
  const attemptId = newAttemptId();
  const plan = { uri: stagePlanUri(place, 0) };
  return inParallel([...tasks.entries()], REQUESTS_AT_ONCE, async ([taskId, { inputs, size }]) => {
    const uri = taskDocumentUri(place, 0, attemptId, taskId);
    const task: Task = { version: 1, jobId, stageId: 0, taskId, plan, inputs, output, ...settingsOf(job) };
    const bytes = encoded(task);
    if (bytes.byteLength > MAX_DOCUMENT_CHARACTERS) throw tooLargeTask(taskId, bytes.byteLength);
    await store.put(uri, bytes, { signal });
    return { task: uri, size };
  });
}

const tooLargeTask = (taskId: number, bytes: number): InvalidArgument =>
  new InvalidArgument(
    `The document of task ${taskId} would have ${bytes} bytes, and could not be read: it may have ${MAX_DOCUMENT_CHARACTERS}. Give the job fewer files, or files with shorter names.`,
  );

const encoded = (document: unknown): Uint8Array =>
  new TextEncoder().encode(`${JSON.stringify(document, undefined, 1)}\n`);
