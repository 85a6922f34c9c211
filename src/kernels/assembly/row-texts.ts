/**
 * Rows as lines of text, from columns whose values are texts already.
 *
 *     columns    a │ 1 │ 2 │      b │ x │ y"z │
 *     CSV        1,x⏎2,"y""z"⏎                                    fields in quotes where they need them
 *     JSON       {"a":1,"b":"x"}⏎{"a":2,"b":"y\"z"}⏎              texts escaped, numbers as they are
 *
 * A column is 32 bytes of uint32: codes (0: plain), offsets, bytes, validity (0: no nulls), form, and where its name lies,
 * as it is written before each value, with its length. Up to 16 bytes behind texts are read, and behind the lines written.
 */

import { isNull } from './text-bytes';

const COLUMN_BYTES: usize = 32;

/** Forms: a value that is written as it is, a text, a float, which may be none that JSON has. */
const TEXT: u32 = 1;
const FLOAT: u32 = 2;

const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;

// @ts-ignore: decorator
@inline
function entryOf(column: usize, row: i32): usize {
  const codes = <usize>load<u32>(column);
  return codes == 0 ? <usize>row : <usize>load<u32>(codes + (<usize>row << 2));
}

// @ts-ignore: decorator
@inline
function copied(from: usize, length: usize, to: usize): usize {
  if (length <= 16) v128.store(to, v128.load(from));
  else memory.copy(to, from, length);
  return to + length;
}

/** Bits of the bytes, of 16 from `at` on, below `left`. */
// @ts-ignore: decorator
@inline
function below(mask: i32, left: usize): i32 {
  return left < 16 ? mask & ((1 << <i32>left) - 1) : mask;
}

/** Bytes of all texts of the column, those of nulls too. */
export function columnTextBytes(column: usize, rows: i32): f64 {
  const offsets = <usize>load<u32>(column, 4);
  if (load<u32>(column) == 0) return <f64>(load<u32>(offsets + (<usize>rows << 2)) - load<u32>(offsets));
  let total: u64 = 0;
  for (let row = 0; row < rows; row++) {
    const at = offsets + (entryOf(column, row) << 2);
    total += <u64>(load<u32>(at, 4) - load<u32>(at));
  }
  return <f64>total;
}

/** Whether a field has to stand in quotes: because of what is in it, or because it would be taken for null. */
function needsQuotes(
  at: usize,
  length: usize,
  delimiter: i32,
  quote: i32,
  nullText: usize,
  nullLength: usize,
): bool {
  if (length == nullLength && memory.compare(at, nullText, length) == 0) return true;
  const delimiters = i8x16.splat(<i8>delimiter);
  const quotes = i8x16.splat(<i8>quote);
  for (let k: usize = 0; k < length; k += 16) {
    const bytes = v128.load(at + k);
    const special = v128.or(
      v128.or(i8x16.eq(bytes, delimiters), i8x16.eq(bytes, quotes)),
      v128.or(i8x16.eq(bytes, i8x16.splat(10)), i8x16.eq(bytes, i8x16.splat(13))),
    );
    if (below(i8x16.bitmask(special), length - k)) return true;
  }
  return false;
}

/**
 * Writes the rows as CSV to `to`, which has room for twice the texts and three bytes a field besides, and for nulls;
 * returns where they end.
 */
export function csvLines(
  columns: usize,
  count: i32,
  rows: i32,
  delimiter: i32,
  quote: i32,
  nullText: usize,
  nullLength: usize,
  to: usize,
): usize {
  for (let row = 0; row < rows; row++) {
    for (let index = 0; index < count; index++) {
      if (index > 0) store<u8>(to++, <u8>delimiter);
      const column = columns + <usize>index * COLUMN_BYTES;
      if (isNull(<usize>load<u32>(column, 12), row)) {
        to = copied(nullText, nullLength, to);
        continue;
      }
      const at = <usize>load<u32>(column, 4) + (entryOf(column, row) << 2);
      const start = load<u32>(at);
      const length = <usize>(load<u32>(at, 4) - start);
      const text = <usize>load<u32>(column, 8) + <usize>start;
      if (!needsQuotes(text, length, delimiter, quote, nullText, nullLength)) {
        to = copied(text, length, to);
        continue;
      }
      store<u8>(to++, <u8>quote);
      for (let k: usize = 0; k < length; k++) {
        const byte = load<u8>(text + k);
        store<u8>(to++, byte);
        if (byte == <u8>quote) store<u8>(to++, byte);
      }
      store<u8>(to++, <u8>quote);
    }
    store<u8>(to++, 10);
  }
  return to;
}

