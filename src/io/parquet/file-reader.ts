/**
 * Reads the planned row groups of one file, within one lease.
 *
 *     │ buffers of a batch │ pages and dictionaries │ row group i │ row group i + 1 │       the whole lease
 *
 * The lease is taken once per file, for the most that any row group needs, up to the floor of the budget: a source that
 * waited for more while it holds some might wait for ever. What is in it depends on what fits:
 *
 *  - the stored bytes of a row group and of the next one, which is read while the first is decoded;
 *  - those of one row group;
 *  - of each chunk a window that moves on: more requests, and any row group can be read whose largest pages,
 *    dictionaries and batch of values, of all wanted columns together, fit half of the floor.
 */

import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { BATCH_ROWS } from '../../columnar/batch.ts';
import type { Column } from '../../columnar/column.ts';
import { constantColumn } from '../../columnar/column-from-values.ts';
import { fixedWidth, isBytes, isNested } from '../../columnar/data-type.ts';
import type { Field } from '../../columnar/schema.ts';
import { parquetKernels } from '../../kernels/parquet-kernels.ts';
import { takeKernels } from '../../kernels/take-kernels.ts';
import type { Holding, MemoryBudget } from '../../memory/budget.ts';
import { LinearMemory, type Region } from '../../memory/linear-memory.ts';
import type { ObjectStore } from '../object-store.ts';
import { type ChunkBytes, ChunkWindow, chunkOfPieces } from './chunk-bytes.ts';
import { ColumnBuffers, Scratch } from './column-buffers.ts';
import type { ColumnMemory } from './column-memory.ts';
import { ColumnReader } from './column-reader.ts';
import type { ColumnChunk, ParquetFooter } from './footer.ts';
import type { PartBuffers } from './nested-reader.ts';
import type { ChunkSource, FileWork } from './plain-values.ts';
import { type PlannedRowGroup, type ScanPlan, splitRange } from './scan-plan.ts';
import { type ColumnReading, leavesOf, type Reading } from './value-form.ts';

/** What reading has cost so far. */
export interface ReadCosts {
  bytesRead: number;
  requests: number;
}

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
}

/** One column of one row group. */
export interface RowReader {
  /** The next `rows` rows, at most the file's `batchRows`; valid until the next call. */
  read(rows: number): Promise<Column>;
  /** Passes over the next `rows` rows. */
  skip(rows: number): void;
}

type NestedModule = typeof import('./nested-reader.ts');

/** Where a column is decoded to. */
interface ReadingBuffers {
  readonly leaves: readonly ColumnBuffers[];
  /** Of a nested column. */
  readonly parts: PartBuffers | undefined;
}

const allLeaves = (readings: readonly (Reading | undefined)[]): ColumnReading[] =>
  readings.flatMap((reading) => (reading === undefined ? [] : leavesOf(reading)));

function first<T>([item]: readonly T[]): T {
  assert.ok(item !== undefined);
  return item;
}

const OWNER = 'Scan';
/** Requests of one row group at a time. */
const MAX_REQUESTS = 8;
const MIN_BATCH_ROWS = 64;
const MIN_WINDOW_BYTES = 64 * 1024;

/** Stored bytes on their way into memory. */
interface Load {
  readonly regions: readonly Region[];
  /** Settles when nothing is written to the regions any more. */
  readonly done: Promise<void>;
  isSettled: boolean;
}

export class FileReader implements AsyncDisposable {
  /** Rows of a batch at most: BATCH_ROWS, or fewer where the memory or the texts demand it. */
  readonly batchRows: number;
  readonly #request: FileRequest;
  readonly #holding: Holding;
  readonly #work: FileWork;
  /** Of each reading; none for a column that the file does not have. */
  readonly #buffers: readonly ReadingBuffers[];
  readonly #sizes: FileSizes;
  readonly #nested: NestedModule | undefined;
  readonly #abort = new AbortController();
  readonly #signal: AbortSignal;
  /** A region of zeros: the values and the validity of columns that the file does not have. */
  readonly #zeros: number;
  #current: Load | undefined;
  #next: Load | undefined;
  #windows: ChunkWindow[] = [];

