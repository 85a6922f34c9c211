/**
 * Removing what nobody will ever use: `millrace clean`.
 *
 *     of a job that is    its open uploads          its files in the destination
 *     undecided, old      decided: abort, then as aborted
 *     aborted             abort                     delete (there should be none)
 *     committed, forward  keep: somebody may be going forward
 *     committed, whole    abort (losers, zombies)   delete those no live job names: replaced ones, and strays
 *
 * The shuffle objects of a job, in its work, go with it: nobody reads them once the job is aborted or whole.
 *
 * Only what is older than the limit is touched, and only what bears the name of one of our files: anything else in the
 * destination is somebody else's. Why it is safe: decisions and job manifests never change, so what they rule out now is
 * ruled out for good; an undecided job is first decided, so it cannot be committed half-cleaned. Where a decision cannot
 * be read or its outcome is unknown, everything of that job stays. The limit must be longer than a job may take: an
 * undecided job that is still running would be aborted.
 */

import { CommitCorrupted, InvalidArgument, StorageUnavailable, UnsupportedFile } from '../errors.ts';
import type { RetryPolicy } from '../io/backoff.ts';
import type { ObjectStore } from '../io/object-store.ts';
import { parsePartName } from '../io/part-name.ts';
import { directoryPrefix, joinUri } from '../io/uri.ts';
import { abortJob } from './abort-job.ts';
import { readDecision } from './decision.ts';
import { listCommitted } from './read-manifest.ts';
import { jobOfWork, workPrefix } from './work-paths.ts';

export interface CleanOptions {
  /** One that repeats reads by itself (`retryingStore`). */
  readonly store: ObjectStore;
  readonly destination: string;
  /** Age that something must have reached. Longer than any job takes. */
  readonly olderThanMs: number;
  /** Reports what would be done, and does nothing. */
  readonly dryRun?: boolean;
  /** Milliseconds since 1970; the real clock where absent. */
  readonly nowMs?: number;
  readonly retryPolicy?: RetryPolicy;
  readonly signal?: AbortSignal;
}

/** What was done, or with `dryRun` would be. */
export interface CleanReport {
  readonly abortedJobs: readonly string[];
  readonly abortedUploads: readonly { readonly uri: string; readonly uploadId: string }[];
  readonly deletedObjects: readonly string[];
  /** Decided to be committed, and not finished: commit them again. */
  readonly unfinishedJobs: readonly string[];
  /** Their state could not be found out; nothing of them was touched. */
  readonly unclearJobs: readonly string[];
}

/** What is there of one job. */
interface Traces {
  newestMs: number;
  readonly uploads: { readonly uri: string; readonly uploadId: string; readonly startedMs: number }[];
  readonly objects: { readonly uri: string; readonly modifiedMs: number }[];
}

/** What was committed after the traces were found. A job committed later still counts as unfinished here. */
interface Committed {
  readonly jobIds: ReadonlySet<string>;
  readonly liveUris: ReadonlySet<string>;
}

type JobState = 'young' | 'abandoned' | 'aborted' | 'unfinished' | 'complete' | 'unclear';

/** Cleans a destination of remains that are older than a limit. Nothing that a reader can see is removed. */
export async function clean(options: CleanOptions): Promise<CleanReport> {
  const { store, destination, olderThanMs, signal } = options;
  if (!(olderThanMs >= 0)) throw new InvalidArgument(`${olderThanMs} is not an age in milliseconds.`);
  const limitMs = (options.nowMs ?? Date.now()) - olderThanMs;
  // Traces first: what appears after the listing is not among them, and what it finds can only become more settled.
  const jobs = await findTraces(options);
  const { live, replaced, files } = await listCommitted(store, destination, { signal });
  const committed: Committed = {
    jobIds: new Set([...live, ...replaced].map(({ jobId }) => jobId)),
    liveUris: new Set(files.map(({ path }) => joinUri(destination, path))),
  };
  const report = { abortedJobs: [], abortedUploads: [], deletedObjects: [], unfinishedJobs: [], unclearJobs: [] };
  for (const [jobId, traces] of jobs) await cleanJob(options, jobId, traces, limitMs, committed, report);
  return report;
}

