/**
 * The values of a page in other encodings than plain, codes and bits. Loaded on demand: most files have none of them.
 *
 *     delta      │ head │ differences │ …          decoded into what all columns share
 *     split      │ first bytes │ second bytes │ …  put together there
 *     lengths    │ lengths │ texts │               texts moved at once
 *     prefixes   │ shared │ lengths │ texts │      texts written anew, each out of the one before
 */

import { isShort, type PageNumbers, type PageTexts, type PageWork, type StoredNumbers } from './page-values.ts';

/** Numbers of encodings. */
const DELTA_BINARY_PACKED = 5;
const DELTA_LENGTH_BYTE_ARRAY = 6;
const DELTA_BYTE_ARRAY = 7;
const BYTE_STREAM_SPLIT = 9;

/** Values of `bytes` bytes each; undefined where they cannot have the encoding. */
export function encodedNumbers(
  encoding: number,
  physical: string,
  bytes: number,
  work: PageWork,
): StoredNumbers | undefined {
  if (encoding === BYTE_STREAM_SPLIT) return new SplitNumbers(work, bytes);
  const isInteger = physical === 'INT32' || physical === 'INT64';
  if (encoding === DELTA_BINARY_PACKED && isInteger) return new DeltaNumbers(work, bytes);
  if (encoding === DELTA_BYTE_ARRAY && physical === 'FIXED_LEN_BYTE_ARRAY') return new PrefixedNumbers(work, bytes);
  return undefined;
}

export function encodedSizedNumbers(encoding: number, work: PageWork): PageNumbers | undefined {
  const texts = encodedTexts(encoding, work);
  return texts && new TextNumbers(work, texts);
}

export function encodedTexts(encoding: number, work: PageWork): LengthTexts | PrefixedTexts | undefined {
  if (encoding === DELTA_LENGTH_BYTE_ARRAY) return new LengthTexts(work);
  return encoding === DELTA_BYTE_ARRAY ? new PrefixedTexts(work) : undefined;
}

/** DELTA_BINARY_PACKED: integers of 4 or 8 bytes. */
class DeltaNumbers implements StoredNumbers {
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
class SplitNumbers implements StoredNumbers {
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
class PrefixedNumbers implements StoredNumbers {
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

/** Big-endian numbers whose lengths are apart. */
class TextNumbers implements PageNumbers {
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

/** DELTA_LENGTH_BYTE_ARRAY. The lengths of the current texts are in `scratch.stored`. */
class LengthTexts implements PageTexts {
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
class PrefixedTexts implements PageTexts {
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
