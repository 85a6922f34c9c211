/**
 * Reads the planned row groups of one file, within one lease.
 *
 *     │ buffers of a batch │ pages and dictionaries │ row group i │ i + 1 │ i + 2 … │       the whole lease
 *
 * The lease is taken once per file, for the most that any row group needs, up to the floor of the budget: a source that
 * waited for more while it holds some might wait for ever. Files behind share it, where it has room or can be made larger
 * at once (`files-in-lease.ts`). What a page, a dictionary or a batch needs beyond it is retained: had at once, or never. What is in
 * the lease depends on what fits:
 *
 *  - the stored bytes of a row group and of those behind it, which are read while the first is decoded;
 *  - those of one row group;
 *  - of each chunk a window that moves on, half of it ahead of what is decoded: more requests, and any row group can be
 *    read whose largest pages, dictionaries and batch of values, of all wanted columns together, fit half of the floor.
 *
 * Where waiting for the filter pays (`filter-first.ts`), the columns that it reads are read ahead, and the others only once
 * it is known which of their pages have rows that it keeps. That is found out between row groups, when no batch is lent.
 */

import assert from 'node:assert/strict';
import type { Column } from '../../columnar/column.ts';
import { constantColumn } from '../../columnar/column-from-values.ts';
import { fixedWidth, isBytes, isNested } from '../../columnar/data-type.ts';
import type { Field } from '../../columnar/schema.ts';
import type { RowRange } from '../../columnar/slice.ts';
import { MemoryBudgetExceeded } from '../../errors.ts';
import { parquetKernels } from '../../kernels/parquet-kernels.ts';
import { takeKernels } from '../../kernels/take-kernels.ts';
import type { Holding, MemoryBudget } from '../../memory/budget.ts';
import type { BegunFile } from '../files-ahead.ts';
import type { FilterProbe } from '../filter-probe.ts';
import type { ObjectStore } from '../object-store.ts';
import type { ReadCosts } from '../record-reader.ts';
import { BatchSize } from './batch-size.ts';
import { ChunkWindow, chunkOfSpans } from './chunk-bytes.ts';
import { ColumnBuffers, Scratch } from './column-buffers.ts';
import type { ColumnMemory } from './column-memory.ts';
import { ColumnReader } from './column-reader.ts';
import { allLeaves, FileSizes, storedBytes } from './file-sizes.ts';
import { type FileInLease, FilesInLease } from './files-in-lease.ts';
import type { FilterFirst } from './filter-first.ts';
import type { ParquetFooter } from './footer.ts';
import { loadCodecs } from './load-codecs.ts';
import type { PartBuffers } from './nested-reader.ts';
import type { ChunkSource, FileWork } from './plain-values.ts';
import { isComplete, type Load, RangeReads } from './range-reads.ts';
import type { ColumnChunk } from './row-group.ts';
import { keepRows, type PlannedRowGroup, rangesToRead, type ScanPlan } from './scan-plan.ts';
import { leavesOf, type Reading } from './value-form.ts';

export interface FileRequest {
  readonly store: ObjectStore;
  readonly budget: MemoryBudget;
  readonly signal: AbortSignal;
  readonly footer: ParquetFooter;
  readonly plan: ScanPlan;
  readonly fields: readonly Field[];
  /** One per field; undefined for a column that the file does not have. */
  readonly readings: readonly (Reading | undefined)[];
  /** One per field, kept over all files of a scan. */
  readonly memories: readonly ColumnMemory[];
  readonly costs: ReadCosts;
  /** Where there are columns that the filter does not read: what it keeps, of which columns. */
  readonly filter: { readonly probe: FilterProbe; readonly first: FilterFirst } | undefined;
}

/** A row group to be decoded. */
export interface OpenRowGroup {
  readonly group: PlannedRowGroup;
  /** One per field; none where the filter was found to keep no row. */
  readonly columns: readonly RowReader[];
  /** How many rows the next batch should have at most. */
  readonly batchSize: BatchSize;
  /** Whether the rows that are kept are those around what the filter keeps. */
  readonly isFiltered: boolean;
}

/** One column of one row group. */
export interface RowReader {
  /** The next `rows` rows, at most the file's `batchRows`; valid until the next call. At once where nothing is waited for. */
  read(rows: number): Column | Promise<Column>;
  /** Passes over the next `rows` rows. */
  skip(rows: number): void;
}

