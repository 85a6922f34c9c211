/**
 * Reads pages of shuffle objects, in order, within one lease.
 *
 *     ranges    │ piece 0 │ piece 1 │ …           of one or of many objects
 *     windows   │ w0 │ w1 │ w2 │ …                parts of ranges of a few mebibytes: several are read at a time
 *     pages       │ page │ page │                 whole ones are where the window is; one that two windows share is copied
 *     body          │ columns │                   decompressed, checked, lent until the next page
 *
 * Half of the lease is for windows, so that there is always room to work on one. A page that does not fit the rest is an
 * error that names the memory: its writer had more.
 */

import { setImmediate } from 'node:timers/promises';
import { BATCH_ROWS, Batch } from '../../columnar/batch.ts';
import type { Schema } from '../../columnar/schema.ts';
import { SLICE_ROWS } from '../../columnar/slice.ts';
import { MalformedFile, ObjectNotFound, SchemaMismatch } from '../../errors.ts';
import { parquetKernels } from '../../kernels/parquet-kernels.ts';
import { takeKernels } from '../../kernels/take-kernels.ts';
import type { Holding, MemoryBudget } from '../../memory/budget.ts';
import { LentRegions } from '../../memory/lent-regions.ts';
import type { Region } from '../../memory/linear-memory.ts';
import { sliceBatch } from '../../state/row-slice.ts';
import type { ObjectStore } from '../object-store.ts';
import { decompress } from '../parquet/decompress.ts';
import { redactUri } from '../uri.ts';
import {
  decodeIndex,
  decodePageHeader,
  hasRightChecksum,
  indexBytes,
  PAGE_HEADER_BYTES,
  type PageHeader,
  type PageRange,
  type ShuffleIndex,
  schemaSignature,
  TRAILER_BYTES,
} from './shuffle-format.ts';
import { pageColumns } from './shuffle-page.ts';

/** Rows of one partition in one object. */
export interface ShufflePiece {
  readonly uri: string;
  /** Pins the version. */
  readonly etag?: string | undefined;
  readonly ranges: readonly PageRange[];
}

/** What reading has cost so far. */
export interface ShuffleCosts {
  bytesRead: number;
  requests: number;
  pages: number;
}

export interface ShuffleRequest {
  readonly store: ObjectStore;
  readonly budget: MemoryBudget;
  readonly signal: AbortSignal;
  readonly schema: Schema;
  readonly pieces: readonly ShufflePiece[];
  readonly costs: ShuffleCosts;
}

const OWNER = 'ShuffleRead';
const MOST_LEASED_BYTES = 64 * 1024 * 1024;
const WINDOW_BYTES = 4 * 1024 * 1024;
const MOST_REQUESTS = 8;
/** What JSON of an index takes as JavaScript objects, per byte of its text. */
const INDEX_FACTOR = 8;

/** The rows of all pieces, in order; each batch is lent until the next one is asked for. @throws MalformedFile, ObjectChanged, ObjectNotFound, MemoryBudgetExceeded */
export async function* shuffleBatches(request: ShuffleRequest): AsyncGenerator<Batch, void, undefined> {
  const { budget, signal, pieces } = request;
  const storedBytes = pieces.reduce((sum, { ranges }) => ranges.reduce((bytes, range) => bytes + range.bytes, sum), 0);
  if (storedBytes === 0) return;
  const leaseBytes = Math.min(budget.floorBytes, MOST_LEASED_BYTES);
  using holding = await budget.lease(OWNER, leaseBytes, signal);
  await using windows = new Windows(request, holding, Math.floor(leaseBytes / 2));
  const reader = new PageStream(request, holding, windows);
  for (const piece of pieces) {
    for (const range of piece.ranges) yield* reader.batches(piece.uri, range);
  }
}

/** The rows of a partition in an object, by its index. @throws MalformedFile, SchemaMismatch, ObjectNotFound, ObjectChanged */
export async function readShuffleIndex(
  { store, budget, signal, schema, costs }: Omit<ShuffleRequest, 'pieces'>,
  uri: string,
  etag: string | undefined,
): Promise<ShuffleIndex & { readonly etag: string }> {
  const info = await store.head(uri, { signal });
  if (info === undefined) throw new ObjectNotFound(redactUri(uri));
  const version = { etag: etag ?? info.etag, signal };
  const shown = redactUri(uri);
  if (info.size < TRAILER_BYTES) throw new MalformedFile(shown, `${info.size} bytes are too few for a shuffle object`);
  const trailer = new Uint8Array(TRAILER_BYTES);
  await store.readInto(uri, info.size - TRAILER_BYTES, trailer, version);
  const bytes = indexBytes(trailer, shown, info.size);
  using lease = await budget.lease(`${OWNER}, index`, bytes * INDEX_FACTOR, signal);
  lease.grow(bytes * INDEX_FACTOR);
  const encoded = new Uint8Array(bytes);
  const start = info.size - TRAILER_BYTES - bytes;
  await store.readInto(uri, start, encoded, version);
  costs.requests += 3;
  costs.bytesRead += bytes + TRAILER_BYTES;
  const index = decodeIndex(encoded, trailer, shown, start);
  const wanted = schemaSignature(schema);
  if (index.schema !== wanted) {
    throw new SchemaMismatch(shown, `it has ${shortened(index.schema)}, and the plan ${shortened(wanted)}`);
  }
  return { ...index, etag: version.etag };
}

