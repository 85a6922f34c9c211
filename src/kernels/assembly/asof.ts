/**
 * The nearest row by time, or by any ordered key, within a group.
 *
 *     group 0             group 1                  words of the keys, which rise within each group
 *     │ 3 │ 7 │ 7 │ 9 │   │ 1 │ 4 │ …
 *               ↑ cursor       ↑ cursor            where the last search of the group has ended
 *
 * Searches begin at the cursor of their group and gallop from there, so that rows that come in order, as times do, find
 * their match in a few steps, and those that do not in twice the steps of a binary search.
 *
 * Table, 64 bytes:  0 words │ 4 permutation, or 0 │ 8 where each group starts, and one more │ 12 cursors │ 16 strategy
 *                   20 whether equal keys match │ 24 whether the words are those of floats │ 28 whether there is a tolerance
 *                   32 tolerance, 8 bytes: a float64 for floats, else uint64 │ 40 the row that stands for none
 */

import { bit } from './sort-step';

const BACKWARD: u32 = 0;
const FORWARD: u32 = 1;
const SIGN: u64 = 0x8000000000000000;

/** In place of a position, and of a group. */
const NONE: u32 = 0xffffffff;

@inline
function wordAt(words: usize, at: u32): u64 {
  return load<u64>(words + (<usize>at << 3));
}

/** Whether the answer to a search lies behind a word: `inclusive` searches look for the first that is greater. */
@inline
function isBefore(word: u64, x: u64, inclusive: bool): bool {
  return inclusive ? word <= x : word < x;
}

/** The first position in [low, high) whose word is at least `x`, or greater where `inclusive`; `high` where none is. */
function search(words: usize, low: u32, high: u32, cursor: u32, x: u64, inclusive: bool): u32 {
  let from = low, to = high;
  let step: u32 = 1;
  if (cursor < high && isBefore(wordAt(words, cursor), x, inclusive)) {
    from = cursor + 1;
    while (high - cursor > step && isBefore(wordAt(words, cursor + step), x, inclusive)) {
      from = cursor + step + 1;
      step <<= 1;
    }
    to = min(high, cursor + step);
  } else {
    to = cursor;
    while (cursor - low >= step && !isBefore(wordAt(words, cursor - step), x, inclusive)) {
      to = cursor - step;
      step <<= 1;
    }
    if (cursor - low >= step) from = cursor - step + 1;
  }
  while (from < to) {
    const middle = from + ((to - from) >> 1);
    if (isBefore(wordAt(words, middle), x, inclusive)) from = middle + 1;
    else to = middle;
  }
  return from;
}

@inline
function floatOf(word: u64): f64 {
  return reinterpret<f64>(word >= SIGN ? word ^ SIGN : ~word);
}

/** From `a` to `b`, which is not before it. From and to what is no number, or infinite, it is infinite. */
@inline
function floatDistance(a: u64, b: u64): f64 {
  if (a == b) return 0;
  const distance = floatOf(b) - floatOf(a);
  return distance == distance ? distance : Infinity;
}

/** Whether it is not farther from `x` up to `above` than from `below` up to `x`. */
@inline
function isNearer(below: u64, x: u64, above: u64, floats: bool): bool {
  return floats ? floatDistance(x, above) <= floatDistance(below, x) : above - x <= x - below;
}

@inline
function isWithin(table: usize, a: u64, b: u64, floats: bool): bool {
  const low = min(a, b), high = max(a, b);
  return floats ? floatDistance(low, high) <= load<f64>(table, 32) : high - low <= load<u64>(table, 32);
}

/** The position of the match of `x` in a group, or `NONE`. */
function matchOf(table: usize, words: usize, group: u32, x: u64): u32 {
  const starts = <usize>load<u32>(table, 8) + (<usize>group << 2);
  const cursors = <usize>load<u32>(table, 12) + (<usize>group << 2);
  const low = load<u32>(starts), high = load<u32>(starts, 4);
  if (low == high) return NONE;
  const strategy = load<u32>(table, 16);
  const equal = load<u32>(table, 20) != 0;
  const floats = load<u32>(table, 24) != 0;
  let cursor = load<u32>(cursors);
  let found = NONE;
  if (strategy == FORWARD) {
    cursor = search(words, low, high, cursor, x, !equal);
    if (cursor < high) found = cursor;
  } else {
    cursor = search(words, low, high, cursor, x, equal);
    if (cursor > low) found = cursor - 1;
    if (strategy != BACKWARD && (found == NONE || wordAt(words, found) != x)) {
      let above = cursor;
      if (!equal) above = search(words, low, high, cursor, x, true);
      if (above < high) {
        const word = wordAt(words, above);
        if (found == NONE || isNearer(wordAt(words, found), x, word, floats)) {
          found = search(words, low, high, above, word, true) - 1;
        }
      }
    }
  }
  store<u32>(cursors, cursor);
  if (found != NONE && load<u32>(table, 28) != 0 && !isWithin(table, wordAt(words, found), x, floats)) return NONE;
  return found;
}

/**
 * The matching row of each of `count` rows, to `out`: the one that stands for none where there is no match, where the key is
 * null, and where the row is in no group. `groups` is 0 where there is one group only.
 */
export function asofRows(table: usize, keys: usize, validity: usize, groups: usize, count: usize, out: usize): void {
  const words = <usize>load<u32>(table);
  const permutation = <usize>load<u32>(table, 4);
  const noRow = load<u32>(table, 40);
  for (let row: usize = 0; row < count; row++) {
    let found = NONE;
    if (validity == 0 || bit(validity, row) != 0) {
      const group = groups == 0 ? 0 : load<u32>(groups + (row << 2));
      if (group != NONE) found = matchOf(table, words, group, load<u64>(keys + (row << 3)));
    }
    let match = noRow;
    if (found != NONE) match = permutation == 0 ? found : load<u32>(permutation + (<usize>found << 2));
    store<u32>(out + (row << 2), match);
  }
}
