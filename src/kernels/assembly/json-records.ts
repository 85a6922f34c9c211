/**
 * Records of JSON as columns: the places of values, by the tree of a schema. Nodes are tables of 4-byte words:
 *
 *     0 kind   4 rows   8 most rows   12 spans, or offsets   16 validity   20 parts   24 how many   28 the next expected
 *
 *     { "a": 1, "b": [2, 3] }      struct ─┬─ a  scalar   spans  │ 1 │                    a span is a start and an end;
 *     { "b": null }                        └─ b  list     offsets │ 0 │ 2 │ 2 │           null is 0, 0
 *                                                └─ item  spans  │ 2 │ 3 │
 *
 * The parts of a struct are its fields: node, name and length of the name, 12 bytes each. Those of a list are its item, of a map
 * its key and its value. What no field asks for is passed over, though not unchecked. Keys mostly come in one order, so the field
 * behind the last one found is tried first. A record that is not complete, or for whose items there is no room, leaves nothing
 * behind: rows are counted back, by the offsets of lists.
 */

import { same } from './text-bytes';

const SCALAR = 0;
const STRUCT = 1;
const LIST = 2;
const MAP = 3;

/** How `jsonRecords` has ended. */
const DONE = 0;
const INCOMPLETE = 1;
const SYNTAX = 2;
const MISFIT = 3;
const NO_ROOM = 4;
const TOO_DEEP = 5;
const NO_OBJECT = 6;

/** What stands around the records. */
const UNKNOWN = 0;
const LINES = 1;
const ARRAY = 2;
const CLOSED = 3;

const MOST_DEPTH = 512;
const KEY_BYTES = 1024;

let tokens: usize = 0;
let at: i32 = 0;
let tokenCount: i32 = 0;
let bytesEnd: usize = 0;
let status: i32 = DONE;
let wrongNode: usize = 0;
let wrongAt: usize = 0;
let isLenient: bool = false;
let keyScratch: usize = 0;

// @ts-ignore: decorator
@inline
function token(index: i32): usize {
  return load<usize>(tokens + (<usize>index << 2));
}

// @ts-ignore: decorator
@inline
function rowsOf(node: usize): i32 {
  return load<i32>(node, 4);
}

function stop(why: i32, node: usize, place: usize): bool {
  status = why;
  wrongNode = node;
  wrongAt = place;
  return false;
}

// @ts-ignore: decorator
@inline
function setValid(node: usize, row: i32, valid: i32): void {
  const byte = load<usize>(node, 16) + (row >> 3);
  const bit: u8 = 1 << <u8>(row & 7);
  store<u8>(byte, valid ? load<u8>(byte) | bit : load<u8>(byte) & ~bit);
}

// @ts-ignore: decorator
@inline
function putSpan(node: usize, start: usize, end: usize): bool {
  const row = rowsOf(node);
  if (row == load<i32>(node, 8)) return stop(NO_ROOM, node, start);
  const span = load<usize>(node, 12) + (<usize>row << 3);
  store<u32>(span, <u32>start);
  store<u32>(span, <u32>end, 4);
  store<i32>(node, row + 1, 4);
  return true;
}

/** How many rows the items of a list have, or the keys of a map. */
// @ts-ignore: decorator
@inline
function itemRows(node: usize): i32 {
  return rowsOf(load<usize>(load<usize>(node, 20)));
}

/** Ends the row of a list or map behind the items that it has got. */
// @ts-ignore: decorator
@inline
function endItems(node: usize, valid: i32): void {
  const row = rowsOf(node);
  store<i32>(load<usize>(node, 12) + (<usize>(row + 1) << 2), itemRows(node));
  setValid(node, row, valid);
  store<i32>(node, row + 1, 4);
}

