/**
 * Aborting a job: the decision first, then the uploads.
 *
 *     decision.json: abort ──▶ list the open uploads of the job, and those its task manifests name ──▶ abort each
 *            └── was commit ──▶ too late: nothing is touched
 *
 * After the decision no upload of the job will ever be completed, so each may be aborted at any time, in any order, by
 * anyone. An attempt that begins one later learns of the decision when it commits its task.
 */

import { CommitCorrupted, UnsupportedFile } from '../errors.ts';
import { DEFAULT_RETRY_POLICY, type RetryPolicy } from '../io/backoff.ts';
import { inParallel, REQUESTS_AT_ONCE } from '../io/in-parallel.ts';
import type { ObjectStore, UploadInfo } from '../io/object-store.ts';
import type { PendingFile } from '../io/output-files.ts';
import { parsePartName } from '../io/part-name.ts';
import { directoryPrefix, joinUri } from '../io/uri.ts';
import { abortUploads } from './abort-uploads.ts';
import { decide } from './decision.ts';
import { type AbortDecision, parseTaskManifest } from './manifest.ts';
import { jobPrefix } from './work-paths.ts';

export interface AbortJobOptions {
  /** One that repeats reads by itself (`retryingStore`). */
  readonly store: ObjectStore;
  readonly destination: string;
  readonly jobId: string;
  /** Why, for those who find the job aborted; without a full stop. */
  readonly reason: string;
  /** Name of the error that made the job fail. */
  readonly error?: string | undefined;
  /** Default `requested`. */
  readonly cause?: 'requested' | 'abandoned';
  readonly retryPolicy?: RetryPolicy;
  readonly signal?: AbortSignal;
}

export interface AbortOutcome {
  /** `commit`: the job was decided before, and stays committed. */
  readonly decision: 'commit' | 'abort';
  /** The decision that stands, where it is to abort: that of the first who asked for it. */
  readonly standing?: AbortDecision;
  readonly abortedUploads: number;
}

/** Aborts a job, or finishes an abort. @throws StorageUnavailable where the decision is unknown. */
export async function abortJob(options: AbortJobOptions): Promise<AbortOutcome> {
  const { store, destination, jobId, reason, error, cause = 'requested', signal } = options;
  const policy = options.retryPolicy ?? DEFAULT_RETRY_POLICY;
  const proposal = { decision: 'abort', cause, error, reason } as const;
  const standing = await decide(store, destination, jobId, proposal, policy, signal);
  if (standing.decision === 'commit') return { decision: 'commit', abortedUploads: 0 };

  const open: UploadInfo[] = [];
  for await (const upload of store.listUploads(directoryPrefix(destination), { signal })) {
    if (parsePartName(upload.uri)?.jobId === jobId) open.push(upload);
  }
  await inParallel(open, REQUESTS_AT_ONCE, ({ uri, uploadId }) => store.abortUpload(uri, uploadId, { signal }));
  const aborted = new Set(open.map(({ uri, uploadId }) => `${uri}\n${uploadId}`));
  const named = (await filesOfTasks(options)).filter(
    ({ path, uploadId }) => !aborted.has(`${joinUri(destination, path)}\n${uploadId}`),
  );
  await abortUploads(store, destination, named, [], { signal });
  return { decision: 'abort', standing, abortedUploads: open.length };
}

/** The files that the job's task manifests name, as far as they can be read. */
async function filesOfTasks({ store, destination, jobId, signal }: AbortJobOptions): Promise<PendingFile[]> {
  const prefix = `${jobPrefix(destination, jobId)}stage-`;
  const manifests = await Array.fromAsync(store.list(prefix, { signal }), ({ uri }) => uri);
  const files = await inParallel(manifests, REQUESTS_AT_ONCE, async (uri): Promise<readonly PendingFile[]> => {
    const stored = await store.get(uri, { signal });
    try {
      return stored === undefined ? [] : parseTaskManifest(uri, stored.bytes).files;
    } catch (error) {
      if (error instanceof CommitCorrupted || error instanceof UnsupportedFile) return [];
      throw error;
    }
  });
  return files.flat();
}
