/**
 * The first pieces of an object, read before its turn, as far as there is room for them.
 *
 *     object      │ piece │ piece │ piece │ piece │ …
 *     begun         arrived  on its way   │ in its turn, by its reader
 *
 * They lie in memory that is there at once: it is retained, of no lease, so that whoever waits for a lease of his own waits for none of
 * these. A reader of pieces uses them where they lie, and gives each back that it has passed; others copy what they need of them.
 */

import { takeKernels } from '../kernels/take-kernels.ts';
import type { Holding, MemoryBudget } from '../memory/budget.ts';
import { LinearMemory, type Region } from '../memory/linear-memory.ts';
import type { BegunFile } from './files-ahead.ts';
import { askFor, type ReadObject } from './object-reads.ts';
import { PIECES_SHARE, type PieceSizes, pieceLength, piecesFootprint, piecesIn } from './piece-sizes.ts';

/**
 * All pieces ahead may take so often what those of the file that is read do: more than is on its way at a time, so that some wait for
 * their turn. Whole files that are asked for together share the network and end together, and then it is idle until the next ones begin.
 */
const ROOM_PIECES = 2;
/** With less room nothing is begun: a request is worth so much. */
const LEAST_ROOM_BYTES: number = 64 * 1024;

/** The memory of what a scan reads ahead. */
export class RoomAhead implements Disposable {
  readonly pieces: PieceSizes;
  readonly #holding: Holding;
  readonly #bytes: number;

  constructor(memory: MemoryBudget, owner: string) {
    this.#holding = memory.reserve(owner);
    this.pieces = piecesIn(memory.floorBytes * PIECES_SHARE);
    this.#bytes = ROOM_PIECES * Math.min(piecesFootprint(this.pieces), memory.floorBytes * PIECES_SHARE);
  }

  get linear(): LinearMemory {
    return this.#holding.linear;
  }

  get isThere(): boolean {
    return this.#isFor(LEAST_ROOM_BYTES);
  }

  tryAllocate(bytes: number): Region | undefined {
    return this.#isFor(LinearMemory.footprint(bytes)) ? this.#holding.tryAllocate(bytes) : undefined;
  }

  free(region: Region): void {
    this.#holding.free(region);
  }

  [Symbol.dispose](): void {
    this.#holding[Symbol.dispose]();
  }

  #isFor(bytes: number): boolean {
    return this.#holding.heldBytes + bytes <= this.#bytes && !this.#holding.budget.isScarce;
  }
}

/** What of an object is read first. */
export interface FirstBytes {
  /** In this order. */
  readonly ranges: readonly { readonly start: number; readonly end: number }[];
  /** Whether nothing else is read of it. */
  readonly isAll: boolean;
}

export interface PiecesRequest {
  readonly object: ReadObject;
  readonly first: FirstBytes;
  readonly room: RoomAhead;
  /** Called when all of the object is in memory or on its way. */
  readonly onAllBegun: () => void;
}

export interface PieceAhead {
  readonly start: number;
  readonly end: number;
  readonly region: Region;
  readonly done: Promise<void>;
  /** Copies of it that are being made. */
  copies: number;
}

export class PiecesAhead implements BegunFile {
  readonly #request: PiecesRequest;
  readonly #abort = new AbortController();
  readonly #signal: AbortSignal;
  #pieces: PieceAhead[] = [];
  /** Which range the next piece is of, and how many of its bytes were begun. */
  #range = 0;
  #begun = 0;
  /** Pieces that have not come yet. */
  #inFlight = 0;
  #isAllBegun = false;

  constructor(request: PiecesRequest) {
    this.#request = request;
    this.#signal = AbortSignal.any([request.object.signal, this.#abort.signal]);
  }

  get isAllBegun(): boolean {
    return this.#isAllBegun;
  }

  beginAhead(): void {
    const { first, room } = this.#request;
    for (let range = first.ranges[this.#range]; range !== undefined; range = first.ranges[this.#range]) {
      const { start, end } = range;
      while (start + this.#begun < end) {
        const byteLength = pieceLength(this.#begun, end - start, room.pieces);
        const region = room.tryAllocate(byteLength);
        if (region === undefined) return;
        this.#begin(region, start + this.#begun, byteLength);
        this.#begun += byteLength;
      }
      this.#range += 1;
      this.#begun = 0;
    }
    this.#isAllBegun ||= first.isAll;
  }

  makeRoomBehind(): boolean {
    return this.#request.room.isThere;
  }

  /** For its reader, in its turn: all that it will ask for is in memory or on its way. */
  allBegun(): void {
    if (this.#isAllBegun) return;
    this.#isAllBegun = true;
    this.#request.onAllBegun();
  }

  /** Those that lie one behind the other from `start` on; to be given back by `free`. */
  piecesFrom(start: number): readonly PieceAhead[] {
    const found: PieceAhead[] = [];
    let next = start;
    for (let piece = this.#at(next); piece?.start === next; piece = this.#at(next)) {
      found.push(piece);
      next = piece.end;
    }
    return found;
  }

  /** How many of the `most` bytes from `start` on were read, or are on their way. */
  bytesFrom(start: number, most: number): number {
    let end = start;
    for (let piece = this.#at(end); piece !== undefined && end < start + most; piece = this.#at(end)) end = piece.end;
    return Math.min(most, end - start);
  }

  /** Fills `into` with bytes that were begun: waits until they have come. @throws what reading them has thrown */
  async copy(start: number, into: Uint8Array): Promise<void> {
    const end = start + into.byteLength;
    const { linear } = this.#request.room;
    const isShared = into.buffer instanceof SharedArrayBuffer;
    const pieces = this.#pieces.filter((piece) => piece.start < end && start < piece.end);
    for (const piece of pieces) piece.copies += 1;
    try {
      for (const piece of pieces) {
        await piece.done;
        const [from, to] = [Math.max(start, piece.start), Math.min(end, piece.end)];
        const at = piece.region.address + from - piece.start;
        // Bytes that are shared are those of linear memory, which kernels copy several times as fast.
        if (isShared) takeKernels(linear).copyBytes(at, into.byteOffset + from - start, to - from);
        else into.set(linear.u8.subarray(at, at + to - from), from - start);
      }
    } finally {
      for (const piece of pieces) piece.copies -= 1;
    }
  }

  /** Gives back what is before `end`, where nobody copies it. */
  free(end: number): void {
    const passed = this.#pieces.filter((piece) => piece.end <= end && piece.copies === 0);
    if (passed.length === 0) return;
    this.#pieces = this.#pieces.filter((piece) => !passed.includes(piece));
    for (const { region } of passed) this.#request.room.free(region);
  }

  /** Nobody waits for more of it. */
  stop(): void {
    if (this.#inFlight > 0) this.#abort.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    // Memory is given back only when nobody writes to it any more.
    await Promise.allSettled(this.#pieces.map(({ done }) => done));
    this.free(Number.POSITIVE_INFINITY);
  }

  #at(position: number): PieceAhead | undefined {
    return this.#pieces.find(({ start, end }) => start <= position && position < end);
  }

  #begin(region: Region, start: number, byteLength: number): void {
    const { object, room } = this.#request;
    const { address } = region;
    const into = room.linear.u8.subarray(address, address + byteLength);
    const done = askFor({ ...object, signal: this.#signal }, start, into);
    const settle = (): void => {
      this.#inFlight -= 1;
    };
    this.#inFlight += 1;
    // Whoever comes to this file meets the error.
    done.then(settle, settle);
    this.#pieces.push({ start, end: start + byteLength, region, done, copies: 0 });
  }
}
