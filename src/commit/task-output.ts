/**
 * What one attempt at a task writes, from its first upload to the result that stands.
 *
 *     recorded ──▶ committed before: its result, and nothing is written
 *        │ no
 *        ▼
 *     files ──▶ write … close ──▶ commit ──▶ the result: mine, or that of the attempt that was first
 *        │ failed before commit
 *        ▼
 *     abandon: uploads aborted
 *
 * Once the commit has begun nothing is aborted from here: its outcome may be unknown, and whoever runs the task again
 * goes on from what is there.
 */

import { CommitCorrupted, JobAborted, OutputExists } from '../errors.ts';
import { DEFAULT_RETRY_POLICY } from '../io/backoff.ts';
import { inParallel, REQUESTS_AT_ONCE } from '../io/in-parallel.ts';
import type { ObjectStore } from '../io/object-store.ts';
import type { OutputFiles, PendingFile } from '../io/output-files.ts';
import type { PartOwner } from '../io/part-name.ts';
import type { PartitionPiece } from '../io/shuffle/shuffle-format.ts';
import { UploadFiles, type UploadFilesOptions } from '../io/upload-files.ts';
import { directoryPrefix, joinUri } from '../io/uri.ts';
import { commitJob } from './commit-job.ts';
import { commitTask } from './commit-task.ts';
import { completeFile } from './complete-file.ts';
import { abortError, readDecision } from './decision.ts';
import {
  type CommitMode,
  type CommittedFile,
  type JobManifest,
  type JsonValue,
  parseTaskManifest,
  type ShuffleObject,
  type TaskManifest,
} from './manifest.ts';
import { listCommitted, readJobManifest } from './read-manifest.ts';
import { jobManifestUri, stageUri, taskManifestUri } from './work-paths.ts';

export interface TaskOutputOptions {
  /** One that repeats reads by itself (`retryingStore`). */
  readonly store: ObjectStore;
  readonly destination: string;
  readonly owner: PartOwner;
  /** Where the task is the whole job, which is committed with it. */
  readonly job: { readonly mode: CommitMode; readonly successFile: boolean } | undefined;
  readonly signal: AbortSignal;
}

/** What stands after a commit. */
export interface Committed {
  readonly manifest: TaskManifest | JobManifest;
  readonly manifestUri: string;
  readonly files: readonly Pick<CommittedFile, 'path' | 'rows' | 'size' | 'partition'>[];
  /** Of a task that partitions its rows, in order of partition. */
  readonly pieces: readonly PartitionPiece[];
}

export class TaskOutput {
  readonly #options: TaskOutputOptions;
  #files: UploadFiles | undefined;
  #memory: UploadFilesOptions['memory'] | undefined;
  #commitBegan = false;

  constructor(options: TaskOutputOptions) {
    this.#options = options;
  }

  /**
   * The result of an earlier attempt, its commit brought to an end where it was interrupted; undefined where the work
   * is still to be done.
   * @throws JobAborted, OutputExists where doing it would be in vain.
   */
  async recorded(): Promise<Committed | undefined> {
    const { store, destination, owner, job, signal } = this.#options;
    const { jobId } = owner;
    if (job !== undefined) {
      const manifest = await readJobManifest(store, destination, jobId, { signal });
      if (manifest !== undefined) return this.#ofJob(manifest);
    }
    const decision = await readDecision(store, destination, jobId, signal);
    if (decision?.decision === 'abort') throw abortError(decision, destination);
    const uri = taskManifestUri(destination, jobId, owner);
    const stored = await store.get(uri, { signal });
    if (stored !== undefined) return this.#committed(parseTaskManifest(uri, stored.bytes));
    if (job?.mode === 'error-if-exists' && (await listCommitted(store, destination, { signal })).live.length > 0) {
      throw new OutputExists(destination);
    }
    return undefined;
  }

  /** Where the files of this attempt go. `memory`, which pays for their buffers, is disposed with this output. */
  open(memory: UploadFilesOptions['memory']): OutputFiles {
    const { store, destination, owner, signal } = this.#options;
    this.#memory = memory;
    this.#files = new UploadFiles({ store, destination, owner, memory, signal });
    return this.#files;
  }

  /** Commits the files closed so far. */
  async commit(statistics: JsonValue): Promise<Committed> {
    const { store, destination, owner, signal } = this.#options;
    this.#commitBegan = true;
    const files = this.#files?.closed ?? [];
    const { manifest } = await commitTask({ store, destination, owner, files, statistics, signal });
    return this.#committed(manifest);
  }