function putNull(node: usize): bool {
  const kind = load<i32>(node);
  if (kind == SCALAR) return putSpan(node, 0, 0);
  const row = rowsOf(node);
  if (row == load<i32>(node, 8)) return stop(NO_ROOM, node, 0);
  if (kind == STRUCT) {
    setValid(node, row, 0);
    store<i32>(node, row + 1, 4);
    return fillMissing(node, row);
  }
  endItems(node, 0);
  return true;
}

/** Nulls for fields of a struct that have no value in `row`. */
function fillMissing(node: usize, row: i32): bool {
  const fields = load<usize>(node, 20);
  const count = load<i32>(node, 24);
  for (let field = 0; field < count; field++) {
    const part = load<usize>(fields + <usize>field * 12);
    if (rowsOf(part) == row && !putNull(part)) return false;
  }
  return true;
}

/** Counts back to `rows`. */
function truncate(node: usize, rows: i32): void {
  store<i32>(node, rows, 4);
  const kind = load<i32>(node);
  if (kind == SCALAR) return;
  const parts = load<usize>(node, 20);
  if (kind == STRUCT) {
    const count = load<i32>(node, 24);
    for (let field = 0; field < count; field++) truncate(load<usize>(parts + <usize>field * 12), rows);
    return;
  }
  const items = load<i32>(load<usize>(node, 12) + (<usize>rows << 2));
  truncate(load<usize>(parts), items);
  if (kind == MAP) truncate(load<usize>(parts, 4), items);
}

/** The node of the field with this key, 0 where there is none. */
function fieldOf(node: usize, start: usize, end: usize): usize {
  const fields = load<usize>(node, 20);
  const count = load<i32>(node, 24);
  let length = <i32>(end - start);
  const expected = load<i32>(node, 28);
  if (expected < count) {
    const field = fields + <usize>expected * 12;
    if (load<i32>(field, 8) == length && same(load<usize>(field, 4), start, length)) {
      store<i32>(node, expected + 1, 28);
      return load<usize>(field);
    }
  }
  for (let place = start; place < end; place++) {
    if (load<u8>(place) != 0x5c) continue;
    if (length > KEY_BYTES) return 0;
    const to = unescapeJson(keyScratch, start, end);
    if (to == 0) return 0;
    start = keyScratch;
    length = <i32>(to - keyScratch);
    break;
  }
  for (let index = 0; index < count; index++) {
    const field = fields + <usize>index * 12;
    if (load<i32>(field, 8) == length && same(load<usize>(field, 4), start, length)) {
      store<i32>(node, index + 1, 28);
      return load<usize>(field);
    }
  }
  return 0;
}

/** Reads the value whose first token is the next one into a row of `node`; 0 passes it over. False where it has to stop. */
function readValue(node: usize, depth: i32): bool {
  if (at >= tokenCount) return stop(INCOMPLETE, node, bytesEnd);
  const start = token(at);
  const byte = load<u8>(start);
  const kind = node == 0 ? SCALAR : load<i32>(node);
  if (byte == 0x22) {
    if (at + 1 >= tokenCount) return stop(INCOMPLETE, node, start);
    const end = token(at + 1);
    at += 2;
    if (node == 0) return true;
    return kind == SCALAR ? putSpan(node, start + 1, end) : misfit(node, start);
  }
  if (byte == 0x7b || byte == 0x5b) {
    if (depth == MOST_DEPTH) return stop(TOO_DEEP, node, start);
    const isObject = byte == 0x7b;
    if (kind == STRUCT && isObject) return readStruct(node, depth);
    if (kind == MAP && isObject) return readMap(node, depth);
    if (kind == LIST && !isObject) return readList(node, depth);
    if (kind != SCALAR && !isLenient) return stop(MISFIT, node, start);
    if (!(isObject ? readMap(0, depth) : readList(0, depth))) return false;
    if (node == 0) return true;
    return kind == SCALAR ? putSpan(node, start, token(at - 1) + 1) : putNull(node);
  }
  return readScalar(node, kind, start, byte);
}

