/**
 * Committing a job: once decided, only forward, by anyone, as often as needed.
 *
 *     all task manifests there ──▶ claim a number ──▶ decision ── abort ──▶ JobAborted, OutputExists
 *                                                        │ commit
 *                                                        ▼
 *                     complete every upload ──▶ job manifest ──▶ delete what it replaces ──▶ _SUCCESS
 *                     (complete-file.ts)        ▲ readers see all of the job from here on
 *
 * Why each step may be interrupted or repeated:
 * - Claim: a number nobody's decision names is void; another is taken.
 * - Decision: created once. Mode, number and tasks are part of it, so whoever resumes does the same whatever was asked.
 * - Uploads: a completed one is recognised by its content. Until the manifest stands, readers of manifests do not see
 *   any of the files; readers of listings see whole files only, but see them come one by one.
 * - Manifest: created once. Two committers may differ in `replaces`; the first one stands for both.
 * - Deletion: only files of jobs that a manifest which stands has replaced, and none that a live job names.
 *
 * Two jobs, one destination. The sequence (claim-sequence.ts) orders them as if they had run one after the other:
 * append and append: both are live. Overwrite-partitions: replaces lower numbers, directory by directory. Overwrite: replaces all with lower numbers, also one whose manifest comes later,
 * which then removes its own files; higher numbers stay. Error-if-exists: the lowest number wins; a higher one is refused
 * if a lower one is committed, or undecided and might be, so of any number that race at most one is committed.
 *
 * Overwriter and late-comer cannot miss each other: each first puts its manifest and then looks, so the later of the two
 * puts is followed by a look that sees both.
 */

import { CommitCorrupted, InvalidArgument, type JobAborted, type OutputExists, StorageUnavailable } from '../errors.ts';
import { DEFAULT_RETRY_POLICY, type RetryPolicy } from '../io/backoff.ts';
import { inParallel, REQUESTS_AT_ONCE } from '../io/in-parallel.ts';
import type { ObjectStore } from '../io/object-store.ts';
import { joinUri } from '../io/uri.ts';
import { abortJob } from './abort-job.ts';
import { claimNext, findExisting } from './claim-sequence.ts';
import { completeFile, type Verification } from './complete-file.ts';
import { abortError, decide, readDecision } from './decision.ts';
import { assertReadable, jobManifestOf } from './job-manifest.ts';
import {
  type AbortDecision,
  type CommitDecision,
  type CommitMode,
  type CommittedFile,
  type Decision,
  encodeDocument,
  type JobManifest,
  parseJobManifest,
  parseTaskManifest,
  type TaskId,
  type TaskManifest,
} from './manifest.ts';
import { putOnce } from './put-once.ts';
import { directoryOf, listCommitted, readJobManifest, standingFiles } from './read-manifest.ts';
import { jobManifestUri, successUri, taskManifestUri } from './work-paths.ts';

export interface CommitJobOptions {
  /** One that repeats reads by itself (`retryingStore`). */
  readonly store: ObjectStore;
  readonly destination: string;
  readonly jobId: string;
  readonly mode: CommitMode;
  /** The tasks whose files are the job's: all of its last stage. */
  readonly tasks: readonly TaskId[];
  /** Puts `_SUCCESS` at the end, which holds the job's id. */
  readonly successFile?: boolean;
  /** How files that another run completed are checked; default checksum. */
  readonly verification?: Verification;
  readonly retryPolicy?: RetryPolicy;
  readonly signal?: AbortSignal;
}

export interface JobOutcome {
  readonly manifest: JobManifest;
  /** Whether an overwrite with a higher number has replaced this job already. */
  readonly replaced: boolean;
}

/**
 * Commits a job, or goes on with a commit that was interrupted, or gives the result of one that is complete.
 * @throws JobAborted, OutputExists where that was decided; InvalidArgument where a task has no manifest yet;
 * StorageUnavailable where the outcome is unknown: then the same call again finds out.
 */
export async function commitJob(options: CommitJobOptions): Promise<JobOutcome> {
  const { store, destination, jobId, signal } = options;
  let manifest = await readJobManifest(store, destination, jobId, { signal });
  if (manifest === undefined) {
    const decision = (await readDecision(store, destination, jobId, signal)) ?? (await decideCommit(options));
    if (decision.decision === 'abort') throw await refusal(options, decision);
    manifest = await goForward(options, decision);
  }
  const replaced = await deleteReplaced(options, manifest);
  if (options.successFile) await putSuccess(options);
  return { manifest, replaced };
}

async function decideCommit(options: CommitJobOptions): Promise<Decision> {
  const { store, destination, jobId, mode, signal } = options;
  const policy = options.retryPolicy ?? DEFAULT_RETRY_POLICY;
  const tasks = options.tasks.map(({ stageId, taskId }) => ({ stageId, taskId }));
  if (new Set(tasks.map(({ stageId, taskId }) => `${stageId}/${taskId}`)).size < tasks.length) {
    throw new InvalidArgument(`Job ${jobId} lists a task twice.`);
  }
  const found = await readTaskManifests(options, tasks);
  const missing = tasks.find((_, index) => found[index] === undefined);
  if (missing !== undefined) {
    throw new InvalidArgument(
      `Job ${jobId} cannot be committed: stage ${missing.stageId} task ${missing.taskId} has no manifest yet.`,
    );
  }
  const manifests = found.filter((manifest) => manifest !== undefined);
  assertReadable(destination, jobId, manifests);
  const sequence = await claimNext(store, destination, jobId, policy, signal);
  if (mode === 'error-if-exists') {
    const reason = await findExisting(store, destination, jobId, sequence, signal);
    if (reason !== undefined) {
      const abort = { decision: 'abort', cause: 'output-exists', reason } as const;
      return decide(store, destination, jobId, abort, policy, signal);
    }
  }
  return decide(store, destination, jobId, { decision: 'commit', mode, sequence, tasks }, policy, signal);
}

