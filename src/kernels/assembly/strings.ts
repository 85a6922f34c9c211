// Predicates over text into a bitmap. A text column is int32 offsets and bytes; `codes` is 0, or u32 rows of both.
// Up to 16 bytes behind the last text are read.
//
// The words of the bitmap are written whole: bits behind the last row are 0.

import { put, same } from './text-bytes';

/** Bits of what a comparison accepts: 1 less, 2 equal, 4 greater. */
type Test = i32;

// @ts-ignore: decorator
@inline
function compareBytes(a: usize, aLength: i32, b: usize, bLength: i32): Test {
  const shorter = min(aLength, bLength);
  for (let k = 0; k < shorter; k += 16) {
    const differs = ~i8x16.bitmask(i8x16.eq(v128.load(a + k), v128.load(b + k))) & 0xffff;
    if (differs == 0) continue;
    const at = k + ctz(differs);
    if (at >= shorter) break;
    return load<u8>(a + at) < load<u8>(b + at) ? 1 : 4;
  }
  return aLength == bLength ? 2 : aLength < bLength ? 1 : 4;
}

/** Bit r: text r equals the needle. */
export function textEquals(offsets: usize, bytes: usize, rows: i32, needle: usize, length: i32, out: usize): void {
  let word: u64 = 0;
  let from = load<i32>(offsets);
  for (let row = 0; row < rows; row++) {
    const to = load<i32>(offsets + (<usize>row << 2), 4);
    word >>= 1;
    if (to - from == length && same(bytes + from, needle, length)) word |= <u64>1 << 63;
    put(out, row, rows, word);
    from = to;
  }
}

/** Bit r: text r, compared with the needle, passes the test. */
export function textCompares(
  offsets: usize,
  bytes: usize,
  rows: i32,
  needle: usize,
  length: i32,
  test: Test,
  out: usize,
): void {
  let word: u64 = 0;
  let from = load<i32>(offsets);
  for (let row = 0; row < rows; row++) {
    const to = load<i32>(offsets + (<usize>row << 2), 4);
    word >>= 1;
    if (compareBytes(bytes + from, to - from, needle, length) & test) word |= <u64>1 << 63;
    put(out, row, rows, word);
    from = to;
  }
}

/** Bit r: text r begins with the needle, or ends with it where `atEnd` is 1. */
export function textBeginsOrEnds(
  offsets: usize,
  bytes: usize,
  rows: i32,
  needle: usize,
  length: i32,
  atEnd: i32,
  out: usize,
): void {
  let word: u64 = 0;
  let from = load<i32>(offsets);
  for (let row = 0; row < rows; row++) {
    const to = load<i32>(offsets + (<usize>row << 2), 4);
    word >>= 1;
    if (to - from >= length && same(bytes + (atEnd ? to - length : from), needle, length)) word |= <u64>1 << 63;
    put(out, row, rows, word);
    from = to;
  }
}

/**
 * Bit r: text r contains the needle of at least one byte. The bytes of all rows are searched as one text for the
 * needle's first and last byte and the one at `rare`, sixteen positions at a time; a hit is then given to its row.
 */
export function textContains(
  offsets: usize,
  bytes: usize,
  rows: i32,
  needle: usize,
  length: i32,
  rare: i32,
  out: usize,
): void {
  memory.fill(out, 0, <usize>((rows + 63) >> 6) << 3);
  const start = load<i32>(offsets);
  const end = load<i32>(offsets + (<usize>rows << 2));
  if (end - start < length) return;
  const last = bytes + end - length;
  const first = i8x16.splat(load<i8>(needle));
  const middle = i8x16.splat(load<i8>(needle + rare));
  const final = i8x16.splat(load<i8>(needle + length - 1));
  let row: usize = 0;
  let next = bytes + load<i32>(offsets, 4);
  for (let p = bytes + start; p <= last; p += 16) {
    const heads = i8x16.eq(v128.load(p), first);
    const tails = i8x16.eq(v128.load(p + length - 1), final);
    let hits = i8x16.bitmask(v128.and(v128.and(heads, tails), i8x16.eq(v128.load(p + rare), middle)));
    for (; hits; hits &= hits - 1) {
      const at = p + ctz(hits);
      if (at > last || !same(at, needle, length)) continue;
      while (next <= at) {
        row++;
        next = bytes + load<i32>(offsets + (row << 2), 4);
      }
      if (at + length > next) continue;
      const byte = out + (row >> 3);
      store<u8>(byte, load<u8>(byte) | (<u8>1 << <u8>(row & 7)));
    }
  }
}

/** Whether the needle stands in the text. */
function holds(text: usize, textLength: i32, needle: usize, length: i32): bool {
  for (let at = 0; at + length <= textLength; at++) {
    if (same(text + at, needle, length)) return true;
  }
  return false;
}

/**
 * Bit r: the texts r of two columns pass. `what` is a test of their order, or 8 (the first begins with the second),
 * 16 (ends with it), 32 (contains it).
 */
export function textPairs(
  aCodes: usize,
  aOffsets: usize,
  aBytes: usize,
  bCodes: usize,
  bOffsets: usize,
  bBytes: usize,
  rows: i32,
  what: i32,
  out: usize,
): void {
  let word: u64 = 0;
  for (let row = 0; row < rows; row++) {
    const at = <usize>row << 2;
    const a = aOffsets + (aCodes ? <usize>load<u32>(aCodes + at) << 2 : at);
    const b = bOffsets + (bCodes ? <usize>load<u32>(bCodes + at) << 2 : at);
    const aText = aBytes + load<i32>(a);
    const bText = bBytes + load<i32>(b);
    const aLength = load<i32>(a, 4) - load<i32>(a);
    const bLength = load<i32>(b, 4) - load<i32>(b);
    let passes = false;
    if (what < 8) passes = (compareBytes(aText, aLength, bText, bLength) & what) != 0;
    else if (bLength > aLength) passes = false;
    else if (what == 8) passes = same(aText, bText, bLength);
    else if (what == 16) passes = same(aText + aLength - bLength, bText, bLength);
    else passes = holds(aText, aLength, bText, bLength);
    word >>= 1;
    if (passes) word |= <u64>1 << 63;
    put(out, row, rows, word);
  }
}

/** The remainder with the sign of the dividend: floats have no instruction for it. */
export function float_remainder(a: f64, b: f64): f64 {
  return a % b;
}
