/**
 * A column of texts as one of numbers, bools or times. White space of ASCII around them is let go of.
 *
 *     │ ' 12' │ 'x' │ '7 ' │ null │        values │ 12 │ 0 │ 7 │ 0 │       failed │ 0 1 0 0 │       returns 1
 */

import { hasFailed } from './digits';
import { readDecimal, readFloat } from './read-numbers';
import { readDate, readTimestamp } from './read-times';
import { readBool, readInteger } from './read-whole';
import { isNull, put } from './text-bytes';

/** White space of ASCII: space, and tab to carriage return. */
// @ts-ignore: decorator
@inline
function isSpace(byte: u8): bool {
  return byte == 0x20 || byte - 9 <= 4;
}

/** Where a text begins and ends without the white space around it: the start in the upper half. */
// @ts-ignore: decorator
@inline
function trimmed(start: usize, end: usize): u64 {
  while (start < end && isSpace(load<u8>(start))) start++;
  while (start < end && isSpace(load<u8>(end - 1))) end--;
  return (<u64>start << 32) | <u64>end;
}

const INTEGER = 0;
const DECIMAL = 1;
const FLOAT = 2;
const BOOL = 3;
const DATE = 4;

// @ts-ignore: decorator
@inline
function read(kind: i32, start: usize, end: usize, width: i32, a: u64, b: u64): u64 {
  if (kind == INTEGER) return readInteger(start, end, a, b);
  if (kind == DECIMAL) return readDecimal(start, end, <i32>a, <i32>b);
  if (kind == FLOAT) return readFloat(start, end, width);
  if (kind == BOOL) return readBool(start, end);
  if (kind == DATE) return readDate(start, end);
  return readTimestamp(start, end, <i32>a, <i32>b);
}

/**
 * Texts of a plain column: values of `width` bytes, or bits in whole words where it is 0; what `a` and `b` are depends on the kind. Rows whose bit
 * in `validity` is 0 (address 0: none) are zero and have not failed. Failed rows are zero too, and have their bit in the
 * words of `failed`, which are written whole; how many they are is returned.
 */
export function parseTexts(
  kind: i32,
  offsets: usize,
  bytes: usize,
  rows: i32,
  validity: usize,
  width: i32,
  a: u64,
  b: u64,
  out: usize,
  failed: usize,
): i32 {
  return parseAll(false, kind, offsets, bytes, rows, validity, width, a, b, out, failed);
}

/** The same of texts anywhere: `spans` holds the start and the end of each, 4 bytes each. */
export function parseSpans(
  kind: i32,
  spans: usize,
  rows: i32,
  validity: usize,
  width: i32,
  a: u64,
  b: u64,
  out: usize,
  failed: usize,
): i32 {
  return parseAll(true, kind, spans, 0, rows, validity, width, a, b, out, failed);
}

// @ts-ignore: decorator
@inline
function parseAll(
  isSpans: bool,
  kind: i32,
  places: usize,
  bytes: usize,
  rows: i32,
  validity: usize,
  width: i32,
  a: u64,
  b: u64,
  out: usize,
  failed: usize,
): i32 {
  let failures = 0;
  let word: u64 = 0;
  let bits: u64 = 0;
  for (let row = 0; row < rows; row++) {
    let value: u64 = 0;
    word >>= 1;
    if (!isNull(validity, row)) {
      // The end of a text is the offset of the next; spans have an end of their own.
      const place = places + (<usize>row << (isSpans ? 3 : 2));
      const text = trimmed(bytes + load<u32>(place), bytes + load<u32>(place, 4));
      value = read(kind, <usize>(text >> 32), <usize>text, width, a, b);
      if (hasFailed()) {
        failures++;
        word |= <u64>1 << 63;
      }
    }
    put(failed, row, rows, word);
    if (width == 8) store<u64>(out + (<usize>row << 3), value);
    else if (width == 4) store<u32>(out + (<usize>row << 2), <u32>value);
    else if (width == 2) store<u16>(out + (<usize>row << 1), <u16>value);
    else if (width == 1) store<u8>(out + row, <u8>value);
    else {
      bits = (bits >> 1) | (value << 63);
      put(out, row, rows, bits);
    }
  }
  return failures;
}
