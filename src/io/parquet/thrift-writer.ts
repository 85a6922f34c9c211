/** Thrift's compact protocol, written: `thrift.ts` has the drawing. */

import { ThriftType } from './thrift.ts';

/** A value as the protocol has it; a struct is its fields by id, ascending, those undefined left out. */
export type ThriftValue =
  | {
      readonly type: typeof ThriftType.byte | typeof ThriftType.int16 | typeof ThriftType.int32;
      readonly value: number;
    }
  | { readonly type: typeof ThriftType.int64; readonly value: bigint | number }
  | { readonly type: typeof ThriftType.true; readonly value: boolean }
  | { readonly type: typeof ThriftType.binary; readonly value: Uint8Array }
  | { readonly type: typeof ThriftType.list; readonly of: number; readonly value: readonly ThriftValue[] }
  | { readonly type: typeof ThriftType.struct; readonly value: ThriftFields };

export type ThriftFields = Readonly<Record<number, ThriftValue | undefined>>;

export const int8 = (value: number): ThriftValue => ({ type: ThriftType.byte, value });
export const int16 = (value: number): ThriftValue => ({ type: ThriftType.int16, value });
export const int32 = (value: number): ThriftValue => ({ type: ThriftType.int32, value });
export const int64 = (value: bigint | number): ThriftValue => ({ type: ThriftType.int64, value });
export const boolean = (value: boolean): ThriftValue => ({ type: ThriftType.true, value });
export const bytes = (value: Uint8Array): ThriftValue => ({ type: ThriftType.binary, value });
export const text = (value: string): ThriftValue => bytes(Buffer.from(value));
export const struct = (value: ThriftFields): ThriftValue => ({ type: ThriftType.struct, value });
export const listOf = (of: number, value: readonly ThriftValue[]): ThriftValue => ({
  type: ThriftType.list,
  of,
  value,
});

/** The bytes of a struct. */
export function thriftBytes(fields: ThriftFields): Uint8Array<ArrayBuffer> {
  const out = new Output();
  writeStruct(out, fields);
  return out.bytes();
}

class Output {
  #bytes = new Uint8Array(1024);
  #length = 0;

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  varint(value: bigint): void {
    let left = value;
    for (; left > 127n; left >>= 7n) this.byte(Number(left & 127n) | 128);
    this.byte(Number(left));
  }

  all(bytes: Uint8Array): void {
    this.#room(bytes.byteLength);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.byteLength;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.byteLength) return;
    const larger = new Uint8Array(Math.max(this.#length + bytes, this.#bytes.byteLength * 2));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

function writeStruct(out: Output, fields: ThriftFields): void {
  let before = 0;
  // Integer keys of an object ascend.
  for (const [key, field] of Object.entries(fields)) {
    if (field === undefined) continue;
    const id = Number(key);
    const type = field.type === ThriftType.true && !field.value ? ThriftType.false : field.type;
    // Ids of Parquet are never further apart than the 15 that fit here.
    out.byte(((id - before) << 4) | type);
    before = id;
    if (field.type !== ThriftType.true) writeValue(out, field);
  }
  out.byte(ThriftType.stop);
}

function writeValue(out: Output, field: ThriftValue): void {
  switch (field.type) {
    case ThriftType.byte:
      out.byte(field.value & 255);
      return;
    case ThriftType.int16:
    case ThriftType.int32:
    case ThriftType.int64:
      out.varint(zigzag(BigInt(field.value)));
      return;
    case ThriftType.true:
      out.byte(field.value ? ThriftType.true : ThriftType.false);
      return;
    case ThriftType.binary:
      out.varint(BigInt(field.value.byteLength));
      out.all(field.value);
      return;
    case ThriftType.list: {
      const { of, value } = field;
      out.byte((Math.min(value.length, 15) << 4) | of);
      if (value.length >= 15) out.varint(BigInt(value.length));
      for (const element of value) writeValue(out, element);
      return;
    }
    case ThriftType.struct:
      writeStruct(out, field.value);
      return;
  }
}

const zigzag = (value: bigint): bigint => (value < 0n ? -value * 2n - 1n : value * 2n);
