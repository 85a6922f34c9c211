/** What reads the rows of one file, whatever its format. */

import type { Column } from '../columnar/column.ts';
import type { Field } from '../columnar/schema.ts';
import type { MemoryBudget } from '../memory/budget.ts';
import type { FoundObject, ReadObject } from './object-reads.ts';

/** What reading has cost so far. */
export interface ReadCosts {
  bytesRead: number;
  bytesTotal: number;
  requests: number;
}

/** A part of a file: the records that begin in it. */
export interface ByteRange {
  readonly start: number;
  /** Behind the last byte. */
  readonly end: number;
  /** Whether a record is known to begin at `start`: else that is found out, which may take reading the file from its beginning. */
  readonly startsRecord?: boolean | undefined;
}

/** Where no version is pinned, the one found first is read. */
export interface FileRequest extends ReadObject {
  readonly budget: MemoryBudget;
  /** What the object was found to be, where it was looked at before. */
  readonly info?: FoundObject | undefined;
  /** All of it where absent. */
  readonly range?: ByteRange | undefined;
  readonly fields: readonly Field[];
  /** Whether the values of a column are had from elsewhere, and it is none of the file. */
  readonly isKnown: (name: string) => boolean;
}

export interface RecordReader extends AsyncDisposable {
  /** Positions of fields that the file does not have. */
  readonly missing: readonly number[];
  /**
   * Finds the next rows, at most `most`; 0 at the end. Where `first` is given, those columns are asked for first, and of many rows
   * no others. @throws MalformedFile
   */
  next(most: number, first?: readonly number[]): Promise<number>;
  /** The values of a field in these rows, valid until `next`; none that is missing or known. @throws SchemaMismatch */
  column(position: number): Column | Promise<Column>;
}
