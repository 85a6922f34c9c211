/**
 * Whether values are in a list, as a bitmap.
 *
 *     texts       slots │ tag,2 │ · │ tag,1 │ ·        tag = upper half of the hash, then the entry plus one; 0 = empty
 *     integers    slots │ 17 │ e │ e │ -3 │            e = a number that is not in the list
 *                 few   │ 17 │ -3 │                    compared with each, many rows at a time
 *                 near  │ 1 │ 0 │ 0 │ 1 │ …            a bit for each integer from the least to the greatest
 *
 * Slots are a power of two and at least twice the entries. The words of the bitmap are written whole.
 */

import { hashText, mix, sameText, seal } from './hash-text';
import { put } from './text-bytes';

/** Puts the texts of a list into empty slots. */
export function buildTextSet(offsets: usize, bytes: usize, count: i32, slots: usize, mask: u32): void {
  for (let entry = 0; entry < count; entry++) {
    const at = offsets + (<usize>entry << 2);
    const start = load<u32>(at);
    const hash = hashText(bytes + start, load<u32>(at, 4) - start, 0);
    let slot = <u32>hash & mask;
    while (load<u64>(slots + (slot << 3))) slot = (slot + 1) & mask;
    store<u64>(slots + (slot << 3), ((hash >> 32) << 32) | <u64>(entry + 1));
  }
}

/** Bit r: text r is in the list of the set. */
export function textsInSet(
  offsets: usize,
  bytes: usize,
  rows: i32,
  setOffsets: usize,
  setBytes: usize,
  slots: usize,
  mask: u32,
  out: usize,
): void {
  let word: u64 = 0;
  let from = load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    const to = load<u32>(offsets + (<usize>row << 2), 4);
    const length = to - from;
    const hash = hashText(bytes + from, length, 0);
    let slot = <u32>hash & mask;
    word >>= 1;
    for (;;) {
      const entry = load<u64>(slots + (slot << 3));
      if (entry == 0) break;
      if (entry >> 32 == hash >> 32) {
        const known = setOffsets + ((<usize>entry - 1) << 2);
        const start = load<u32>(known);
        if (load<u32>(known, 4) - start == length && sameText(setBytes + start, bytes + from, length)) {
          word |= <u64>1 << 63;
          break;
        }
      }
      slot = (slot + 1) & mask;
    }
    put(out, row, rows, word);
    from = to;
  }
}

/** Puts integers, 8 bytes each, into slots that are all `empty`. */
export function buildIntegerSet(entries: usize, count: i32, slots: usize, mask: u32, empty: i64): void {
  for (let entry = 0; entry < count; entry++) {
    const value = load<i64>(entries + (<usize>entry << 3));
    let slot = <u32>seal(mix(0, value)) & mask;
    while (load<i64>(slots + (slot << 3)) != empty) slot = (slot + 1) & mask;
    store<i64>(slots + (slot << 3), value);
  }
}

// @ts-ignore: decorator
@inline
function inSet<T>(values: usize, rows: i32, slots: usize, mask: u32, empty: i64, out: usize): void {
  let word: u64 = 0;
  for (let row = 0; row < rows; row++) {
    const value = <i64>load<T>(values + <usize>row * sizeof<T>());
    let slot = <u32>seal(mix(0, value)) & mask;
    let entry = load<i64>(slots + (slot << 3));
    while (entry != value && entry != empty) {
      slot = (slot + 1) & mask;
      entry = load<i64>(slots + (slot << 3));
    }
    word >>= 1;
    if (entry != empty) word |= <u64>1 << 63;
    put(out, row, rows, word);
  }
}

// @ts-ignore: decorator
@inline
function inBits<T>(values: usize, rows: i32, least: i64, span: u64, bits: usize, out: usize): void {
  let word: u64 = 0;
  for (let row = 0; row < rows; row++) {
    const offset = <u64>(<i64>load<T>(values + <usize>row * sizeof<T>()) - least);
    // What is outside finds the bit behind the last, which is 0.
    const at = offset < span ? <usize>offset : <usize>span;
    const bit = (load<u8>(bits + (at >> 3)) >> <u8>(at & 7)) & 1;
    word = (word >> 1) | (<u64>bit << 63);
    put(out, row, rows, word);
  }
}

