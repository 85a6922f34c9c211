/** A kind of file that a write makes: what its writers share, and one writer per open file. */

import type { Batch } from '../columnar/batch.ts';
import type { OutputFile, PendingFile } from './output-files.ts';

export interface FileFormat extends Disposable {
  /** Of the names of files, without a dot. */
  readonly extension: string;
  /** Whether rows of so many bytes can be encoded at once: false tells whoever collects rows to hand them over. */
  tryReserve(bytes: number): boolean;
  /** Closed by the writer, `file` is left open where it fails. */
  open(file: OutputFile): FileWriter;
}

export interface FileWriter extends Disposable {
  /** Provides for `write` of the same batch: called while memory that an upload may want is kept free for it. */
  prepare(batch: Batch): void;
  /** After it has failed only disposing is allowed. */
  write(batch: Batch): Promise<void>;
  /** Ends the file; one without rows has a schema only. */
  close(): Promise<PendingFile>;
}