/** Where, in the text from `at` on, the first byte is that JSON escapes; `length` where none is. */
function firstEscaped(at: usize, length: usize): usize {
  for (let k: usize = 0; k < length; k += 16) {
    const bytes = v128.load(at + k);
    const special = v128.or(
      v128.or(i8x16.eq(bytes, i8x16.splat(QUOTE)), i8x16.eq(bytes, i8x16.splat(BACKSLASH))),
      i8x16.lt_u(bytes, i8x16.splat(0x20)),
    );
    const mask = below(i8x16.bitmask(special), length - k);
    if (mask) return k + <usize>ctz(mask);
  }
  return length;
}

// @ts-ignore: decorator
@inline
function hexDigit(digit: u8): u8 {
  return digit < 10 ? 0x30 + digit : 0x57 + digit;
}

/** `\n`, `\"`, `\u001f`. */
function escaped(byte: u8, to: usize): usize {
  let letter: u8 = 0;
  if (byte == QUOTE || byte == BACKSLASH) letter = byte;
  else if (byte == 8) letter = 0x62;
  else if (byte == 9) letter = 0x74;
  else if (byte == 10) letter = 0x6e;
  else if (byte == 12) letter = 0x66;
  else if (byte == 13) letter = 0x72;
  store<u8>(to, BACKSLASH);
  if (letter) {
    store<u8>(to, letter, 1);
    return to + 2;
  }
  store<u32>(to, 0x30303075, 1);
  store<u8>(to, hexDigit(byte >> 4), 4);
  store<u8>(to, hexDigit(byte & 15), 5);
  return to + 6;
}

function jsonText(text: usize, length: usize, to: usize): usize {
  store<u8>(to++, QUOTE);
  for (let done: usize = 0; done < length; ) {
    const plain = firstEscaped(text + done, length - done);
    to = copied(text + done, plain, to);
    done += plain;
    if (done < length) to = escaped(load<u8>(text + done++), to);
  }
  store<u8>(to++, QUOTE);
  return to;
}

/** A number as it is; `NaN`, `inf` and `-inf` as the texts "NaN", "Infinity" and "-Infinity". */
function jsonFloat(text: usize, length: usize, to: usize): usize {
  const isNegative = load<u8>(text) == 0x2d;
  const first = load<u8>(text + (isNegative ? 1 : 0));
  if (first <= 0x39) return copied(text, length, to);
  store<u8>(to++, QUOTE);
  if (first == 0x4e) {
    store<u32>(to, 0x4e614e);
    to += 3;
  } else {
    if (isNegative) store<u8>(to++, 0x2d);
    // Infinity
    store<u64>(to, 0x7974696e69666e49);
    to += 8;
  }
  store<u8>(to++, QUOTE);
  return to;
}

/**
 * Writes the rows as objects of JSON, a line each, to `to`, which has room for six times the texts, three bytes a row, and
 * for each field its name and twelve bytes; returns where they end.
 */
export function jsonLines(columns: usize, count: i32, rows: i32, leavesNulls: i32, to: usize): usize {
  for (let row = 0; row < rows; row++) {
    store<u8>(to++, 0x7b);
    let isFirst = true;
    for (let index = 0; index < count; index++) {
      const column = columns + <usize>index * COLUMN_BYTES;
      const isMissing = isNull(<usize>load<u32>(column, 12), row);
      if (isMissing && leavesNulls) continue;
      if (!isFirst) store<u8>(to++, 0x2c);
      isFirst = false;
      to = copied(<usize>load<u32>(column, 20), <usize>load<u32>(column, 24), to);
      if (isMissing) {
        store<u32>(to, 0x6c6c756e);
        to += 4;
        continue;
      }
      const at = <usize>load<u32>(column, 4) + (entryOf(column, row) << 2);
      const start = load<u32>(at);
      const length = <usize>(load<u32>(at, 4) - start);
      const text = <usize>load<u32>(column, 8) + <usize>start;
      const form = load<u32>(column, 16);
      if (form == TEXT) to = jsonText(text, length, to);
      else if (form == FLOAT) to = jsonFloat(text, length, to);
      else to = copied(text, length, to);
    }
    store<u16>(to, 0x0a7d);
    to += 2;
  }
  return to;
}
