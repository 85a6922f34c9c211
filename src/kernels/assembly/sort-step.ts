/**
 * How rows are put in order: by words, unsigned 64-bit numbers that a step reads from a key column.
 *
 * A step is 64 bytes in memory:
 *
 *     0 kind │ 4 values │ 8 validity │ 12 bytes or table │ 16 mask (8) │ 24 base (8) │ 32 depth │ 36 table of text │ …
 *     word(row) = 0 under a null, else (raw ^ mask) − base          mask: all ones for descending
 *
 * Floats get the usual bit trick after -0.0 became 0.0 and every NaN the same; text is read 8 bytes at a time, big-endian,
 * zeros behind its end, from `depth` on. Zero-padded order plus length as the last resort is the order of bytes, embedded
 * zeros included.
 */

import { compactWord } from './sort-text-word';

export const BOOL: i32 = 0;
export const I8: i32 = 1;
export const I16: i32 = 2;
export const I32: i32 = 3;
export const I64: i32 = 4;
export const U8: i32 = 5;
export const U16: i32 = 6;
export const U32: i32 = 7;
export const U64: i32 = 8;
export const F32: i32 = 9;
export const F64: i32 = 10;
/** Halves of a 16-byte integer. */
export const HIGH: i32 = 11;
export const LOW: i32 = 12;
/** uint32 by code, from the table. */
export const RANK: i32 = 13;
/** 8 bytes of text. */
export const TEXT8: i32 = 14;
/** Up to 8 bytes of text, counted by a table (`sort-text-word.ts`). */
export const COMPACT: i32 = 15;
/** All of the text from `depth` on; only refining can do that. */
export const TEXT: i32 = 16;

export const STEP: usize = 64;
export const VALUES: usize = 4;
export const VALIDITY: usize = 8;
export const BYTES: usize = 12;
export const MASK: usize = 16;
export const BASE: usize = 24;
export const DEPTH: usize = 32;
export const TABLE: usize = 36;

const SIGN: u64 = 0x8000000000000000;

@inline
function bigEndian(word: u64): u64 {
  let x = ((word & 0x00ff00ff00ff00ff) << 8) | ((word >> 8) & 0x00ff00ff00ff00ff);
  x = ((x & 0x0000ffff0000ffff) << 16) | ((x >> 16) & 0x0000ffff0000ffff);
  return (x << 32) | (x >> 32);
}

/** Up to 8 bytes of a text of which `left` bytes are left, zeros behind its end. */
@inline
export function textWord(address: usize, left: i32): u64 {
  if (left <= 0) return 0;
  const word = bigEndian(load<u64>(address));
  return left >= 8 ? word : word & (<u64>-1 << (64 - (<u64>left << 3)));
}

@inline
function float64Word(value: f64): u64 {
  const bits = reinterpret<u64>(select<f64>(reinterpret<f64>(0x7ff8000000000000), value + 0.0, value != value));
  return bits ^ (<u64>(<i64>bits >> 63) | SIGN);
}

@inline
function float32Word(value: f32): u64 {
  const bits = reinterpret<u32>(select<f32>(reinterpret<f32>(0x7fc00000), value + <f32>0.0, value != value));
  return <u64>(bits ^ (<u32>(<i32>bits >> 31) | 0x80000000));
}

@inline
export function bit(bits: usize, row: usize): u64 {
  return <u64>((load<u8>(bits + (row >> 3)) >> <u8>(row & 7)) & 1);
}

/** The unsigned number that orders the value of `row`. `kind` is a constant wherever this is inlined. */
@inline
export function raw(kind: i32, step: usize, values: usize, row: usize): u64 {
  if (kind == BOOL) return bit(values, row);
  if (kind == I8) return <u64>(<i64>load<i8>(values + row)) ^ SIGN;
  if (kind == I16) return <u64>(<i64>load<i16>(values + (row << 1))) ^ SIGN;
  if (kind == I32) return <u64>(<i64>load<i32>(values + (row << 2))) ^ SIGN;
  if (kind == I64) return load<u64>(values + (row << 3)) ^ SIGN;
  if (kind == U8) return <u64>load<u8>(values + row);
  if (kind == U16) return <u64>load<u16>(values + (row << 1));
  if (kind == U32) return <u64>load<u32>(values + (row << 2));
  if (kind == U64) return load<u64>(values + (row << 3));
  if (kind == F32) return float32Word(load<f32>(values + (row << 2)));
  if (kind == F64) return float64Word(load<f64>(values + (row << 3)));
  if (kind == HIGH) return load<u64>(values + (row << 4), 8) ^ SIGN;
  if (kind == LOW) return load<u64>(values + (row << 4));
  const table = <usize>load<u32>(step, BYTES);
  if (kind == RANK) return <u64>load<u32>(table + (<usize>load<u32>(values + (row << 2)) << 2));
  const depth = load<u32>(step, DEPTH);
  const start = load<u32>(values + (row << 2)) + depth;
  const left = <i32>(load<u32>(values + (row << 2), 4) - start);
  if (kind == TEXT8) return textWord(table + <usize>start, left);
  return left <= 0 ? 0 : compactWord(<usize>load<u32>(step, TABLE), table + <usize>start, left);
}

/** How many of the first `most` bytes two texts have in common. Reads 8 bytes at a time. */
@inline
export function common(a: usize, b: usize, most: i32): i32 {
  let i: i32 = 0;
  while (i < most) {
    const different = load<u64>(a + <usize>i) ^ load<u64>(b + <usize>i);
    if (different != 0) return min(most, i + <i32>(ctz<u64>(different) >> 3));
    i += 8;
  }
  return most;
}
