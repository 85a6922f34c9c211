/**
 * The stored bytes of one column chunk, by their position in the file: all of them in memory, some pieces of them, or a
 * window that moves on.
 *
 *     file     │ ······ │ start ═════ chunk ═════ end │ ····· │
 *     pieces            │ in memory │     │ in memory │
 *     window                  │ in memory │
 */

import type { Holding } from '../../memory/budget.ts';
import { GrowingRegion } from '../../state/growing-region.ts';
import { arrivalOf, arrivedEnd, type RangeReads, type Span } from './range-reads.ts';

export interface ChunkBytes {
  /** Positions in the file. */
  readonly start: number;
  readonly end: number;
  /** Whether what is in memory stays there. */
  readonly isKept: boolean;
  /** Where the bytes in memory that hold `position` end, as a position in the file; `position` itself where none do. */
  loadedEnd(position: number): number;
  /** Whether [position, position + byteLength) is in memory; beyond the end of the chunk nothing is asked for. */
  has(position: number, byteLength: number): boolean;
  /** Brings those bytes into memory, if they may be wanted, perhaps at the cost of all others. @throws MemoryBudgetExceeded */
  load(position: number, byteLength: number): Promise<void>;
  /** Says that what is in memory has been copied: room that only a large page needed is given back. */
  release(): void;
  /** Where `position` is in linear memory, until the next `load` or `release`. */
  address(position: number): number;
}

/** A chunk of which these spans are in memory, or on their way, and all of its pages that are wanted within one of them each. */
export function chunkOfSpans(start: number, end: number, spans: readonly Span[]): ChunkBytes {
  const own = spans.filter((span) => span.start < end && start < span.start + span.byteLength);
  let [last] = own;
  const spanAt = (position: number): Span | undefined => {
    const holds = (span: Span | undefined): boolean =>
      span !== undefined && span.start <= position && position < span.start + span.byteLength;
    if (!holds(last)) last = own.find(holds);
    return last;
  };
  const loadedEnd = (position: number): number => {
    const span = spanAt(position);
    return span === undefined ? position : Math.min(end, arrivedEnd(span, position));
  };
  return {
    start,
    end,
    isKept: true,
    loadedEnd,
    has: (position, byteLength) => Math.min(end, position + byteLength) <= loadedEnd(position),
    load: async (position, byteLength) => {
      const span = spanAt(position);
      if (span !== undefined) await arrivalOf(span, position, position + byteLength);
    },
    release: () => {},
    address: (position) => {
      const span = spanAt(position);
      return span === undefined ? 0 : span.address + position - span.start;
    },
  };
}

export interface WindowRequest {
  readonly reads: RangeReads;
  readonly holding: Holding;
  readonly start: number;
  readonly end: number;
  readonly windowBytes: number;
  /** Whether all of the chunk is wanted, one byte after the other. */
  readonly isWhole: boolean;
  /** Of the bytes at `share` of the chunk: those with a lower one are needed first. */
  readonly rank: (share: number) => number;
}

/** Ahead no less than this share of a window is asked for. */
const LEAST_AHEAD = 1 / 8;

/**
 * A chunk of which `windowBytes` are in memory at a time, more only where one page has more.
 *
 *     at first   │ in memory ═══════ │ on its way ═══════ │
 *     then       │ left │ what was on its way │ on its way │      what is left is moved to the front
 */
export class ChunkWindow implements ChunkBytes {
  readonly start: number;
  readonly end: number;
  readonly isKept = false;
  readonly #request: WindowRequest;
  readonly #windowBytes: number;
  readonly #region: GrowingRegion;
  /** What is in memory: at the beginning of the region. */
  #from: number;
  #to: number;
  /** On its way, behind what is in memory. */
  #ahead: Span | undefined;

  /** Begins to read where all of it is wanted and there is memory. */
  constructor(request: WindowRequest) {
    const { start, end, holding, isWhole } = request;
    this.start = start;
    this.end = end;
    this.#request = request;
    this.#windowBytes = Math.min(request.windowBytes, end - start);
    this.#region = new GrowingRegion(holding);
    this.#from = start;
    this.#to = start;
    if (isWhole && end > start && this.#region.tryEnsure(this.#windowBytes, 0)) this.#begin(this.#windowBytes / 2);
  }

  loadedEnd(position: number): number {
    return Math.max(position, this.#to);
  }

  has(position: number, byteLength: number): boolean {
    return position >= this.#from && Math.min(this.end, position + byteLength) <= this.#to;
  }

  async load(position: number, byteLength: number): Promise<void> {
    await this.#arrival(position);
    const wanted = Math.min(this.end - position, byteLength);
    this.#keepFrom(position, wanted);
    const windowBytes = this.#request.isWhole ? this.#windowBytes / 2 : this.#windowBytes;
    if (!this.has(position, wanted)) {
      this.#begin(Math.max(wanted, windowBytes));
      await this.#arrival(position);
    }
    // Beside a page that is larger than the window there is no room for more.
    if (this.#request.isWhole && this.#region.byteLength <= this.#windowBytes) {
      this.#begin(this.#windowBytes, this.#windowBytes * LEAST_AHEAD);
    }
  }

  address(position: number): number {
    return this.#region.address + position - this.#from;
  }

  release(): void {
    if (this.#region.byteLength <= this.#windowBytes) return;
    this.#from = this.#to;
    this.#region.free();
  }

  /** Gives the memory back, once nothing writes to it any more. */
  async free(): Promise<void> {
    if (this.#ahead !== undefined) await this.#request.reads.settle(this.#ahead);
    this.#ahead = undefined;
    this.#region.free();
  }

  /** Waits for what is on its way; in vain where it does not go on from `position`, and then it is dropped. */
  async #arrival(position: number): Promise<void> {
    const span = this.#ahead;
    if (span === undefined) return;
    const end = span.start + span.byteLength;
    if (this.#from <= position && position < end) {
      await arrivalOf(span, span.start, end);
      this.#to = end;
    } else await this.#request.reads.settle(span);
    this.#ahead = undefined;
  }

  /** Moves what is in memory from `position` on to the front; nothing is kept where there is no room for `wanted` behind it. */
  #keepFrom(position: number, wanted: number): void {
    const isThere = this.#from <= position && position <= this.#to;
    if (isThere && wanted <= this.#region.byteLength) {
      const { address } = this.#region;
      const { u8 } = this.#request.holding.linear;
      u8.copyWithin(address, address + position - this.#from, address + this.#to - this.#from);
      this.#from = position;
      return;
    }
    this.#from = position;
    this.#to = position;
    this.#region.ensure(Math.max(wanted, this.#windowBytes), 0);
  }

  /** Asks for what follows until the region has `bytes`, if that is `least` or all that is left. */
  #begin(bytes: number, least: number = 1): void {
    const { reads, rank } = this.#request;
    const end = Math.min(this.end, this.#from + Math.ceil(bytes));
    const byteLength = end - this.#to;
    if (byteLength < least && (end < this.end || byteLength <= 0)) return;
    const address = this.#region.address + this.#to - this.#from;
    const share = (this.#to - this.start) / (this.end - this.start);
    this.#ahead = reads.begin({ start: this.#to, byteLength }, address, rank(share));
  }
}