const shortened = (text: string): string => (text.length > 300 ? `${text.slice(0, 300)}…` : text);

/** A part of a range on its way into memory. */
interface Window {
  readonly bytes: number;
  readonly region: Region;
  readonly done: Promise<void>;
}

/** The bytes of all ranges, in order, read ahead. */
class Windows implements AsyncDisposable {
  readonly #request: ShuffleRequest;
  readonly #holding: Holding;
  readonly #roomBytes: number;
  readonly #windowBytes: number;
  readonly #parts: Iterator<{ piece: ShufflePiece; offset: number; bytes: number }>;
  readonly #abort = new AbortController();
  readonly #signal: AbortSignal;
  /** In order; those after the first are read ahead. */
  readonly #ahead: Window[] = [];
  #waiting: { piece: ShufflePiece; offset: number; bytes: number } | undefined;
  #takenBytes = 0;

  constructor(request: ShuffleRequest, holding: Holding, roomBytes: number) {
    this.#request = request;
    this.#holding = holding;
    this.#roomBytes = roomBytes;
    this.#windowBytes = Math.max(PAGE_HEADER_BYTES, Math.min(WINDOW_BYTES, Math.floor(roomBytes / 2) - 8192));
    this.#signal = AbortSignal.any([request.signal, this.#abort.signal]);
    this.#parts = this.#cut();
  }

  /** The next window, whole; the caller frees it. Ranges are cut at their ends. */
  async next(): Promise<Window> {
    this.#readAhead();
    const window = this.#ahead.shift();
    if (window === undefined) throw new Error('All windows have been read.');
    // Batches that never wait would hold up the reads of those that come after.
    await setImmediate();
    await window.done;
    return window;
  }

