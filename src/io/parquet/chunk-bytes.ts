/**
 * The stored bytes of one column chunk, by their position in the file: all of them in memory, or a window of them that
 * moves on.
 *
 *     file     │ ······ │ start ═════ chunk ═════ end │ ····· │
 *     window                  │ in memory │
 */

import type { Holding } from '../../memory/budget.ts';
import { GrowingRegion } from '../../state/growing-region.ts';

export interface ChunkBytes {
  /** Positions in the file. */
  readonly start: number;
  readonly end: number;
  /** Where the bytes in memory end, as a position in the file. */
  readonly loadedEnd: number;
  /** Whether [position, position + byteLength) is in memory; beyond the end of the chunk nothing is asked for. */
  has(position: number, byteLength: number): boolean;
  /** Brings those bytes into memory, perhaps at the cost of all others. @throws MemoryBudgetExceeded */
  load(position: number, byteLength: number): Promise<void>;
  /** Says that what is in memory has been copied: room that only a large page needed is given back. */
  release(): void;
  /** Where `position` is in linear memory, until the next `load` or `release`. */
  address(position: number): number;
}

/** A chunk whose bytes are all at `address`. */
export function wholeChunk(start: number, end: number, address: number): ChunkBytes {
  return {
    start,
    end,
    loadedEnd: end,
    has: () => true,
    load: () => Promise.resolve(),
    release: () => {},
    address: (position) => address + position - start,
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

  get loadedEnd(): number {
    return this.#to;
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
