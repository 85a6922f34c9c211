// Aggregates of frames that move over sorted rows, in time that does not depend on how many rows a frame has.
//
//     exact sums, counts    what enters is added, what leaves is taken away
//     all other states      a queue of two stacks: nothing is ever taken away
//
//          frame         low              middle            high
//                  ─ ─ ─ ─│────────────────│────────────────│─ ─ ─
//          parts          front[low] is the state of all     back is the state of all
//                         from there to the middle           from the middle to high
//
//     When low passes the middle, the back becomes the front: from high down, each row's state joined with that behind it.
//     So each row is joined twice, and each frame once more. (Tangwongsan, Hirzel, Schneider: Low-Latency Sliding-Window
//     Aggregation in Worst-Case Constant Time; this is their two-stacks.)
//
//     percentiles           a Fenwick tree over the ranks of the values counts which are in the frame
//     distinct values       how often each value is in the frame; a tree over the values joins the states of those that are
//
// Frames rise in both bounds, but where months of different lengths, or clocks that are put back, make them go back: then
// rows leave at the end and enter at the start, and instead of a queue there is a tree over the rows:
//
//     states joined         │ 0 … 4 │             a frame is joined of O(log rows) nodes
//                           │ 0 1 │ 2 3 │

import { floatOf, isValid, mulHigh } from './numbers';
import { nearValue } from './percentile-sketch';
import { NONE, put32, u32At } from './positions';
import { joinMoment, multiply } from './state-joins';

// ---- what can be taken away ------------------------------------------------------------------------------------------

/** Rows of each frame. */
export function slideRows(lows: usize, highs: usize, frames: i32, states: usize, stride: usize): void {
  for (let frame = 0; frame < frames; frame++) {
    store<u64>(states + <usize>frame * stride, <u64>max(0, u32At(highs, frame) - u32At(lows, frame)));
  }
}

/** Valid rows of each frame. */
export function slideValid(validity: usize, lows: usize, highs: usize, frames: i32, states: usize, stride: usize): void {
  let low = 0, high = 0;
  let valid: u64 = 0;
  for (let frame = 0; frame < frames; frame++) {
    const toLow = u32At(lows, frame), toHigh = u32At(highs, frame), at = states + <usize>frame * stride;
    if (toLow >= toHigh) { store<u64>(at, 0); continue; }
    if (toLow >= high || toHigh <= low) { valid = 0; low = high = toLow; }
    while (high < toHigh) valid += <u64>isValid(validity, high++);
    while (low < toLow) valid -= <u64>isValid(validity, low++);
    while (low > toLow) valid += <u64>isValid(validity, --low);
    while (high > toHigh) valid -= <u64>isValid(validity, --high);
    store<u64>(at, valid);
  }
}

/** A sum of 192 bits: what its uppermost word says over 128 of them must be their sign. */
let sum0: u64 = 0, sum1: u64 = 0, sum2: i64 = 0;

@inline function addWide(values: usize, i: i32): void {
  const low = load<u64>(values + (<usize>i << 4)), high = load<i64>(values + (<usize>i << 4), 8);
  const s0 = sum0 + low, c0 = <u64>(s0 < low);
  const s1 = sum1 + <u64>high, c1 = <u64>(s1 < <u64>high), t1 = s1 + c0;
  sum0 = s0;
  sum1 = t1;
  sum2 += (high >> 63) + <i64>(c1 + <u64>(t1 < c0));
}

@inline function takeWide(values: usize, i: i32): void {
  const low = load<u64>(values + (<usize>i << 4)), high = load<i64>(values + (<usize>i << 4), 8);
  const b0 = <u64>(sum0 < low);
  const s1 = sum1 - <u64>high, b1 = <u64>(sum1 < <u64>high), t1 = s1 - b0;
  sum0 -= low;
  sum1 = t1;
  sum2 -= (high >> 63) + <i64>(b1 + <u64>(s1 < b0));
}

