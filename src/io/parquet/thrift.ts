/**
 * Thrift's compact protocol, read without trust: the footer, page headers and indexes.
 * https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 *
 *     struct   │ Δid,type │ value │ Δid,type │ value │ … │ 0 │
 *     list     │ size,type │ value │ value │ …
 *
 * Every read is checked against the end; numbers of more than 10 bytes, lists with more elements than there are bytes
 * and structs nested deeper than anything in Parquet are refused, so the work is bounded by the bytes that are there.
 * Nothing is made of what is passed over.
 */

import { MalformedFile } from '../../errors.ts';

export const ThriftType = {
  stop: 0,
  true: 1,
  false: 2,
  byte: 3,
  int16: 4,
  int32: 5,
  int64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  map: 11,
  struct: 12,
} as const;

const MAX_DEPTH = 24;

/** Something that is not Thrift, or not enough of it. */
export class ThriftError extends Error {
  /** The bytes ended before the value did: with more of them it may be readable. */
  readonly isShort: boolean;

  constructor(detail: string, isShort: boolean = false) {
    super(detail);
    this.isShort = isShort;
  }
}

/** Does `read`, of the metadata of a file, and names the file in what it throws. @throws MalformedFile */
export function wellFormed<T>(uri: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof ThriftError)) throw cause;
    throw new MalformedFile(uri, `its metadata is not well-formed: ${cause.message}`);
  }
}

/** Numbers of a struct by the id of their field; undefined where they are not there. */
export type Numbers = readonly (number | undefined)[];

/** Parquet has no struct with more fields. */
const MAX_NUMBER_ID = 31;
/** Ids of fields of most structs are below. */
const MOST_FIELDS = 16;
/** Numbers of 7 bits each, so many at most. */
const MAX_VARINT_BYTES = 10;

const DECODER = new TextDecoder();

