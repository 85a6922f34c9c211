// Numbers of rows in their partition, and rows picked beside a row or in its frame.
//
//     lag, lead     row i ∓ n of the partition          ignoring nulls: of the list of rows that are not null
//     first, last   an end of the frame                       valid rows   │ 1 │ 4 │ 5 │ …        by position
//     least         the front of a queue                      valid before │ 0 0 1 1 1 2 3 …      of each position
//
// Picks are row numbers where the rows are kept, all ones where there is no such row.

import { isValid } from './numbers';
import { NONE, put32, u32At } from './positions';

// ---- numbers of rows -------------------------------------------------------------------------------------------------

/** 0 row_number, 1 rank, 2 dense_rank as uint64; 3 percent_rank, 4 cume_dist as float64; 5 ntile(parts). */
export function rankRows(
  what: i32, parts: f64, partStarts: usize, partEnds: usize, peerStarts: usize, peerEnds: usize, count: i32, out: usize,
): void {
  let dense: u64 = 0;
  const tiles = <u64>parts;
  for (let i = 0; i < count; i++) {
    const start = u32At(partStarts, i), to = out + (<usize>i << 3);
    switch (what) {
      case 0: store<u64>(to, <u64>(i - start) + 1); break;
      case 1: store<u64>(to, <u64>(u32At(peerStarts, i) - start) + 1); break;
      case 2:
        if (i == start) dense = 1;
        else if (u32At(peerStarts, i) == i) dense++;
        store<u64>(to, dense);
        break;
      case 3: {
        const others = u32At(partEnds, i) - start - 1;
        store<f64>(to, others == 0 ? 0 : <f64>(u32At(peerStarts, i) - start) / <f64>others);
        break;
      }
      case 4:
        store<f64>(to, <f64>(u32At(peerEnds, i) - start) / <f64>(u32At(partEnds, i) - start));
        break;
      default: {
        // The first parts have a row more where the rows do not go round.
        const rows = <u64>(u32At(partEnds, i) - start), at = <u64>(i - start), each = rows / tiles, more = rows % tiles;
        const inLarger = more * (each + 1);
        store<u64>(to, at < inLarger ? at / (each + 1) + 1 : more + (at - inLarger) / max<u64>(each, 1) + 1);
      }
    }
  }
}

// ---- rows ------------------------------------------------------------------------------------------------------------

/** Positions of valid rows, and before each of `count + 1` positions how many there are. */
export function countBefore(validity: usize, count: i32, before: usize, list: usize): void {
  let valid = 0;
  for (let i = 0; i < count; i++) {
    put32(before, i, valid);
    if (!isValid(validity, i)) continue;
    put32(list, valid, i);
    valid++;
  }
  put32(before, count, valid);
}

/** The row `delta` behind each row of its partition. */
export function pickBeside(delta: f64, partStarts: usize, partEnds: usize, rows: usize, count: i32, picks: usize): void {
  const by = <i64>delta;
  for (let i = 0; i < count; i++) {
    const at = <i64>i + by;
    const isThere = at >= <i64>u32At(partStarts, i) && at < <i64>u32At(partEnds, i);
    put32(picks, i, isThere ? u32At(rows, <i32>at) : NONE);
  }
}

/** The same among valid rows; `delta` is not 0. */
export function pickValidBeside(
  delta: f64, partStarts: usize, partEnds: usize, before: usize, list: usize, rows: usize, count: i32, picks: usize,
): void {
  const by = <i64>delta;
  for (let i = 0; i < count; i++) {
    const at = by < 0 ? <i64>u32At(before, i) + by : <i64>u32At(before, i + 1) + by - 1;
    const isThere = at >= <i64>u32At(before, u32At(partStarts, i)) && at < <i64>u32At(before, u32At(partEnds, i));
    put32(picks, i, isThere ? u32At(rows, u32At(list, <i32>at)) : NONE);
  }
}