/** Sums of values of 16 bytes. Returns 1 where one leaves 128 bits. */
export function slideWideSums(values: usize, lows: usize, highs: usize, frames: i32, states: usize, stride: usize): i32 {
  let low = 0, high = 0, left = 0;
  sum0 = sum1 = sum2 = 0;
  for (let frame = 0; frame < frames; frame++) {
    const toLow = u32At(lows, frame), toHigh = u32At(highs, frame), at = states + <usize>frame * stride;
    if (toLow >= toHigh) { store<u64>(at, 0); store<u64>(at, 0, 8); continue; }
    if (toLow >= high || toHigh <= low) { sum0 = sum1 = sum2 = 0; low = high = toLow; }
    while (high < toHigh) addWide(values, high++);
    while (low < toLow) takeWide(values, low++);
    while (low > toLow) addWide(values, --low);
    while (high > toHigh) takeWide(values, --high);
    store<u64>(at, sum0);
    store<u64>(at, sum1, 8);
    left |= <i32>(<i64>sum1 >> 63 != sum2);
  }
  return left;
}

@inline function slideSumsOf<T>(values: usize, lows: usize, highs: usize, frames: i32, states: usize, stride: usize): void {
  let low = 0, high = 0;
  let sum: u64 = 0, top: i64 = 0;
  for (let frame = 0; frame < frames; frame++) {
    const toLow = u32At(lows, frame), toHigh = u32At(highs, frame), at = states + <usize>frame * stride;
    if (toLow >= toHigh) { store<u64>(at, 0); store<u64>(at, 0, 8); continue; }
    if (toLow >= high || toHigh <= low) { sum = top = 0; low = high = toLow; }
    while (high < toHigh || low > toLow) {
      const row = high < toHigh ? high++ : --low;
      const value = load<T>(values + <usize>row * sizeof<T>());
      const word = <u64>(<i64>value), next = sum + word;
      top += (isSigned<T>() ? <i64>value >> 63 : 0) + <i64>(next < word);
      sum = next;
    }
    while (low < toLow || high > toHigh) {
      const row = low < toLow ? low++ : --high;
      const value = load<T>(values + <usize>row * sizeof<T>());
      const word = <u64>(<i64>value);
      top -= (isSigned<T>() ? <i64>value >> 63 : 0) + <i64>(sum < word);
      sum -= word;
    }
    store<u64>(at, sum);
    store<i64>(at, top, 8);
  }
}

/** Sums of whole numbers of a kind, zeros under nulls, of 16 bytes. */
export function slideSums(kind: i32, values: usize, lows: usize, highs: usize, frames: i32, states: usize, stride: usize): void {
  switch (kind) {
    case 0: slideSumsOf<i8>(values, lows, highs, frames, states, stride); break;
    case 1: slideSumsOf<i16>(values, lows, highs, frames, states, stride); break;
    case 2: slideSumsOf<i32>(values, lows, highs, frames, states, stride); break;
    case 3: slideSumsOf<i64>(values, lows, highs, frames, states, stride); break;
    case 4: slideSumsOf<u8>(values, lows, highs, frames, states, stride); break;
    case 5: slideSumsOf<u16>(values, lows, highs, frames, states, stride); break;
    case 6: slideSumsOf<u32>(values, lows, highs, frames, states, stride); break;
    case 7: slideSumsOf<u64>(values, lows, highs, frames, states, stride); break;
  }
}

@inline function slideSquaresOf<T>(values: usize, lows: usize, highs: usize, frames: i32, states: usize, stride: usize): void {
  let low = 0, high = 0;
  let s0: u64 = 0, s1: u64 = 0, s2: u64 = 0;
  for (let frame = 0; frame < frames; frame++) {
    const toLow = u32At(lows, frame), toHigh = u32At(highs, frame), at = states + <usize>frame * stride;
    if (toLow >= toHigh) { store<u64>(at, 0); store<u64>(at, 0, 8); store<u64>(at, 0, 16); continue; }
    if (toLow >= high || toHigh <= low) { s0 = s1 = s2 = 0; low = high = toLow; }
    while (high < toHigh || low > toLow) {
      const value = load<T>(values + <usize>(high < toHigh ? high++ : --low) * sizeof<T>());
      const x = isSigned<T>() && value < 0 ? <u64>(0 - <i64>value) : <u64>value;
      const q0 = x * x, q1 = mulHigh(x, x);
      s0 += q0;
      const c0 = <u64>(s0 < q0);
      s1 += q1;
      const c1 = <u64>(s1 < q1);
      s1 += c0;
      s2 += c1 + <u64>(s1 < c0);
    }
    while (low < toLow || high > toHigh) {
      const value = load<T>(values + <usize>(low < toLow ? low++ : --high) * sizeof<T>());
      const x = isSigned<T>() && value < 0 ? <u64>(0 - <i64>value) : <u64>value;
      const q0 = x * x, q1 = mulHigh(x, x);
      const b0 = <u64>(s0 < q0), b1 = <u64>(s1 < q1), t1 = s1 - q1;
      s0 -= q0;
      s1 = t1 - b0;
      s2 -= b1 + <u64>(t1 < b0);
    }
    store<u64>(at, s0);
    store<u64>(at, s1, 8);
    store<u64>(at, s2, 16);
  }
}

