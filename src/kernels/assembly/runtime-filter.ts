/**
 * Which keys a join has, as bits, and which rows have one of them: a bit for each row, 64 to a word. Only rows whose bit is
 * set are asked for, so that each filter sees what those before it kept.
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

/** Which of the 64 rows from `from` on are asked for, of `n` in all. */
// @ts-ignore: decorator
@inline
function askedRows(kept: usize, from: usize, n: usize): u64 {
  const word = load<u64>(kept + (from >> 3));
  return n - from < 64 ? word & (((<u64>1) << <u64>(n - from)) - 1) : word;
}

/** Of 64 rows, so many and fewer are looked at one by one. */
const FEW: u64 = 24;

// @ts-ignore: decorator
@inline
function wholeBit(values: usize, width: i32, row: usize, least: i64, span: u64, bits: usize): u64 {
  const number = <u64>(wholeAt(values, width, row) - least);
  // What is out of the range has the bit behind it, which is not set: a branch for each row would cost more.
  const at = <usize>select<u64>(number, span + 1, number <= span);
  return <u64>((<u32>load<u8>(bits + (at >> 3)) >> <u32>(at & 7)) & 1);
}

// @ts-ignore: decorator
@inline
function testWholesOf(values: usize, width: i32, rows: i32, least: i64, span: u64, bits: usize, kept: usize): void {
  const n = <usize>rows;
  for (let from: usize = 0; from < n; from += 64) {
    const at = kept + (from >> 3);
    const asked = askedRows(kept, from, n);
    let word: u64 = 0;
    if (popcnt(asked) <= FEW) {
      for (let left = asked; left != 0; left &= left - 1) {
        const i = ctz(left);
        word |= wholeBit(values, width, from + <usize>i, least, span, bits) << i;
      }
    } else {
      const end = min<usize>(n - from, 64);
      for (let i: usize = 0; i < end; i++) word |= wholeBit(values, width, from + i, least, span, bits) << <u64>i;
    }
    store<u64>(at, word & asked);
  }
}

/** Of the rows that are kept, those numbers keep their bit whose own is set; none is behind `least + span`. */
export function testWholes(
  values: usize, width: i32, rows: i32, least: i64, span: u64, bits: usize, kept: usize,
): void {
  if (width == 8) testWholesOf(values, 8, rows, least, span, bits, kept);
  else if (width == 4) testWholesOf(values, 4, rows, least, span, bits, kept);
  else testWholesOf(values, width, rows, least, span, bits, kept);
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

/** As `testWholes`, of hashes. */
export function testBloom(hashes: usize, rows: i32, words: usize, mask: u32, kept: usize): void {
  const n = <usize>rows;
  for (let from: usize = 0; from < n; from += 64) {
    const at = kept + (from >> 3);
    let word: u64 = 0;
    for (let left = askedRows(kept, from, n); left != 0; left &= left - 1) {
      const i = ctz(left);
      const hash = load<u64>(hashes + ((from + <usize>i) << 3));
      const bits = bloomBits(hash);
      const found = load<u64>(words + (<usize>(<u32>(hash >> 32) & mask) << 3));
      word |= <u64>((found & bits) == bits) << i;
    }
    store<u64>(at, word);
  }
}

// @ts-ignore: decorator
@inline
function entryBit(codes: usize, row: usize, entries: usize): u64 {
  const code = <usize>load<u32>(codes + (row << 2));
  return <u64>((<u32>load<u8>(entries + (code >> 3)) >> <u32>(code & 7)) & 1);
}

/** As `testWholes`, of codes by the bits of their entries. */
export function testCodes(codes: usize, rows: i32, entries: usize, kept: usize): void {
  const n = <usize>rows;
  for (let from: usize = 0; from < n; from += 64) {
    const at = kept + (from >> 3);
    const asked = askedRows(kept, from, n);
    let word: u64 = 0;
    if (popcnt(asked) <= FEW) {
      for (let left = asked; left != 0; left &= left - 1) {
        const i = ctz(left);
        word |= entryBit(codes, from + <usize>i, entries) << i;
      }
    } else {
      const end = min<usize>(n - from, 64);
      for (let i: usize = 0; i < end; i++) word |= entryBit(codes, from + i, entries) << <u64>i;
    }
    store<u64>(at, word & asked);
  }
}

/**
 * Clears in `kept` the bits of rows that are not `found`, which are some of these, and of nulls, or keeps those. `validity` is 0
 * where there are none. Returns how many are left; bits behind the last row are cleared.
 */
export function keepFound(found: usize, validity: usize, keepsNulls: bool, rows: i32, kept: usize): i32 {
  const n = <usize>rows;
  let count = 0;
  for (let from: usize = 0; from < n; from += 64) {
    const at = from >> 3;
    let word = load<u64>(found + at);
    if (validity != 0) {
      const there = load<u64>(validity + at);
      word = keepsNulls ? word | (load<u64>(kept + at) & ~there) : word & there;
    }
    if (n - from < 64) word &= ((<u64>1) << <u64>(n - from)) - 1;
    count += <i32>popcnt(word);
    store<u64>(kept + at, word);
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
