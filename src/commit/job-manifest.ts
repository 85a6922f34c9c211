/** The manifest of a job, made of those of its tasks; and whether readers will be able to read it. */

import { InvalidArgument } from '../errors.ts';
import { redactUri } from '../io/uri.ts';
import { type CommittedFile, encodeDocument, type JobManifest, type TaskManifest } from './manifest.ts';

/** Readers take documents of 64 MiB; the difference is for the jobs that an overwrite replaces, which it names. */
const MAX_MANIFEST_BYTES = 48 * 1024 * 1024;

/** `files` are those of `tasks`, completed. */
export function jobManifestOf(
  job: Pick<JobManifest, 'jobId' | 'mode' | 'sequence' | 'replaces'>,
  tasks: readonly TaskManifest[],
  files: readonly CommittedFile[],
): JobManifest {
  const { jobId, mode, sequence, replaces } = job;
  return {
    version: 1,
    jobId,
    mode,
    sequence,
    files,
    totals: {
      files: files.length,
      rows: files.reduce((sum, { rows }) => sum + rows, 0),
      bytes: files.reduce((sum, { size }) => sum + size, 0),
    },
    replaces,
    statistics: tasks.map(({ statistics }) => statistics),
  };
}

/**
 * To be asked before the job is decided: a manifest that nobody can read would make the whole destination unreadable,
 * and nothing takes it back.
 * @throws InvalidArgument
 */
export function assertReadable(destination: string, jobId: string, tasks: readonly TaskManifest[]): void {
  const files = tasks.flatMap((task) =>
    task.files.map(({ path, size, rows, crc32, partition }): CommittedFile => {
      // As long as that of an upload in parts.
      const etag = `${'0'.repeat(32)}-10000`;
      return { path, size, rows, crc32, etag, partition };
    }),
  );
  const job = { jobId, mode: 'error-if-exists', sequence: Number.MAX_SAFE_INTEGER, replaces: [] } as const;
  const { byteLength } = encodeDocument(jobManifestOf(job, tasks, files));
  if (byteLength <= MAX_MANIFEST_BYTES) return;
  throw new InvalidArgument(
    `The manifest of job ${jobId} for ${redactUri(destination)} would have ${byteLength} bytes, for ${files.length} files, and may have ${MAX_MANIFEST_BYTES}. Write fewer and larger files: with fewer partitions, or fewer and larger tasks.`,
  );
}
