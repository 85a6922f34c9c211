// Which rows the lists of frames are made of: no more are looked at than are listed, however many the frame has.
//
//     all values          of the rows that take part, one behind the other, a frame has a slice
//     different values    those that no row of the frame before theirs has, in their order
//
//          values   │ a │ b │ a │ c │ b │     of the frame [1, 5) rows 1, 2 and 3: b, a, c
//          behind   │ 0 │ 0 │ 1 │ 0 │ 2 │     behind which row the value came last, counted from 1; 0: never
//
//     So the first rows of a frame are those that are behind no row of it. A tree of the least `behind` finds the next of them:
//
//                   0                         up, while what lies to the right has none, then down to the first that is one
//               ╱       ╲                     in O(log) of how far away it is. Leaves of rows that do not take part are greater
//             0           0                   than all. Nothing moves with the frames, which may go back as they like.
//           ╱   ╲       ╱   ╲
//          0     0     1     0

import { isValid } from './numbers';
import { NONE, put32, u32At } from './positions';

const NEVER: i32 = i32.MAX_VALUE;

/** Sets the bits of the rows of a list whose text, or list, is not empty. `codes` 0: row i is text i. */
export function markFilled(offsets: usize, codes: usize, rows: usize, count: i32, bits: usize): void {
  for (let base = 0; base < count; base += 64) {
    let word: u64 = 0;
    const n = min(64, count - base);
    for (let i = 0; i < n; i++) {
      const row = u32At(rows, base + i), entry = codes == 0 ? row : u32At(codes, row);
      word |= <u64>(u32At(offsets, entry + 1) != u32At(offsets, entry)) << <u64>i;
    }
    store<u64>(bits + (base >> 3), word);
  }
}

/**
 * Lists the rows of the frames [from, to) as far as there is room: `before` and `taking` are what `countBefore` says of who
 * takes part, 0 where all do. `starts` is where each frame begins in the list, and the last ends; `done`, of 8 bytes, how
 * many frames had room, and how many rows were looked at.
 */
export function listTaking(
  before: usize, taking: usize, rows: usize, lows: usize, highs: usize, from: i32, to: i32, room: i32,
  list: usize, starts: usize, done: usize,
): void {
  let listed = 0, frame = from;
  put32(starts, 0, 0);
  for (; frame < to; frame++) {
    let low = u32At(lows, frame), high = u32At(highs, frame);
    if (before != 0 && low < high) {
      low = u32At(before, low);
      high = u32At(before, high);
    }
    if (high - low > room - listed) break;
    for (let i = low; i < high; i++, listed++) put32(list, listed, u32At(rows, taking == 0 ? i : u32At(taking, i)));
    put32(starts, frame + 1 - from, listed);
  }
  put32(done, 0, frame - from);
  put32(done, 1, listed);
}

/** How many rows of the frames [from, to) take part, added up as `starts` are. */
export function countTaking(before: usize, lows: usize, highs: usize, from: i32, to: i32, starts: usize): void {
  let taking = 0;
  put32(starts, 0, 0);
  for (let frame = from; frame < to; frame++) {
    const low = u32At(lows, frame), high = u32At(highs, frame);
    if (low < high) taking += before == 0 ? high - low : u32At(before, high) - u32At(before, low);
    put32(starts, frame + 1 - from, taking);
  }
}

/**
 * Builds the tree of `behind` over `size` leaves, a power of two and no fewer than rows. Numbers that are all ones take no
 * part, or, where `nulls` is not all ones, have that number; nor do rows without a bit in `taking`. `last`, of 4 bytes by
 * number, is zeros before and after.
 */
export function linkValues(
  numbers: usize, taking: usize, nulls: i32, count: i32, last: usize, tree: usize, size: i32,
): void {
  for (let i = 0; i < count; i++) {
    let number = u32At(numbers, i), behind = NEVER;
    if (number == NONE) number = nulls;
    if (number != NONE && isValid(taking, i)) {
      behind = u32At(last, number);
      put32(last, number, i + 1);
    }
    put32(tree, size + i, behind);
  }
  for (let i = count; i < size; i++) put32(tree, size + i, NEVER);
  for (let i = 0; i < count; i++) {
    const number = u32At(numbers, i);
    if (number != NONE) put32(last, number, 0);
    else if (nulls != NONE) put32(last, nulls, 0);
  }
  for (let node = size - 1; node > 0; node--) put32(tree, node, min(u32At(tree, 2 * node), u32At(tree, 2 * node + 1)));
}

/** Nodes of the tree that were looked at. */
let looked: i32 = 0;

/** The first row from `row` on that is behind no row from `low` on; `size` or more where there is none. */
@inline function nextFirst(tree: usize, size: i32, row: i32, low: i32): i32 {
  let node = size + row;
  for (looked++; u32At(tree, node) > low; looked++) {
    while (node & 1) node >>= 1;
    if (node == 0) return size;
    node++;
  }
  for (; node < size; looked++) {
    node <<= 1;
    if (u32At(tree, node) > low) node++;
  }
  return node - size;
}

/** As `listTaking`, of rows with different values; `done` says how many nodes of the tree were looked at. */
export function listFirsts(
  tree: usize, size: i32, rows: usize, lows: usize, highs: usize, from: i32, to: i32, room: i32,
  list: usize, starts: usize, done: usize,
): void {
  let listed = 0, frame = from;
  looked = 0;
  put32(starts, 0, 0);
  for (; frame < to; frame++) {
    const low = u32At(lows, frame), high = u32At(highs, frame), first = listed;
    let row = low;
    while (row < high) {
      row = nextFirst(tree, size, row, low);
      if (row >= high || listed == room) break;
      put32(list, listed++, u32At(rows, row++));
    }
    if (row < high) {
      listed = first;
      break;
    }
    put32(starts, frame + 1 - from, listed);
  }
  put32(done, 0, frame - from);
  put32(done, 1, looked);
}

/** How many of `groups`, one at least, have `most` bytes together, texts and `between` bytes for each; others as of `joinTexts`. */
export function textsWithin(
  offsets: usize, codes: usize, list: usize, starts: usize, groups: i32, between: i32, most: i32,
): i32 {
  let bytes: u64 = 0, group = 0;
  for (; group < groups; group++) {
    for (let i = u32At(starts, group), end = u32At(starts, group + 1); i < end; i++) {
      const row = u32At(list, i), entry = codes == 0 ? row : u32At(codes, row);
      bytes += <u64>(u32At(offsets, entry + 1) - u32At(offsets, entry) + between);
    }
    if (bytes > <u64>most && group > 0) break;
  }
  return group;
}