/** Sums of their squares, of 24 bytes. */
export function slideSquares(kind: i32, values: usize, lows: usize, highs: usize, frames: i32, states: usize, stride: usize): void {
  switch (kind) {
    case 0: slideSquaresOf<i8>(values, lows, highs, frames, states, stride); break;
    case 1: slideSquaresOf<i16>(values, lows, highs, frames, states, stride); break;
    case 2: slideSquaresOf<i32>(values, lows, highs, frames, states, stride); break;
    case 3: slideSquaresOf<i64>(values, lows, highs, frames, states, stride); break;
    case 4: slideSquaresOf<u8>(values, lows, highs, frames, states, stride); break;
    case 5: slideSquaresOf<u16>(values, lows, highs, frames, states, stride); break;
    case 6: slideSquaresOf<u32>(values, lows, highs, frames, states, stride); break;
    case 7: slideSquaresOf<u64>(values, lows, highs, frames, states, stride); break;
  }
}

// ---- what can only be joined -----------------------------------------------------------------------------------------

@inline function bytesOf(kind: i32): usize {
  if (kind == 3 || kind == 14) return 24;
  if (kind == 4) return 32;
  return kind == 2 || (kind >= 11 && kind <= 13) ? 16 : 8;
}

@inline function copyState(kind: i32, to: usize, from: usize): void {
  store<u64>(to, load<u64>(from));
  if (bytesOf(kind) > 8) store<u64>(to, load<u64>(from, 8), 8);
  if (bytesOf(kind) > 16) store<u64>(to, load<u64>(from, 16), 16);
  if (bytesOf(kind) > 24) store<u64>(to, load<u64>(from, 24), 24);
}

/** Joins the state at `from`, of later rows, to that at `to`. */
@inline function join(kind: i32, to: usize, from: usize): void {
  if (kind == 0) store<f64>(to, load<f64>(to) + load<f64>(from));
  if (kind == 1) store<f64>(to, load<f64>(to) * load<f64>(from));
  if (kind == 2) multiply(to, load<u64>(from), load<u64>(from, 8));
  if (kind == 3) joinMoment(false, from, to);
  if (kind == 4) joinMoment(true, from, to);
  if (kind == 5) store<i64>(to, min(load<i64>(to), load<i64>(from)));
  if (kind == 6) store<i64>(to, max(load<i64>(to), load<i64>(from)));
  if (kind == 7) store<u64>(to, min(load<u64>(to), load<u64>(from)));
  if (kind == 8) store<u64>(to, max(load<u64>(to), load<u64>(from)));
  if (kind == 9 || kind == 10) {
    const value = load<f64>(from), held = load<f64>(to);
    if (kind == 10 ? value > held || value != value : value < held || held != held) store<f64>(to, value);
  }
  if (kind == 11 || kind == 12) {
    const low = load<u64>(from), high = load<i64>(from, 8), heldLow = load<u64>(to), heldHigh = load<i64>(to, 8);
    const less = high < heldHigh || (high == heldHigh && low < heldLow);
    const more = high > heldHigh || (high == heldHigh && low > heldLow);
    if (kind == 12 ? more : less) { store<u64>(to, low); store<i64>(to, high, 8); }
  }
  if (kind == 13 || kind == 14) {
    const a0 = load<u64>(from), s0 = load<u64>(to) + a0, c0 = <u64>(s0 < a0);
    const a1 = load<u64>(from, 8), t1 = load<u64>(to, 8) + a1, s1 = t1 + c0;
    store<u64>(to, s0);
    store<u64>(to, s1, 8);
    if (kind == 14) store<u64>(to, load<u64>(to, 16) + load<u64>(from, 16) + <u64>(t1 < a1) + <u64>(s1 < c0), 16);
  }
  if (kind == 15) store<u64>(to, load<u64>(to) + load<u64>(from));
}

