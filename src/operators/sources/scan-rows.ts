/**
 * What scans of files have in common, whatever the format: which files are left out unread, columns of the filter before
 * the others, rows counted up to the limit.
 *
 *     files ──values of their places──▶ those that may have rows ──open──▶ columns of the filter ──▶ batch ──▶ counted
 *                                                                              └─none is kept──▶ passed over
 */

import { Batch } from '../../columnar/batch.ts';
import type { Column } from '../../columnar/column.ts';
import type { Schema } from '../../columnar/schema.ts';
import { type RowRange, sliceColumn } from '../../columnar/slice.ts';
import type { Value } from '../../columnar/value.ts';
import type { TypedExpression } from '../../expressions/expression.ts';
import type { FilterProbe } from '../../io/filter-probe.ts';
import type { FoundObject } from '../../io/object-reads.ts';
import type { ObjectStore } from '../../io/object-store.ts';
import { filterOfPartition, knownValues, type PartitionJson } from '../../io/partition-values.ts';
import type { ReadCosts } from '../../io/record-reader.ts';
import type { Counters, Demand, Output } from '../operator.ts';
import type { ScanFiles } from './scan-files.ts';

/** One file to read, or a part of it. */
export interface ScanFile {
  readonly uri: string;
  /** Pins the version; where absent, the one found first. */
  readonly etag?: string | undefined;
  /** What it was found to be, where it was listed. */
  readonly info?: FoundObject | undefined;
  /** Values that all of its rows have, by column. */
  readonly partition?: PartitionJson | undefined;
}

export interface ScanOptions<File extends ScanFile> {
  readonly store: ObjectStore;
  readonly files: ScanFiles<File>;
  /** What is read: columns by name, missing ones as nulls. */
  readonly readSchema: Schema;
  /** The column whose value is the uri of the file. */
  readonly filePathColumn?: string | undefined;
  /** Over `readSchema`. Batches in which it is true nowhere are left out, and rows before the first and behind the last for which it is. */
  readonly filter?: TypedExpression | undefined;
  /** Rows wanted at most, of all files, counted before any filter. */
  readonly limit?: number | undefined;
}

/** What is known of a file before it is looked at. */
export interface KnownOfFile {
  /** Values of columns, by position, that all of its rows have. */
  readonly known: ReadonlyMap<number, Value>;
  /** What is left to be found out. */
  readonly filter: TypedExpression | undefined;
}

/** Where the columns of the next rows come from. */
export interface RowColumns {
  /** The next `rows` rows of a column, or all that come together where it has no `pass`. */
  read(position: number, rows: number): Column | undefined | Promise<Column | undefined>;
  /** Passes over the next `rows` rows of a column that the filter does not read. */
  pass?(position: number, rows: number): void;
}

const NOT_PROBED: readonly number[] = [];

/** The rows of one scan. */
export class ScanRows {
  readonly costs: ReadCosts = { bytesRead: 0, bytesTotal: 0, requests: 0 };
  readonly #options: ScanOptions<ScanFile>;
  /** Of the last batch. */
  #order: { readonly probed: readonly number[]; readonly positions: readonly number[] } | undefined;
  #filesPruned = 0;
  #read = 0;
  #skipped = 0;
  /** Rows of batches of which others were wanted. */
  #narrowed = 0;

  constructor(options: ScanOptions<ScanFile>) {
    this.#options = options;
  }

  /** Rows that may be pushed in all. */
  get limit(): number {
    return this.#options.limit ?? Number.POSITIVE_INFINITY;
  }

  /** Rows that may still be pushed. */
  get left(): number {
    return this.limit - this.#read;
  }

  /** Whether there were any rows yet. */
  get hasBegun(): boolean {
    return this.#read + this.#skipped > 0;
  }

  /** Rows so far that came into no batch, together with all that a batch could have had. */
  get skipped(): number {
    return this.#skipped;
  }

  counters(): Counters {
    return {
      'bytes read': this.costs.bytesRead,
      'bytes total': this.costs.bytesTotal,
      requests: this.costs.requests,
      'files pruned': this.#filesPruned,
      'rows read': this.#read,
      'rows skipped': this.#skipped + this.#narrowed,
    };
  }

  /** Undefined, and counted, where what is known of a file says that none of its rows can match; `computed` are known of any file. */
  knownOf(file: ScanFile, computed: ReadonlyMap<number, Value> = new Map()): KnownOfFile | undefined {
    const { readSchema, filePathColumn, filter } = this.#options;
    const known = knownValues(file, readSchema.fields, filePathColumn);
    const left = filter && filterOfPartition(filter, computed.size === 0 ? known : new Map([...known, ...computed]));
    if (left !== 'never') return { known, filter: left };
    this.prune();
    return undefined;
  }

  /** Counts a file that is left out. */
  prune(): void {
    this.#filesPruned += 1;
  }

  /** Counts rows that are passed over. */
  skip(count: number): void {
    this.#skipped += count;
  }

  /** `each` file in turn, until nobody wants more rows. */
  async eachFile<File>(
    files: Iterable<File> | AsyncIterable<File>,
    signal: AbortSignal,
    each: (file: File) => Promise<Demand>,
  ): Promise<void> {
    if (this.left === 0) return;
    for await (const file of files) {
      signal.throwIfAborted();
      if ((await each(file)) === 'done' || this.left === 0) return;
    }
  }

  /** Of the next `count` rows those around what the filter keeps, as a batch; undefined where it keeps none. The others are skipped. */
  async batch(count: number, source: RowColumns, probe: FilterProbe | undefined): Promise<Batch | undefined> {
    const columns: Column[] = [];
    const probed = probe?.columns ?? NOT_PROBED;
    const positions = this.#inOrder(probed);
    let kept: RowRange = { start: 0, end: count };
    for (const [at, position] of positions.entries()) {
      if (at === probed.length && probe !== undefined) {
        kept = probe.kept(columns, count);
        for (const other of positions.slice(at)) source.pass?.(other, kept.start);
        if (kept.start === count) {
          this.skip(count);
          return undefined;
        }
        for (const one of probed) columns[one] = sliceColumn(columns[one] as Column, kept.start);
      }
      const column = source.read(position, kept.end - kept.start);
      const there = column instanceof Promise ? await column : column;
      if (there !== undefined) columns[position] = source.pass === undefined ? sliceColumn(there, kept.start) : there;
    }
    if (kept.end < count) for (const other of positions.slice(probed.length)) source.pass?.(other, count - kept.end);
    const rows = kept.end - kept.start;
    this.#narrowed += count - rows;
    return new Batch(this.#options.readSchema, rows, columns);
  }

  /** The positions of all columns, those that are probed first. */
  #inOrder(probed: readonly number[]): readonly number[] {
    if (this.#order?.probed === probed) return this.#order.positions;
    const others = [...this.#options.readSchema.fields.keys()].filter((position) => !probed.includes(position));
    const positions = [...probed, ...others];
    this.#order = { probed, positions };
    return positions;
  }

  /** Counts a batch and hands it on. */
  async push(batch: Batch, output: Output): Promise<Demand> {
    this.#read += batch.rowCount;
    return await output.push(batch);
  }
}
