/**
 * The values of a page as they are stored, in whatever encoding but codes and bits: numbers and texts as plain pages
 * have them, the next ones at a time.
 *
 *     plain      │ v │ v │ v │                     read where they are
 *     delta      │ head │ differences │ …          decoded into what all columns share
 *     split      │ first bytes │ second bytes │ …  put together there
 *     lengths    │ lengths │ texts │               texts moved at once
 *     prefixes   │ shared │ lengths │ texts │      texts written anew, each out of the one before
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

const isShort = ({ values }: PageWork): Error => values.damaged('a page is shorter than its values');

/** Values that become those of a column of a fixed width. */
export interface PageNumbers {
  /** Converts the next `count`, and writes them to `to`. */
  read(count: number, to: number): void;
  pass(count: number): void;
}

/** Values of a fixed number of bytes. */
interface StoredNumbers {
  /** The address of the next `count`; valid until the next call. */
  next(count: number): number;
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

  pass(count: number): void {
    this.#stored.pass(count);
  }
}

export class PlainNumbers implements StoredNumbers {
  readonly #work: PageWork;
  readonly #bytes: number;
  #position: number;

  constructor(work: PageWork, bytes: number) {
    this.#work = work;
    this.#bytes = bytes;
    this.#position = work.page.values;
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

/** DELTA_BINARY_PACKED: integers of 4 or 8 bytes. */
export class DeltaNumbers implements StoredNumbers {
  readonly #work: PageWork;
  readonly #bytes: number;

  constructor(work: PageWork, bytes: number) {
    this.#work = work;
    this.#bytes = bytes;
    const { page, kernels, buffers } = work;
    // A page of nulls may have nothing at all.
    if (page.values < page.end && kernels.beginDelta(buffers.deltaState, page.values, page.end) === 0) {
      throw work.values.damaged('the head of its differences is damaged');
    }
    if (page.values === page.end) kernels.beginDelta(buffers.deltaState, 0, 0);
  }

  next(count: number): number {
    const { kernels, buffers, scratch } = this.#work;
    if (kernels.decodeDelta(buffers.deltaState, count, this.#bytes, scratch.stored) === 0) {
      throw this.#work.values.damaged('its differences are damaged');
    }
    return scratch.stored;
  }

  pass(count: number): void {
    this.next(count);
  }
}

/** BYTE_STREAM_SPLIT. */
export class SplitNumbers implements StoredNumbers {
  readonly #work: PageWork;
  readonly #bytes: number;
  readonly #values: number;
  #done = 0;

  constructor(work: PageWork, bytes: number) {
    this.#work = work;
    this.#bytes = bytes;
    this.#values = Math.floor((work.page.end - work.page.values) / bytes);
  }

  next(count: number): number {
    const { kernels, scratch, page } = this.#work;
    const from = page.values + this.#done;
    this.pass(count);
    kernels.joinStreams(from, this.#values, this.#bytes, count, scratch.stored);
    return scratch.stored;
  }

  pass(count: number): void {
    if (count > this.#values - this.#done) throw isShort(this.#work);
    this.#done += count;
  }
}

/** DELTA_BYTE_ARRAY of values that all have the same length. */
export class PrefixedNumbers implements StoredNumbers {
  readonly #work: PageWork;
  readonly #bytes: number;
  readonly #texts: PrefixedTexts;

  constructor(work: PageWork, bytes: number) {
    this.#work = work;
    this.#bytes = bytes;
    this.#texts = new PrefixedTexts(work);
  }

  next(count: number): number {
    const { buffers, kernels, scratch } = this.#work;
    const byteLength = this.#texts.next(count);
    buffers.text.ensure(byteLength, 0);
    this.#texts.write(buffers.text.address);
    if (kernels.lengthsAre(scratch.stored, count, this.#bytes) === 0) {
      throw this.#work.values.damaged(`a value does not have ${this.#bytes} bytes`);
    }
    return buffers.text.address;
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

/** Big-endian numbers whose lengths are apart. */
export class TextNumbers implements PageNumbers {
  readonly #work: PageWork;
  readonly #texts: LengthTexts | PrefixedTexts;

  constructor(work: PageWork, texts: LengthTexts | PrefixedTexts) {
    this.#work = work;
    this.#texts = texts;
  }

  read(count: number, to: number): void {
    const { buffers, scratch, values } = this.#work;
    this.pass(count);
    values.convertLengths(scratch.stored, buffers.text.address, count, to);
  }

  pass(count: number): void {
    const { text } = this.#work.buffers;
    text.ensure(this.#texts.next(count), 0);
    this.#texts.write(text.address);
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

/** DELTA_LENGTH_BYTE_ARRAY. The lengths of the current texts are in `scratch.stored`. */
export class LengthTexts implements PageTexts {
  readonly #work: PageWork;
  #from = 0;
  #position: number;

  constructor(work: PageWork) {
    this.#work = work;
    const { page, kernels, buffers } = work;
    this.#position = streamEnd(work, buffers.deltaState, page.values);
    kernels.beginDelta(buffers.deltaState, page.values, this.#position);
  }

  next(count: number): number {
    const { page, kernels, buffers, scratch, values } = this.#work;
    if (kernels.decodeDelta(buffers.deltaState, count, 4, scratch.stored) === 0) {
      throw values.damaged('its lengths are damaged');
    }
    const byteLength = kernels.sumLengths(scratch.stored, count, page.end - this.#position);
    if (byteLength < 0) throw isShort(this.#work);
    this.#from = this.#position;
    this.#position += byteLength;
    return byteLength;
  }

  /** Writes the current texts behind each other to `to`. */
  write(to: number): void {
    this.#work.take.copyBytes(this.#from, to, this.#position - this.#from);
  }

  move(bits: number, firstBit: number, rows: number, offsets: number, bytes: number): void {
    const { kernels, holding, scratch } = this.#work;
    this.write(bytes + holding.linear.data.getInt32(offsets, true));
    kernels.offsetsOfLengths(scratch.stored, bits, firstBit, rows, offsets);
  }

  pass(count: number): void {
    this.next(count);
  }
}

/** DELTA_BYTE_ARRAY. What a text shares with the one before may be of a batch before: that text is kept. */
export class PrefixedTexts implements PageTexts {
  readonly #work: PageWork;
  #from = 0;
  #position: number;
  #count = 0;
  #byteLength = 0;
  #lastBytes = 0;

  constructor(work: PageWork) {
    this.#work = work;
    const { page, kernels, buffers } = work;
    const lengths = streamEnd(work, buffers.deltaState, page.values);
    this.#position = streamEnd(work, buffers.suffixState, lengths);
    kernels.beginDelta(buffers.deltaState, page.values, lengths);
    kernels.beginDelta(buffers.suffixState, lengths, this.#position);
  }

  next(count: number): number {
    const { page, kernels, buffers, scratch, values } = this.#work;
    const isRead =
      kernels.decodeDelta(buffers.deltaState, count, 4, scratch.prefixes) !== 0 &&
      kernels.decodeDelta(buffers.suffixState, count, 4, scratch.stored) !== 0;
    if (!isRead) throw values.damaged('its lengths are damaged');
    const ownBytes = kernels.sumLengths(scratch.stored, count, page.end - this.#position);
    if (ownBytes < 0) throw isShort(this.#work);
    const byteLength = kernels.measurePrefixed(scratch.prefixes, scratch.stored, count, this.#lastBytes);
    if (byteLength < 0) throw values.damaged('a value shares more with the one before than that has');
    this.#from = this.#position;
    this.#position += ownBytes;
    this.#count = count;
    this.#byteLength = byteLength;
    return byteLength;
  }

  /** Writes the current texts behind each other to `to`; `scratch.stored` has their lengths then. */
  write(to: number): void {
    const { kernels, take, holding, buffers, scratch } = this.#work;
    if (this.#count === 0) return;
    kernels.joinPrefixed(scratch.prefixes, scratch.stored, this.#count, this.#from, buffers.last.address, to);
    const lastBytes = holding.linear.data.getUint32(scratch.stored + (this.#count - 1) * 4, true);
    buffers.last.ensure(lastBytes, 0);
    take.copyBytes(to + this.#byteLength - lastBytes, buffers.last.address, lastBytes);
    this.#lastBytes = lastBytes;
  }

  move(bits: number, firstBit: number, rows: number, offsets: number, bytes: number): void {
    const { kernels, holding, scratch } = this.#work;
    this.write(bytes + holding.linear.data.getInt32(offsets, true));
    kernels.offsetsOfLengths(scratch.stored, bits, firstBit, rows, offsets);
  }

  pass(count: number): void {
    const { text } = this.#work.buffers;
    text.ensure(this.next(count), 0);
    this.write(text.address);
  }
}

/** Where a stream of lengths ends; a page of nulls may have none. */
function streamEnd({ page, kernels, values }: PageWork, state: number, from: number): number {
  if (from === page.end) return from;
  const end = kernels.endOfDelta(state, from, page.end);
  if (end === 0) throw values.damaged('its lengths are damaged');
  return end;
}