async function findTraces({ store, destination, signal }: CleanOptions): Promise<Map<string, Traces>> {
  const jobs = new Map<string, Traces>();
  const tracesOf = (jobId: string, timeMs: number): Traces => {
    const traces = jobs.get(jobId) ?? { newestMs: 0, uploads: [], objects: [] };
    traces.newestMs = Math.max(traces.newestMs, timeMs);
    jobs.set(jobId, traces);
    return traces;
  };
  const work = workPrefix(destination);
  for await (const { uri, modifiedMs } of store.list(directoryPrefix(destination), { signal })) {
    if (uri.startsWith(work)) {
      const jobId = jobOfWork(destination, uri);
      if (jobId === undefined) continue;
      const traces = tracesOf(jobId, modifiedMs);
      // Shuffle objects: nobody reads them once the job is decided.
      if (parsePartName(uri)?.jobId === jobId) traces.objects.push({ uri, modifiedMs });
      continue;
    }
    const owner = parsePartName(uri);
    if (owner !== undefined) tracesOf(owner.jobId, modifiedMs).objects.push({ uri, modifiedMs });
  }
  for await (const upload of store.listUploads(directoryPrefix(destination), { signal })) {
    const owner = parsePartName(upload.uri);
    if (owner !== undefined) tracesOf(owner.jobId, upload.startedMs).uploads.push(upload);
  }
  return jobs;
}

async function cleanJob(
  options: CleanOptions,
  jobId: string,
  traces: Traces,
  limitMs: number,
  committed: Committed,
  report: { [Key in keyof CleanReport]: CleanReport[Key][number][] },
): Promise<void> {
  const { store, dryRun, signal } = options;
  const state = await stateOfJob(options, jobId, traces, limitMs, committed);
  if (state === 'abandoned') report.abortedJobs.push(jobId);
  if (state === 'unfinished') report.unfinishedJobs.push(jobId);
  if (state === 'unclear') report.unclearJobs.push(jobId);
  if (state === 'young' || state === 'unfinished' || state === 'unclear') return;

  for (const { uri, uploadId, startedMs } of traces.uploads) {
    if (startedMs > limitMs) continue;
    if (!dryRun) await store.abortUpload(uri, uploadId, { signal });
    report.abortedUploads.push({ uri, uploadId });
  }
  for (const { uri, modifiedMs } of traces.objects) {
    if (modifiedMs > limitMs || committed.liveUris.has(uri)) continue;
    if (!dryRun) await store.delete(uri, { signal });
    report.deletedObjects.push(uri);
  }
}

/** The job's state; one that is undecided and old is decided here. */
async function stateOfJob(
  options: CleanOptions,
  jobId: string,
  traces: Traces,
  limitMs: number,
  committed: Committed,
): Promise<JobState> {
  const { store, destination, dryRun, signal } = options;
  try {
    const decision = await readDecision(store, destination, jobId, signal);
    if (decision === undefined) {
      if (traces.newestMs > limitMs) return 'young';
      if (dryRun) return 'abandoned';
      const outcome = await abortJob({ ...options, jobId, cause: 'abandoned', reason: 'it was abandoned' });
      return outcome.decision === 'abort' ? 'abandoned' : 'unfinished';
    }
    if (decision.decision === 'abort') return 'aborted';
    return committed.jobIds.has(jobId) ? 'complete' : 'unfinished';
  } catch (error) {
    const isUnclear =
      error instanceof StorageUnavailable || error instanceof CommitCorrupted || error instanceof UnsupportedFile;
    if (isUnclear) return 'unclear';
    throw error;
  }
}
