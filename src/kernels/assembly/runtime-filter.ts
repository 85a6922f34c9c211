/**
 * Which keys a join has, as bits, and which rows have one of them: a bit for each row, 64 to a word.
 *
 *     wholes   │ 0 1 1 0 1 … │          bit n: the number least + n is there
 *     bloom    │ word │ word │ …       of each hash 4 bits of one word: all set where it is there, and rarely else
 */

import { wholeAt } from './join';

/** Sets the bits of `rows` whole numbers of `width` bytes, of which none is below `least`. */
export function setWholes(values: usize, width: i32, rows: i32, least: i64, bits: usize): void {
  for (let row: usize = 0, n = <usize>rows; row < n; row++) {
    const number = <usize>(wholeAt(values, width, row) - least);
    const at = bits + (number >> 3);
    store<u8>(at, load<u8>(at) | (<u8>1 << <u8>(number & 7)));
  }
}

// @ts-ignore: decorator
@inline
function testWholesOf(values: usize, width: i32, rows: i32, least: i64, span: u64, bits: usize, out: usize): void {
  const n = <usize>rows;
  for (let from: usize = 0; from < n; from += 64) {
    const end = min<usize>(n - from, 64);
    let word: u64 = 0;
    for (let i: usize = 0; i < end; i++) {
      const number = <u64>(wholeAt(values, width, from + i) - least);
      // The first bit is read for what is out of the range: a branch for each row would cost more.
      const isIn = number <= span;
      const at = <usize>select<u64>(number, 0, isIn);
      word |= <u64>((<u32>load<u8>(bits + (at >> 3)) >> <u32>(at & 7)) & <u32>isIn) << <u64>i;
    }
    store<u64>(out + (from >> 3), word);
  }
}

/** Of each number whether its bit is set; none is behind `least + span`. */
export function testWholes(
  values: usize, width: i32, rows: i32, least: i64, span: u64, bits: usize, out: usize,
): void {
  if (width == 8) testWholesOf(values, 8, rows, least, span, bits, out);
  else if (width == 4) testWholesOf(values, 4, rows, least, span, bits, out);
  else testWholesOf(values, width, rows, least, span, bits, out);
}

// @ts-ignore: decorator
@inline
function bloomBits(hash: u64): u64 {
  return ((<u64>1) << (hash & 63)) | ((<u64>1) << ((hash >> 6) & 63)) | ((<u64>1) << ((hash >> 12) & 63)) | ((<u64>1) << ((hash >> 18) & 63));
}

/** `mask` is the number of words, a power of two, less one; its bits are those of hashes from the 32nd on. */
export function addToBloom(hashes: usize, rows: i32, words: usize, mask: u32): void {
  for (let row: usize = 0, n = <usize>rows; row < n; row++) {
    const hash = load<u64>(hashes + (row << 3));
    const at = words + (<usize>(<u32>(hash >> 32) & mask) << 3);
    store<u64>(at, load<u64>(at) | bloomBits(hash));
  }
}

export function testBloom(hashes: usize, rows: i32, words: usize, mask: u32, out: usize): void {
  const n = <usize>rows;
  for (let from: usize = 0; from < n; from += 64) {
    const end = min<usize>(n - from, 64);
    let word: u64 = 0;
    for (let i: usize = 0; i < end; i++) {
      const hash = load<u64>(hashes + ((from + i) << 3));
      const bits = bloomBits(hash);
      const found = load<u64>(words + (<usize>(<u32>(hash >> 32) & mask) << 3));
      word |= <u64>((found & bits) == bits) << <u64>i;
    }
    store<u64>(out + (from >> 3), word);
  }
}

/** Of each code the bit of its entry. */
export function testCodes(codes: usize, rows: i32, entries: usize, out: usize): void {
  const n = <usize>rows;
  for (let from: usize = 0; from < n; from += 64) {
    const end = min<usize>(n - from, 64);
    let word: u64 = 0;
    for (let i: usize = 0; i < end; i++) {
      const code = <usize>load<u32>(codes + ((from + i) << 2));
      word |= <u64>((<u32>load<u8>(entries + (code >> 3)) >> <u32>(code & 7)) & 1) << <u64>i;
    }
    store<u64>(out + (from >> 3), word);
  }
}

/**
 * Clears in `kept` the bits of rows that `found` has not, whose nulls are those of `validity` (0: none) and are kept or not.
 * Returns how many `found` has; bits behind the last row are not looked at.
 */
export function keepFound(found: usize, validity: usize, keepsNulls: bool, rows: i32, kept: usize): i32 {
  const n = <usize>rows;
  let count = 0;
  for (let from: usize = 0; from < n; from += 64) {
    const at = from >> 3;
    let word = load<u64>(found + at);
    if (validity != 0) {
      const there = load<u64>(validity + at);
      word = keepsNulls ? word | ~there : word & there;
    }
    if (n - from < 64) word &= ((<u64>1) << <u64>(n - from)) - 1;
    count += <i32>popcnt(word);
    store<u64>(kept + at, load<u64>(kept + at) & word);
  }
  return count;
}

/** Whether any of the bits [from, end) is set. */
export function anySet(bits: usize, from: u32, end: u32): bool {
  for (let at = from; at < end; ) {
    if ((at & 63) == 0 && end - at >= 64) {
      if (load<u64>(bits + <usize>(at >> 3)) != 0) return true;
      at += 64;
    } else {
      if ((load<u8>(bits + <usize>(at >> 3)) >> <u8>(at & 7)) & 1) return true;
      at++;
    }
  }
  return false;
}
