/**
 * The values of a page as they are stored, the next ones at a time: numbers and texts as plain pages have them. Other
 * encodings than plain are in `encoded-values.ts`, codes and bits in `chunk-values.ts`.
 */

import type { ColumnBuffers } from './column-buffers.ts';
import type { Page } from './page-reader.ts';
import type { FileWork, PlainValues } from './plain-values.ts';

/** What decoding of one page needs. */
export interface PageWork extends FileWork {
  readonly page: Page;
  readonly buffers: ColumnBuffers;
  readonly values: PlainValues;
}

/** Of the widest lanes of columns. */
const ALIGNMENT = 8;

export const isShort = ({ values }: PageWork): Error => values.damaged('a page is shorter than its values');

/** Values that become those of a column of a fixed width. */
export interface PageNumbers {
  /** Converts the next `count`, and writes them to `to`. */
  read(count: number, to: number): void;
  /** Goes on to the next `count` and says where they are, if they lie there as in a column until the next page is read. */
  place?(count: number): number | undefined;
  pass(count: number): void;
}

/** Values of a fixed number of bytes. */
export interface StoredNumbers {
  /** The address of the next `count`; valid until the next call. */
  next(count: number): number;
  /** Whether it stays valid until the next page is read, and is aligned as those of columns are. */
  readonly isInPlace?: boolean;
  pass(count: number): void;
}

export class FixedNumbers implements PageNumbers {
  readonly #stored: StoredNumbers;
  readonly #values: PlainValues;
  readonly #bytes: number;

  constructor(stored: StoredNumbers, values: PlainValues, bytes: number) {
    this.#stored = stored;
    this.#values = values;
    this.#bytes = bytes;
  }

  read(count: number, to: number): void {
    const from = this.#stored.next(count);
    this.#values.convert(from, from + count * this.#bytes, count, to);
  }

  place(count: number): number | undefined {
    return this.#values.isCopied && this.#stored.isInPlace === true ? this.#stored.next(count) : undefined;
  }

  pass(count: number): void {
    this.#stored.pass(count);
  }
}

export class PlainNumbers implements StoredNumbers {
  readonly isInPlace: boolean;
  readonly #work: PageWork;
  readonly #bytes: number;
  #position: number;

  constructor(work: PageWork, bytes: number) {
    this.#work = work;
    this.#bytes = bytes;
    this.#position = work.page.values;
    // What was not compressed lies where bytes of the file come and go.
    this.isInPlace = work.buffers.page.holds(work.page.values) && work.page.values % ALIGNMENT === 0;
  }

  next(count: number): number {
    const from = this.#position;
    if (count * this.#bytes > this.#work.page.end - from) throw isShort(this.#work);
    this.#position += count * this.#bytes;
    return from;
  }

  pass(count: number): void {
    this.next(count);
  }
}

/** Big-endian numbers behind their lengths. */
export class SizedNumbers implements PageNumbers {
  readonly #work: PageWork;
  #position: number;

  constructor(work: PageWork) {
    this.#work = work;
    this.#position = work.page.values;
  }

  read(count: number, to: number): void {
    this.#position += this.#work.values.convert(this.#position, this.#work.page.end, count, to);
  }

  pass(count: number): void {
    const byteLength = this.#work.kernels.measureTexts(this.#position, this.#work.page.end, count);
    if (byteLength < 0) throw isShort(this.#work);
    this.#position += byteLength;
  }
}

/** Values that have each their own length. */
export interface PageTexts {
  /** Goes on to the next `count`; the bytes that they have. */
  next(count: number): number;
  /**
   * Moves these: one for each 1 among `rows` bits (every row where `bits` is 0), an empty one for the others. Writes
   * `rows` offsets behind `offsets[0]`, which is where they go in `bytes`.
   */
  move(bits: number, firstBit: number, rows: number, offsets: number, bytes: number): void;
  /** Passes over the next `count`; may write to `buffers.text`. */
  pass(count: number): void;
}

/** PLAIN: each text behind its length. */
export class PlainTexts implements PageTexts {
  readonly #work: PageWork;
  #from = 0;
  #position: number;

  constructor(work: PageWork) {
    this.#work = work;
    this.#position = work.page.values;
  }

  next(count: number): number {
    const byteLength = this.#work.kernels.measureTexts(this.#position, this.#work.page.end, count);
    if (byteLength < 0) throw isShort(this.#work);
    this.#from = this.#position;
    this.#position += byteLength;
    return byteLength - count * 4;
  }

  move(bits: number, firstBit: number, rows: number, offsets: number, bytes: number): void {
    this.#work.kernels.moveTexts(this.#from, bits, firstBit, rows, offsets, bytes);
  }

  pass(count: number): void {
    this.next(count);
  }
}
