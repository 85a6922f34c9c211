/**
 * Values of columns in Parquet's encodings. Values are picked by their row numbers, which a page, a dictionary and a pair of
 * bounds are lists of, so that nulls, nesting and dictionaries have been dealt with before (parquet-slots.ts).
 *
 *     numbers  │ 0 │ 3 │ 3 │ 1 │ ──▶ plain     │ v0 │ v3 │ v3 │ v1 │
 *                                ──▶ distinct  │ 0 │ 3 │ 1 │  and codes │ 0 │ 1 │ 1 │ 2 │ ──▶ runs and packed bits
 *
 * `width` of a column is that of its values in bytes, 0 where they are bits and WIDTH_OF_BYTES where they are offsets into
 * `bytes`.
 */

import { hashBytes, hashWord, hashWords } from './xxhash';

const WIDTH_OF_BYTES: i32 = -1;

// How values are stored, as `PLAIN` of parquet-encode-kernels.ts has them.
const COPY: u32 = 0;
const WIDEN_SIGNED: u32 = 1;
const WIDEN_UNSIGNED: u32 = 2;
const NARROW: u32 = 3;
const BIG_ENDIAN: u32 = 4;
const THOUSANDFOLD: u32 = 5;

@inline function numberAt(numbers: usize, i: u32): usize { return <usize>load<u32>(numbers + (<usize>i << 2)); }
@inline function bitAt(values: usize, row: usize): u32 { return (<u32>load<u8>(values + (row >> 3)) >> <u32>(row & 7)) & 1; }

/** Plain bytes of `count` values of which each has its own length, with the lengths. */
export function sizedBytes(offsets: usize, numbers: usize, count: u32): f64 {
  let total: u64 = <u64>count << 2;
  for (let i: u32 = 0; i < count; i++) {
    const at = offsets + (numberAt(numbers, i) << 2);
    total += <u64>(load<u32>(at, 4) - load<u32>(at));
  }
  return <f64>total;
}

/** Writes `count` values plainly; returns where they end, or 0 where one does not fit what it is to be. */
export function encodePlain(form: u32, values: usize, bytes: usize, width: i32, numbers: usize, count: u32, to: usize): usize {
  if (width == 0) return plainBits(values, numbers, count, to);
  if (width == WIDTH_OF_BYTES) return plainSized(values, bytes, numbers, count, to);
  if (form == COPY) return copyPlain(values, <usize>width, numbers, count, to);
  if (form == THOUSANDFOLD) {
    for (let i: u32 = 0; i < count; i++) {
      const value = load<i64>(values + (numberAt(numbers, i) << 3));
      if (value > 9223372036854775 || value < -9223372036854775) return 0;
      store<i64>(to + (<usize>i << 3), value * 1000);
    }
    return to + (<usize>count << 3);
  }
  if (form == BIG_ENDIAN) {
    for (let i: u32 = 0; i < count; i++, to += 16) {
      const at = values + numberAt(numbers, i) * <usize>width;
      const low = load<i64>(at);
      const high = width == 16 ? load<i64>(at, 8) : low >> 63;
      store<u64>(to, bswap<u64>(<u64>high));
      store<u64>(to, bswap<u64>(<u64>low), 8);
    }
    return to;
  }
  for (let i: u32 = 0; i < count; i++) {
    const at = values + numberAt(numbers, i) * <usize>width;
    let value: u32;
    if (form == NARROW) value = load<u32>(at);
    else if (form == WIDEN_SIGNED) value = width == 1 ? <u32><i32>load<i8>(at) : <u32><i32>load<i16>(at);
    else if (form == WIDEN_UNSIGNED) value = width == 1 ? <u32>load<u8>(at) : <u32>load<u16>(at);
    else return 0;
    store<u32>(to + (<usize>i << 2), value);
  }
  return to + (<usize>count << 2);
}

