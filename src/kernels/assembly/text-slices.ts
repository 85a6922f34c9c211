/**
 * Texts that are parts of texts: first where they begin and how long they are, then, in memory of that size, their bytes.
 *
 *     split_part('ab-cde-f', '-', 2)     starts │ 3 │     offsets │ 0 │ 3 │     then   bytes │ c d e │
 *
 * Each kernel of the first kind returns the bytes of all parts. Starts are u32, counted as offsets are.
 */

import { NOWHERE, copyText, countCharacters, isAscii, search, skipCharacters, skipCharactersBack } from './text-bytes';

/** Copies the parts; may overrun the last by 16 bytes. */
export function copySlices(bytes: usize, starts: usize, rows: i32, offsets: usize, to: usize): void {
  let start = load<u32>(offsets);
  for (let row: usize = 0; row < <usize>rows; row++) {
    const end = load<u32>(offsets + (row << 2), 4);
    copyText(to + start, bytes + load<u32>(starts + (row << 2)), end - start);
    start = end;
  }
}

// Characters by place -------------------------------------------------------------------------------------------------

/** The part of a text of as many bytes as characters: its start in the upper half, its length in the lower. */
// @ts-ignore: decorator
@inline
function asciiSlice(length: i32, from: i32, count: i32, isWindow: bool): u64 {
  let start = min(from, length);
  if (from < 0) {
    start = max(length + from, 0);
    if (isWindow && length + from < 0) count = max(count + length + from, 0);
  }
  const rest = length - start;
  return (<u64>start << 32) | <u64>(count < 0 ? max(rest + count, 0) : min(count, rest));
}

function slice(begin: usize, end: usize, from: i32, count: i32, isWindow: bool): u64 {
  let start = from < 0 ? skipCharactersBack(begin, end, -from) : skipCharacters(begin, end, from);
  if (start == NOWHERE) {
    start = from < 0 ? begin : end;
    if (from < 0 && isWindow) count = max(count + countCharacters(begin, end) + from, 0);
  }
  let stop = count < 0 ? skipCharactersBack(start, end, -count) : skipCharacters(start, end, count);
  if (stop == NOWHERE) stop = count < 0 ? start : end;
  return (<u64>(start - begin) << 32) | <u64>(stop - start);
}

/**
 * `count` characters from place `from`, which counts from 0 or, if negative, from the end; there may be fewer. A negative
 * count leaves as many at the end. Where a negative `from` lies before the text, the part begins with it, and in a window
 * (`isWindow` is 1, and the count is not negative) what lies before it is counted. Neither number is the least i32.
 */
export function textSlice(
  offsets: usize,
  bytes: usize,
  rows: i32,
  from: i32,
  count: i32,
  isWindow: i32,
  starts: usize,
  out: usize,
): u32 {
  let begin = load<u32>(offsets);
  const isSimple = isAscii(bytes + begin, bytes + load<u32>(offsets + (<usize>rows << 2)));
  let total: u32 = 0;
  store<u32>(out, 0);
  for (let row: usize = 0; row < <usize>rows; row++) {
    const end = load<u32>(offsets + (row << 2), 4);
    const part = isSimple
      ? asciiSlice(end - begin, from, count, isWindow != 0)
      : slice(bytes + begin, bytes + end, from, count, isWindow != 0);
    store<u32>(starts + (row << 2), begin + <u32>(part >> 32));
    total += <u32>part;
    store<u32>(out + (row << 2), total, 4);
    begin = end;
  }
  return total;
}

// Without what stands at the ends -------------------------------------------------------------------------------------

/** Bytes of the white space at `p` that is not ASCII, by Unicode's property White_Space; 0 where there is none. */
function wideSpace(p: usize): usize {
  const three = load<u32>(p) & 0xffffff;
  const two = three & 0xffff;
  if (two == 0x85c2 || two == 0xa0c2) return 2;
  if (three == 0x809ae1 || three == 0x9f81e2 || three == 0x8080e3) return 3;
  if (two != 0x80e2) return 0;
  const third = three >> 16;
  return third - 0x80 <= 10 || third == 0xa8 || third == 0xa9 || third == 0xaf ? 3 : 0;
}

// @ts-ignore: decorator
@inline
function isIn(byte: u8, low: u64, high: u64): bool {
  return byte < 64 ? ((low >> byte) & 1) != 0 : byte < 128 && ((high >> (byte - 64)) & 1) != 0;
}

/**
 * Without the characters of a set at the sides: 1 the beginning, 2 the end, 3 both. The set is a bit for each character of
 * ASCII, those from 64 on in `high`; with `wide` also all white space that is not ASCII.
 */
export function textTrim(
  offsets: usize,
  bytes: usize,
  rows: i32,
  sides: i32,
  low: u64,
  high: u64,
  wide: i32,
  starts: usize,
  out: usize,
): u32 {
  let total: u32 = 0;
  store<u32>(out, 0);
  for (let row: usize = 0; row < <usize>rows; row++) {
    let start = bytes + load<u32>(offsets + (row << 2));
    let end = bytes + load<u32>(offsets + (row << 2), 4);
    while (sides & 1 && start < end) {
      if (isIn(load<u8>(start), low, high)) start++;
      else {
        const space = wide && load<u8>(start) >= 0x80 ? wideSpace(start) : 0;
        if (space == 0 || start + space > end) break;
        start += space;
      }
    }
    while (sides & 2 && start < end) {
      if (isIn(load<u8>(end - 1), low, high)) end--;
      else if (!wide || load<u8>(end - 1) < 0x80) break;
      else if (end - start >= 2 && wideSpace(end - 2) == 2) end -= 2;
      else if (end - start >= 3 && wideSpace(end - 3) == 3) end -= 3;
      else break;
    }
    store<u32>(starts + (row << 2), <u32>(start - bytes));
    total += <u32>(end - start);
    store<u32>(out + (row << 2), total, 4);
  }
  return total;
}

// Between separators --------------------------------------------------------------------------------------------------

/**
 * The part of that number between separators of at least one byte, counted from 1 or, if negative, from the end; empty
 * where there is none. Separators are found from the left, and never overlap.
 */
export function textSplitPart(
  offsets: usize,
  bytes: usize,
  rows: i32,
  separator: usize,
  length: i32,
  rare: i32,
  number: i32,
  starts: usize,
  out: usize,
): u32 {
  let total: u32 = 0;
  store<u32>(out, 0);
  for (let row: usize = 0; row < <usize>rows; row++) {
    let start = bytes + load<u32>(offsets + (row << 2));
    const end = bytes + load<u32>(offsets + (row << 2), 4);
    let left = number;
    if (number < 0) {
      left += 2;
      for (let at = search(start, end, separator, length, rare); at != NOWHERE; left++) {
        at = search(at + length, end, separator, length, rare);
      }
    }
    let stop = left < 1 ? start : search(start, end, separator, length, rare);
    for (; left > 1 && stop != NOWHERE; left--) {
      start = stop + length;
      stop = search(start, end, separator, length, rare);
    }
    if (stop == NOWHERE) stop = left > 1 ? start : end;
    store<u32>(starts + (row << 2), <u32>(start - bytes));
    total += <u32>(stop - start);
    store<u32>(out + (row << 2), total, 4);
  }
  return total;
}
