// The most frequent value of frames that move, in O(log values) a row: a tournament of the numbers of values, where each node
// has the more frequent of the two below it, and of two as frequent the one that comes first in the frame.
//
//                  2             counts │ 1 │ 0 │ 3 │ 2 │      how often each value is in the frame, by number
//               ╱     ╲          firsts │ 7 │ · │ 4 │ 5 │      where it is there first
//              0       2         next   │ … │ 7 │ 8 │ … │      by row: the next one with its value
//             ╱ ╲     ╱ ╲
//            0   1   2   3       a row that enters or leaves plays the path from its value to the root anew
//
// Leaves are not stored: of `size` of them, a power of two, node n has the nodes 2 n and 2 n + 1 below it.

import { NONE, put32, u32At } from './positions';

@inline function moreFrequent(a: i32, b: i32, counts: usize, firsts: usize): i32 {
  if (a == NONE) return b;
  if (b == NONE) return a;
  const ofA = <u32>u32At(counts, a), ofB = <u32>u32At(counts, b);
  if (ofA != ofB) return ofA > ofB ? a : b;
  return <u32>u32At(firsts, a) <= <u32>u32At(firsts, b) ? a : b;
}

@inline function winnerOf(node: i32, tree: usize, size: i32): i32 {
  return node >= size ? node - size : u32At(tree, node);
}

function replay(number: i32, tree: usize, size: i32, counts: usize, firsts: usize): void {
  for (let node = (size + number) >> 1; node != 0; node >>= 1) {
    const winner = moreFrequent(winnerOf(2 * node, tree, size), winnerOf(2 * node + 1, tree, size), counts, firsts);
    // Nothing has changed above for who has not changed.
    if (winner == u32At(tree, node) && winner != number) return;
    put32(tree, node, winner);
  }
}

/** `atFront`: as the first row of the frame; else as its last. */
@inline function enter(i: i32, atFront: bool, numbers: usize, tree: usize, size: i32, counts: usize, firsts: usize): void {
  const number = u32At(numbers, i);
  if (number == NONE) return;
  const before = u32At(counts, number);
  put32(counts, number, before + 1);
  if (atFront || before == 0) put32(firsts, number, i);
  replay(number, tree, size, counts, firsts);
}

@inline function leave(i: i32, atFront: bool, numbers: usize, next: usize, tree: usize, size: i32, counts: usize, firsts: usize): void {
  const number = u32At(numbers, i);
  if (number == NONE) return;
  const after = u32At(counts, number) - 1;
  put32(counts, number, after);
  if (atFront && after != 0) put32(firsts, number, u32At(next, i));
  replay(number, tree, size, counts, firsts);
}

/**
 * The first row of each frame that has the most frequent number; all ones take no part. `counts`, zeros before and after,
 * `firsts` and `tree`, all ones before, have a place for each of `size` numbers, `next` one for each row.
 */
export function pickModes(
  numbers: usize, lows: usize, highs: usize, rows: usize, count: i32, next: usize, counts: usize, firsts: usize,
  tree: usize, size: i32, picks: usize,
): void {
  for (let i = 0; i < count; i++) {
    const number = u32At(numbers, i);
    if (number != NONE) put32(firsts, number, NONE);
  }
  for (let i = count - 1; i >= 0; i--) {
    const number = u32At(numbers, i);
    if (number == NONE) continue;
    put32(next, i, u32At(firsts, number));
    put32(firsts, number, i);
  }
  let low = 0, high = 0;
  for (let frame = 0; frame <= count; frame++) {
    // Behind the last frame is an empty one, for which all rows leave.
    const isEnd = frame == count;
    const toLow = isEnd ? high : u32At(lows, frame), toHigh = isEnd ? high : u32At(highs, frame);
    if (!isEnd && toLow >= toHigh) { put32(picks, frame, NONE); continue; }
    if (toLow >= high || toHigh <= low) {
      while (low < high) leave(low++, true, numbers, next, tree, size, counts, firsts);
      if (isEnd) return;
      low = high = toLow;
    }
    while (high < toHigh) enter(high++, false, numbers, tree, size, counts, firsts);
    while (low > toLow) enter(--low, true, numbers, tree, size, counts, firsts);
    while (low < toLow) leave(low++, true, numbers, next, tree, size, counts, firsts);
    while (high > toHigh) leave(--high, false, numbers, next, tree, size, counts, firsts);
    const winner = winnerOf(1, tree, size);
    const isThere = winner != NONE && u32At(counts, winner) != 0;
    put32(picks, frame, isThere ? u32At(rows, u32At(firsts, winner)) : NONE);
  }
}