function misfit(node: usize, place: usize): bool {
  return isLenient ? putNull(node) : stop(MISFIT, node, place);
}

/**
 * true, false, null, or what begins as a number: whether it is one is found out where somebody wants it. Also NaN and Infinity, which
 * many write, although JSON has none.
 */
function readScalar(node: usize, kind: i32, start: usize, byte: u8): bool {
  if (at + 1 >= tokenCount) return stop(INCOMPLETE, node, start);
  let end = token(at + 1);
  while (load<u8>(end - 1) <= 0x20) end--;
  const length = end - start;
  const word = load<u32>(start);
  const isNull = length == 4 && word == 0x6c6c756e;
  const isBool = (length == 4 && word == 0x65757274) || (length == 5 && byte == 0x66 && load<u32>(start, 1) == 0x65736c61);
  if (!isNull && !isBool && byte != 0x2d && byte - 0x30 > 9 && !isNoNumber(start, length)) return stop(SYNTAX, node, start);
  at++;
  if (node == 0) return true;
  if (isNull) return putNull(node);
  return kind == SCALAR ? putSpan(node, start, end) : misfit(node, start);
}

/** NaN or Infinity. */
function isNoNumber(start: usize, length: usize): bool {
  if (length == 3) return load<u16>(start) == 0x614e && load<u8>(start, 2) == 0x4e;
  return length == 8 && load<u64>(start) == 0x7974_696e_6966_6e49;
}

/** Whether the next token is `byte`, which is then taken. */
// @ts-ignore: decorator
@inline
function takes(byte: u8): bool {
  if (at >= tokenCount || load<u8>(token(at)) != byte) return false;
  at++;
  return true;
}

/** Neither of what may come next did. */
function unexpected(node: usize): bool {
  return at >= tokenCount ? stop(INCOMPLETE, node, bytesEnd) : stop(SYNTAX, node, token(at));
}

function readStruct(node: usize, depth: i32): bool {
  const row = rowsOf(node);
  if (row == load<i32>(node, 8)) return stop(NO_ROOM, node, token(at));
  at++;
  store<i32>(node, 0, 28);
  if (!takes(0x7d)) {
    do {
      if (at + 2 >= tokenCount) return stop(INCOMPLETE, node, bytesEnd);
      const key = token(at);
      if (load<u8>(key) != 0x22) return stop(SYNTAX, node, key);
      let part = fieldOf(node, key + 1, token(at + 1));
      at += 2;
      if (!takes(0x3a)) return unexpected(node);
      // Of a key that comes twice the first value counts.
      if (part != 0 && rowsOf(part) != row) part = 0;
      if (!readValue(part, depth + 1)) return false;
    } while (takes(0x2c));
    if (!takes(0x7d)) return unexpected(node);
  }
  setValid(node, row, 1);
  store<i32>(node, row + 1, 4);
  return fillMissing(node, row);
}

function readList(node: usize, depth: i32): bool {
  if (node != 0 && rowsOf(node) == load<i32>(node, 8)) return stop(NO_ROOM, node, token(at));
  const item: usize = node == 0 ? 0 : load<usize>(load<usize>(node, 20));
  at++;
  if (!takes(0x5d)) {
    do {
      if (!readValue(item, depth + 1)) return false;
    } while (takes(0x2c));
    if (!takes(0x5d)) return unexpected(node);
  }
  if (node != 0) endItems(node, 1);
  return true;
}