export class ThriftReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  /** Where the next byte is read. */
  position: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.position = start;
    this.#end = Math.min(end, bytes.byteLength);
  }

  /** Reads a struct: `read` is given id and type of each field, and has to read its value or `skip` it. */
  struct(read: (id: number, type: number) => void): void {
    let id = 0;
    for (let head = this.#byte(); (head & 15) !== ThriftType.stop; head = this.#byte()) {
      id = head < 16 ? this.small() : id + (head >> 4);
      read(id, head & 15);
    }
  }

  /**
   * The next field of a struct, id and type in one number: 16 * id + type, or 0 behind the last. `before` is the one in front of
   * it, 0 of the first; its value has to be read or passed over in between.
   */
  field(before: number): number {
    const head = this.#byte();
    const type = head & 15;
    if (type === ThriftType.stop) return 0;
    const id = head < 16 ? this.small() : (before >> 4) + (head >> 4);
    return id * 16 + type;
  }

  /** Reads a struct: its numbers and booleans by id, 1 for true; `other` is for the other fields, as above. */
  numbers(other: (id: number, type: number) => void = (_, type) => this.skip(type)): Numbers {
    const numbers: (number | undefined)[] = new Array(MOST_FIELDS);
    let id = 0;
    for (let head = this.#byte(); (head & 15) !== ThriftType.stop; head = this.#byte()) {
      id = head < 16 ? this.small() : id + (head >> 4);
      const type = head & 15;
      const number = id > 0 && id <= MAX_NUMBER_ID ? this.number(type) : undefined;
      if (number === undefined) other(id, type);
      else numbers[id] = number;
    }
    return numbers;
  }

  /** A value that is a number or a boolean, 1 for true; undefined of other types, with the value still to be read. */
  number(type: number): number | undefined {
    switch (type) {
      case ThriftType.int64:
        return this.integer();
      case ThriftType.int32:
      case ThriftType.int16:
        return this.small();
      case ThriftType.byte:
        return (this.#byte() << 24) >> 24;
      case ThriftType.true:
        return 1;
      case ThriftType.false:
        return 0;
      default:
        return undefined;
    }
  }

  /**
   * The number of elements of a list, which follow. Undefined, with the list passed over, where they are not of `type`;
   * those of booleans are bytes, and their type is `true`.
   * `leastBytes` is what an element takes at least: a list that claims more than there can be is refused.
   */
  list(type: number, leastBytes: number = 1): number | undefined {
    const start = this.position;
    const head = this.#byte();
    const size = head < 0xf0 ? head >> 4 : this.#length();
    const found = (head & 15) === ThriftType.false ? ThriftType.true : head & 15;
    if (found !== type && size > 0) {
      this.position = start;
      this.skip(ThriftType.list);
      return undefined;
    }
    if (size * leastBytes > this.#end - this.position) {
      throw new ThriftError(`a list claims ${size} elements, more than there are bytes for`, true);
    }
    return size;
  }

  /** A zigzag number, exact where it is a safe integer. */
  integer(): number {
    const first = this.#byte();
    let half = (first & 127) >> 1;
    if (first >= 128) {
      const start = this.position;
      // Halves of what a byte counts for: no digit is lost below 2 ** 53.
      for (let scale = 64, byte = 128; byte >= 128; scale *= 128) {
        byte = this.#byte();
        half += (byte & 127) * scale;
        if (this.position - start >= MAX_VARINT_BYTES) throw new ThriftError('a number has more than 10 bytes');
      }
    }
    return (first & 1) === 0 ? half : -1 - half;
  }

  /** A zigzag number of 32 bits, for `int16` and `int32`. */
  small(): number {
    const value = this.integer();
    if (value !== (value | 0)) throw new ThriftError('a 32-bit number is too large');
    return value;
  }

  /** A view of the bytes, of `binary`. */
  binary(): Uint8Array {
    const byteLength = this.#length();
    const start = this.position;
    this.#take(byteLength);
    return this.#bytes.subarray(start, start + byteLength);
  }

  /** What is not UTF-8 is replaced. */
  text(): string {
    return DECODER.decode(this.binary());
  }

  /** A byte as it is: a `byte`, or an element of a list of booleans. */
  byte(): number {
    return this.#byte();
  }

  /** Passes over a value of `type`, and everything in it. */
  skip(type: number, depth: number = 0): void {
    switch (type) {
      case ThriftType.true:
      case ThriftType.false:
        return;
      case ThriftType.byte:
        this.#take(1);
        return;
      case ThriftType.int16:
      case ThriftType.int32:
      case ThriftType.int64:
        this.#skipNumber();
        return;
      case ThriftType.double:
        this.#take(8);
        return;
      case ThriftType.binary:
        this.#take(this.#length());
        return;
      case ThriftType.list:
      case ThriftType.set:
        this.#skipList(depth);
        return;
      case ThriftType.struct:
        this.#skipStruct(depth);
        return;
      default:
        throw new ThriftError(`type ${type} does not occur in Parquet`);
    }
  }

  #skipList(depth: number): void {
    const head = this.#byte();
    const type = head & 15;
    const size = head < 0xf0 ? head >> 4 : this.#length();
    // An element takes at least a byte.
    if (size > this.#end - this.position)
      throw new ThriftError(`a list claims ${size} elements, more than there are bytes for`, true);
    if (depth >= MAX_DEPTH) throw new ThriftError('structures are nested too deeply');
    const isBool = type === ThriftType.true || type === ThriftType.false;
    for (let element = 0; element < size; element += 1) this.skip(isBool ? ThriftType.byte : type, depth + 1);
  }

  #skipStruct(depth: number): void {
    if (depth >= MAX_DEPTH) throw new ThriftError('structures are nested too deeply');
    for (let head = this.#byte(); (head & 15) !== ThriftType.stop; head = this.#byte()) {
      if (head < 16) this.#skipNumber();
      this.skip(head & 15, depth + 1);
    }
  }

  #skipNumber(): void {
    const start = this.position;
    while (this.#byte() >= 128) {
      if (this.position - start >= MAX_VARINT_BYTES) throw new ThriftError('a number has more than 10 bytes');
    }
  }

  /** Of bytes, or of a list. */
  #length(): number {
    let length = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#byte();
      length += (byte & 127) * scale;
      if (byte < 128) return length;
      if (scale > 2 ** 28) throw new ThriftError('a length has more than 32 bits');
    }
  }

  #byte(): number {
    const { position } = this;
    const byte = this.#bytes[position];
    if (byte === undefined || position >= this.#end) throw new ThriftError('the bytes end too early', true);
    this.position = position + 1;
    return byte;
  }

  #take(count: number): void {
    if (count > this.#end - this.position) throw new ThriftError('the bytes end too early', true);
    this.position += count;
  }
}