@inline function slide(
  kind: i32, rows: usize, identity: usize, lows: usize, highs: usize, frames: i32, front: usize, states: usize, stride: usize,
): void {
  const bytes = bytesOf(kind);
  // The state of the back lies behind that of no rows.
  const back = identity + bytes;
  let middle = 0, high = 0;
  copyState(kind, back, identity);
  for (let frame = 0; frame < frames; frame++) {
    const toLow = u32At(lows, frame), toHigh = u32At(highs, frame), at = states + <usize>frame * stride;
    if (toLow >= toHigh) { copyState(kind, at, identity); continue; }
    if (toLow >= high) {
      middle = high = toLow;
      copyState(kind, back, identity);
    } else if (toLow > middle) {
      let here = front + <usize>(high - 1) * bytes;
      copyState(kind, here, rows + <usize>(high - 1) * bytes);
      for (let i = high - 2; i >= toLow; i--) {
        const behind = here;
        here -= bytes;
        copyState(kind, here, rows + <usize>i * bytes);
        join(kind, here, behind);
      }
      middle = high;
      copyState(kind, back, identity);
    }
    for (; high < toHigh; high++) join(kind, back, rows + <usize>high * bytes);
    if (toLow < middle) {
      copyState(kind, at, front + <usize>toLow * bytes);
      join(kind, at, back);
    } else copyState(kind, at, back);
  }
}

/**
 * States of a kind (see `SLIDE_STATES`) of frames that do not go back: `rows` are those of single rows, one behind the
 * other, `identity` that of no rows, with room for one more, and `front` has room for as many states as there are rows.
 */
export function slideStates(
  kind: i32, rows: usize, identity: usize, lows: usize, highs: usize, frames: i32, front: usize, states: usize, stride: usize,
): void {
  switch (kind) {
    case 0: slide(0, rows, identity, lows, highs, frames, front, states, stride); break;
    case 1: slide(1, rows, identity, lows, highs, frames, front, states, stride); break;
    case 2: slide(2, rows, identity, lows, highs, frames, front, states, stride); break;
    case 3: slide(3, rows, identity, lows, highs, frames, front, states, stride); break;
    case 4: slide(4, rows, identity, lows, highs, frames, front, states, stride); break;
    case 5: slide(5, rows, identity, lows, highs, frames, front, states, stride); break;
    case 6: slide(6, rows, identity, lows, highs, frames, front, states, stride); break;
    case 7: slide(7, rows, identity, lows, highs, frames, front, states, stride); break;
    case 8: slide(8, rows, identity, lows, highs, frames, front, states, stride); break;
    case 9: slide(9, rows, identity, lows, highs, frames, front, states, stride); break;
    case 10: slide(10, rows, identity, lows, highs, frames, front, states, stride); break;
    case 11: slide(11, rows, identity, lows, highs, frames, front, states, stride); break;
    case 12: slide(12, rows, identity, lows, highs, frames, front, states, stride); break;
  }
}

function copyOf(kind: i32, to: usize, from: usize): void { copyState(kind, to, from); }
function joinOf(kind: i32, to: usize, from: usize): void { join(kind, to, from); }

/**
 * The same of frames that go as they like: `tree` has room for twice as many states as there are rows, `identity` for two
 * more. Node n has the nodes 2 n and 2 n + 1 below it, row i is node `count` + i.
 */
export function joinStatesOfFrames(
  kind: i32, rows: usize, identity: usize, lows: usize, highs: usize, frames: i32, count: i32, tree: usize, states: usize,
  stride: usize,
): void {
  const bytes = bytesOf(kind), later = identity + bytes, joined = later + bytes;
  memory.copy(tree + <usize>count * bytes, rows, <usize>count * bytes);
  for (let node = count - 1; node > 0; node--) {
    const at = tree + <usize>node * bytes, below = tree + <usize>(2 * node) * bytes;
    copyOf(kind, at, below);
    joinOf(kind, at, below + bytes);
  }
  for (let frame = 0; frame < frames; frame++) {
    const at = states + <usize>frame * stride, low = u32At(lows, frame), high = u32At(highs, frame);
    copyOf(kind, at, identity);
    if (low >= high) continue;
    copyOf(kind, later, identity);
    for (let first = count + low, end = count + high; first < end; first >>= 1, end >>= 1) {
      if (first & 1) joinOf(kind, at, tree + <usize>(first++) * bytes);
      if (end & 1) {
        copyOf(kind, joined, tree + <usize>(--end) * bytes);
        joinOf(kind, joined, later);
        copyOf(kind, later, joined);
      }
    }
    joinOf(kind, at, later);
  }
}