/** Row `nth` of each frame, from 0, or the last where that is negative; `before` not 0: among valid rows. */
export function pickInFrame(
  nth: f64, lows: usize, highs: usize, before: usize, list: usize, rows: usize, count: i32, picks: usize,
): void {
  const by = <i64>nth;
  for (let i = 0; i < count; i++) {
    let low = u32At(lows, i), high = u32At(highs, i);
    if (before != 0) {
      low = u32At(before, low);
      high = u32At(before, high);
    }
    const at = by < 0 ? <i64>high - 1 : <i64>low + by;
    let row = NONE;
    if (low < high && at < <i64>high) row = u32At(rows, before == 0 ? <i32>at : u32At(list, <i32>at));
    put32(picks, i, row);
  }
}

/**
 * The row of each frame with the least number, the first of several, where frames do not go back; `queue` has room for as
 * many positions as there are rows. Rows with all ones do not take part.
 *
 *     queue   positions whose numbers rise: the front is least, and what cannot become least is gone
 */
export function pickLeast(
  numbers: usize, lows: usize, highs: usize, rows: usize, count: i32, queue: usize, picks: usize,
): void {
  let front = 0, back = 0, end = 0;
  for (let i = 0; i < count; i++) {
    const low = u32At(lows, i), high = u32At(highs, i);
    if (low >= high) { put32(picks, i, NONE); continue; }
    // A frame that has nothing of the one before.
    if (low >= end) {
      front = back = 0;
      end = low;
    }
    for (; end < high; end++) {
      const number = <u32>u32At(numbers, end);
      if (number == <u32>NONE) continue;
      while (back > front && <u32>u32At(numbers, u32At(queue, back - 1)) > number) back--;
      put32(queue, back, end);
      back++;
    }
    while (front < back && u32At(queue, front) < low) front++;
    put32(picks, i, front < back ? u32At(rows, u32At(queue, front)) : NONE);
  }
}

@inline function lessOf(numbers: usize, a: i32, b: i32): i32 {
  const ofA = <u32>u32At(numbers, a), ofB = <u32>u32At(numbers, b);
  return ofB < ofA || (ofB == ofA && b < a) ? b : a;
}

/**
 * The same where frames go as they like, in O(log rows) each: `tree` has room for twice as many positions as there are rows.
 * A node has the position of the less of the two below it, row i is node `count` + i.
 */
export function pickLeastOfFrames(
  numbers: usize, lows: usize, highs: usize, rows: usize, count: i32, tree: usize, picks: usize,
): void {
  for (let i = 0; i < count; i++) put32(tree, count + i, i);
  for (let node = count - 1; node > 0; node--) {
    put32(tree, node, lessOf(numbers, u32At(tree, 2 * node), u32At(tree, 2 * node + 1)));
  }
  for (let i = 0; i < count; i++) {
    const low = u32At(lows, i), high = u32At(highs, i);
    if (low >= high) { put32(picks, i, NONE); continue; }
    let least = low;
    for (let first = count + low, end = count + high; first < end; first >>= 1, end >>= 1) {
      if (first & 1) least = lessOf(numbers, least, u32At(tree, first++));
      if (end & 1) least = lessOf(numbers, least, u32At(tree, --end));
    }
    put32(picks, i, u32At(numbers, least) == NONE ? NONE : u32At(rows, least));
  }
}

/** Which picks there are, as bits; the others become row 0, so that they may be gathered. Returns how many there are. */
export function pickedRows(picks: usize, count: i32, rows: usize, bits: usize): i32 {
  let picked = 0;
  for (let base = 0; base < count; base += 64) {
    let word: u64 = 0;
    const n = min(64, count - base);
    for (let i = 0; i < n; i++) {
      const row = u32At(picks, base + i), isThere = row != NONE;
      word |= <u64>isThere << <u64>i;
      put32(rows, base + i, isThere ? row : 0);
    }
    picked += <i32>popcnt(word);
    store<u64>(bits + (base >> 3), word);
  }
  return picked;
}

/** Where picks lie once they are put behind `first` others, and what stands for those that are not there. */
export function mergePicks(picks: usize, count: i32, first: i32, other: i32, otherStep: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    put32(out, i, u32At(picks, i) != NONE ? first + i : other + i * otherStep);
  }
}
