/**
 * The documents of the commit protocol, as JSON in storage. Whoever reads one checks it strictly: it may be damaged, or
 * written by another program, and it decides which files are read and deleted.
 */

import * as z from 'zod';
import { CommitCorrupted, UnsupportedFile } from '../errors.ts';
import type { PendingFile } from '../io/output-files.ts';
import { isAttemptId, isJobId } from '../io/part-name.ts';
import { relativePathProblem } from '../io/uri.ts';

/** `overwrite-partitions` replaces what earlier jobs have put into the directories that it has files in. */
export type CommitMode = 'append' | 'overwrite' | 'overwrite-partitions' | 'error-if-exists';

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

export interface TaskId {
  readonly stageId: number;
  readonly taskId: number;
}

/** What one attempt at a task has left in storage. The first one put is the task's only result. */
export interface TaskManifest extends TaskId {
  readonly version: 1;
  readonly jobId: string;
  readonly attemptId: string;
  readonly files: readonly PendingFile[];
  /** What the task has partitioned for others, where it has. */
  readonly shuffle?: readonly ShuffleObject[] | undefined;
  readonly statistics: JsonValue;
}

/** A shuffle object, complete. Nothing but a task manifest names it. */
export interface ShuffleObject {
  /** Relative to the destination, within the work of the job. */
  readonly path: string;
  readonly size: number;
  readonly rows: number;
  /** Eight hex digits. */
  readonly crc32: string;
  readonly etag: string;
  /** Of each partition, where its pages are: offset, bytes, rows, and rows to skip in the first page. */
  readonly partitions: readonly (readonly (readonly number[])[])[];
}

/** Decides a job, once and for all. */
export type Decision = CommitDecision | AbortDecision;

export interface CommitDecision {
  readonly version: 1;
  readonly jobId: string;
  readonly decision: 'commit';
  /** Tells this decider from any other. */
  readonly nonce: string;
  readonly decidedMs: number;
  readonly mode: CommitMode;
  /** The job's place in the order of all commits to this destination. */
  readonly sequence: number;
  /** The tasks whose files are the job's. */
  readonly tasks: readonly TaskId[];
}

export interface AbortDecision {
  readonly version: 1;
  readonly jobId: string;
  readonly decision: 'abort';
  readonly nonce: string;
  readonly decidedMs: number;
  /** `output-exists`: the mode was error-if-exists, and something was there. */
  readonly cause: 'requested' | 'output-exists' | 'abandoned';
  /** Name of the error that made the job fail; absent where it was not an error. */
  readonly error?: string | undefined;
  readonly reason: string;
}

/** A committed file. */
export interface CommittedFile {
  /** Relative to the destination. */
  readonly path: string;
  readonly size: number;
  readonly rows: number;
  /** Eight hex digits. */
  readonly crc32: string;
  readonly etag: string;
  readonly partition: Readonly<Record<string, string | null>>;
}

/** The result of a job. Its presence is what makes the job's files count. */
export interface JobManifest {
  readonly version: 1;
  readonly jobId: string;
  readonly mode: CommitMode;
  readonly sequence: number;
  readonly files: readonly CommittedFile[];
  readonly totals: { readonly files: number; readonly rows: number; readonly bytes: number };
  /** The jobs that stood when this overwrite was planned; what it replaces is everything earlier in sequence. */
  readonly replaces: readonly string[];
  readonly statistics: readonly JsonValue[];
}

/** A place in the order of commits to a destination. It counts if the job's decision names it. */
export interface Claim {
  readonly version: 1;
  readonly jobId: string;
  readonly nonce: string;
}

const count = z.int().nonnegative();
const crc32 = z.string().regex(/^[0-9a-f]{8}$/);
const jobId = z.string().refine(isJobId, 'not a job id');
const nonce = z.string().min(1).max(100);
const relativePath = z
  .string()
  .refine((path) => relativePathProblem(path) === undefined && !path.startsWith('_millrace/'), 'not a safe path');
const isShufflePath = (path: string): boolean =>
  relativePathProblem(path) === undefined && path.startsWith('_millrace/') && path.endsWith('.shuffle');
const partition = z.record(z.string(), z.string().nullable());
const taskId = { stageId: count, taskId: count };
const mode = z.enum(['append', 'overwrite', 'overwrite-partitions', 'error-if-exists']);

const pendingFile = z.strictObject({
  path: relativePath,
  uploadId: z.string().min(1).max(2048),
  parts: z.array(z.strictObject({ number: z.int().positive(), size: count, etag: z.string() })).min(1),
  size: count,
  rows: count,
  crc32,
  partition,
});

const taskManifest = z.strictObject({
  version: z.literal(1),
  jobId,
  ...taskId,
  attemptId: z.string().refine(isAttemptId, 'not an attempt id'),
  files: z.array(pendingFile),
  shuffle: z
    .array(
      z.strictObject({
        path: z.string().refine(isShufflePath, 'not the path of a shuffle object'),
        size: count,
        rows: count,
        crc32,
        etag: z.string(),
        partitions: z.array(z.array(z.tuple([count, count, count, count]))),
      }),
    )
    .optional(),
  statistics: z.json(),
});

const decided = { version: z.literal(1), jobId, nonce, decidedMs: count };
const decision = z.discriminatedUnion('decision', [
  z.strictObject({
    ...decided,
    decision: z.literal('commit'),
    mode,
    sequence: count,
    tasks: z.array(z.strictObject(taskId)),
  }),
  z.strictObject({
    ...decided,
    decision: z.literal('abort'),
    cause: z.enum(['requested', 'output-exists', 'abandoned']),
    error: z.string().min(1).max(200).optional(),
    reason: z.string(),
  }),
]);

const jobManifest = z.strictObject({
  version: z.literal(1),
  jobId,
  mode,
  sequence: count,
  files: z.array(z.strictObject({ path: relativePath, size: count, rows: count, crc32, etag: z.string(), partition })),
  totals: z.strictObject({ files: count, rows: count, bytes: count }),
  replaces: z.array(jobId),
  statistics: z.array(z.json()),
});

const claim = z.strictObject({ version: z.literal(1), jobId, nonce });

const laterVersion = z.object({ version: z.int().gt(1) });

/** Each @throws CommitCorrupted for what is no such document, UnsupportedFile for one of a later version. */
export function parseTaskManifest(uri: string, bytes: Uint8Array): TaskManifest {
  return parse(uri, bytes, taskManifest);
}

export function parseDecision(uri: string, bytes: Uint8Array): Decision {
  return parse(uri, bytes, decision);
}

export function parseJobManifest(uri: string, bytes: Uint8Array): JobManifest {
  return parse(uri, bytes, jobManifest);
}

export function parseClaim(uri: string, bytes: Uint8Array): Claim {
  return parse(uri, bytes, claim);
}

export function encodeDocument(document: TaskManifest | Decision | JobManifest | Claim): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(document, undefined, 1)}\n`);
}

function parse<Document>(uri: string, bytes: Uint8Array, schema: z.ZodType<Document>): Document {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new CommitCorrupted(`${uri} is not JSON, though only Millrace writes there.`);
  }
  const version = laterVersion.safeParse(json);
  if (version.success) {
    throw new UnsupportedFile(uri, `it has version ${version.data.version}, of a later release`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new CommitCorrupted(
    `${uri} is damaged: ${issue?.message} at ${z.core.toDotPath(issue?.path ?? []) || 'its top'}.`,
  );
}
