/**
 * Thrift's compact protocol, read without trust: page headers, and the footer before a library parses it.
 * https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 *
 *     struct   │ Δid,type │ value │ Δid,type │ value │ … │ 0 │
 *     list     │ size,type │ value │ value │ …
 *
 * Every read is checked against the end; numbers of more than 10 bytes, lists with more elements than there are bytes
 * and structs nested deeper than anything in Parquet are refused, so the work is bounded by the bytes that are there.
 */

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

/** The head of one field of a struct. */
export interface ThriftField {
  readonly id: number;
  readonly type: number;
}

export class ThriftReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  /** Where the next byte is read. */
  position: number;
  /** Values passed over so far by `skip`. */
  values = 0;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.position = start;
    this.#end = end;
  }

  /** The next field of a struct, undefined at its end. `before` is the id of the field before it, 0 at first. */
  field(before: number): ThriftField | undefined {
    const byte = this.#byte();
    const type = byte & 15;
    if (type === ThriftType.stop) return undefined;
    const delta = byte >> 4;
    return { id: delta === 0 ? Number(this.integer()) : before + delta, type };
  }

  /** A zigzag number. */
  integer(): bigint {
    const raw = this.#varint();
    return (raw >> 1n) ^ -(raw & 1n);
  }

  /** A zigzag number of 32 bits, for `int16` and `int32`. */
  small(): number {
    const value = this.integer();
    if (value > 0x7fffffffn || value < -0x80000000n) throw new ThriftError('a 32-bit number is too large');
    return Number(value);
  }

  /** Passes over a value of `type`, and everything in it. */
  skip(type: number, depth: number = 0): void {
    if (depth > MAX_DEPTH) throw new ThriftError('structures are nested too deeply');
    this.values += 1;
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
        this.#varint();
        return;
      case ThriftType.double:
        this.#take(8);
        return;
      case ThriftType.binary:
        this.#take(Number(this.#varint()));
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
    const byte = this.#byte();
    const type = byte & 15;
    const size = byte >> 4 === 15 ? Number(this.#varint()) : byte >> 4;
    // An element takes at least a byte.
    if (size > this.#end - this.position) throw new ThriftError('a list is longer than what is there', true);
    const isBool = type === ThriftType.true || type === ThriftType.false;
    for (let element = 0; element < size; element += 1) this.skip(isBool ? ThriftType.byte : type, depth + 1);
  }

  #skipStruct(depth: number): void {
    let id = 0;
    for (let field = this.field(id); field !== undefined; field = this.field(id)) {
      id = field.id;
      this.skip(field.type, depth + 1);
    }
  }

  #varint(): bigint {
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte();
      low |= (byte & 127) << shift;
      if (byte < 128) return BigInt(low);
    }
    let value = BigInt(low);
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw new ThriftError('a number has more than 10 bytes');
  }

  #byte(): number {
    const byte = this.#bytes[this.position];
    if (byte === undefined || this.position >= this.#end) throw new ThriftError('the bytes end too early', true);
    this.position += 1;
    return byte;
  }

  #take(count: number): void {
    if (count > this.#end - this.position) throw new ThriftError('the bytes end too early', true);
    this.position += count;
  }
}
