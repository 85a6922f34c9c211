/**
 * Merging two sides that lie in the order of their keys, into pairs of row numbers.
 *
 *     left    1  3 3  5          right   2  3 3  6        pairs   1 –   – 2   3 3   3 3   3 3   3 3   5 –   – 6
 *                └┬┘                        └┬┘
 *                 └──── equal keys ──────────┘            each row of the one run with each of the other, left by left
 *
 * A side is a permutation in the order of its keys, nulls last, and for each position the word of its first key: the words
 * of both sides are comparable and rise. Where they are equal, and do not say all, the keys themselves are compared. Rows
 * whose first key is null have no word and stand at the end. A null in another key makes its row come out without a
 * partner too, whichever way the comparison falls: nulls are never equal.
 *
 * Side, 32 bytes:    0 words │ 4 permutation, or 0 │ 8 keys │ 12 rows with a word │ 16 rows │ 20 stands for no row
 * Key, 32 bytes:     0 kind │ 4 values │ 8 validity │ 12 bytes │ 16 codes, or 0
 * State, 96 bytes:   0 left │ 32 right │ 64 keys to compare │ 68 what comes out │ 72 i │ 76 j │ 80 i of the run
 *                    84 j of the run │ 88 end of i │ 92 end of j
 */

import {
  BOOL, common, F32, F64, HIGH, I16, I32, I64, I8, raw, TEXT, TEXT8, U16, U32, U64, U8,
} from './sort-step';

const KEY: usize = 32;
const RIGHT: usize = 32;

/** What comes out: rows of the left or the right that have no partner, all pairs, or each left row that has a partner. */
const LEFT_ONLY: u32 = 1;
const RIGHT_ONLY: u32 = 2;
const PAIRS: u32 = 4;
const SEMI: u32 = 8;

@inline
function isNull(key: usize, row: usize): bool {
  const validity = <usize>load<u32>(key, 8);
  return validity != 0 && ((load<u8>(validity + (row >> 3)) >> <u8>(row & 7)) & 1) == 0;
}

function wordOf(kind: i32, values: usize, row: usize): u64 {
  switch (kind) {
    case BOOL: return raw(BOOL, 0, values, row);
    case I8: return raw(I8, 0, values, row);
    case I16: return raw(I16, 0, values, row);
    case I32: return raw(I32, 0, values, row);
    case I64: return raw(I64, 0, values, row);
    case U8: return raw(U8, 0, values, row);
    case U16: return raw(U16, 0, values, row);
    case U32: return raw(U32, 0, values, row);
    case U64: return raw(U64, 0, values, row);
    case F32: return raw(F32, 0, values, row);
    case F64: return raw(F64, 0, values, row);
    default: unreachable();
  }
  return 0;
}

@inline
function order<T>(a: T, b: T): i32 {
  return <i32>(a > b) - <i32>(a < b);
}

/** Decimals, of which each side has its own width. */
function orderOfWide(a: usize, i: usize, b: usize, j: usize): i32 {
  const x = <usize>load<u32>(a, 4), y = <usize>load<u32>(b, 4);
  const wideA = load<i32>(a) == HIGH, wideB = load<i32>(b) == HIGH;
  const lowA = wideA ? load<u64>(x + (i << 4)) : load<u64>(x + (i << 3));
  const lowB = wideB ? load<u64>(y + (j << 4)) : load<u64>(y + (j << 3));
  const highA = wideA ? load<i64>(x + (i << 4), 8) : <i64>lowA >> 63;
  const highB = wideB ? load<i64>(y + (j << 4), 8) : <i64>lowB >> 63;
  return highA == highB ? order<u64>(lowA, lowB) : order<i64>(highA, highB);
}

@inline
function entryOf(key: usize, row: usize): usize {
  const codes = <usize>load<u32>(key, 16);
  return codes == 0 ? row : <usize>load<u32>(codes + (row << 2));
}

function orderOfTexts(a: usize, i: usize, b: usize, j: usize): i32 {
  const x = <usize>load<u32>(a, 4) + (entryOf(a, i) << 2), y = <usize>load<u32>(b, 4) + (entryOf(b, j) << 2);
  const startX = load<u32>(x), startY = load<u32>(y);
  const sizeX = <i32>(load<u32>(x, 4) - startX), sizeY = <i32>(load<u32>(y, 4) - startY);
  const textX = <usize>(load<u32>(a, 12) + startX), textY = <usize>(load<u32>(b, 12) + startY);
  const most = min(sizeX, sizeY);
  const same = common(textX, textY, most);
  if (same == most) return order<i32>(sizeX, sizeY);
  return order<u8>(load<u8>(textX + <usize>same), load<u8>(textY + <usize>same));
}

/** Below 0 where row `i` of the left comes first. Never 0 where one of the keys is null. */
function orderOfKeys(state: usize, i: usize, j: usize): i32 {
  const count = load<u32>(state, 64);
  let a = <usize>load<u32>(state, 8);
  let b = <usize>load<u32>(state, RIGHT + 8);
  for (let key: u32 = 0; key < count; key++) {
    const noLeft = isNull(a, i), noRight = isNull(b, j);
    if (noLeft || noRight) return noRight ? -1 : 1;
    const kind = load<i32>(a);
    let found: i32;
    if (kind == TEXT) found = orderOfTexts(a, i, b, j);
    else if (kind == HIGH || load<i32>(b) == HIGH) found = orderOfWide(a, i, b, j);
    else found = order<u64>(wordOf(kind, <usize>load<u32>(a, 4), i), wordOf(kind, <usize>load<u32>(b, 4), j));
    if (found != 0) return found;
    a += KEY;
    b += KEY;
  }
  return 0;
}

