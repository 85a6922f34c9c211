/**
 * What the kernels over text share: comparing, searching, and counting characters of UTF-8.
 *
 *     é  =  │ 110xxxxx │ 10xxxxxx │      a character is every byte that does not continue one
 *
 * Of bytes that are no UTF-8, which binary columns have, only those promises hold that speak of bytes; but nothing is ever
 * looked for outside the row, though up to 16 bytes behind the last text are read.
 */

// @ts-ignore: decorator
@inline
export function same(a: usize, b: usize, length: i32): bool {
  let k = 0;
  for (; k + 16 <= length; k += 16) {
    if (v128.any_true(v128.xor(v128.load(a + k), v128.load(b + k)))) return false;
  }
  const rest = length - k;
  if (rest == 0) return true;
  const mask = (1 << rest) - 1;
  return (i8x16.bitmask(i8x16.eq(v128.load(a + k), v128.load(b + k))) & mask) == mask;
}

// @ts-ignore: decorator
@inline
export function put(out: usize, row: i32, rows: i32, word: u64): void {
  if ((row & 63) == 63) store<u64>(out + ((<usize>row >> 6) << 3), word);
  else if (row == rows - 1) store<u64>(out + ((<usize>row >> 6) << 3), word >> (63 - (row & 63)));
}

/** Bit by bit, whether an odd number of the bits up to it are set: where marks begin and end something, what is inside. */
// @ts-ignore: decorator
@inline
export function parityUpTo(marks: u64): u64 {
  marks ^= marks << 1;
  marks ^= marks << 2;
  marks ^= marks << 4;
  marks ^= marks << 8;
  marks ^= marks << 16;
  return marks ^ (marks << 32);
}

/** What `search` returns where it finds nothing: no address is that high. */
export const NOWHERE: usize = <usize>-1;

/**
 * Where the needle, of at least one byte, first stands between `from` and `end`. Sixteen positions at a time are tested
 * for its first byte, its last, and the one at `rare`.
 */
export function search(from: usize, end: usize, needle: usize, length: i32, rare: i32): usize {
  if (end - from < <usize>length) return NOWHERE;
  const last = end - <usize>length;
  const first = i8x16.splat(load<i8>(needle));
  const middle = i8x16.splat(load<i8>(needle + rare));
  const final = i8x16.splat(load<i8>(needle + length - 1));
  for (let p = from; p <= last; p += 16) {
    const heads = i8x16.eq(v128.load(p), first);
    const tails = i8x16.eq(v128.load(p + length - 1), final);
    let hits = i8x16.bitmask(v128.and(v128.and(heads, tails), i8x16.eq(v128.load(p + rare), middle)));
    for (; hits; hits &= hits - 1) {
      const at = p + ctz(hits);
      if (at > last) return NOWHERE;
      if (same(at, needle, length)) return at;
    }
  }
  return NOWHERE;
}

// @ts-ignore: decorator
@inline
function continues(byte: u8): bool {
  return (byte & 0xc0) == 0x80;
}

/** Characters between two addresses. */
export function countCharacters(from: usize, end: usize): i32 {
  let count = 0;
  // The greatest byte that continues a character is -65 as a signed one.
  const limit = i8x16.splat(-65);
  for (; from + 16 <= end; from += 16) count += popcnt(i8x16.bitmask(i8x16.gt_s(v128.load(from), limit)));
  const rest = <i32>(end - from);
  if (rest > 0) count += popcnt(i8x16.bitmask(i8x16.gt_s(v128.load(from), limit)) & ((1 << rest) - 1));
  return count;
}

/** The address behind `count` characters, or NOWHERE if there are fewer before `end`. */
export function skipCharacters(from: usize, end: usize, count: i32): usize {
  const limit = i8x16.splat(-65);
  while (count > 16 && from + 16 <= end) {
    count -= popcnt(i8x16.bitmask(i8x16.gt_s(v128.load(from), limit)));
    from += 16;
    // A character that the block has cut in two is skipped with the block.
    while (from < end && continues(load<u8>(from))) from++;
  }
  for (; count > 0; count--) {
    if (from >= end) return NOWHERE;
    from++;
    while (from < end && continues(load<u8>(from))) from++;
  }
  return from;
}

/** The address before the last `count` characters, or NOWHERE if there are fewer behind `start`. */
export function skipCharactersBack(start: usize, end: usize, count: i32): usize {
  for (; count > 0; count--) {
    if (end <= start) return NOWHERE;
    end--;
    while (end > start && continues(load<u8>(end))) end--;
  }
  return end;
}

export function isAscii(from: usize, end: usize): bool {
  let seen = i8x16.splat(0);
  for (; from + 16 <= end; from += 16) seen = v128.or(seen, v128.load(from));
  const rest = from < end ? i8x16.bitmask(v128.load(from)) & ((1 << <i32>(end - from)) - 1) : 0;
  return (i8x16.bitmask(seen) | rest) == 0;
}

/** Copies, and overruns by up to 16 bytes what is copied next. */
// @ts-ignore: decorator
@inline
export function copyText(to: usize, from: usize, length: usize): void {
  if (length <= 16) v128.store(to, v128.load(from));
  else memory.copy(to, from, length);
}

/** No offset is beyond this. */
export const MOST_BYTES: u64 = 0x7fffffff;

// @ts-ignore: decorator
@inline
export function isNull(validity: usize, row: i32): bool {
  return validity != 0 && ((load<u8>(validity + (row >> 3)) >> <u8>(row & 7)) & 1) == 0;
}

/** The row of a column's values that a row refers to, by its codes, or is, where it has none (address 0). */
// @ts-ignore: decorator
@inline
export function entryAt(codes: usize, row: i32): usize {
  return codes ? <usize>load<u32>(codes + (<usize>row << 2)) : <usize>row;
}

/**
 * A number of characters that a row of int64 values gives, which lie `step` bytes apart: 0 where all rows have the same.
 * What lies beyond every text stays there.
 */
// @ts-ignore: decorator
@inline
export function countAt(values: usize, step: usize, row: i32): i64 {
  return min<i64>(max<i64>(load<i64>(values + <usize>row * step), -MOST_CHARACTERS), MOST_CHARACTERS);
}

const MOST_CHARACTERS: i64 = 0xffffffff;
