// Values of any type as bytes whose order is that of the values: equal values have equal bytes, and no value's bytes begin
// another's. So nested values can be hashed, compared and sorted as texts are.
//
//     marker               1 a value, 2 a null; 0 ends a list
//     bool                 one byte
//     integers, times      most significant byte first, the sign turned around
//     decimals             the same, of 8 bytes where the type has up to 18 digits, else of 16
//     floats               the same bits, all of them turned around below zero: NaN is one and greatest, -0.0 is 0.0
//     interval             days of 24 hours, months being 30 of them, of 8 bytes, then the nanoseconds of the last day
//     bytes of one size    as they are
//     text, binary         0x00 is 0x00 0xff; 0x00 0x00 at the end
//     list, map            marker and value of each item, then 0
//     others with parts    marker and value of each part
//
//     [1, null] of uint8   │ 1 │ 1  01 │ 2 │ 0 │       the list is there; 1 is; a null; the end
//
// Of a row these are the marker and the value, and nothing where it is null. Inside of a value null is the greatest, as
// lists are compared.
//
// A node says how a column is held, 32 bytes: 0 form, 4 width, 8 validity, 12 values, 16 bytes, 20 codes (0: plain),
// 24 number of parts or items, 28 the first of the nodes of its parts.

import { isValid } from './numbers';

const NODE_BYTES: usize = 32;
/** The most that a value without parts takes, but for text. */
const MOST_BYTES: usize = 17;

const NOTHING: u32 = 0, BOOL: u32 = 1, SIGNED: u32 = 2, UNSIGNED: u32 = 3, FLOAT: u32 = 4, LONG: u32 = 5;
const INTERVAL: u32 = 6, FIXED: u32 = 7, TEXT: u32 = 8, LIST: u32 = 9, ITEMS: u32 = 10, PARTS: u32 = 11;

const NULL: u8 = 2;
const NANOSECONDS_PER_DAY: i64 = 86400000000000;

/**
 * Writes the bytes of rows from `from` on behind each other and their offsets, of which that of `from` is there. Returns the
 * first row that there was no room for; `rows` when all had.
 */
export function writeValueBytes(node: usize, from: i32, rows: i32, offsets: usize, out: usize, room: u32): i32 {
  const end = out + <usize>room, validity = <usize>load<u32>(node, 8);
  let at = out + <usize>load<u32>(offsets + (<usize>from << 2));
  for (let row = from; row < rows; row++) {
    if (isValid(validity, row)) at = writeCell(node, row, at, end);
    if (at == 0) return row;
    store<u32>(offsets + (<usize>row << 2), <u32>(at - out), 4);
  }
  return rows;
}

/** The marker of a cell and its value. Returns where that ends, or 0 where there is no room. */
function writeCell(node: usize, row: i32, at: usize, end: usize): usize {
  if (at >= end) return 0;
  if (!isValid(load<u32>(node, 8), row)) {
    store<u8>(at, NULL);
    return at + 1;
  }
  store<u8>(at, 1);
  const codes = <usize>load<u32>(node, 20);
  return writeValue(node, codes == 0 ? row : load<i32>(codes + (<usize>row << 2)), at + 1, end);
}

