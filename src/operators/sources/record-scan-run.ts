/** Scans of records, whatever their format: a reader of each file in turn. */

import type { Value } from '../../columnar/value.ts';
import { askedAhead } from '../../io/asked-ahead.ts';
import { FilesAhead, type FoundFile, type PlannedFile } from '../../io/files-ahead.ts';
import { FilterProbe } from '../../io/filter-probe.ts';
import type { FoundObject, ReadObject } from '../../io/object-reads.ts';
import { type FirstBytes, PiecesAhead, RoomAhead } from '../../io/pieces-ahead.ts';
import type { ByteRange, FileRequest, RecordReader } from '../../io/record-reader.ts';
import { RequestsInFlight } from '../../io/requests-in-flight.ts';
import type { Counters, Demand, Output, SourceRun, TaskContext } from '../operator.ts';
import { constantColumns } from './constant-columns.ts';
import { filesOf } from './scan-files.ts';
import { type KnownOfFile, type ScanFile, type ScanOptions, ScanRows } from './scan-rows.ts';

interface RecordFile extends ScanFile {
  /** The records that begin in it; all where absent. */
  readonly range?: ByteRange | undefined;
}

interface WantedFile extends RecordFile, KnownOfFile {}

interface PlannedRecordFile extends PlannedFile {
  readonly file: WantedFile;
  readonly info: FoundObject | undefined;
  readonly turn: ReadObject['turn'];
}

/** Files that are looked at, and read, ahead at most. */
const MOST_AHEAD = 16;
/** Of these, while the first one is read: looking costs nothing but a request. */
const FIRST_AHEAD = 4;
const MOST_REQUESTS = 16;
const MOST_BYTES_IN_FLIGHT: number = 8 * 1024 * 1024;
const OWNER = 'Scan';

export type FileScanOptions = ScanOptions<RecordFile>;

/** How files are read. */
export interface RecordFormat {
  /** Begins to read one, and tells what is ahead of it once nothing is left to be asked for. */
  readonly open: (request: FileRequest) => Promise<RecordReader>;
  /** What is read first of an object of `size` bytes, or of a part of it. */
  readonly first: (size: number, range: ByteRange | undefined) => FirstBytes;
}

/** Reads files, in order. */
export class RecordScanRun implements SourceRun {
  readonly #options: FileScanOptions;
  readonly #format: RecordFormat;
  readonly #task: TaskContext;
  readonly #rows: ScanRows;
  readonly #inFlight = new RequestsInFlight(MOST_REQUESTS, MOST_BYTES_IN_FLIGHT);
  /** Files that were planned, and those that were read to their end. */
  #planned = 0;
  #done = 0;

  constructor(options: FileScanOptions, format: RecordFormat, task: TaskContext) {
    this.#options = options;
    this.#format = format;
    this.#task = task;
    this.#rows = new ScanRows(options);
  }

  async run(output: Output): Promise<void> {
    const { readSchema, filter } = this.#options;
    const { memory, signal } = this.#task;
    using probe = FilterProbe.over(readSchema, filter, memory);
    using room = new RoomAhead(memory, OWNER);
    // Whoever wants no more than the first rows has read nothing of other files.
    const readAhead = (): void => {
      if (this.#rows.hasBegun) ahead.readAhead();
    };
    const begin = (planned: PlannedRecordFile): PiecesAhead => this.#begin(planned, room, readAhead);
    const ahead = new FilesAhead<WantedFile, FoundObject | undefined, PlannedRecordFile, PiecesAhead>({
      signal,
      files: (until) => this.#lookedAt(until),
      plan: async ({ file, answer: info }) => {
        this.#planned += 1;
        return { kind: 'ours', rows: 0, file, info, turn: { inFlight: this.#inFlight, rank: this.#planned } };
      },
      open: begin,
      follow: (planned) => {
        const begun = begin(planned);
        begun.beginAhead();
        return begun;
      },
      isMoreWanted: () => this.#isMoreWanted(),
      most: MOST_AHEAD,
    });
    await this.#rows.eachFile(ahead.inTurn(), signal, async ({ planned, reader }) => {
      readAhead();
      const demand = await this.#file(planned, reader, probe, output, readAhead);
      this.#done += 1;
      return demand;
    });
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

  /** Those that are wanted, each with what it was found to be. */
  #lookedAt(signal: AbortSignal): AsyncGenerator<FoundFile<WantedFile, FoundObject | undefined>, void, void> {
    const { store, files } = this.#options;
    const { memory } = this.#task;
    const ask = async ({ uri, info }: WantedFile, until: AbortSignal): Promise<FoundObject | undefined> => {
      // A listing has told what it is.
      if (info !== undefined) return info;
      this.#rows.costs.requests += 1;
      return await store.head(uri, { signal: until });
    };
    const first = this.#rows.limit === Number.POSITIVE_INFINITY ? FIRST_AHEAD : 0;
    const asking = { memory, owner: OWNER, signal, bytes: 0, most: MOST_AHEAD, first, ask };
    return askedAhead(filesOf(files, signal), (file) => this.#wanted(file), asking);
  }

  #begin({ file, info, turn }: PlannedRecordFile, room: RoomAhead, onAllBegun: () => void): PiecesAhead {
    const { store } = this.#options;
    const { signal } = this.#task;
    const { uri, etag = info?.etag, range } = file;
    const object = { store, uri, etag, signal, costs: this.#rows.costs, turn };
    // Of what is not there nothing is read, and nothing behind it.
    const first = info === undefined ? { ranges: [], isAll: false } : this.#format.first(info.size, range);
    return new PiecesAhead({ object, first, room, onAllBegun });
  }

  /** Whether rows of files behind those that are planned may be wanted, if these have as many as those before. */
  #isMoreWanted(): boolean {
    const { left, limit } = this.#rows;
    return limit === Number.POSITIVE_INFINITY || left * this.#done > (limit - left) * (this.#planned - this.#done);
  }

  async #file(
    { file, info, turn }: PlannedRecordFile,
    ahead: PiecesAhead | undefined,
    probe: FilterProbe | undefined,
    output: Output,
    readAhead: () => void,
  ): Promise<Demand> {
    const { store, readSchema, filePathColumn } = this.#options;
    const { memory: budget, signal } = this.#task;
    const rows = this.#rows;
    const { fields } = readSchema;
    const { partition = {} } = file;
    const isKnown = (name: string): boolean => Object.hasOwn(partition, name) || name === filePathColumn;
    const request = { ...file, info, store, budget, signal, fields, isKnown, costs: rows.costs, turn, ahead };
    await using reader = await this.#format.open(request);
    using holding = budget.reserve('Scan');
    const missing = reader.missing.map((position): [number, Value] => [position, null]);
    const constants = constantColumns(new Map([...file.known, ...missing]), readSchema, holding);
    const columns = { read: (position: number) => constants.get(position) ?? reader.column(position) };
    probe?.reset();
    while (rows.left > 0) {
      signal.throwIfAborted();
      readAhead();
      const asked = probe?.isWorthwhile === true ? probe : undefined;
      const count = await reader.next(rows.left, asked?.columns);
      if (count === 0) return 'more';
      const batch = await rows.batch(count, columns, asked);
      if (batch !== undefined && (await rows.push(batch, output)) === 'done') return 'done';
    }
    return 'more';
  }
}
