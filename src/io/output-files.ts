/**
 * Where a write puts its files. A file is an upload that is begun and not completed: nobody sees it until the commit
 * of the job completes it. The write closes files, the task's commit records them, the job's commit completes them.
 */

import type { UploadedPart } from './object-store.ts';

/** A file that is whole in storage and not visible yet. JSON data: it stands in the task manifest. */
export interface PendingFile {
  /** Relative to the output's uri: `month=1/part-….parquet`. */
  readonly path: string;
  readonly uploadId: string;
  readonly parts: readonly UploadedPart[];
  readonly size: number;
  readonly rows: number;
  /** CRC-32 of the content, eight hex digits. */
  readonly crc32: string;
  /** Hive partition values as text, by column; null for null. */
  readonly partition: Readonly<Record<string, string | null>>;
}

/** One file being written. Its buffers are accounted for. */
export interface OutputFile {
  readonly path: string;
  /** Bytes given to `write` so far. */
  readonly size: number;
  /**
   * Takes a copy of `bytes`, or has sent them when it resolves: they may be reused afterwards. Whoever knows the CRC-32 of
   * them says it: they are not read once more then.
   */
  write(bytes: Uint8Array, crc32?: number): Promise<void>;
  /** Sends the rest and hands the file over to the task's commit. */
  close(rows: number): Promise<PendingFile>;
}

/** The files of one attempt at one task. */
export interface OutputFiles {
  /** Begins a file in the partition's directory (`{}`: the output's own). `extension` is without a dot. */
  create(partition: Readonly<Record<string, string | null>>, extension: string): Promise<OutputFile>;
  /** Every file closed so far, in order of closing. */
  readonly closed: readonly PendingFile[];
}