function writeValue(node: usize, row: i32, at: usize, end: usize): usize {
  const form = load<u32>(node), width = <usize>load<u32>(node, 4), values = <usize>load<u32>(node, 12);
  const value = values + <usize>row * width;
  if (form < TEXT && form != FIXED && end - at < MOST_BYTES) return 0;
  switch (form) {
    case NOTHING:
      return at;
    case BOOL:
      store<u8>(at, (load<u8>(values + (row >> 3)) >> <u8>(row & 7)) & 1);
      return at + 1;
    case SIGNED:
      return writeWord(signed(value, width) ^ (<u64>1 << <u64>(width * 8 - 1)), width, at);
    case UNSIGNED:
      return writeWord(signed(value, width), width, at);
    case FLOAT:
      return writeFloat(value, width, at);
    case LONG: {
      const low = load<i64>(value), high = width == 16 ? load<i64>(value, 8) : low >> 63;
      return writeWord(<u64>low, 8, writeWord(<u64>(high ^ i64.MIN_VALUE), 8, at));
    }
    case INTERVAL: {
      const nanoseconds = load<i64>(value, 8);
      let days = nanoseconds / NANOSECONDS_PER_DAY, rest = nanoseconds % NANOSECONDS_PER_DAY;
      if (rest < 0) { rest += NANOSECONDS_PER_DAY; days--; }
      days += <i64>load<i32>(value) * 30 + <i64>load<i32>(value, 4);
      return writeWord(<u64>rest, 8, writeWord(<u64>(days ^ i64.MIN_VALUE), 8, at));
    }
    case FIXED:
      if (end - at < width) return 0;
      memory.copy(at, value, width);
      return at + width;
    case TEXT: {
      const entry = values + (<usize>row << 2), start = <usize>load<u32>(entry);
      return writeText(<usize>load<u32>(node, 16) + start, <usize>load<u32>(entry, 4) - start, at, end);
    }
    case LIST: {
      const entry = values + (<usize>row << 2), behind = load<i32>(entry, 4), items = <usize>load<u32>(node, 28);
      for (let item = load<i32>(entry); item < behind; item++) {
        at = writeCell(items, item, at, end);
        if (at == 0) return 0;
      }
      if (at >= end) return 0;
      store<u8>(at, 0);
      return at + 1;
    }
    case ITEMS: {
      const size = load<i32>(node, 24), items = <usize>load<u32>(node, 28);
      for (let item = row * size, behind = item + size; item < behind && at != 0; item++) at = writeCell(items, item, at, end);
      return at;
    }
    case PARTS: {
      const parts = <usize>load<u32>(node, 28), behind = parts + <usize>load<u32>(node, 24) * NODE_BYTES;
      for (let part = parts; part < behind && at != 0; part += NODE_BYTES) at = writeCell(part, row, at, end);
      return at;
    }
  }
  return unreachable();
}

/** Sign-extended, which the bytes that are not written do not show. */
@inline function signed(value: usize, width: usize): u64 {
  if (width == 8) return load<u64>(value);
  if (width == 4) return <u64>load<i32>(value);
  return width == 2 ? <u64>load<i16>(value) : <u64>load<i8>(value);
}

/** The low `width` bytes, most significant first. */
@inline function writeWord(word: u64, width: usize, at: usize): usize {
  store<u64>(at, bswap<u64>(word << <u64>(64 - width * 8)));
  return at + width;
}

/** Of 2, 4 or 8 bytes. */
function writeFloat(value: usize, width: usize, at: usize): usize {
  const shift = <u64>(64 - width * 8);
  // In the upper bits, so that the sign is that of the word.
  let bits = (width == 8 ? load<u64>(value) : width == 4 ? <u64>load<u32>(value) : <u64>load<u16>(value)) << shift;
  const magnitude = bits & <u64>i64.MAX_VALUE, infinity = width == 8 ? <u64>0x7ff0000000000000 : width == 4 ? <u64>0x7f80000000000000 : <u64>0x7c00000000000000;
  if (magnitude == 0) bits = 0;
  else if (magnitude > infinity) bits = <u64>i64.MAX_VALUE;
  const turned = <i64>bits < 0 ? ~bits : bits ^ <u64>i64.MIN_VALUE;
  store<u64>(at, bswap<u64>(turned));
  return at + width;
}

function writeText(text: usize, length: usize, at: usize, end: usize): usize {
  if (end - at < 2 * length + 2) return 0;
  for (let p: usize = 0; p < length; p++) {
    const byte = load<u8>(text + p);
    store<u8>(at++, byte);
    if (byte == 0) store<u8>(at++, 0xff);
  }
  store<u16>(at, 0);
  return at + 2;
}

/**
 * Lists the rows that were given numbers from `next` on, each the first one that has its number: numbers of new entries
 * rise by one. Returns how many.
 */
export function listNewIds(ids: usize, rows: i32, next: u32, list: usize): i32 {
  let found = 0;
  for (let row = 0; row < rows; row++) {
    if (load<u32>(ids + (<usize>row << 2)) != next) continue;
    store<u32>(list + (<usize>found << 2), row);
    found++;
    next++;
  }
  return found;
}
