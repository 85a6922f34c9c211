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

import { OutputExists } from '../errors.ts';
import type { ObjectStore } from '../io/object-store.ts';
import type { OutputFiles } from '../io/output-files.ts';
import type { PartOwner } from '../io/part-name.ts';
import { UploadFiles, type UploadFilesOptions } from '../io/upload-files.ts';
import { commitJob } from './commit-job.ts';
import { commitTask } from './commit-task.ts';
import { abortError, readDecision } from './decision.ts';
import {
  type CommitMode,
  type CommittedFile,
  type JobManifest,
  type JsonValue,
  parseTaskManifest,
  type TaskManifest,
} from './manifest.ts';
import { listCommitted, readJobManifest } from './read-manifest.ts';
import { jobManifestUri, taskManifestUri } from './work-paths.ts';

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
    if (stored !== undefined) return this.#completed(parseTaskManifest(uri, stored.bytes));
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
    return this.#completed(manifest);
  }

  /** Ends the attempt: what was not committed is dropped. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#commitBegan) await this.#files?.abortAll();
    this.#memory?.[Symbol.dispose]();
  }

  /** The task is committed; the job, where the task is all of it, is now. */
  async #completed(manifest: TaskManifest): Promise<Committed> {
    const { store, destination, owner, job, signal } = this.#options;
    if (job === undefined) {
      const manifestUri = taskManifestUri(destination, owner.jobId, owner);
      return { manifest, manifestUri, files: manifest.files };
    }
    const { jobId, stageId, taskId } = owner;
    const tasks = [{ stageId, taskId }];
    const outcome = await commitJob({ store, destination, jobId, ...job, tasks, signal });
    return this.#ofJob(outcome.manifest);
  }

  #ofJob(manifest: JobManifest): Committed {
    const { destination, owner } = this.#options;
    return { manifest, manifestUri: jobManifestUri(destination, owner.jobId), files: manifest.files };
  }
}
