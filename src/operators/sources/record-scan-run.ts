/** Scans of records, whatever their format: a reader of each file in turn. */

import type { Value } from '../../columnar/value.ts';
import { askedAhead } from '../../io/asked-ahead.ts';
import { FilterProbe } from '../../io/filter-probe.ts';
import type { ObjectInfo } from '../../io/object-store.ts';
import type { ByteRange, FileRequest, RecordReader } from '../../io/record-reader.ts';
import type { Counters, Demand, Output, SourceRun, TaskContext } from '../operator.ts';
import { constantColumns } from './constant-columns.ts';
import { filesOf } from './scan-files.ts';
import { type KnownOfFile, type ScanFile, type ScanOptions, ScanRows } from './scan-rows.ts';

interface RecordFile extends ScanFile {
  /** The records that begin in it; all where absent. */
  readonly range?: ByteRange | undefined;
}

interface WantedFile extends RecordFile, KnownOfFile {}

/** Files that are looked at ahead, at most. */
const MOST_AHEAD = 4;

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
    const { store, files, readSchema, filter } = this.#options;
    const { memory, signal } = this.#task;
    using probe = FilterProbe.over(readSchema, filter, memory);
    const ask = ({ uri }: WantedFile, until: AbortSignal): Promise<ObjectInfo | undefined> => {
      this.#rows.costs.requests += 1;
      return store.head(uri, { signal: until });
    };
    const asking = { memory, owner: 'Scan', signal, bytes: 0, most: MOST_AHEAD, ask };
    const wanted = askedAhead(filesOf(files, signal), (file) => this.#wanted(file), asking);
    await this.#rows.eachFile(wanted, signal, ({ file, answer }) => this.#file(file, answer, probe, output));
  }

  counters(): Counters {
    return this.#rows.counters();
  }

  [Symbol.dispose](): void {}

  /** Undefined where what is known of a file says that none of its rows can match. */
  #wanted(file: RecordFile): WantedFile | undefined {
    const found = this.#rows.knownOf(file);
    return found && { ...file, ...found };
  }

  async #file(
    file: WantedFile,
    info: ObjectInfo | undefined,
    probe: FilterProbe | undefined,
    output: Output,
  ): Promise<Demand> {
    const { store, readSchema, filePathColumn } = this.#options;
    const { memory: budget, signal } = this.#task;
    const rows = this.#rows;
    const { fields } = readSchema;
    const { partition = {} } = file;
    const isKnown = (name: string): boolean => Object.hasOwn(partition, name) || name === filePathColumn;
    await using reader = await this.#open({ ...file, info, store, budget, signal, fields, isKnown, costs: rows.costs });
    using holding = budget.reserve('Scan');
    const missing = reader.missing.map((position): [number, Value] => [position, null]);
    const constants = constantColumns(new Map([...file.known, ...missing]), readSchema, holding);
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