/** Bit r: the integer r, as in `integersInSet`, has a bit among the `span` bits from that of `least` on. */
export function integersInBits(
  width: i32,
  values: usize,
  rows: i32,
  least: i64,
  span: u64,
  bits: usize,
  out: usize,
): void {
  if (width == 8) inBits<i64>(values, rows, least, span, bits, out);
  else if (width == 4) inBits<i32>(values, rows, least, span, bits, out);
  else if (width == 2) inBits<i16>(values, rows, least, span, bits, out);
  else inBits<i8>(values, rows, least, span, bits, out);
}

/** Bit r: the integer r, of 1, 2, 4 or 8 bytes and taken as signed, is in the set. */
export function integersInSet(
  width: i32,
  values: usize,
  rows: i32,
  slots: usize,
  mask: u32,
  empty: i64,
  out: usize,
): void {
  if (width == 8) inSet<i64>(values, rows, slots, mask, empty, out);
  else if (width == 4) inSet<i32>(values, rows, slots, mask, empty, out);
  else if (width == 2) inSet<i16>(values, rows, slots, mask, empty, out);
  else inSet<i8>(values, rows, slots, mask, empty, out);
}

/** 16 rows of 4 bytes: what is all ones where one of the entries is met, as 16 bits. */
// @ts-ignore: decorator
@inline
function few4(values: usize, entries: usize, end: usize): u32 {
  const a = v128.load(values);
  const b = v128.load(values, 16);
  const c = v128.load(values, 32);
  const d = v128.load(values, 48);
  let inA = i32x4.splat(0);
  let inB = inA;
  let inC = inA;
  let inD = inA;
  for (let entry = entries; entry < end; entry += 8) {
    const wanted = v128.load32_splat(entry);
    inA = v128.or(inA, i32x4.eq(a, wanted));
    inB = v128.or(inB, i32x4.eq(b, wanted));
    inC = v128.or(inC, i32x4.eq(c, wanted));
    inD = v128.or(inD, i32x4.eq(d, wanted));
  }
  const low = i16x8.narrow_i32x4_s(inA, inB);
  return i8x16.bitmask(i8x16.narrow_i16x8_s(low, i16x8.narrow_i32x4_s(inC, inD)));
}

/** 8 rows of 8 bytes, as 8 bits. */
// @ts-ignore: decorator
@inline
function few8(values: usize, entries: usize, end: usize): u32 {
  const a = v128.load(values);
  const b = v128.load(values, 16);
  const c = v128.load(values, 32);
  const d = v128.load(values, 48);
  let inA = i64x2.splat(0);
  let inB = inA;
  let inC = inA;
  let inD = inA;
  for (let entry = entries; entry < end; entry += 8) {
    const wanted = v128.load64_splat(entry);
    inA = v128.or(inA, i64x2.eq(a, wanted));
    inB = v128.or(inB, i64x2.eq(b, wanted));
    inC = v128.or(inC, i64x2.eq(c, wanted));
    inD = v128.or(inD, i64x2.eq(d, wanted));
  }
  return (
    i64x2.bitmask(inA) | (i64x2.bitmask(inB) << 2) | (i64x2.bitmask(inC) << 4) | (i64x2.bitmask(inD) << 6)
  );
}

/**
 * Bit r: the integer r, of 4 or 8 bytes, is one of the entries, 8 bytes each. Reads a whole block of 64 values for the
 * last rows.
 */
export function integersAmong(width: i32, values: usize, rows: i32, entries: usize, count: i32, out: usize): void {
  const end = entries + (<usize>count << 3);
  for (let base = 0; base < rows; base += 64) {
    const at = out + (<usize>base >> 3);
    const block = values + <usize>base * width;
    if (width == 4) for (let k = 0; k < 4; k++) store<u16>(at + (k << 1), <u16>few4(block + (k << 6), entries, end));
    else for (let k = 0; k < 8; k++) store<u8>(at + k, <u8>few8(block + (k << 6), entries, end));
    if (rows - base < 64) store<u64>(at, load<u64>(at) & ((<u64>1 << <u64>(rows - base)) - 1));
  }
}