  /** Waits for the lease. @throws MemoryBudgetExceeded */
  static async open(request: FileRequest): Promise<FileReader> {
    const sizes = new FileSizes(request);
    // Loaded on demand: most files are flat.
    const isNested = request.readings.some((reading) => reading !== undefined && !('form' in reading));
    const nested = isNested ? await import('./nested-reader.ts') : undefined;
    const holding = await request.budget.lease(OWNER, sizes.leaseBytes, request.signal);
    try {
      return new FileReader(request, sizes, holding, nested);
    } catch (error) {
      holding[Symbol.dispose]();
      throw error;
    }
  }

  private constructor(request: FileRequest, sizes: FileSizes, holding: Holding, nested: NestedModule | undefined) {
    this.#nested = nested;
    this.#request = request;
    this.#sizes = sizes;
    this.#holding = holding;
    this.#signal = AbortSignal.any([request.signal, this.#abort.signal]);
    this.batchRows = sizes.batchRows;
    holding.grow(request.footer.heldBytes + request.plan.heldBytes);
    this.#work = {
      uri: request.footer.uri,
      holding,
      kernels: parquetKernels(holding.linear),
      take: takeKernels(holding.linear),
      scratch: new Scratch(holding, sizes.batchRows, sizes.widest),
    };
    this.#buffers = request.readings.map((reading) => ({
      leaves: allLeaves([reading]).map(({ form }) => new ColumnBuffers(holding, form, sizes.batchRows)),
      parts:
        reading === undefined || 'form' in reading ? undefined : nested && new nested.PartBuffers(holding, reading),
    }));
    this.#zeros = sizes.zeroBytes === 0 ? 0 : holding.allocateZeroed(sizes.zeroBytes).address;
  }

  /**
   * The columns of the planned row group at `position`, one per field. Those of the one before become invalid; row
   * groups are asked for in order.
   */
  async rowGroup(position: number): Promise<RowReader[]> {
    this.#free(this.#current);
    this.#current = undefined;
    for (const window of this.#windows.splice(0)) window.free();
    const group = this.#groupAt(position);
    const locate = await this.#bring(position, group);
    return this.#request.fields.map((field, index) => {
      const reading = this.#request.readings[index];
      const memory = this.#request.memories[index];
      const { leaves, parts } = this.#buffers[index] ?? { leaves: [], parts: undefined };
      const chunks = group.chunks[index] ?? [];
      if (reading === undefined) return this.#nullReader(field);
      assert.ok(memory !== undefined);
      const { index: rowGroup } = group;
      const { batchRows } = this;
      const sources = leavesOf(reading).map((leaf, at): ChunkSource => {
        const [chunk, buffers] = [chunks[at], leaves[at]];
        assert.ok(chunk !== undefined && buffers !== undefined);
        // What is remembered of values is of one leaf.
        const [bytes, pages] = [locate(chunk), group.pages[index]];
        return { reading: leaf, chunk, bytes, buffers, memory: memory.ofLeaf(at), rowGroup, pages, batchRows };
      });
      if (parts === undefined || 'form' in reading) return new ColumnReader(this.#work, first(sources));
      assert.ok(this.#nested !== undefined);
      return new this.#nested.NestedReader(this.#work, reading, sources, parts);
    });
  }

  /** To be called between batches: lets reads ahead go on, which batches that never wait would otherwise hold up. */
  async readAhead(): Promise<void> {
    if (this.#next?.isSettled === false) await setImmediate();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    // Regions are given back only when nobody writes to them any more.
    await Promise.allSettled([this.#current?.done, this.#next?.done]);
    this.#holding[Symbol.dispose]();
  }

  #groupAt(position: number): PlannedRowGroup {
    const group = this.#request.plan.rowGroups[position];
    assert.ok(group !== undefined);
    return group;
  }

  /** Reads the stored bytes of a row group, and begins to read those of the next; answers where a chunk's bytes are. */
  async #bring(position: number, group: PlannedRowGroup): Promise<(chunk: ColumnChunk) => ChunkBytes> {
    const load = this.#next ?? (this.#sizes.fitsWhole(position) ? this.#load(group) : undefined);
    this.#next = undefined;
    if (load === undefined) return (chunk) => this.#window(chunk);
    this.#current = load;
    await load.done;
    if (this.#sizes.fitsWithNext(position)) this.#next = this.#load(this.#groupAt(position + 1));
    return (chunk) => {
      const end = chunk.start + chunk.byteLength;
      const pieces = group.ranges.flatMap(({ start, byteLength }, at) => {
        const region = load.regions[at];
        const isOf = region !== undefined && start < end && chunk.start < start + byteLength;
        return isOf ? [{ start, end: start + byteLength, address: region.address }] : [];
      });
      return chunkOfPieces(chunk.start, end, pieces);
    };
  }

  #window({ start, byteLength }: ColumnChunk): ChunkWindow {
    const { windowBytes } = this.#sizes;
    const window = new ChunkWindow(start, start + byteLength, windowBytes, this.#holding, (from, bytes, address) =>
      this.#read(from, bytes, address),
    );
    this.#windows.push(window);
    return window;
  }

  /** Undefined where the lease has too little left: sizes are estimates. */
  #load({ ranges }: PlannedRowGroup): Load | undefined {
    const regions: Region[] = [];
    for (const { byteLength } of ranges) {
      const region = this.#holding.tryAllocate(byteLength);
      if (region === undefined) {
        for (const taken of regions) this.#holding.free(taken);
        return undefined;
      }
      regions.push(region);
    }
    const pieces = ranges.flatMap((range, at) => {
      const address = regions[at]?.address ?? 0;
      return splitRange(range).map(({ start, byteLength }) => ({
        start,
        byteLength,
        address: address + start - range.start,
      }));
    });
    const done = this.#readAll(pieces);
    const load: Load = { regions, done, isSettled: false };
    const settle = (): void => {
      load.isSettled = true;
    };
    // Whoever needs the bytes meets the error; a load that nobody needs any more must not bring the process down.
    done.then(settle, settle);
    return load;
  }

  /** Settles when every read has. */
  async #readAll(pieces: { start: number; byteLength: number; address: number }[]): Promise<void> {
    const queue = pieces.values();
    const worker = async (): Promise<void> => {
      for (const { start, byteLength, address } of queue) await this.#read(start, byteLength, address);
    };
    const workers = Array.from({ length: Math.min(MAX_REQUESTS, pieces.length) }, worker);
    for (const result of await Promise.allSettled(workers)) {
      if (result.status === 'rejected') throw result.reason;
    }
  }

  async #read(start: number, byteLength: number, address: number): Promise<void> {
    const { store, footer, costs } = this.#request;
    costs.requests += 1;
    const into = this.#holding.linear.u8.subarray(address, address + byteLength);
    await store.readInto(footer.uri, start, into, { etag: footer.etag, signal: this.#signal });
    costs.bytesRead += byteLength;
  }

  #free(load: Load | undefined): void {
    for (const region of load?.regions ?? []) this.#holding.free(region);
  }

  #nullReader({ type }: Field): RowReader {
    if (isNested(type) || type.kind === 'fixed-size-binary') {
      const column = constantColumn(this.#holding, type, null, this.batchRows);
      return { read: () => Promise.resolve(column), skip: () => {} };
    }
    const zeros = this.#zeros;
    const width = fixedWidth(type) ?? 0;
    const bytes = isBytes(type) ? zeros : 0;
    const column = { type, validity: zeros, values: zeros, bytes, dictionary: undefined, width, bits: undefined };
    return { read: () => Promise.resolve(column), skip: () => {} };
  }
}