  free({ region, bytes }: Window): void {
    this.#holding.free(region);
    this.#takenBytes -= bytes;
    this.#readAhead();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    // Memory is given back only when nobody writes to it any more.
    await Promise.allSettled(this.#ahead.map(({ done }) => done));
  }

  #readAhead(): void {
    while (this.#ahead.length < MOST_REQUESTS) {
      this.#waiting ??= this.#parts.next().value ?? undefined;
      if (this.#waiting === undefined) return;
      const { bytes } = this.#waiting;
      const isFirst = this.#takenBytes === 0;
      if (!isFirst && this.#takenBytes + bytes > this.#roomBytes) return;
      const region = isFirst ? this.#holding.allocate(bytes) : this.#holding.tryAllocate(bytes);
      if (region === undefined) return;
      this.#takenBytes += bytes;
      this.#ahead.push({ bytes, region, done: this.#read(this.#waiting, region) });
      this.#waiting = undefined;
    }
  }

  #read(
    { piece, offset, bytes }: { piece: ShufflePiece; offset: number; bytes: number },
    region: Region,
  ): Promise<void> {
    const { store, costs } = this.#request;
    costs.requests += 1;
    costs.bytesRead += bytes;
    const into = this.#holding.linear.u8.subarray(region.address, region.address + bytes);
    const { uri, etag } = piece;
    const done = store.readInto(uri, offset, into, { signal: this.#signal, ...(etag !== undefined && { etag }) });
    // Whoever needs the bytes meets the error; one that nobody needs any more must not bring the process down.
    done.catch(() => {});
    return done;
  }

  *#cut(): Generator<{ piece: ShufflePiece; offset: number; bytes: number }, undefined> {
    for (const piece of this.#request.pieces) {
      for (const range of piece.ranges) {
        const end = range.offset + range.bytes;
        for (let offset = range.offset; offset < end; offset += this.#windowBytes) {
          yield { piece, offset, bytes: Math.min(this.#windowBytes, end - offset) };
        }
      }
    }
    return undefined;
  }
}

/** Where some bytes of a range are. */
interface Held {
  readonly address: number;
  /** To be freed with them; undefined where they lie in the window. */
  readonly copy: Region | undefined;
}

/** Pages of ranges, one after the other. */
class PageStream {
  readonly #request: ShuffleRequest;
  readonly #holding: Holding;
  readonly #windows: Windows;
  #window: Window | undefined;
  /** In the window. */
  #at = 0;

  constructor(request: ShuffleRequest, holding: Holding, windows: Windows) {
    this.#request = request;
    this.#holding = holding;
    this.#windows = windows;
  }

  async *batches(uri: string, range: PageRange): AsyncGenerator<Batch, void, undefined> {
    let skip = range.skip;
    let rowsLeft = range.rows;
    let bytesLeft = range.bytes;
    const shown = redactUri(uri);
    while (bytesLeft > 0) {
      this.#request.signal.throwIfAborted();
      const page = `at byte ${range.offset + range.bytes - bytesLeft}`;
      if (bytesLeft < PAGE_HEADER_BYTES) throw new MalformedFile(shown, `there is no page ${page}`);
      const header = await this.#header();
      bytesLeft -= PAGE_HEADER_BYTES;
      const claims = decodePageHeader(header, shown, page);
      if (claims.storedBytes > bytesLeft) throw new MalformedFile(shown, `the page ${page} ends behind its range`);
      bytesLeft -= claims.storedBytes;
      const stored = await this.#bytes(claims.storedBytes);
      using work = new LentRegions(this.#holding);
      const rows = Math.min(claims.rows - skip, rowsLeft);
      if (rows <= 0) throw new MalformedFile(shown, `the page ${page} has rows that its range does not have`);
      const batch = this.#decode({ uri: shown, page, header, claims, stored, work });
      this.#request.costs.pages += 1;
      // Batches begin at whole words of bitmaps, but for the first of a page whose rows begin elsewhere.
      for (let start = skip; start < skip + rows; ) {
        const next = Math.min(skip + rows, start - (start % SLICE_ROWS) + BATCH_ROWS);
        yield sliceBatch(batch, start, next - start, work);
        start = next;
      }
      rowsLeft -= rows;
      skip = 0;
    }
    if (rowsLeft > 0) throw new MalformedFile(shown, `its range at byte ${range.offset} has ${rowsLeft} rows too few`);
    this.#leave();
  }

  #decode(given: {
    uri: string;
    page: string;
    header: Uint8Array;
    claims: PageHeader;
    stored: Held;
    work: LentRegions;
  }): Batch {
    const { uri, page, header, claims, stored, work } = given;
    const { rows, storedBytes, bodyBytes, codec } = claims;
    const { linear } = this.#holding;
    const bytes = linear.u8.subarray(stored.address, stored.address + storedBytes);
    if (!hasRightChecksum(header, bytes)) throw new MalformedFile(uri, `the checksum of the page ${page} is wrong`);
    const body = work.allocate(bodyBytes);
    const isWhole = codec === 'none' ? storedBytes === bodyBytes : this.#inflate(stored.address, claims, body.address);
    if (!isWhole) throw new MalformedFile(uri, `the page ${page} is not the ${bodyBytes} bytes that it claims`);
    if (codec === 'none') takeKernels(linear).copyBytes(stored.address, body.address, bodyBytes);
    if (stored.copy !== undefined) this.#holding.free(stored.copy);
    const { schema } = this.#request;
    const columns = pageColumns(schema, { uri, page, address: body.address, bodyBytes, rows, work });
    return new Batch(schema, rows, columns);
  }

  #inflate(from: number, { storedBytes, bodyBytes }: PageHeader, to: number): boolean {
    const workplace = { holding: this.#holding, kernels: parquetKernels(this.#holding.linear) };
    return decompress('ZSTD', workplace, from, storedBytes, to, bodyBytes);
  }

  async #header(): Promise<Uint8Array> {
    const { address, copy } = await this.#bytes(PAGE_HEADER_BYTES);
    const header = this.#holding.linear.u8.slice(address, address + PAGE_HEADER_BYTES);
    if (copy !== undefined) this.#holding.free(copy);
    return header;
  }

  /** The next bytes of the range, which are there. */
  async #bytes(count: number): Promise<Held> {
    const window = await this.#current();
    if (this.#at + count <= window.bytes) {
      const address = window.region.address + this.#at;
      this.#at += count;
      return { address, copy: undefined };
    }
    const copy = this.#holding.allocate(count);
    for (let done = 0; done < count; ) {
      const { region, bytes } = await this.#current();
      const part = Math.min(count - done, bytes - this.#at);
      takeKernels(this.#holding.linear).copyBytes(region.address + this.#at, copy.address + done, part);
      this.#at += part;
      done += part;
    }
    return { address: copy.address, copy };
  }

  /** The window that has the next byte. */
  async #current(): Promise<Window> {
    if (this.#window !== undefined && this.#at < this.#window.bytes) return this.#window;
    this.#leave();
    this.#window = await this.#windows.next();
    return this.#window;
  }

  #leave(): void {
    if (this.#window !== undefined) this.#windows.free(this.#window);
    this.#window = undefined;
    this.#at = 0;
  }
}
