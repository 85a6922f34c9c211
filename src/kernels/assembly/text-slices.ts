/**
 * Texts that are parts of texts: first where they begin and how long they are, then, in memory of that size, their bytes.
 *
 *     split_part('ab-cde-f', '-', 2)     starts │ 3 │     offsets │ 0 │ 3 │     then   bytes │ c d e │
 *
 * Each kernel of the first kind returns the bytes of all parts. Starts are u32, counted as offsets are.
 */

import {
  MOST_BYTES,
  NOWHERE,
  copyText,
  countAt,
  countCharacters,
  entryAt,
  isAscii,
  isNull,
  search,
  skipCharacters,
} from './text-bytes';

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

const LEFT = 0;
const RIGHT = 1;
const SUBSTR = 2;
const SUBSTRING = 3;

/** The place in the upper half and the one behind the last in the lower, of a text of that many characters. */
// @ts-ignore: decorator
@inline
function rangeOf(form: i32, length: i64, first: i64, second: i64): u64 {
  let start = first < 0 ? length + first : first;
  let stop = second < 0 ? length + second : second;
  if (form == LEFT) {
    stop = start;
    start = 0;
  } else if (form == RIGHT) {
    start = first < 0 ? -first : length - first;
    stop = length;
  } else if (form == SUBSTR) {
    start = max<i64>(start, 0);
    stop = start + max<i64>(second, 0);
  } else if (form == SUBSTRING) {
    start -= <i64>(first >= 0);
    stop = start + max<i64>(second, 0);
    start += min<i64>(second, 0);
  }
  start = min<i64>(max<i64>(start, 0), length);
  stop = min<i64>(max<i64>(stop, start), length);
  return (<u64>start << 32) | <u64>stop;
}

/**
 * The characters of each text that a function gives, of one or two counts, which are int64 values:
 *
 *     0 left(count)   1 right(count)   2 substr(start, length)   3 substring(start, length)   4 slice(start, end)
 *
 * Starts count from 0, but of `substring` from 1, and negative ones from the end, as does the end. Counts lie so many bytes
 * apart. Codes are 0 of a plain column. What is null by `validity` is empty.
 */
export function textSlice(
  form: i32,
  codes: usize,
  offsets: usize,
  bytes: usize,
  rows: i32,
  validity: usize,
  first: usize,
  firstStep: usize,
  second: usize,
  secondStep: usize,
  starts: usize,
  out: usize,
): i32 {
  const isSimple =
    codes == 0 && isAscii(bytes + load<u32>(offsets), bytes + load<u32>(offsets + (<usize>rows << 2)));
  const varies = (firstStep | secondStep) != 0;
  let a = rows ? countAt(first, 0, 0) : 0;
  let b = rows ? countAt(second, 0, 0) : 0;
  let total: u64 = 0;
  store<u32>(out, 0);
  for (let row = 0; row < rows; row++) {
    const at = offsets + (entryAt(codes, row) << 2);
    const begin = bytes + load<u32>(at);
    const end = bytes + load<u32>(at, 4);
    let start: usize = 0;
    let size: usize = 0;
    if (!isNull(validity, row)) {
      const length = isSimple ? <i64>(end - begin) : <i64>countCharacters(begin, end);
      if (varies) {
        a = countAt(first, firstStep, row);
        b = countAt(second, secondStep, row);
      }
      const range = rangeOf(form, length, a, b);
      start = <usize>(range >> 32);
      size = <usize>(<u32>range) - start;
      if (!isSimple) {
        const from = skipCharacters(begin, end, <i32>start);
        size = skipCharacters(from, end, <i32>size) - from;
        start = from - begin;
      }
    }
    store<u32>(starts + (<usize>row << 2), <u32>(begin - bytes + start));
    total += size;
    if (total > MOST_BYTES) return -1;
    store<u32>(out + (<usize>row << 2), <u32>total, 4);
  }
  return <i32>total;
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

/**
 * The parts that separators and numbers of each row say, as `textSplitPart` gives them; empty where the number is 0, or the
 * row is null. Returns -1 where a separator is empty, or all parts are more bytes than offsets can say.
 */
export function textSplitParts(
  codes: usize,
  offsets: usize,
  bytes: usize,
  separatorCodes: usize,
  separatorOffsets: usize,
  separatorBytes: usize,
  rows: i32,
  validity: usize,
  numbers: usize,
  step: usize,
  starts: usize,
  out: usize,
): i32 {
  let total: u64 = 0;
  store<u32>(out, 0);
  for (let row = 0; row < rows; row++) {
    const text = offsets + (entryAt(codes, row) << 2);
    const separatorAt = separatorOffsets + (entryAt(separatorCodes, row) << 2);
    const separator = separatorBytes + load<u32>(separatorAt);
    const length = load<i32>(separatorAt, 4) - load<i32>(separatorAt);
    let start = bytes + load<u32>(text);
    let stop = start;
    if (!isNull(validity, row)) {
      if (length == 0) return -1;
      const end = bytes + load<u32>(text, 4);
      const number = countAt(numbers, step, row);
      let left = number;
      if (number < 0) {
        left += 2;
        for (let at = search(start, end, separator, length, 0); at != NOWHERE; left++) {
          at = search(at + length, end, separator, length, 0);
        }
      }
      if (left >= 1) {
        stop = search(start, end, separator, length, 0);
        for (; left > 1 && stop != NOWHERE; left--) {
          start = stop + length;
          stop = search(start, end, separator, length, 0);
        }
        if (stop == NOWHERE) stop = left > 1 ? start : end;
      }
    }
    store<u32>(starts + (<usize>row << 2), <u32>(start - bytes));
    total += stop - start;
    if (total > MOST_BYTES) return -1;
    store<u32>(out + (<usize>row << 2), <u32>total, 4);
  }
  return <i32>total;
}