  /**
   * Where the shuffle objects of this attempt go: beside the manifests of its stage, where nobody lists them. `memory`, which
   * pays for their buffers, is disposed with this output.
   */
  openShuffle(memory: UploadFilesOptions['memory']): OutputFiles {
    const { store, destination, owner, signal } = this.#options;
    const stage = stageUri(destination, owner.jobId, owner.stageId);
    this.#memory = memory;
    this.#files = new UploadFiles({ store, destination: stage, owner, memory, signal });
    return this.#files;
  }

  /**
   * Completes the objects closed so far and commits the task with what is in them. They are as invisible as uploads: whoever
   * reads them has a task manifest, and an attempt that was not first deletes its own.
   */
  async commitShuffle(pieces: readonly PartitionPiece[], statistics: JsonValue): Promise<Committed> {
    const { store, destination, owner, signal } = this.#options;
    this.#commitBegan = true;
    const closed = this.#files?.closed ?? [];
    const shuffle = await inParallel(closed, REQUESTS_AT_ONCE, (file) => this.#completed(file, pieces));
    try {
      const { won, manifest } = await commitTask({ store, destination, owner, files: [], shuffle, statistics, signal });
      if (!won) await this.#delete(shuffle);
      return this.#committed(manifest);
    } catch (error) {
      if (error instanceof JobAborted) await this.#delete(shuffle);
      throw error;
    }
  }

  async #completed(file: PendingFile, pieces: readonly PartitionPiece[]): Promise<ShuffleObject> {
    const { store, destination: job, owner, signal } = this.#options;
    const destination = stageUri(job, owner.jobId, owner.stageId);
    const policy = DEFAULT_RETRY_POLICY;
    const done = await completeFile(file, { store, destination, policy, verification: 'checksum', signal });
    if (done === undefined) {
      const decision = await readDecision(store, job, owner.jobId, signal);
      if (decision?.decision === 'abort') throw abortError(decision, job);
      throw new CommitCorrupted(
        `${file.path} of job ${owner.jobId} is lost: neither the object nor its upload is there.`,
      );
    }
    const { path, size, rows, crc32, etag } = done;
    const own = pieces.filter((piece) => piece.path === path);
    const partitions = Array.from(
      { length: 1 + Math.max(-1, ...own.map(({ partition }) => partition)) },
      () => [] as number[][],
    );
    for (const { partition, ranges } of own) {
      partitions[partition] = ranges.map((range) => [range.offset, range.bytes, range.rows, range.skip]);
    }
    return { path: joinUri(destination, path).slice(directoryPrefix(job).length), size, rows, crc32, etag, partitions };
  }

  /** As far as the store allows: what stays is found by cleaning. */
  async #delete(objects: readonly ShuffleObject[]): Promise<void> {
    const { store, destination } = this.#options;
    await inParallel(objects, REQUESTS_AT_ONCE, ({ path }) =>
      store.delete(joinUri(destination, path)).catch(() => undefined),
    );
  }

  /** Ends the attempt: what was not committed is dropped. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#commitBegan) await this.#files?.abortAll();
    this.#memory?.[Symbol.dispose]();
  }

  /** The task is committed; the job, where the task is all of it, is now. */
  async #committed(manifest: TaskManifest): Promise<Committed> {
    const { store, destination, owner, job, signal } = this.#options;
    if (job === undefined) {
      const manifestUri = taskManifestUri(destination, owner.jobId, owner);
      return { manifest, manifestUri, files: manifest.files, pieces: piecesOf(manifest.shuffle ?? []) };
    }
    const { jobId, stageId, taskId } = owner;
    const tasks = [{ stageId, taskId }];
    const outcome = await commitJob({ store, destination, jobId, ...job, tasks, signal });
    return this.#ofJob(outcome.manifest);
  }

  #ofJob(manifest: JobManifest): Committed {
    const { destination, owner } = this.#options;
    return { manifest, manifestUri: jobManifestUri(destination, owner.jobId), files: manifest.files, pieces: [] };
  }
}

/** What each partition has in each object; of a partition without rows, that in the first. */
function piecesOf(objects: readonly ShuffleObject[]): PartitionPiece[] {
  const partitionCount = Math.max(0, ...objects.map(({ partitions }) => partitions.length));
  return Array.from({ length: partitionCount }, (_, partition) => {
    const pieces = objects.map(({ path, partitions }): PartitionPiece => {
      const ranges = (partitions[partition] ?? []).map(([offset = 0, bytes = 0, rows = 0, skip = 0]) => ({
        offset,
        bytes,
        rows,
        skip,
      }));
      return { partition, path, ranges };
    });
    const withRows = pieces.filter(({ ranges }) => ranges.length > 0);
    return withRows.length > 0 ? withRows : pieces.slice(0, 1);
  }).flat();
}