@inline
function rowAt(permutation: usize, position: u32): u32 {
  return permutation == 0 ? position : load<u32>(permutation + (<usize>position << 2));
}

/** As `orderOfKeys`, of the rows at these positions, by their words first. */
@inline
function orderAt(state: usize, exact: bool, words: usize, others: usize, i: u32, j: u32): i32 {
  const word = load<u64>(words + (<usize>i << 3)), other = load<u64>(others + (<usize>j << 3));
  if (word != other || exact) return order<u64>(word, other);
  const row = rowAt(<usize>load<u32>(state, 4), i);
  return orderOfKeys(state, <usize>row, <usize>rowAt(<usize>load<u32>(state, RIGHT + 4), j));
}

@inline
function put(left: usize, right: usize, at: usize, row: u32, other: u32): void {
  store<u32>(left + (at << 2), row);
  store<u32>(right + (at << 2), other);
}

/** The rest of a run of equal keys, or as much of it as there is room for. Returns how many have been put. */
function putRun(state: usize, capacity: usize, left: usize, right: usize, done: usize): usize {
  const rights = <usize>load<u32>(state, RIGHT + 4);
  const endI = load<u32>(state, 88), endJ = load<u32>(state, 92);
  let i = load<u32>(state, 72), j = load<u32>(state, 76);
  let at = done;
  const rows = <usize>load<u32>(state, 4);
  while (i < endI && at < capacity) {
    const row = rowAt(rows, i);
    const end = j + min(endJ - j, <u32>(capacity - at));
    for (; j < end; j++, at++) put(left, right, at, row, rowAt(rights, j));
    if (j < endJ) break;
    i += 1;
    j = load<u32>(state, 84);
  }
  store<u32>(state, i, 72);
  store<u32>(state, i == endI ? endJ : j, 76);
  return at;
}

/** The rows of one side before `end` that have no partner. Returns how many have been put. */
@inline
function putRest(state: usize, side: usize, end: u32, wanted: bool, capacity: usize, left: usize, right: usize, done: usize): usize {
  const permutation = <usize>load<u32>(state + side, 4);
  const cursor: usize = side == 0 ? 72 : 76;
  let i = load<u32>(state + cursor);
  let at = done;
  if (!wanted) i = max(i, end);
  for (; i < end && at < capacity; i++, at++) {
    const row = rowAt(permutation, i);
    if (side == 0) put(left, right, at, row, load<u32>(state, RIGHT + 20));
    else put(left, right, at, load<u32>(state, 20), row);
  }
  store<u32>(state + cursor, i);
  return at;
}

/**
 * The next pairs, `capacity` of them at most, as row numbers to `left` and `right`; 0 when there are no more. What the
 * right is of rows that come out for having a partner is not said.
 */
export function mergeJoin(state: usize, capacity: usize, left: usize, right: usize): usize {
  const words = <usize>load<u32>(state), others = <usize>load<u32>(state, RIGHT);
  const rows = <usize>load<u32>(state, 4), otherRows = <usize>load<u32>(state, RIGHT + 4);
  const countI = load<u32>(state, 12), countJ = load<u32>(state, RIGHT + 12);
  const noLeft = load<u32>(state, 20), noRight = load<u32>(state, RIGHT + 20);
  const out = load<u32>(state, 68);
  const exact = load<u32>(state, 64) == 0;
  let at: usize = 0;
  while (at < capacity) {
    if (load<u32>(state, 72) < load<u32>(state, 88)) at = putRun(state, capacity, left, right, at);
    let i = load<u32>(state, 72), j = load<u32>(state, 76);
    if (i < load<u32>(state, 88) || i >= countI || j >= countJ) break;
    let found: i32 = 1;
    while (at < capacity && i < countI && j < countJ) {
      found = orderAt(state, exact, words, others, i, j);
      if (found == 0) break;
      if (found < 0) {
        if (out & LEFT_ONLY) put(left, right, at++, rowAt(rows, i), noRight);
        i += 1;
      } else {
        if (out & RIGHT_ONLY) put(left, right, at++, noLeft, rowAt(otherRows, j));
        j += 1;
      }
    }
    if (found == 0) {
      let endI = i + 1, endJ = j + 1;
      while (endI < countI && orderAt(state, exact, words, others, endI, j) == 0) endI += 1;
      while (endJ < countJ && orderAt(state, exact, words, others, i, endJ) == 0) endJ += 1;
      if (out & (PAIRS | SEMI)) {
        // Where only the left comes out, one row of the right is enough.
        if (!(out & PAIRS)) j = endJ - 1;
        store<u32>(state, j, 84);
        store<u32>(state, endI, 88);
        store<u32>(state, endJ, 92);
      } else {
        i = endI;
        j = endJ;
      }
    }
    store<u32>(state, i, 72);
    store<u32>(state, j, 76);
  }
  const lefts = (out & LEFT_ONLY) != 0, rights = (out & RIGHT_ONLY) != 0;
  if (at < capacity) at = putRest(state, 0, countI, lefts, capacity, left, right, at);
  if (at < capacity) at = putRest(state, RIGHT, countJ, rights, capacity, left, right, at);
  if (at < capacity) at = putRest(state, 0, load<u32>(state, 16), lefts, capacity, left, right, at);
  if (at < capacity) at = putRest(state, RIGHT, load<u32>(state, RIGHT + 16), rights, capacity, left, right, at);
  return at;
}