/** In the order of `tasks`; undefined for those without. */
function readTaskManifests(
  { store, destination, jobId, signal }: CommitJobOptions,
  tasks: readonly TaskId[],
): Promise<(TaskManifest | undefined)[]> {
  return inParallel(tasks, REQUESTS_AT_ONCE, async (task) => {
    const uri = taskManifestUri(destination, jobId, task);
    const stored = await store.get(uri, { signal });
    if (stored === undefined) return undefined;
    const manifest = parseTaskManifest(uri, stored.bytes);
    if (manifest.jobId === jobId && manifest.stageId === task.stageId && manifest.taskId === task.taskId)
      return manifest;
    throw new CommitCorrupted(`${uri} is the manifest of another task.`);
  });
}

/** Tidies up after an abort and gives the error that tells of it. */
async function refusal(options: CommitJobOptions, decision: AbortDecision): Promise<OutputExists | JobAborted> {
  await abortJob({ ...options, reason: decision.reason });
  return abortError(decision, options.destination);
}

async function goForward(options: CommitJobOptions, decision: CommitDecision): Promise<JobManifest> {
  const { store, destination, jobId, signal } = options;
  const policy = options.retryPolicy ?? DEFAULT_RETRY_POLICY;
  const tasks = (await readTaskManifests(options, decision.tasks)).map((manifest) => {
    if (manifest !== undefined) return manifest;
    throw new CommitCorrupted(`Job ${jobId} was decided, but a task manifest is gone from ${destination}.`);
  });
  const verification = options.verification ?? 'checksum';
  const completing = { store, destination, policy, verification, signal };
  const pending = tasks.flatMap(({ files }) => files);
  const files = [];
  for (const [index, file] of (
    await inParallel(pending, REQUESTS_AT_ONCE, (f) => completeFile(f, completing))
  ).entries()) {
    if (file !== undefined) files.push(file);
    else return committedMeanwhile(options, pending[index]?.path);
  }

  const { mode, sequence } = decision;
  const standing = mode === 'overwrite' ? (await listCommitted(store, destination, { signal })).live : [];
  const replaces = standing.filter((other) => other.sequence < sequence).map((other) => other.jobId);
  const manifest = jobManifestOf({ jobId, mode, sequence, replaces }, tasks, files);
  const uri = jobManifestUri(destination, jobId);
  const { bytes } = await putOnce(store, uri, encodeDocument(manifest), policy, signal);
  return parseJobManifest(uri, bytes);
}

/** A file that is nowhere was deleted after another committer had finished, and the job was replaced: or it is lost. */
async function committedMeanwhile(
  { store, destination, jobId, signal }: CommitJobOptions,
  path: string | undefined,
): Promise<JobManifest> {
  const manifest = await readJobManifest(store, destination, jobId, { signal });
  if (manifest !== undefined) return manifest;
  throw new CommitCorrupted(`${path} of job ${jobId} is lost: neither the file nor its upload is in ${destination}.`);
}

/**
 * Deletes the files that `manifest`'s job has replaced, or its own where it is replaced itself. What an interruption
 * leaves is deleted when the same job is committed again, or by cleaning.
 */
async function deleteReplaced(options: CommitJobOptions, manifest: JobManifest): Promise<boolean> {
  const { store, destination, signal } = options;
  const { live, replaced, files } = await listCommitted(store, destination, { signal });
  const isReplaced = !live.some(({ jobId }) => jobId === manifest.jobId);
  // Earlier overwrites have deleted what they replaced: only what stood after the last of them is ours to delete.
  const previous = replaced.findLastIndex(({ mode }) => mode === 'overwrite');
  const overwritten =
    manifest.mode === 'overwrite'
      ? replaced.slice(Math.max(0, previous)).flatMap((target) => target.files)
      : manifest.mode === 'overwrite-partitions'
        ? inPartitionsOf(manifest, live)
        : [];
  const kept = new Set(files.map(({ path }) => path));
  // Its own are not kept where it came late for its number.
  const targets = isReplaced ? manifest.files : [...overwritten, ...manifest.files];
  const paths = targets.map(({ path }) => path).filter((path) => !kept.has(path));
  await inParallel(paths, REQUESTS_AT_ONCE, (path) => store.delete(joinUri(destination, path), { signal }));
  return isReplaced;
}

/** What stood before in the directories that the job has files in. */
function inPartitionsOf({ sequence, files }: JobManifest, live: readonly JobManifest[]): CommittedFile[] {
  const directories = new Set(files.map(({ path }) => directoryOf(path)));
  const before = standingFiles(live.filter((job) => job.sequence < sequence));
  return before.filter(({ path }) => directories.has(directoryOf(path)));
}

/**
 * Holds the job's id, so that a commit which is repeated finds it: an object that is put again is an event, and would
 * start whatever waits for it a second time.
 */
async function putSuccess({ store, destination, jobId, signal }: CommitJobOptions): Promise<void> {
  const uri = successUri(destination);
  const bytes = new TextEncoder().encode(`${jobId}\n`);
  const isThere = async (): Promise<boolean> => {
    const stored = await store.get(uri, { signal });
    return stored !== undefined && Buffer.compare(stored.bytes, bytes) === 0;
  };
  if (await isThere()) return;
  try {
    await store.put(uri, bytes, { signal });
  } catch (error) {
    if (!(error instanceof StorageUnavailable) || !(await isThere())) throw error;
  }
}
