/**
 * The bytes of a file of text, in order, as UTF-8.
 *
 *     ranges ──several at a time──▶ │ piece │ piece │ piece │ ──gunzip, zstd──▶ ──from Latin-1──▶ into memory of the caller
 *
 * What is read ahead lies in pieces of a lease. A compressed file is recognised by its first bytes, and decompressed as a
 * stream, gzip by a kernel, zstd by node:zlib, so that none takes more memory than a piece and the window of its codec.
 */

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { constants, createZstdDecompress } from 'node:zlib';
import { MalformedFile, ObjectChanged, ObjectNotFound, UnsupportedFile } from '../../errors.ts';
import { csvKernels } from '../../kernels/csv-kernels.ts';
import { takeKernels } from '../../kernels/take-kernels.ts';
import type { Holding } from '../../memory/budget.ts';
import type { Region } from '../../memory/linear-memory.ts';
import { type FoundObject, type ReadObject, readBytes } from '../object-reads.ts';
import { type PieceSizes, pieceLength } from '../piece-sizes.ts';
import { codecOf, isCompressed } from './codec.ts';
import { Gunzip, type Piece } from './gunzip.ts';
import { ZstdFrames } from './zstd-frames.ts';

export type TextEncoding = 'utf-8' | 'latin-1';

/** Of a file that is not compressed, what is read. */
export interface TextPart {
  readonly start: number;
  readonly end: number;
  /**
   * Lines: those that begin in [start, end), which end with LF. Bytes: all from `start` on, of which none behind `end` is read ahead.
   */
  readonly of: 'lines' | 'bytes';
}

/** Where no version is pinned, the one found first is read. */
export interface TextFile extends ReadObject {
  /** Of the whole object, where it was looked at and pinned: then it is not looked at again. */
  readonly size?: number | undefined;
  /** What the object was found to be, where it was looked at before. */
  readonly info?: FoundObject | undefined;
  /** All of it where absent. */
  readonly part?: TextPart | undefined;
  readonly encoding: TextEncoding;
}

/** zstd looks back so far at most, as all levels do that are not called ultra; what wants more is refused. */
const ZSTD_WINDOW_LOG = 23;
const ZSTD_BYTES: number = 2 ** ZSTD_WINDOW_LOG + 512 * 1024;
/** With what lies behind every region 256 KiB. */
const GUNZIP_BYTES: number = 256 * 1024 - 64;
const DECOMPRESSED_PIECE_BYTES = 128 * 1024;

export class TextInput implements AsyncDisposable {
  readonly #file: TextFile;
  readonly #holding: Holding;
  readonly #pieces: Pieces;
  readonly #codecHolding: Holding;
  #chunks: AsyncIterator<Uint8Array | Piece> | undefined;
  /** What is left of the piece, or of what was decompressed. */
  #left: Uint8Array | Piece | undefined;
  /** Of lines: where in the file the next byte is, and whether it is none of the part. */
  #position: number;
  #isAtEnd = false;
  /** What is stored in another encoding. */
  readonly #latin: Region | undefined;