// ---- values by rank --------------------------------------------------------------------------------------------------

/** Different numbers of each frame, as uint64; all ones do not count. `counts`, of 4 bytes by number, is zeros before and after. */
export function slideDistinct(numbers: usize, lows: usize, highs: usize, frames: i32, counts: usize, out: usize): void {
  let low = 0, high = 0;
  let distinct: u64 = 0;
  for (let frame = 0; frame <= frames; frame++) {
    // Behind the last frame is an empty one, for which all rows leave.
    const isEnd = frame == frames;
    const toLow = isEnd ? high : u32At(lows, frame), toHigh = isEnd ? high : u32At(highs, frame);
    if (!isEnd && toLow >= toHigh) { store<u64>(out + (<usize>frame << 3), 0); continue; }
    if (toLow >= high || toHigh <= low) {
      while (low < high) distinct -= <u64>isLast(numbers, low++, counts);
      if (!isEnd) low = high = toLow;
    }
    while (high < toHigh) distinct += <u64>isFirst(numbers, high++, counts);
    while (low < toLow) distinct -= <u64>isLast(numbers, low++, counts);
    while (low > toLow) distinct += <u64>isFirst(numbers, --low, counts);
    while (high > toHigh) distinct -= <u64>isLast(numbers, --high, counts);
    if (!isEnd) store<u64>(out + (<usize>frame << 3), distinct);
  }
}

/** The state of the leaf becomes that at `from`, and the path above it is joined anew. */
@inline function setLeaf(kind: i32, tree: usize, size: i32, number: i32, from: usize): void {
  const bytes = bytesOf(kind);
  let node = size + number;
  copyState(kind, tree + <usize>node * bytes, from);
  for (node >>= 1; node != 0; node >>= 1) {
    const at = tree + <usize>node * bytes, below = tree + <usize>(2 * node) * bytes;
    copyState(kind, at, below);
    join(kind, at, below + bytes);
  }
}

@inline function slideDifferent(
  kind: i32, leaves: usize, identity: usize, numbers: usize, lows: usize, highs: usize, frames: i32, counts: usize,
  tree: usize, size: i32, states: usize, stride: usize,
): void {
  const bytes = bytesOf(kind);
  let low = 0, high = 0;
  for (let frame = 0; frame <= frames; frame++) {
    const isEnd = frame == frames;
    const toLow = isEnd ? high : u32At(lows, frame), toHigh = isEnd ? high : u32At(highs, frame);
    const at = states + <usize>frame * stride;
    if (!isEnd && toLow >= toHigh) { copyState(kind, at, identity); continue; }
    if (toLow >= high || toHigh <= low) {
      for (; low < high; low++) if (isLast(numbers, low, counts)) setLeaf(kind, tree, size, u32At(numbers, low), identity);
      if (isEnd) return;
      low = high = toLow;
    }
    while (high < toHigh || low > toLow) {
      const row = high < toHigh ? high++ : --low;
      if (!isFirst(numbers, row, counts)) continue;
      const number = u32At(numbers, row);
      setLeaf(kind, tree, size, number, leaves + <usize>number * bytes);
    }
    while (low < toLow || high > toHigh) {
      const row = low < toLow ? low++ : --high;
      if (isLast(numbers, row, counts)) setLeaf(kind, tree, size, u32At(numbers, row), identity);
    }
    copyState(kind, at, tree + bytes);
  }
}

/**
 * States of the different numbers of each frame: of each the one in `leaves` is there while the number is in the frame, in a
 * tree whose nodes are the states of the two below them joined. The tree has 2 × `size` states, all `identity` before and
 * after, and `size`, a power of two, is no less than the numbers; `counts` is as in `slideDistinct`.
 */