function plainBits(values: usize, numbers: usize, count: u32, to: usize): usize {
  const byteCount = <usize>((count + 7) >> 3);
  memory.fill(to, 0, byteCount);
  for (let i: u32 = 0; i < count; i++) {
    const at = to + (i >> 3);
    store<u8>(at, load<u8>(at) | <u8>(bitAt(values, numberAt(numbers, i)) << (i & 7)));
  }
  return to + byteCount;
}

function plainSized(offsets: usize, bytes: usize, numbers: usize, count: u32, to: usize): usize {
  for (let i: u32 = 0; i < count; i++) {
    const at = offsets + (numberAt(numbers, i) << 2);
    const start = load<u32>(at);
    const length = <usize>(load<u32>(at, 4) - start);
    store<u32>(to, <u32>length);
    to += 4;
    const from = bytes + start;
    if (length <= 16) v128.store(to, v128.load(from));
    else memory.copy(to, from, length);
    to += length;
  }
  return to;
}

function copyPlain(values: usize, width: usize, numbers: usize, count: u32, to: usize): usize {
  if (width == 4) for (let i: u32 = 0; i < count; i++) store<u32>(to + (<usize>i << 2), load<u32>(values + (numberAt(numbers, i) << 2)));
  else if (width == 8) for (let i: u32 = 0; i < count; i++) store<u64>(to + (<usize>i << 3), load<u64>(values + (numberAt(numbers, i) << 3)));
  else for (let i: u32 = 0; i < count; i++) memory.copy(to + <usize>i * width, values + numberAt(numbers, i) * width, width);
  return to + <usize>count * width;
}

/** Bits of `slots` in `distinctValues` are a power of two, and at least twice as many as entries. */
const FREE: u32 = 0xffffffff;

/** Width of values that are the row numbers themselves: entries of a dictionary, which are taken for distinct. */
const WIDTH_OF_NUMBERS: i32 = -2;

@inline function hashValue(values: usize, bytes: usize, width: i32, row: usize): u64 {
  if (width == WIDTH_OF_NUMBERS) return hashWord(row);
  if (width == 8) return hashWord(load<u64>(values + (row << 3)));
  if (width == 4) return hashWord(load<u32>(values + (row << 2)));
  if (width == WIDTH_OF_BYTES) {
    const at = values + (row << 2);
    const start = load<u32>(at);
    return hashBytes(bytes + start, <usize>(load<u32>(at, 4) - start));
  }
  if (width == 2) return hashWord(load<u16>(values + (row << 1)));
  if (width == 1) return hashWord(load<u8>(values + row));
  if (width == 16) return hashWords(load<u64>(values + (row << 4)), load<u64>(values + (row << 4), 8));
  return hashBytes(values + row * <usize>width, <usize>width);
}

@inline function equalValues(values: usize, bytes: usize, width: i32, a: usize, b: usize): bool {
  if (a == b) return true;
  if (width == WIDTH_OF_NUMBERS) return false;
  if (width == 8) return load<u64>(values + (a << 3)) == load<u64>(values + (b << 3));
  if (width == 4) return load<u32>(values + (a << 2)) == load<u32>(values + (b << 2));
  if (width == WIDTH_OF_BYTES) {
    const atA = values + (a << 2), atB = values + (b << 2);
    const startA = load<u32>(atA), startB = load<u32>(atB);
    const length = load<u32>(atA, 4) - startA;
    return length == load<u32>(atB, 4) - startB && memory.compare(bytes + startA, bytes + startB, length) == 0;
  }
  return memory.compare(values + a * <usize>width, values + b * <usize>width, <usize>width) == 0;
}

/** Of `distinctClose`, where values lie too far apart. */
const FAR_APART: u32 = 0xfffffffe;
/** Values that are looked at before it is asked how far apart they lie. */
const LOOKED_AT: u32 = 1024;

@inline function wordAt<T>(isNumber: bool, values: usize, row: usize): i64 {
  return isNumber ? <i64>row : <i64>load<T>(values + row * sizeof<T>());
}