type NestedModule = typeof import('./nested-reader.ts');

/** What is there of a file whose turn it is. */
interface Decoding {
  readonly work: FileWork;
  /** Of each reading; none for a column that the file does not have. */
  readonly buffers: readonly ReadingBuffers[];
  readonly nested: NestedModule | undefined;
  /** A region of zeros: the values and the validity of columns that the file does not have. */
  readonly zeros: number;
  /** Columns that are had from elsewhere, by position. */
  readonly constants: ReadonlyMap<number, Column>;
}

/** Where a column is decoded to. */
interface ReadingBuffers {
  readonly leaves: readonly ColumnBuffers[];
  /** Of a nested column. */
  readonly parts: PartBuffers | undefined;
}

function first<T>([item]: readonly T[]): T {
  assert.ok(item !== undefined);
  return item;
}

const OWNER = 'Scan';

/** A row group that is being read, or is the next to be decoded. */
interface Entry {
  readonly position: number;
  group: PlannedRowGroup;
  /** Linear memory that its stored bytes take, or will take at most. */
  bytes: number;
  /** Undefined where its chunks are read in windows. */
  load: Load | undefined;
  /** Of the columns that the filter does not read, where they are read apart. */
  others: Load | undefined;
  state: 'whole' | 'windows' | 'filter first' | 'filtered';
}

export class FileReader implements BegunFile {
  /** Rows of a batch at most: BATCH_ROWS, or fewer where the memory or the texts demand it. */
  readonly batchRows: number;
  readonly #request: FileRequest;
  readonly #holding: Holding;
  readonly #sizes: FileSizes;
  readonly #files: FilesInLease;
  readonly #inLease: FileInLease;
  readonly #abort = new AbortController();
  readonly #reads: RangeReads;
  readonly #rank: number;
  /** Whether the row group before its first one waits for the filter. */
  readonly #isBehindFiltered: boolean;
  /** The first is the one that is decoded. */
  readonly #entries: Entry[] = [];
  #nextPosition = 0;
  #decoding: Decoding | undefined;
  #isOpen = false;
  #isClosed = false;
  #windows: ChunkWindow[] = [];

  /** Waits for a lease. @throws MemoryBudgetExceeded */
  static async open(request: FileRequest): Promise<FileReader> {
    const sizes = new FileSizes(request);
    const holding = await request.budget.lease(OWNER, sizes.leaseBytes, request.signal, 'retained');
    assert.ok(holding.lease !== undefined);
    try {
      holding.grow(sizes.footerBytes);
      return new FileReader(request, sizes, holding, new FilesInLease(holding.lease), false);
    } catch (error) {
      holding[Symbol.dispose]();
      throw error;
    }
  }

