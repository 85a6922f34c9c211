/** What scans of records have in common, whatever their format: files in order, values that their places tell, filter and limit. */

import { Batch } from '../../columnar/batch.ts';
import type { Column } from '../../columnar/column.ts';
import type { Schema } from '../../columnar/schema.ts';
import type { Value } from '../../columnar/value.ts';
import type { TypedExpression } from '../../expressions/expression.ts';
import { FilterProbe } from '../../io/filter-probe.ts';
import type { ObjectStore } from '../../io/object-store.ts';
import { filterOfPartition, knownValues, type PartitionJson } from '../../io/partition-values.ts';
import type { ByteRange, FileRequest, RecordReader } from '../../io/record-reader.ts';
import type { Counters, Demand, Output, SourceRun, TaskContext } from '../operator.ts';
import { constantColumns } from './constant-columns.ts';
import { filesOf, type ScanFiles } from './scan-files.ts';

/** One file to read, or a part of it. */
interface RecordFile {
  readonly uri: string;
  /** Pins the version; where absent, the one found first. */
  readonly etag?: string | undefined;
  /** The records that begin in it; all where absent. */
  readonly range?: ByteRange | undefined;
  /** Values that all of its rows have, by column. */
  readonly partition?: PartitionJson | undefined;
}

export interface FileScanOptions {
  readonly store: ObjectStore;
  readonly files: ScanFiles<RecordFile>;
  /** What is read: columns by name, missing ones as nulls. */
  readonly readSchema: Schema;
  /** The column whose value is the uri of the file. */
  readonly filePathColumn?: string | undefined;
  /** Over `readSchema`. Batches in which it is true nowhere are left out; all others come unfiltered, as a whole. */
  readonly filter?: TypedExpression | undefined;
  /** Rows wanted at most, of all files, counted before any filter. */
  readonly limit?: number | undefined;
}

/** Reads files, in order; `open` begins to read one. */
export class RecordScanRun implements SourceRun {
  readonly #options: FileScanOptions;
  readonly #open: (request: FileRequest) => Promise<RecordReader>;
  readonly #task: TaskContext;
  readonly #costs = { bytesRead: 0, bytesTotal: 0, requests: 0 };
  #probe: FilterProbe | undefined;
  #rowsRead = 0;
  #rowsSkipped = 0;
  #filesPruned = 0;

  constructor(options: FileScanOptions, open: (request: FileRequest) => Promise<RecordReader>, task: TaskContext) {
    this.#options = options;
    this.#open = open;
    this.#task = task;
  }

  async run(output: Output): Promise<void> {
    const { readSchema, filter } = this.#options;
    using probe = FilterProbe.over(readSchema, filter, this.#task.memory);
    this.#probe = probe;
    for await (const file of filesOf(this.#options.files, this.#task.signal)) {
      this.#task.signal.throwIfAborted();
      if (this.#rowsLeft === 0 || (await this.#file(file, output)) === 'done') return;
    }
  }

  counters(): Counters {
    return {
      'bytes read': this.#costs.bytesRead,
      'bytes total': this.#costs.bytesTotal,
      requests: this.#costs.requests,
      'files pruned': this.#filesPruned,
      'rows read': this.#rowsRead,
      'rows skipped': this.#rowsSkipped,
    };
  }

  [Symbol.dispose](): void {}

  get #rowsLeft(): number {
    return (this.#options.limit ?? Number.POSITIVE_INFINITY) - this.#rowsRead;
  }

  async #file(file: RecordFile, output: Output): Promise<Demand> {
    const { store, readSchema, filter, filePathColumn } = this.#options;
    const { memory: budget, signal } = this.#task;
    const { fields } = readSchema;
    const known = knownValues(file, fields, filePathColumn);
    if (filter !== undefined && filterOfPartition(filter, known) === 'never') {
      this.#filesPruned += 1;
      return 'more';
    }
    const { partition = {} } = file;
    const isKnown = (name: string): boolean => Object.hasOwn(partition, name) || name === filePathColumn;
    await using reader = await this.#open({ ...file, store, budget, signal, fields, isKnown, costs: this.#costs });
    using holding = budget.reserve('Scan');
    const missing = reader.missing.map((position): [number, Value] => [position, null]);
    const constants = constantColumns(new Map([...known, ...missing]), readSchema, holding);
    this.#probe?.reset();
    for (;;) {
      signal.throwIfAborted();
      const probe = this.#probe?.isWorthwhile === true ? this.#probe : undefined;
      const rows = this.#rowsLeft === 0 ? 0 : await reader.next(this.#rowsLeft, probe?.columns);
      if (rows === 0) return 'more';
      const batch = await this.#batch(reader, constants, rows, probe);
      if (batch === undefined) {
        this.#rowsSkipped += rows;
        continue;
      }
      this.#rowsRead += rows;
      if ((await output.push(batch)) === 'done') return 'done';
    }
  }

  /** The rows found; undefined where the filter keeps none of them, and then most columns are not parsed. */
  async #batch(
    reader: RecordReader,
    constants: ReadonlyMap<number, Column>,
    rows: number,
    probe: FilterProbe | undefined,
  ): Promise<Batch | undefined> {
    const { readSchema } = this.#options;
    const columns: Column[] = [];
    const read = async (positions: Iterable<number>): Promise<void> => {
      for (const position of positions) {
        const known = constants.get(position);
        if (known !== undefined) {
          columns[position] = known;
          continue;
        }
        const column = reader.column(position);
        columns[position] = column instanceof Promise ? await column : column;
      }
    };
    const probed = probe?.columns ?? [];
    await read(probed);
    if (probe?.mayKeep(columns, rows) === false) return undefined;
    await read(readSchema.fields.keys().filter((position) => !probed.includes(position)));
    return new Batch(readSchema, rows, columns);
  }
}