/**
 * As `distinctValues`, of words, or of the numbers of rows themselves, where the table has a place for each that lies between
 * the least and the greatest of them: days, amounts, codes.
 *
 *     3 7 3 4        least 3        table │ 0 │ 2 │ – │ – │ 1 │        codes 0 1 0 2
 */
function distinctClose<T>(
  isNumber: bool,
  values: usize,
  numbers: usize,
  count: u32,
  table: usize,
  slots: u32,
  most: u32,
  codes: usize,
  entries: usize,
): u32 {
  let least = i64.MAX_VALUE, greatest = i64.MIN_VALUE;
  for (let i: u32 = 0; i < count;) {
    const end = count - i < LOOKED_AT ? count : i + LOOKED_AT;
    for (; i < end; i++) {
      const value = wordAt<T>(isNumber, values, numberAt(numbers, i));
      least = min<i64>(least, value);
      greatest = max<i64>(greatest, value);
    }
    if (<u64>(greatest - least) >= <u64>slots) return FAR_APART;
  }
  memory.fill(table, 0xff, (<usize>(greatest - least) + 1) << 2);
  let known: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const row = numberAt(numbers, i);
    const at = table + (<usize>(wordAt<T>(isNumber, values, row) - least) << 2);
    let code = load<u32>(at);
    if (code == FREE) {
      if (known == most) return FREE;
      code = known++;
      store<u32>(at, code);
      store<u32>(entries + (<usize>code << 2), <u32>row);
    }
    store<u32>(codes + (<usize>i << 2), code);
  }
  return known;
}

/**
 * Numbers the distinct values of `count` rows, at least one, in the order in which they come: a code for each goes to `codes`, the row of
 * each distinct value to `entries`. Returns how many there are, or 0xffffffff where they are more than `most`. `table` has
 * `slots` words.
 */
export function distinctValues(
  values: usize,
  bytes: usize,
  width: i32,
  numbers: usize,
  count: u32,
  table: usize,
  slots: u32,
  most: u32,
  codes: usize,
  entries: usize,
): u32 {
  let found = FAR_APART;
  if (width == WIDTH_OF_NUMBERS) found = distinctClose<u32>(true, 0, numbers, count, table, slots, most, codes, entries);
  else if (width == 8) found = distinctClose<i64>(false, values, numbers, count, table, slots, most, codes, entries);
  else if (width == 4) found = distinctClose<i32>(false, values, numbers, count, table, slots, most, codes, entries);
  else if (width == 2) found = distinctClose<i16>(false, values, numbers, count, table, slots, most, codes, entries);
  else if (width == 1) found = distinctClose<i8>(false, values, numbers, count, table, slots, most, codes, entries);
  if (found != FAR_APART) return found;
  memory.fill(table, 0xff, <usize>slots << 2);
  const mask = slots - 1;
  let known: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const row = numberAt(numbers, i);
    let slot = <u32>hashValue(values, bytes, width, row) & mask;
    let code: u32;
    for (;;) {
      code = load<u32>(table + (<usize>slot << 2));
      if (code == FREE) {
        if (known == most) return FREE;
        code = known++;
        store<u32>(table + (<usize>slot << 2), code);
        store<u32>(entries + (<usize>code << 2), <u32>row);
        break;
      }
      if (equalValues(values, bytes, width, numberAt(entries, code), row)) break;
      slot = (slot + 1) & mask;
    }
    store<u32>(codes + (<usize>i << 2), code);
  }
  return known;
}

/** Lists the rows of the entries, `size` of them in `entries`, that `count` codes use; `marks` is room for a byte for each. */
export function usedEntries(codes: usize, count: u32, entries: usize, size: u32, marks: usize, to: usize): u32 {
  memory.fill(marks, 0, size);
  for (let i: u32 = 0; i < count; i++) store<u8>(marks + load<u32>(codes + (<usize>i << 2)), 1);
  let at = to;
  for (let code: u32 = 0; code < size; code++) {
    store<u32>(at, load<u32>(entries + (<usize>code << 2)));
    at += load<u8>(marks + code) != 0 ? 4 : 0;
  }
  return <u32>((at - to) >> 2);
}