export function slideDistinctStates(
  kind: i32, leaves: usize, identity: usize, numbers: usize, lows: usize, highs: usize, frames: i32, counts: usize,
  tree: usize, size: i32, states: usize, stride: usize,
): void {
  switch (kind) {
    case 0: slideDifferent(0, leaves, identity, numbers, lows, highs, frames, counts, tree, size, states, stride); break;
    case 1: slideDifferent(1, leaves, identity, numbers, lows, highs, frames, counts, tree, size, states, stride); break;
    case 2: slideDifferent(2, leaves, identity, numbers, lows, highs, frames, counts, tree, size, states, stride); break;
    case 3: slideDifferent(3, leaves, identity, numbers, lows, highs, frames, counts, tree, size, states, stride); break;
    case 4: slideDifferent(4, leaves, identity, numbers, lows, highs, frames, counts, tree, size, states, stride); break;
    case 5: slideDifferent(5, leaves, identity, numbers, lows, highs, frames, counts, tree, size, states, stride); break;
    case 6: slideDifferent(6, leaves, identity, numbers, lows, highs, frames, counts, tree, size, states, stride); break;
    case 7: slideDifferent(7, leaves, identity, numbers, lows, highs, frames, counts, tree, size, states, stride); break;
    case 8: slideDifferent(8, leaves, identity, numbers, lows, highs, frames, counts, tree, size, states, stride); break;
    case 9: slideDifferent(9, leaves, identity, numbers, lows, highs, frames, counts, tree, size, states, stride); break;
    case 10: slideDifferent(10, leaves, identity, numbers, lows, highs, frames, counts, tree, size, states, stride); break;
    case 11: slideDifferent(11, leaves, identity, numbers, lows, highs, frames, counts, tree, size, states, stride); break;
    case 12: slideDifferent(12, leaves, identity, numbers, lows, highs, frames, counts, tree, size, states, stride); break;
    case 13: slideDifferent(13, leaves, identity, numbers, lows, highs, frames, counts, tree, size, states, stride); break;
    case 14: slideDifferent(14, leaves, identity, numbers, lows, highs, frames, counts, tree, size, states, stride); break;
    case 15: slideDifferent(15, leaves, identity, numbers, lows, highs, frames, counts, tree, size, states, stride); break;
  }
}

/** As `slideWideSums`, of values with different numbers; `counts` is as in `slideDistinct`. */
export function slideDistinctWideSums(
  values: usize, numbers: usize, lows: usize, highs: usize, frames: i32, counts: usize, states: usize, stride: usize,
): i32 {
  let low = 0, high = 0, left = 0;
  sum0 = sum1 = sum2 = 0;
  for (let frame = 0; frame <= frames; frame++) {
    const isEnd = frame == frames;
    const toLow = isEnd ? high : u32At(lows, frame), toHigh = isEnd ? high : u32At(highs, frame);
    const at = states + <usize>frame * stride;
    if (!isEnd && toLow >= toHigh) { store<u64>(at, 0); store<u64>(at, 0, 8); continue; }
    if (toLow >= high || toHigh <= low) {
      while (low < high) isLast(numbers, low++, counts);
      if (isEnd) return left;
      sum0 = sum1 = sum2 = 0;
      low = high = toLow;
    }
    for (; high < toHigh; high++) if (isFirst(numbers, high, counts)) addWide(values, high);
    for (; low < toLow; low++) if (isLast(numbers, low, counts)) takeWide(values, low);
    while (low > toLow) if (isFirst(numbers, --low, counts)) addWide(values, low);
    while (high > toHigh) if (isLast(numbers, --high, counts)) takeWide(values, high);
    store<u64>(at, sum0);
    store<u64>(at, sum1, 8);
    left |= <i32>(<i64>sum1 >> 63 != sum2);
  }
  return left;
}

/** The last row of each number. */
export function rowsOfNumbers(numbers: usize, count: i32, rows: usize): void {
  for (let i = 0; i < count; i++) {
    const number = u32At(numbers, i);
    if (number != NONE) put32(rows, number, i);
  }
}

/** Counts a row that enters: whether it is the only one with its number. */
@inline function isFirst(numbers: usize, i: i32, counts: usize): bool {
  const number = u32At(numbers, i);
  if (number == NONE) return false;
  const before = u32At(counts, number);
  put32(counts, number, before + 1);
  return before == 0;
}

/** Counts a row that leaves: whether it was. */
@inline function isLast(numbers: usize, i: i32, counts: usize): bool {
  const number = u32At(numbers, i);
  if (number == NONE) return false;
  const after = u32At(counts, number) - 1;
  put32(counts, number, after);
  return after == 0;
}