/** How the bytes of a file's row groups compare with what can be leased. */
class FileSizes {
  readonly batchRows: number;
  readonly leaseBytes: number;
  readonly windowBytes: number;
  readonly zeroBytes: number;
  /** Bytes of the widest value. */
  readonly widest: number;
  readonly #roomBytes: number;
  /** Per planned row group: stored bytes as regions, and an upper estimate for pages, dictionaries and texts. */
  readonly #stored: readonly number[];
  readonly #plain: readonly number[];

  constructor({ budget, footer, plan, fields, readings }: FileRequest) {
    const { floorBytes } = budget;
    const known = allLeaves(readings);
    this.widest = Scratch.widthOf(known.map(({ form }) => form));
    const missing = fields.filter((_, position) => readings[position] === undefined);
    const zeroBytes = (rows: number): number => (missing.length > 0 ? rows * 16 + 16 : 0);
    const fixedBytes = (rows: number): number =>
      Scratch.footprint(rows, this.widest) +
      (missing.length > 0 ? LinearMemory.footprint(zeroBytes(rows)) : 0) +
      missing.reduce((bytes, { type }) => bytes + constantBytes(type, rows), 0) +
      known.reduce((bytes, { form }) => bytes + ColumnBuffers.footprint(form, rows), footer.heldBytes + plan.heldBytes);

    let rows = BATCH_ROWS;
    const growingBytes = largestGrowingPerRow(plan, readings);
    const isTooLarge = (): boolean => fixedBytes(rows) > floorBytes / 2 || growingBytes * rows > floorBytes / 8;
    while (rows > MIN_BATCH_ROWS && isTooLarge()) rows /= 2;
    this.batchRows = rows;
    this.zeroBytes = zeroBytes(rows);

    this.#stored = plan.rowGroups.map(({ ranges }) =>
      ranges.reduce((bytes, { byteLength }) => bytes + LinearMemory.footprint(byteLength), 0),
    );
    this.#plain = plan.rowGroups.map(({ chunks, rows: groupRows }) =>
      chunks
        .flatMap((leaves, at) => leaves.map((chunk) => plainBytes(chunk, readings[at], rows / Math.max(1, groupRows))))
        .reduce((sum, bytes) => sum + bytes, 0),
    );
    const most = this.#stored.reduce(
      (bytes, stored, at) => Math.max(bytes, stored + (this.#stored[at + 1] ?? 0) + (this.#plain[at] ?? 0)),
      0,
    );
    this.leaseBytes = Math.min(floorBytes, fixedBytes(rows) + most);
    this.#roomBytes = this.leaseBytes - fixedBytes(rows);
    const share = Math.floor(this.#roomBytes / 2 / Math.max(1, known.length));
    this.windowBytes = Math.max(MIN_WINDOW_BYTES, share - PAGE_SLACK_BYTES);
  }

  /** Whether the stored bytes of a row group can be in memory as a whole. */
  fitsWhole(position: number): boolean {
    return (this.#stored[position] ?? 0) + (this.#plain[position] ?? 0) <= this.#roomBytes;
  }

  /** Whether those of the next one can be there too. */
  fitsWithNext(position: number): boolean {
    const next = this.#stored[position + 1];
    if (next === undefined || !this.fitsWhole(position + 1)) return false;
    return (this.#stored[position] ?? 0) + (this.#plain[position] ?? 0) + next <= this.#roomBytes;
  }
}

/** Regions of a column that grow are rounded up to pages of memory, with padding. */
const PAGE_SLACK_BYTES = 6 * 8192;
/** Of an entry of a nested column in a batch: its levels, its offset, its value, and what growing leaves free. */
const ENTRY_BYTES = 64;

/** What decoding a chunk takes beside its stored bytes, in batches of a share of its rows. */
function plainBytes(chunk: ColumnChunk, reading: Reading | undefined, batchShare: number): number {
  const bytes = PAGE_SLACK_BYTES + 2 * chunk.plainBytes;
  if (reading === undefined || 'form' in reading) return bytes;
  return bytes + 2 * PAGE_SLACK_BYTES + ENTRY_BYTES * Math.ceil(chunk.values * Math.min(1, batchShare));
}

/** A null in every row: codes and bits, and one entry. */
const constantBytes = (type: Field['type'], rows: number): number =>
  isNested(type) || type.kind === 'fixed-size-binary' ? LinearMemory.footprint(rows * 4) * 2 + PAGE_SLACK_BYTES : 0;

/** Bytes per row of what has no fixed size: texts, and what is in lists. */
function largestGrowingPerRow({ rowGroups }: ScanPlan, readings: FileRequest['readings']): number {
  const perRow = ({ rows, chunks }: PlannedRowGroup): number =>
    chunks.reduce((bytes, leaves, at) => {
      const reading = readings[at];
      const grows = reading !== undefined && (!('form' in reading) || reading.form.kind === 'text');
      return grows ? leaves.reduce((sum, { plainBytes: plain }) => sum + plain / Math.max(1, rows), bytes) : bytes;
    }, 0);
  return rowGroups.reduce((most, group) => Math.max(most, perRow(group)), 0);
}