@inline function element(values: usize, isWide: bool, i: u32): u32 {
  return isWide ? load<u32>(values + (<usize>i << 2)) : <u32>load<u8>(values + i);
}

@inline function writeVarint(value: u32, to: usize): usize {
  for (; value > 127; value >>= 7) store<u8>(to++, <u8>(value | 128));
  store<u8>(to++, <u8>value);
  return to;
}

/** Values of a run, at least: fewer are packed. */
const LEAST_RUN: u32 = 8;

/** Bytes (`isWide` false) or words of at most `bits` bits, as runs and packed groups of 8; returns where they end. */
export function encodeHybrid(values: usize, isWide: bool, count: u32, bits: u32, to: usize): usize {
  let i: u32 = 0;
  while (i < count) {
    const run = runLength(values, isWide, i, count, 0xffffffff);
    if (run >= LEAST_RUN) {
      to = writeVarint(run << 1, to);
      const value = element(values, isWide, i);
      for (let bit: u32 = 0; bit < bits; bit += 8) store<u8>(to++, <u8>(value >> bit));
      i += run;
      continue;
    }
    const start = i;
    do i += 8; while (i < count && runLength(values, isWide, i, count, LEAST_RUN) < LEAST_RUN);
    i = min<u32>(i, count);
    const groups = (i - start + 7) >> 3;
    to = writeVarint((groups << 1) | 1, to);
    let held: u64 = 0;
    let heldBits: u32 = 0;
    for (let n: u32 = 0; n < groups << 3; n++) {
      if (start + n < i) held |= <u64>element(values, isWide, start + n) << heldBits;
      heldBits += bits;
      for (; heldBits >= 8; heldBits -= 8) {
        store<u8>(to++, <u8>held);
        held >>= 8;
      }
    }
  }
  return to;
}

@inline function runLength(values: usize, isWide: bool, start: u32, count: u32, most: u32): u32 {
  const first = element(values, isWide, start);
  const end = most < count - start ? start + most : count;
  let i = start + 1;
  while (i < end && element(values, isWide, i) == first) i++;
  return i - start;
}

// What values are compared as, as `ORDER` of parquet-encode-kernels.ts has them.
const SIGNED: u32 = 0;
const UNSIGNED: u32 = 1;
const FLOAT: u32 = 2;
const BYTES: u32 = 3;

/** Rows of the least and of the greatest value, (least << 32) | greatest; all ones where there is none but NaN. */
export function boundRows(order: u32, values: usize, bytes: usize, width: i32, numbers: usize, count: u32): u64 {
  let least: usize = 0, greatest: usize = 0;
  let i: u32 = 0;
  if (order == FLOAT) {
    while (i < count && floatAt(values, width, numberAt(numbers, i)) != floatAt(values, width, numberAt(numbers, i))) i++;
  }
  if (i >= count) return 0xffffffffffffffff;
  least = greatest = numberAt(numbers, i);
  for (; i < count; i++) {
    const row = numberAt(numbers, i);
    if (isLess(order, values, bytes, width, row, least)) least = row;
    else if (isLess(order, values, bytes, width, greatest, row)) greatest = row;
  }
  return (<u64>least << 32) | <u64>greatest;
}

@inline function floatAt(values: usize, width: i32, row: usize): f64 {
  if (width == 8) return load<f64>(values + (row << 3));
  if (width == 4) return <f64>load<f32>(values + (row << 2));
  // The order of halves is that of these numbers, and which of them are none.
  const half = <u32>load<u16>(values + (row << 1));
  const magnitude = half & 0x7fff;
  if (magnitude > 0x7c00) return NaN;
  return half & 0x8000 ? -<f64>magnitude : <f64>magnitude;
}