/** A map, or with node 0 any object that is passed over. */
function readMap(node: usize, depth: i32): bool {
  if (node != 0 && rowsOf(node) == load<i32>(node, 8)) return stop(NO_ROOM, node, token(at));
  const parts: usize = node == 0 ? 0 : load<usize>(node, 20);
  at++;
  if (!takes(0x7d)) {
    do {
      if (at + 2 >= tokenCount) return stop(INCOMPLETE, node, bytesEnd);
      const key = token(at);
      if (load<u8>(key) != 0x22) return stop(SYNTAX, node, key);
      if (node != 0 && !putSpan(load<usize>(parts), key + 1, token(at + 1))) return false;
      at += 2;
      if (!takes(0x3a)) return unexpected(node);
      if (!readValue(node == 0 ? <usize>0 : load<usize>(parts, 4), depth + 1)) return false;
    } while (takes(0x2c));
    if (!takes(0x7d)) return unexpected(node);
  }
  if (node != 0) endItems(node, 1);
  return true;
}

/**
 * Reads records into rows of `root`, a struct without any, until it has `rows`, from token `first` of `count` on; `end` is behind
 * the last. `container`: what stands around them, and whether a comma must come first. Where each begins is written to `starts`.
 * Returns how many there are. The state says how it has ended, where, and in which node; the next token, where that is, and what
 * `container` and `needsComma` are then.
 */
export function jsonRecords(
  root: usize,
  rows: i32,
  tokensAt: usize,
  first: i32,
  count: i32,
  end: usize,
  container: i32,
  needsComma: bool,
  lenient: bool,
  starts: usize,
  scratch: usize,
  state: usize,
): i32 {
  tokens = tokensAt;
  tokenCount = count;
  bytesEnd = end;
  isLenient = lenient;
  keyScratch = scratch;
  status = DONE;
  wrongNode = 0;
  wrongAt = end;
  truncate(root, 0);
  let row = 0;
  let kept = first;
  while (row < rows) {
    at = kept;
    if (at >= count) {
      status = INCOMPLETE;
      break;
    }
    if (container == UNKNOWN) {
      container = takes(0x5b) ? ARRAY : LINES;
      kept = at;
      continue;
    }
    if (container == CLOSED) {
      stop(SYNTAX, root, token(at));
      break;
    }
    if (container == ARRAY) {
      if ((needsComma || row == 0) && load<u8>(token(at)) == 0x5d) {
        container = CLOSED;
        kept = at + 1;
        continue;
      }
      if (needsComma && !takes(0x2c)) {
        unexpected(root);
        break;
      }
      if (at >= count) {
        status = INCOMPLETE;
        break;
      }
    }
    const start = token(at);
    if (load<u8>(start) != 0x7b) {
      stop(NO_OBJECT, root, start);
      break;
    }
    if (!readStruct(root, 0)) {
      truncate(root, row);
      break;
    }
    store<u32>(starts + (<usize>row << 2), <u32>start);
    row++;
    needsComma = container == ARRAY;
    kept = at;
  }
  store<i32>(state, status);
  store<u32>(state, <u32>wrongAt, 4);
  store<u32>(state, <u32>wrongNode, 8);
  store<i32>(state, kept, 12);
  store<u32>(state, <u32>(kept < count ? token(kept) : end), 16);
  store<i32>(state, container, 20);
  store<i32>(state, needsComma ? 1 : 0, 24);
  return row;
}

// Values ------------------------------------------------------------------------------------------------------------------

/** The validity of a scalar's spans, in whole words; returns how many are null. */
export function spanValidity(spans: usize, rows: i32, validity: usize): i32 {
  let nulls = 0;
  for (let row = 0; row < rows; row += 64) {
    let word: u64 = 0;
    const count = min(64, rows - row);
    for (let bit = 0; bit < count; bit++) {
      const isThere = <u64>(load<u32>(spans + (<usize>(row + bit) << 3)) != 0);
      word |= isThere << bit;
    }
    nulls += count - <i32>popcnt(word);
    store<u64>(validity + (<usize>row >> 3), word);
  }
  return nulls;
}

/**
 * The values at the spans as texts, offsets and bytes of a column: what stands in quotes without its escapes, everything else as
 * it is. Returns -1, or the first row with an escape that is none.
 */
