/** Scans of records, whatever their format: a reader of each file in turn. */

import type { Value } from '../../columnar/value.ts';
import { FilterProbe } from '../../io/filter-probe.ts';
import type { ByteRange, FileRequest, RecordReader } from '../../io/record-reader.ts';
import type { Counters, Demand, Output, SourceRun, TaskContext } from '../operator.ts';
import { constantColumns } from './constant-columns.ts';
import { filesOf } from './scan-files.ts';
import { type ScanFile, type ScanOptions, ScanRows } from './scan-rows.ts';

interface RecordFile extends ScanFile {
  /** The records that begin in it; all where absent. */
  readonly range?: ByteRange | undefined;
}

export type FileScanOptions = ScanOptions<RecordFile>;

/** Reads files, in order; `open` begins to read one. */
export class RecordScanRun implements SourceRun {
  readonly #options: FileScanOptions;
  readonly #open: (request: FileRequest) => Promise<RecordReader>;
  readonly #task: TaskContext;
  readonly #rows: ScanRows;

  constructor(options: FileScanOptions, open: (request: FileRequest) => Promise<RecordReader>, task: TaskContext) {
    this.#options = options;
    this.#open = open;
    this.#task = task;
    this.#rows = new ScanRows(options);
  }

  async run(output: Output): Promise<void> {
    const { files, readSchema, filter } = this.#options;
    const { memory, signal } = this.#task;
    using probe = FilterProbe.over(readSchema, filter, memory);
    await this.#rows.eachFile(filesOf(files, signal), signal, (file) => this.#file(file, probe, output));
  }

  counters(): Counters {
    return this.#rows.counters();
  }

  [Symbol.dispose](): void {}

  async #file(file: RecordFile, probe: FilterProbe | undefined, output: Output): Promise<Demand> {
    const { store, readSchema, filePathColumn } = this.#options;
    const { memory: budget, signal } = this.#task;
    const rows = this.#rows;
    const found = rows.knownOf(file);
    if (found === undefined) return 'more';
    const { fields } = readSchema;
    const { partition = {} } = file;
    const isKnown = (name: string): boolean => Object.hasOwn(partition, name) || name === filePathColumn;
    await using reader = await this.#open({ ...file, store, budget, signal, fields, isKnown, costs: rows.costs });
    using holding = budget.reserve('Scan');
    const missing = reader.missing.map((position): [number, Value] => [position, null]);
    const constants = constantColumns(new Map([...found.known, ...missing]), readSchema, holding);
    const columns = { read: (position: number) => constants.get(position) ?? reader.column(position) };
    probe?.reset();
    while (rows.left > 0) {
      signal.throwIfAborted();
      const asked = probe?.isWorthwhile === true ? probe : undefined;
      const count = await reader.next(rows.left, asked?.columns);
      if (count === 0) return 'more';
      const batch = await rows.batch(count, columns, asked);
      if (batch !== undefined && (await rows.push(batch, output)) === 'done') return 'done';
    }
    return 'more';
  }
}