@inline function isLess(order: u32, values: usize, bytes: usize, width: i32, a: usize, b: usize): bool {
  if (order == FLOAT) return floatAt(values, width, a) < floatAt(values, width, b);
  if (order == BYTES) return compareBytes(values, bytes, width, a, b) < 0;
  if (width == 8) {
    if (order == SIGNED) return load<i64>(values + (a << 3)) < load<i64>(values + (b << 3));
    return load<u64>(values + (a << 3)) < load<u64>(values + (b << 3));
  }
  if (width == 4) {
    if (order == SIGNED) return load<i32>(values + (a << 2)) < load<i32>(values + (b << 2));
    return load<u32>(values + (a << 2)) < load<u32>(values + (b << 2));
  }
  if (width == 2) {
    if (order == SIGNED) return load<i16>(values + (a << 1)) < load<i16>(values + (b << 1));
    return load<u16>(values + (a << 1)) < load<u16>(values + (b << 1));
  }
  if (width == 1) {
    if (order == SIGNED) return load<i8>(values + a) < load<i8>(values + b);
    return load<u8>(values + a) < load<u8>(values + b);
  }
  if (width == 0) return bitAt(values, a) < bitAt(values, b);
  const atA = values + (a << 4), atB = values + (b << 4);
  const highA = load<i64>(atA, 8), highB = load<i64>(atB, 8);
  return highA < highB || (highA == highB && load<u64>(atA) < load<u64>(atB));
}

function compareBytes(values: usize, bytes: usize, width: i32, a: usize, b: usize): i32 {
  if (width != WIDTH_OF_BYTES) return memory.compare(values + a * <usize>width, values + b * <usize>width, <usize>width);
  const atA = values + (a << 2), atB = values + (b << 2);
  let from = bytes + load<u32>(atA), to = bytes + load<u32>(atB);
  const lengthA = <usize>load<u32>(atA, 4) - (from - bytes), lengthB = <usize>load<u32>(atB, 4) - (to - bytes);
  const shorter = min<usize>(lengthA, lengthB);
  const end = from + shorter;
  for (; from + 8 <= end; from += 8, to += 8) {
    const wordA = load<u64>(from), wordB = load<u64>(to);
    if (wordA != wordB) return bswap<u64>(wordA) < bswap<u64>(wordB) ? -1 : 1;
  }
  for (; from < end; from++, to++) {
    const difference = <i32>load<u8>(from) - <i32>load<u8>(to);
    if (difference != 0) return difference;
  }
  return lengthA < lengthB ? -1 : lengthA > lengthB ? 1 : 0;
}

/** Odd numbers that spread a hash over the eight words of a block: https://parquet.apache.org/docs/file-format/bloomfilter/ */
const SALTS: usize = memory.data<u32>([0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31]);

/**
 * Adds `count` plain values at `at`, of `width` bytes or (0) each behind its length, to a filter of `blocks` blocks. Of floats
 * both zeros are added where one is, as they are equal: bytes of values change meanwhile.
 */
export function addToBloomFilter(at: usize, count: u32, width: u32, isFloat: bool, filter: usize, blocks: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    let length = <usize>width;
    if (width == 0) {
      length = <usize>load<u32>(at);
      at += 4;
    }
    addHash(hashBytes(at, length), filter, blocks);
    if (isFloat && isZero(at, length)) {
      const last = at + length - 1;
      store<u8>(last, load<u8>(last) ^ 0x80);
      addHash(hashBytes(at, length), filter, blocks);
      store<u8>(last, load<u8>(last) ^ 0x80);
    }
    at += length;
  }
}

@inline function addHash(hash: u64, filter: usize, blocks: u32): void {
  const block = filter + (<usize>(((hash >> 32) * <u64>blocks) >> 32) << 5);
  for (let word: usize = 0; word < 32; word += 4) {
    const bit: u32 = (<u32>hash * load<u32>(SALTS + word)) >> 27;
    store<u32>(block + word, load<u32>(block + word) | (1 << bit));
  }
}

function isZero(at: usize, length: usize): bool {
  if (length == 8) return load<u64>(at) << 1 == 0;
  if (length == 4) return load<u32>(at) << 1 == 0;
  return <u16>(load<u16>(at) << 1) == 0;
}
