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
import { arrivalOf, arrivedEnd, type Span } from './range-reads.ts';

export interface ChunkBytes {
  /** Positions in the file. */
  readonly start: number;
  readonly end: number;
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
    loadedEnd,
    has: (position, byteLength) => Math.min(end, position + byteLength) <= loadedEnd(position),
    load: async (position, byteLength) => {
      const span = spanAt(position);
      if (span !== undefined) await arrivalOf(span, position, position + byteLength);
    },
    release: () => {},
    address: (position) => {
      const span = spanAt(position);
      return span === undefined ? 0 : span.region.address + position - span.start;
    },
  };
}

/** Reads bytes of the file from `start` on into linear memory. */
export type ReadRange = (start: number, byteLength: number, address: number) => Promise<void>;

/** A chunk of which `windowBytes` are in memory at a time, more only where one page has more. */
export class ChunkWindow implements ChunkBytes {
  readonly start: number;
  readonly end: number;
  readonly #read: ReadRange;
  readonly #windowBytes: number;
  readonly #region: GrowingRegion;
  #from = 0;
  #to = 0;

  constructor(start: number, end: number, windowBytes: number, holding: Holding, read: ReadRange) {
    this.start = start;
    this.end = end;
    this.#read = read;
    this.#windowBytes = windowBytes;
    this.#region = new GrowingRegion(holding);
  }

  loadedEnd(position: number): number {
    return Math.max(position, this.#to);
  }

  has(position: number, byteLength: number): boolean {
    return position >= this.#from && Math.min(this.end, position + byteLength) <= this.#to;
  }

  async load(position: number, byteLength: number): Promise<void> {
    const wanted = Math.min(this.end - position, Math.max(byteLength, this.#windowBytes));
    this.#from = 0;
    this.#to = 0;
    this.#region.ensure(wanted, 0);
    await this.#read(position, wanted, this.#region.address);
    this.#from = position;
    this.#to = position + wanted;
  }

  address(position: number): number {
    return this.#region.address + position - this.#from;
  }

  release(): void {
    if (this.#region.byteLength <= this.#windowBytes) return;
    this.#from = 0;
    this.#to = 0;
    this.free();
  }

  free(): void {
    this.#region.free();
  }
}