/** Adds to the count of a rank in a Fenwick tree of `size`: entry i, from 1, counts the ranks (i − lowest bit of i, i]. */
@inline function countRank(tree: usize, size: i32, rank: i32, by: i32): void {
  for (let at = rank + 1; at <= size; at += at & -at) put32(tree, at, u32At(tree, at) + by);
}

/** Counts the rank of a row that enters, where it is the only one with it or all are counted; returns 1 if so. */
function enterRank(ranks: usize, i: i32, counts: usize, tree: usize, size: i32): i32 {
  if (u32At(ranks, i) == NONE || (counts != 0 && !isFirst(ranks, i, counts))) return 0;
  countRank(tree, size, u32At(ranks, i), 1);
  return 1;
}

/** The same of a row that leaves. */
function leaveRank(ranks: usize, i: i32, counts: usize, tree: usize, size: i32): i32 {
  if (u32At(ranks, i) == NONE || (counts != 0 && !isLast(ranks, i, counts))) return 0;
  countRank(tree, size, u32At(ranks, i), -1);
  return 1;
}

/** The rank of value `nth`, from 0, of those that are counted. */
@inline function rankOfNth(tree: usize, size: i32, nth: i32): i32 {
  let at = 0, left = nth;
  for (let step = 1 << (31 - <i32>clz(size)); step != 0; step >>= 1) {
    const next = at + step;
    if (next > size) continue;
    const counted = u32At(tree, next);
    if (counted > left) continue;
    left -= counted;
    at = next;
  }
  return at;
}

/**
 * Percentiles of the frames of the rows [from, to), `each` of them a row. `window` is where the bounds of the last frame
 * and how many values it has are kept, `ranks` the rank of each row's value (all ones: none), `order` the row of each rank.
 * Of different values, equal ones have one rank, and `counts`, zeros at first, is how often each is in the frame; else it
 * is 0. `near` is 1: what a sketch of the frame would answer. Returns how many frames have values.
 */
export function slidePercentiles(
  window: usize, lows: usize, highs: usize, from: i32, to: i32, ranks: usize, counts: usize, tree: usize, size: i32, order: usize,
  kind: i32, values: usize, scale: f64, near: i32, percentiles: usize, each: i32, out: usize, bitmap: usize,
): i32 {
  let low = u32At(window, 0), high = u32At(window, 1), counted = u32At(window, 2), present = 0;
  for (let i = from; i < to; i++) {
    const toLow = u32At(lows, i), toHigh = u32At(highs, i);
    if (toLow < toHigh) {
      if (toLow >= high || toHigh <= low) {
        while (low < high) leaveRank(ranks, low++, counts, tree, size);
        counted = 0;
        low = high = toLow;
      }
      while (high < toHigh) counted += enterRank(ranks, high++, counts, tree, size);
      while (low > toLow) counted += enterRank(ranks, --low, counts, tree, size);
      while (low < toLow) counted -= leaveRank(ranks, low++, counts, tree, size);
      while (high > toHigh) counted -= leaveRank(ranks, --high, counts, tree, size);
    }
    const at = i - from, isThere = toLow < toHigh && counted > 0, word = bitmap + (<usize>(at >> 6) << 3);
    if ((at & 63) == 0) store<u64>(word, 0);
    store<u64>(word, load<u64>(word) | (<u64>isThere << <u64>(at & 63)));
    present += <i32>isThere;
    for (let p = 0; p < each; p++) {
      let result: f64 = 0;
      if (isThere) {
        const position = <f64>(counted - 1) * load<f64>(percentiles + (<usize>p << 3)), below = Math.floor(position), part = position - below;
        result = floatOf(kind, values, u32At(order, rankOfNth(tree, size, <i32>below)));
        if (near == 0 && part > 0) {
          const next = floatOf(kind, values, u32At(order, rankOfNth(tree, size, <i32>below + 1)));
          // Not as a multiple of the difference, which infinite and very large values do not have.
          if (next != result) result = result * (1 - part) + next * part;
        }
        result /= scale;
        if (near != 0) result = nearValue(result);
      }
      store<f64>(out + (<usize>(at * each + p) << 3), result);
    }
  }
  put32(window, 0, low);
  put32(window, 1, high);
  put32(window, 2, counted);
  return present;
}