export function jsonTexts(spans: usize, rows: i32, offsets: usize, bytes: usize): i32 {
  let to = bytes;
  let wrong = -1;
  store<u32>(offsets, 0);
  for (let row = 0; row < rows; row++) {
    const start = load<usize>(spans + (<usize>row << 3));
    const end = load<usize>(spans + (<usize>row << 3), 4);
    if (start != 0) {
      if (load<u8>(start - 1) == 0x22) {
        const next = unescapeJson(to, start, end);
        if (next != 0) to = next;
        else if (wrong < 0) wrong = row;
      } else {
        memory.copy(to, start, end - start);
        to += end - start;
      }
    }
    store<u32>(offsets + (<usize>(row + 1) << 2), <u32>(to - bytes));
  }
  return wrong;
}

/** Copies a text without its escapes; gives where the copy ends, 0 where an escape is none. Overruns by 16 bytes. */
function unescapeJson(to: usize, from: usize, end: usize): usize {
  while (from < end) {
    const block = v128.load(from);
    const found = i8x16.bitmask(i8x16.eq(block, i8x16.splat(0x5c)));
    const run = min<usize>(found == 0 ? 16 : ctz(found), end - from);
    v128.store(to, block);
    to += run;
    from += run;
    if (run == 16 || from >= end) continue;
    const byte = load<u8>(from, 1);
    from += 2;
    if (byte == 0x75) {
      let code = hexAt(from, end);
      if (code < 0) return 0;
      from += 4;
      if ((code & 0xfc00) == 0xd800 && from + 6 <= end && load<u16>(from) == 0x755c) {
        const low = hexAt(from + 2, end);
        if ((low & 0xfc00) == 0xdc00) {
          code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
          from += 6;
        }
      }
      // Half of a pair is no character.
      if ((code & 0xfffff800) == 0xd800) code = 0xfffd;
      to = putCharacter(to, code);
      continue;
    }
    const character = simpleEscape(byte);
    if (character == 0) return 0;
    store<u8>(to, character);
    to++;
  }
  return to;
}

function simpleEscape(byte: u8): u8 {
  if (byte == 0x22 || byte == 0x5c || byte == 0x2f) return byte;
  if (byte == 0x6e) return 0x0a;
  if (byte == 0x74) return 0x09;
  if (byte == 0x72) return 0x0d;
  if (byte == 0x62) return 0x08;
  return byte == 0x66 ? 0x0c : 0;
}

function hexAt(from: usize, end: usize): i32 {
  if (from + 4 > end) return -1;
  let code = 0;
  for (let digit: usize = 0; digit < 4; digit++) {
    const byte = load<u8>(from + digit);
    const letter = (byte | 0x20) - 0x61;
    if (byte - 0x30 <= 9) code = (code << 4) | (byte - 0x30);
    else if (letter <= 5) code = (code << 4) | (letter + 10);
    else return -1;
  }
  return code;
}

function putCharacter(to: usize, code: i32): usize {
  if (code < 0x80) {
    store<u8>(to, <u8>code);
    return to + 1;
  }
  if (code < 0x800) {
    store<u8>(to, <u8>(0xc0 | (code >> 6)));
    store<u8>(to, <u8>(0x80 | (code & 0x3f)), 1);
    return to + 2;
  }
  if (code < 0x10000) {
    store<u8>(to, <u8>(0xe0 | (code >> 12)));
    store<u8>(to, <u8>(0x80 | ((code >> 6) & 0x3f)), 1);
    store<u8>(to, <u8>(0x80 | (code & 0x3f)), 2);
    return to + 3;
  }
  store<u8>(to, <u8>(0xf0 | (code >> 18)));
  store<u8>(to, <u8>(0x80 | ((code >> 12) & 0x3f)), 1);
  store<u8>(to, <u8>(0x80 | ((code >> 6) & 0x3f)), 2);
  store<u8>(to, <u8>(0x80 | (code & 0x3f)), 3);
  return to + 4;
}
