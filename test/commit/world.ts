/** Jobs with known content, and what a reader sees of them. */

import { crc32 } from 'node:zlib';
import { type CommitJobOptions, commitJob, type JobOutcome } from '../../src/commit/commit-job.ts';
import { commitTask, type TaskOutcome } from '../../src/commit/commit-task.ts';
import type { CommitMode, TaskId } from '../../src/commit/manifest.ts';
import { listCommitted } from '../../src/commit/read-manifest.ts';
import type { RetryPolicy } from '../../src/io/backoff.ts';
import type { ObjectStore } from '../../src/io/object-store.ts';
import type { PendingFile } from '../../src/io/output-files.ts';
import { retryingStore } from '../../src/io/retrying-store.ts';
import { UploadFiles } from '../../src/io/upload-files.ts';
import { joinUri } from '../../src/io/uri.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';

/** Turns of the promise queue instead of time. */
export const VIRTUAL_RETRIES: RetryPolicy = {
  attempts: 6,
  baseMs: 1,
  maxMs: 8,
  sleep: async (ms) => {
    for (let turn = 0; turn < ms; turn++) await Promise.resolve();
  },
  random: () => 0.9,
};

export interface TestJob {
  readonly jobId: string;
  readonly mode: CommitMode;
  readonly tasks: readonly TaskId[];
  /** The directories that each task writes a file into, `n=0` and `n=1`: both where absent. */
  readonly directories?: readonly (0 | 1)[];
}

export function job(jobId: string, mode: CommitMode, taskCount: number = 2): TestJob {
  return { jobId, mode, tasks: Array.from({ length: taskCount }, (_, taskId) => ({ stageId: 1, taskId })) };
}

/** The files that a task writes, whichever attempt does. */
function filesOf({ jobId, directories = [0, 1] }: TestJob, { taskId }: TaskId): { n: 0 | 1; content: string }[] {
  return directories.map((n) => ({ n, content: `${jobId} task ${taskId} ${n === 0 ? 'first' : 'second'}` }));
}

export function contentsOfJob(job: TestJob): string[] {
  return [...contentsIn(0, job), ...contentsIn(1, job)].sort();
}

/** The contents of the files that a job has in one directory. */
export function contentsIn(directory: 0 | 1, job: TestJob): string[] {
  const files = job.tasks.flatMap((task) => filesOf(job, task));
  return files.flatMap(({ n, content }) => (n === directory ? content : [])).sort();
}

const budget = new MemoryBudget(16 * 1024 * 1024);

/** Writes a task's files as one attempt does, and commits it. Attempts differ in the names and the number of files. */
export async function runAttempt(
  plainStore: ObjectStore,
  destination: string,
  job: TestJob,
  task: TaskId,
  attemptId: string,
): Promise<TaskOutcome> {
  const { store, owner, files } = await writeAttempt(plainStore, destination, job, task, attemptId);
  return commitTask({ store, destination, owner, files, statistics: { attemptId }, retryPolicy: VIRTUAL_RETRIES });
}

export async function writeAttempt(
  plainStore: ObjectStore,
  destination: string,
  job: TestJob,
  task: TaskId,
  attemptId: string,
): Promise<{
  store: ObjectStore;
  owner: TaskId & { jobId: string; attemptId: string };
  files: readonly PendingFile[];
}> {
  const store = retryingStore(plainStore, VIRTUAL_RETRIES);
  const owner = { jobId: job.jobId, ...task, attemptId };
  using memory = budget.reserve('test');
  const output = new UploadFiles({ store, destination, owner, memory });
  for (const { n, content } of filesOf(job, task)) {
    const file = await output.create({ n: `${n}` }, 'txt');
    await file.write(Buffer.from(content));
    await file.close(1);
  }
  return { store, owner, files: output.closed };
}

export function commit(
  plainStore: ObjectStore,
  destination: string,
  job: TestJob,
  options?: Partial<CommitJobOptions>,
): Promise<JobOutcome> {
  const store = retryingStore(plainStore, VIRTUAL_RETRIES);
  return commitJob({ ...job, store, destination, retryPolicy: VIRTUAL_RETRIES, ...options });
}

/** Runs a whole job, undisturbed. */
export async function runJob(store: ObjectStore, destination: string, job: TestJob): Promise<JobOutcome> {
  for (const task of job.tasks) await runAttempt(store, destination, job, task, 'a0');
  return commit(store, destination, job);
}

/**
 * The contents of all files that a reader sees, sorted. A file that vanishes while it is read is the sign of an
 * overwrite: then the reader looks again, as any reader must, and only what stands is believed.
 */
export async function readAll(store: ObjectStore, destination: string): Promise<string[]> {
  for (let look = 0; look < 50; look++) {
    const contents = await readOnce(store, destination);
    if (contents !== undefined) return contents;
  }
  throw new Error('a live file is missing');
}

async function readOnce(store: ObjectStore, destination: string): Promise<string[] | undefined> {
  const { files } = await listCommitted(store, destination);
  const contents: string[] = [];
  for (const file of files) {
    const object = await store.get(joinUri(destination, file.path));
    if (object === undefined) {
      const { files: now } = await listCommitted(store, destination);
      if (now.some(({ path }) => path === file.path)) throw new Error(`${file.path} is live and missing`);
      return undefined;
    }
    if (object.bytes.byteLength !== file.size || crc32(object.bytes) !== Number.parseInt(file.crc32, 16)) {
      throw new Error(`${file.path} is not what its manifest says`);
    }
    contents.push(Buffer.from(object.bytes).toString());
  }
  return contents.sort();
}

/** What a reader that lists the directory finds: data files only. */
export async function readListed(store: ObjectStore, destination: string): Promise<string[]> {
  const contents: string[] = [];
  for await (const { uri } of store.list(`${destination}/`)) {
    if (/\/[._]/.test(uri.slice(destination.length))) continue;
    const object = await store.get(uri);
    if (object !== undefined) contents.push(Buffer.from(object.bytes).toString());
  }
  return contents.sort();
}

/** The store with one of its calls answered by somebody else. */
export function without<Key extends keyof ObjectStore>(
  store: ObjectStore,
  key: Key,
  forbidden: ObjectStore[Key],
): ObjectStore {
  return new Proxy(store, {
    get: (target, name) => (name === key ? forbidden : Reflect.get(target, name).bind(target)),
  });
}