  private constructor(
    request: FileRequest,
    sizes: FileSizes,
    holding: Holding,
    files: FilesInLease,
    isBehindFiltered: boolean,
  ) {
    this.#request = request;
    this.#sizes = sizes;
    this.#holding = holding;
    this.#files = files;
    this.#isBehindFiltered = isBehindFiltered;
    this.batchRows = sizes.batchRows;
    const signal = AbortSignal.any([request.signal, this.#abort.signal]);
    this.#reads = new RangeReads({ ...request, holding, signal, inFlight: files.inFlight });
    // One below the first: that is taken by what is read apart of the first row group.
    this.#rank = files.takeRanks(2 * request.plan.rowGroups.length + 1) + 1;
    this.#inLease = { sizes, entries: this.#entries };
    files.add(this.#inLease);
  }

  /**
   * Begins to read the file that comes next, in the same lease, if there is room for it now. It is to be disposed after this one.
   */
  tryFollow(request: FileRequest): FileReader | undefined {
    const sizes = new FileSizes(request);
    if (this.#isClosed || !this.#files.makeRoom(sizes.footerBytes, sizes.leaseBytes)) return undefined;
    const holding = this.#holding.lease?.open();
    if (holding?.tryGrow(sizes.footerBytes) !== true) {
      holding?.[Symbol.dispose]();
      return undefined;
    }
    const reader = new FileReader(request, sizes, holding, this.#files, this.#isLastFiltered);
    reader.beginAhead();
    return reader;
  }

  /** Whether there is room for the first row group of a file like this one behind it, as far as that can be said. */
  makeRoomBehind(): boolean {
    return !this.#isClosed && this.#files.makeRoom(this.#sizes.footerBytes + this.#sizes.storedOf(0));
  }

  /** Whether all of its row groups are in memory or on their way. */
  get isAllBegun(): boolean {
    return this.#nextPosition === this.#request.plan.rowGroups.length;
  }

  /** Reads more of it, where there is room for more beside the files before. */
  beginAhead(): void {
    if (!this.#isClosed) this.#begin();
  }

  /** To be called when its turn has come, before all else. @throws MemoryBudgetExceeded */
  async start(constants: ReadonlyMap<number, Column>): Promise<void> {
    const [request, holding, sizes] = [this.#request, this.#holding, this.#sizes];
    // Loaded on demand: most files are flat.
    const isNested = request.readings.some((reading) => reading !== undefined && !('form' in reading));
    const nested = isNested ? await import('./nested-reader.ts') : undefined;
    await loadCodecs(new Set(request.plan.rowGroups.flatMap(({ chunks }) => chunks.flat().map(({ codec }) => codec))));
    const buffers = (reading: Reading | undefined): ReadingBuffers => ({
      leaves: allLeaves([reading]).map(({ form }) => new ColumnBuffers(holding, form, sizes.batchRows)),
      parts:
        reading === undefined || 'form' in reading ? undefined : nested && new nested.PartBuffers(holding, reading),
    });
    this.#decoding = {
      work: {
        uri: request.footer.uri,
        holding,
        kernels: parquetKernels(holding.linear),
        take: takeKernels(holding.linear),
        scratch: new Scratch(holding, sizes.batchRows, sizes.widest),
      },
      buffers: request.readings.map(buffers),
      nested,
      zeros: sizes.zeroBytes === 0 ? 0 : holding.allocateZeroed(sizes.zeroBytes).address,
      constants,
    };
  }

  /**
   * The next of the planned row groups, in order; undefined behind the last. The columns of the one before become invalid.
   * @throws MalformedFile, UnsupportedFile, SchemaMismatch, ArithmeticOverflow, MemoryBudgetExceeded
   */
  async next(): Promise<OpenRowGroup | undefined> {
    if (this.#isOpen) await this.#close();
    this.#isOpen = true;
    this.#begin();
    const [entry] = this.#entries;
    if (entry === undefined) return undefined;
    await this.#applyFilter(entry);
    for (const ahead of this.#entries.slice(1)) {
      if (ahead.load !== undefined && isComplete(ahead.load)) await this.#applyFilter(ahead);
    }
    // What the filter spares is room for more.
    this.#begin();
    const { group, state } = entry;
    const batchSize = this.#batchSize();
    const columns =
      group.kept.length === 0 ? [] : this.#request.fields.map((_, at) => this.#columnReader(entry, at, batchSize));
    return { group, columns, batchSize, isFiltered: state === 'filtered' };
  }

  /** To be called between batches: lets reads ahead go on, which batches that never wait would otherwise hold up. Undefined while they need not. */
  readAhead(): Promise<void> | undefined {
    return this.#reads.letGoOn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    if (!this.#reads.isIdle) this.#abort.abort();
    // Regions are given back only when nobody writes to them any more.
    for (const { load, others } of this.#entries) {
      if (load !== undefined) await this.#reads.free(load);
      if (others !== undefined) await this.#reads.free(others);
    }
    for (const window of this.#windows) await window.free();
    this.#files.remove(this.#inLease);
    this.#holding[Symbol.dispose]();
  }

  /** Gives back what the row group that was decoded takes. */
  async #close(): Promise<void> {
    const entry = this.#entries.shift();
    if (entry?.load !== undefined) await this.#reads.free(entry.load);
    if (entry?.others !== undefined) await this.#reads.free(entry.others);
    for (const window of this.#windows.splice(0)) await window.free();
    for (const { leaves } of this.#started.buffers) for (const buffers of leaves) buffers.freeDictionary();
  }

  #batchSize(): BatchSize {
    const { writesOutTexts, growingBytes } = this.#sizes;
    return new BatchSize(this.batchRows, growingBytes, !writesOutTexts);
  }

  /** Begins to read as many row groups as there is room for. */
  #begin(): void {
    const { rowGroups } = this.#request.plan;
    for (let group = rowGroups[this.#nextPosition]; group !== undefined; group = rowGroups[this.#nextPosition]) {
      const position = this.#nextPosition;
      const isFirst = this.#entries.length === 0 && this.#decoding !== undefined;
      if (this.#entries[0]?.state === 'windows') return;
      const stored = this.#sizes.storedOf(position);
      const fits =
        this.#sizes.fitsBeside(position, this.#entries) &&
        this.#files.isWorthAhead(stored) &&
        (this.#decoding !== undefined || this.#files.makeRoom(stored));
      if (!fits && this.#decoding === undefined) return;
      const entry = fits || isFirst ? this.#beginGroup(position, group, fits) : undefined;
      if (entry === undefined && !isFirst) return;
      // What is estimated to fit may not do so: sizes are estimates.
      this.#entries.push(entry ?? { position, group, bytes: 0, load: undefined, others: undefined, state: 'windows' });
      this.#nextPosition += 1;
    }
  }

  /** Undefined where it is to be read in windows; of one that does not fit, the columns of the filter may still be read ahead. */
  #beginGroup(position: number, group: PlannedRowGroup, fits: boolean): Entry | undefined {
    const waits = this.#waitsForFilter(position, group);
    const ranges = rangesToRead(group, waits ? this.#request.filter?.probe.columns : undefined);
    if (!fits && !(waits && this.#sizes.isSmall(storedBytes(ranges)))) return undefined;
    const load = this.#reads.tryBegin(ranges, this.#rank + 2 * position);
    if (load === undefined) return undefined;
    const bytes = waits ? storedBytes(rangesToRead(group)) : storedBytes(ranges);
    return { position, group, bytes, load, others: undefined, state: waits ? 'filter first' : 'whole' };
  }

  #waitsForFilter(position: number, group: PlannedRowGroup): boolean {
    const { filter, plan } = this.#request;
    if (filter === undefined || filter.first.neverWaits) return false;
    const others = (one: PlannedRowGroup): number => byteLength(rangesToRead(one, this.#otherColumns));
    return filter.first.waits({
      isBehind: this.#isLastFiltered,
      filter: byteLength(rangesToRead(group, filter.probe.columns)),
      others: others(group),
      get othersAhead() {
        return plan.rowGroups.slice(position).reduce((sum, one) => sum + others(one), 0);
      },
    });
  }

  /** Whether the row group that was begun last waits for the filter. */
  get #isLastFiltered(): boolean {
    const state = this.#entries.at(-1)?.state;
    return state === undefined ? this.#isBehindFiltered : state === 'filter first' || state === 'filtered';
  }

  /** Positions of the columns that the filter does not read. */
  get #otherColumns(): number[] {
    const filtered = this.#request.filter?.probe.columns ?? [];
    return [...this.#request.fields.keys()].filter((position) => !filtered.includes(position));
  }

  /** Finds out which rows of a row group the filter keeps, and begins to read the other columns of these. */
  async #applyFilter(entry: Entry): Promise<void> {
    const { filter, plan } = this.#request;
    if (entry.state !== 'filter first' || filter === undefined) return;
    const { group } = entry;
    const survivors = await this.#survivors(entry, filter.probe);
    entry.group = keepRows(group, survivors, this.#otherColumns, (chunk) => plan.indexes?.locations(chunk, group));
    entry.state = 'filtered';
    const ranges = rangesToRead(entry.group, this.#otherColumns);
    const wanted = survivors.length === 0 ? [] : ranges;
    const all = byteLength(rangesToRead(group, this.#otherColumns));
    filter.first.note(all === 0 ? 0 : 1 - byteLength(wanted) / all);
    entry.others = this.#reads.tryBegin(wanted, this.#rank + 2 * entry.position - 1);
    entry.bytes = storedBytes(rangesToRead(group, filter.probe.columns)) + storedBytes(wanted);
  }

  async #survivors(entry: Entry, probe: FilterProbe): Promise<RowRange[]> {
    const size = this.#batchSize();
    const readers = probe.columns.map((position) => [position, this.#columnReader(entry, position, size)] as const);
    const survivors: RowRange[] = [];
    let row = 0;
    for (const { start, end } of entry.group.kept) {
      for (const [, reader] of readers) reader.skip(start - row);
      for (row = start; row < end; ) {
        const count = Math.min(size.rows, end - row);
        const columns: Column[] = [];
        for (const [position, reader] of readers) {
          columns[position] = this.#started.constants.get(position) ?? (await reader.read(count));
        }
        await this.#reads.letGoOn();
        for (const range of probe.survivors(columns, count)) {
          survivors.push({ start: row + range.start, end: row + range.end });
        }
        row += count;
      }
    }
    return survivors;
  }

  get #started(): Decoding {
    assert.ok(this.#decoding !== undefined);
    return this.#decoding;
  }

  #columnReader(entry: Entry, index: number, batchSize: BatchSize): RowReader {
    const { group } = entry;
    const { work, buffers: allBuffers, nested } = this.#started;
    const field = this.#request.fields[index];
    const reading = this.#request.readings[index];
    const memory = this.#request.memories[index];
    const { leaves, parts } = allBuffers[index] ?? { leaves: [], parts: undefined };
    const chunks = group.chunks[index] ?? [];
    assert.ok(field !== undefined && memory !== undefined);
    if (reading === undefined) return this.#nullReader(field);
    const { index: rowGroup } = group;
    const { batchRows } = this;
    const isApart = entry.state === 'filtered' && this.#request.filter?.probe.columns.includes(index) === false;
    const load = isApart ? entry.others : entry.load;
    const sources = leavesOf(reading).map((leaf, at): ChunkSource => {
      const [chunk, buffers] = [chunks[at], leaves[at]];
      assert.ok(chunk !== undefined && buffers !== undefined);
      const pages = group.pages[index]?.[at];
      const bytes =
        load === undefined
          ? this.#windowOf(chunk, entry.position, pages === undefined)
          : chunkOfSpans(chunk.start, chunk.start + chunk.byteLength, load.spans);
      // What is remembered of values is of one leaf.
      return { reading: leaf, chunk, bytes, buffers, memory: memory.ofLeaf(at), rowGroup, pages, batchRows };
    });
    const place = `column ${field.name}, row group ${rowGroup} of ${work.uri}`;
    if (parts === undefined || 'form' in reading) return placed(new ColumnReader(work, first(sources)), place);
    assert.ok(nested !== undefined);
    const reader = new nested.NestedReader(work, reading, sources, parts);
    return placed(reader, place, (rows) => batchSize.note(index, rows, reader.textBytes));
  }

  #windowOf({ start, byteLength: bytes }: ColumnChunk, position: number, isWhole: boolean): ChunkWindow {
    const [reads, holding] = [this.#reads, this.#holding];
    const { windowBytes } = this.#sizes;
    // Behind what is read apart of the same row group, before all of the next.
    const rank = (share: number): number => this.#rank + 2 * position + share;
    const window = new ChunkWindow({ reads, holding, start, end: start + bytes, windowBytes, isWhole, rank });
    this.#windows.push(window);
    return window;
  }

  #nullReader({ type }: Field): RowReader {
    if (isNested(type) || type.kind === 'fixed-size-binary') {
      const column = constantColumn(this.#holding, type, null, this.batchRows);
      return { read: () => column, skip: () => {} };
    }
    const { zeros } = this.#started;
    const width = fixedWidth(type) ?? 0;
    const bytes = isBytes(type) ? zeros : 0;
    const column = { type, validity: zeros, values: zeros, bytes, dictionary: undefined, width, bits: undefined };
    return { read: () => column, skip: () => {} };
  }
}

/** Of a page, a dictionary or a batch that is too large it is said whose it is; of others, that they are there. */
function placed(reader: RowReader, place: string, note: (rows: number) => void = () => {}): RowReader {
  const fail = (error: unknown): never => {
    throw error instanceof MemoryBudgetExceeded ? error.at(place) : error;
  };
  const readOn = async (column: Promise<Column>, rows: number): Promise<Column> => {
    const there = await column.catch(fail);
    note(rows);
    return there;
  };
  const read = (rows: number): Column | Promise<Column> => {
    try {
      const column = reader.read(rows);
      if (column instanceof Promise) return readOn(column, rows);
      note(rows);
      return column;
    } catch (error) {
      return fail(error);
    }
  };
  return { read, skip: (rows) => reader.skip(rows) };
}

const byteLength = (ranges: readonly { readonly byteLength: number }[]): number =>
  ranges.reduce((sum, range) => sum + range.byteLength, 0);