  /**
   * Looks at the object, and begins to read it into pieces of `holding`, which has room for them; an encoding takes one more.
   * @throws ObjectNotFound, ObjectChanged, MemoryBudgetExceeded
   */
  static async open(file: TextFile, holding: Holding, sizes: PieceSizes): Promise<TextInput> {
    const info = file.size === undefined ? await lookedAt(file) : { size: file.size, etag: file.etag };
    // Before anything is being read: what is written to is not given back.
    const latin = file.encoding === 'latin-1' ? holding.allocate(sizes.bytes) : undefined;
    const pinned = { ...file, etag: info.etag };
    if (file.part !== undefined && file.part.start > 0) await refuseCompressed(pinned, info.size);
    const pieces = new Pieces(pinned, info.size, holding, sizes);
    const input = new TextInput(file, holding, pieces, latin);
    try {
      await input.#begin();
      return input;
    } catch (error) {
      await input[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(file: TextFile, holding: Holding, pieces: Pieces, latin: Region | undefined) {
    this.#file = file;
    this.#holding = holding;
    this.#pieces = pieces;
    this.#codecHolding = holding.budget.reserve(holding.owner);
    this.#latin = latin;
    this.#position = beginningOf(file.part);
  }

  /** Fills up to `most` bytes, at least 2, from `address` on; gives how many, 0 only at the end. @throws MalformedFile */
  async read(address: number, most: number): Promise<number> {
    if (this.#latin === undefined) return this.#readStored(address, most);
    const stored = await this.#readStored(this.#latin.address, Math.min(this.#latin.byteLength, most >>> 1));
    return csvKernels(this.#holding.linear).latinToUtf8(this.#latin.address, stored, address);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#chunks?.return?.();
    await this.#pieces[Symbol.asyncDispose]();
    this.#codecHolding[Symbol.dispose]();
  }

  async #begin(): Promise<void> {
    const first = await this.#pieces.next();
    if (first === undefined) return;
    const { linear } = this.#holding;
    this.#left = first;
    const { part } = this.#file;
    if (part !== undefined && part.start > 0) {
      if (part.of === 'lines') await this.#passLine();
      return;
    }
    const codec = codecOf(linear.u8.subarray(first.address, first.address + Math.min(4, first.byteLength)));
    if (codec === 'none') return;
    if (part !== undefined) throw compressed(this.#file.uri);
    this.#chunks = codec === 'gzip' ? this.#gunzipped(first) : this.#unzstd(first);
    this.#left = undefined;
  }

  async #readStored(address: number, most: number): Promise<number> {
    let left = this.#left;
    if (this.#isAtEnd) return 0;
    if (left === undefined || left.byteLength === 0) {
      left = this.#chunks === undefined ? await this.#pieces.next() : (await this.#chunks.next()).value;
      if (left === undefined) return 0;
    }
    const { linear } = this.#holding;
    const count = left instanceof Uint8Array ? Math.min(most, left.byteLength) : this.#ownBytes(left, most);
    if (left instanceof Uint8Array) {
      linear.u8.set(left.subarray(0, count), address);
      this.#left = left.subarray(count);
    } else {
      takeKernels(linear).copyBytes(left.address, address, count);
      this.#left = { address: left.address + count, byteLength: left.byteLength - count };
    }
    return count;
  }

  /** How many of the bytes of a piece may be read: up to the end of the last line that is ours. */
  #ownBytes({ address, byteLength }: Piece, most: number): number {
    const { part } = this.#file;
    const count = Math.min(most, byteLength);
    if (part?.of !== 'lines') return count;
    const behind = Math.max(0, part.end - 1 - this.#position);
    const { u8 } = this.#holding.linear;
    const end = behind < count ? u8.subarray(address, address + count).indexOf(LF, behind) + 1 : 0;
    this.#isAtEnd = end > 0;
    this.#position += count;
    return end > 0 ? end : count;
  }

  /** Passes over the line that begins before the part. */
  async #passLine(): Promise<void> {
    const { part } = this.#file;
    assert.ok(part !== undefined);
    for (let piece = this.#left as Piece | undefined; piece !== undefined; piece = await this.#pieces.next()) {
      const { address, byteLength } = piece;
      const end = this.#holding.linear.u8.subarray(address, address + byteLength).indexOf(LF) + 1;
      this.#position += end === 0 ? byteLength : end;
      this.#left = { address: address + end, byteLength: end === 0 ? 0 : byteLength - end };
      if (this.#position >= part.end) this.#isAtEnd = true;
      if (end > 0 || this.#isAtEnd) return;
    }
  }

  async *#gunzipped(first: Piece): AsyncGenerator<Piece, undefined> {
    const gunzip = new Gunzip(this.#file.uri, this.#codecHolding, GUNZIP_BYTES);
    for (let piece: Piece | undefined = first; piece !== undefined; piece = await this.#pieces.next()) {
      for (const part of gunzip.parts(piece)) {
        yield part;
        // A piece may hold a thousand times its bytes.
        await setImmediate();
      }
    }
    gunzip.end();
    return undefined;
  }

  /** Ends the reading of pieces when it is returned early. */
  async *#unzstd(first: Piece): AsyncGenerator<Uint8Array, undefined> {
    this.#codecHolding.grow(ZSTD_BYTES);
    const params = { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG };
    const decompressor = createZstdDecompress({ chunkSize: DECOMPRESSED_PIECE_BYTES, params });
    const stored = Readable.from(this.#frames(first), { objectMode: false, highWaterMark: 1 });
    const done = pipeline(stored, decompressor);
    // Whoever reads the chunks meets the error.
    done.catch(() => {});
    try {
      for await (const chunk of decompressor) yield chunk as Uint8Array;
      await done;
    } catch (error) {
      if (!/^Z_|^ZSTD_/.test(String((error as NodeJS.ErrnoException).code))) throw error;
      throw new MalformedFile(this.#file.uri, `its zstd cannot be decompressed: ${(error as Error).message}`);
    } finally {
      decompressor.destroy();
      await done.catch(() => {});
    }
    return undefined;
  }

  /** The bytes as they are stored, in buffers that a stream may keep. */
  async *#frames(first: Piece): AsyncGenerator<Buffer> {
    const frames = new ZstdFrames(this.#file.uri);
    for (let piece: Piece | undefined = first; piece !== undefined; piece = await this.#pieces.next()) {
      const { u8 } = this.#holding.linear;
      for (let at = 0; at < piece.byteLength; at += DECOMPRESSED_PIECE_BYTES) {
        const start = piece.address + at;
        const end = Math.min(start + DECOMPRESSED_PIECE_BYTES, piece.address + piece.byteLength);
        yield* frames.pieces(Buffer.from(u8.slice(start, end)));
      }
    }
  }
}

/** Size and version. @throws ObjectNotFound, ObjectChanged */
export async function lookedAt({
  store,
  uri,
  etag,
  signal,
  costs,
  part,
  info: known,
}: Omit<TextFile, 'encoding'>): Promise<{ readonly size: number; readonly etag: string }> {
  if (known === undefined) costs.requests += 1;
  const info = known ?? (await store.head(uri, { signal }));
  if (info === undefined) throw new ObjectNotFound(uri);
  if (etag !== undefined && info.etag !== etag) throw new ObjectChanged(uri, etag, info.etag);
  costs.bytesTotal += part === undefined ? info.size : Math.min(part.end, info.size) - part.start;
  return info;
}

const LF = 0x0a;

/** Where reading begins: of lines with the end of the one before. */
export const beginningOf = (part: TextPart | undefined): number =>
  part === undefined ? 0 : Math.max(0, part.of === 'lines' ? part.start - 1 : part.start);

const compressed = (uri: string): UnsupportedFile =>
  new UnsupportedFile(uri, 'it is compressed, and no part of it can be read without what is before');

async function refuseCompressed(file: TextFile, size: number): Promise<void> {
  if (await isCompressed({ ...file, size })) throw compressed(file.uri);
}

interface Read {
  /** Where in the object it ends. */
  readonly end: number;
  readonly piece: Piece;
  /** Whether it lies in memory of the file's own: what was read ahead is given back. */
  readonly isOwn: boolean;
  readonly done: Promise<void>;
  isSettled: boolean;
}

/** The ranges of an object, several of which are being read while one is used. */
class Pieces implements AsyncDisposable {
  readonly #file: TextFile;
  readonly #size: number;
  readonly #holding: Holding;
  readonly #sizes: PieceSizes;
  readonly #from: number;
  /** Behind it nothing is read ahead. */
  readonly #aheadEnd: number;
  readonly #abort = new AbortController();
  readonly #signal: AbortSignal;
  #reads: Read[] = [];
  /** Where nothing is being read to, or used. */
  readonly #free: number[];
  /** Where in the object the next one begins. */
  #next: number;
  #inUse = false;

  constructor(file: TextFile, size: number, holding: Holding, sizes: PieceSizes) {
    this.#file = file;
    this.#size = size;
    this.#holding = holding;
    this.#sizes = sizes;
    this.#signal = AbortSignal.any([file.signal, this.#abort.signal]);
    this.#from = Math.min(size, beginningOf(file.part));
    this.#next = this.#from;
    this.#aheadEnd = file.part?.end ?? size;
    for (const { end, region, done } of file.ahead?.piecesFrom(this.#from) ?? []) {
      this.#add(end, { address: region.address, byteLength: end - this.#next }, false, done);
    }
    const left = size - this.#next;
    const { bytes } = sizes;
    const count = Math.min(sizes.count, Math.ceil(left / bytes));
    this.#free = Array.from({ length: count }, () => holding.allocate(Math.min(bytes, left)).address);
    for (let read = 0; read < count; read++) this.#begin();
    this.#noteAllBegun();
  }

  /** The next bytes, valid until the next call; undefined at the end. */
  async next(): Promise<Piece | undefined> {
    if (this.#inUse) {
      const used = this.#reads.shift();
      if (used?.isOwn === true) this.#free.push(used.piece.address);
      else if (used !== undefined) this.#file.ahead?.free(used.end);
      this.#begin();
    }
    if (this.#reads.length === 0) this.#begin(true);
    this.#noteAllBegun();
    const read = this.#reads[0];
    this.#inUse = read !== undefined;
    // Reads that are under way go on only where somebody waits.
    if (this.#reads.some(({ isSettled }) => !isSettled)) await setImmediate();
    await read?.done;
    return read?.piece;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#reads.some(({ isSettled }) => !isSettled)) this.#abort.abort();
    this.#file.ahead?.stop();
    // Regions are given back only when nobody writes to them any more.
    await Promise.allSettled(this.#reads.map(({ done }) => done));
  }

  #begin(isWaitedFor: boolean = false): void {
    const start = this.#next;
    if (start >= this.#size || (start >= this.#aheadEnd && !isWaitedFor)) return;
    const address = this.#free.pop();
    if (address === undefined) return;
    const piece = { address, byteLength: pieceLength(start - this.#from, this.#size - this.#from, this.#sizes) };
    this.#add(start + piece.byteLength, piece, true, this.#read(start, piece));
  }

  #add(end: number, piece: Piece, isOwn: boolean, done: Promise<void>): void {
    const read: Read = { end, piece, isOwn, done, isSettled: false };
    this.#next = end;
    const settle = (): void => {
      read.isSettled = true;
    };
    // Whoever needs the bytes meets the error; a read that nobody needs any more must not bring the process down.
    done.then(settle, settle);
    this.#reads.push(read);
  }

  async #read(start: number, { address, byteLength }: Piece): Promise<void> {
    const into = this.#holding.linear.u8.subarray(address, address + byteLength);
    await readBytes({ ...this.#file, signal: this.#signal }, start, into);
  }

  #noteAllBegun(): void {
    if (this.#next >= Math.min(this.#size, this.#aheadEnd)) this.#file.ahead?.allBegun();
  }
}
