// Which rows the frame of each row has: positions in a stretch of sorted rows, as uint32.
//
//     partition starts  │ 0 0 0 0 0 │ 5 5 5 │        peers: rows of a partition with equal keys
//     partition ends    │ 5 5 5 5 5 │ 8 8 8 │        frame of row i: the positions [low[i], high[i])
//     peer starts       │ 0 0 2 3 3 │ 5 5 7 │
//     peer ends         │ 2 2 3 5 5 │ 7 7 8 │
//
// Bounds of range frames are found by a position that follows the row: rows are sorted, so that it moves n times in all.
// It may step back where bounds do, as months of different lengths make them.

import { sameText } from './hash-text';
import { isValid } from './numbers';
import { NONE, put32, u32At } from './positions';

// ---- partitions ------------------------------------------------------------------------------------------------------

/** The partition behind those from `first` on that have `most` rows together, or behind `first` itself. */
export function stretchEnd(starts: usize, first: i32, partitions: i32, most: i32): i32 {
  const from = u32At(starts, first);
  let last = first + 1;
  while (last < partitions && <u32>(u32At(starts, last + 1) - from) <= <u32>most) last++;
  return last;
}

/** Where the partition of each row of the partitions [first, last) begins and ends, counted from the first row. */
export function spreadPartitions(starts: usize, first: i32, last: i32, partStarts: usize, partEnds: usize): void {
  const from = u32At(starts, first);
  for (let partition = first; partition < last; partition++) {
    const start = u32At(starts, partition) - from, end = u32At(starts, partition + 1) - from;
    for (let i = start; i < end; i++) {
      put32(partStarts, i, start);
      put32(partEnds, i, end);
    }
  }
}

// ---- peers -----------------------------------------------------------------------------------------------------------

@inline function changesOf<T>(values: usize, validity: usize, rows: usize, count: i32, marks: usize): void {
  let row = u32At(rows, 0), before = load<T>(values + <usize>row * sizeof<T>()), wasValid = isValid(validity, row);
  for (let i = 1; i < count; i++) {
    row = u32At(rows, i);
    const value = load<T>(values + <usize>row * sizeof<T>()), valid = isValid(validity, row);
    let same = value == before && valid == wasValid;
    if (isFloat<T>()) same = (value == before || (value != value && before != before)) && valid == wasValid;
    store<u8>(marks + <usize>i, load<u8>(marks + <usize>i) | <u8>!same);
    before = value;
    wasValid = valid;
  }
}

/**
 * Marks, one byte each, the rows of a list that differ from the row before: values of a kind (see `changeKind`), zeros
 * under their nulls. Marks that are there stay.
 */
export function markChanges(kind: i32, values: usize, validity: usize, rows: usize, count: i32, marks: usize): void {
  if (count == 0) return;
  switch (kind) {
    case 1: changesOf<u8>(values, validity, rows, count, marks); break;
    case 2: changesOf<u16>(values, validity, rows, count, marks); break;
    case 4: changesOf<u32>(values, validity, rows, count, marks); break;
    case 8: changesOf<u64>(values, validity, rows, count, marks); break;
    case 32: changesOf<f32>(values, validity, rows, count, marks); break;
    case 64: changesOf<f64>(values, validity, rows, count, marks); break;
    case 16:
      // Halves of what is not null differ where the whole does.
      for (let i = 1; i < count; i++) {
        const a = u32At(rows, i - 1), b = u32At(rows, i), p = values + (<usize>a << 4), q = values + (<usize>b << 4);
        const same = load<u64>(p) == load<u64>(q) && load<u64>(p, 8) == load<u64>(q, 8);
        store<u8>(marks + <usize>i, load<u8>(marks + <usize>i) | <u8>(!same || isValid(validity, a) != isValid(validity, b)));
      }
      break;
    case 0:
      for (let i = 1; i < count; i++) {
        const a = u32At(rows, i - 1), b = u32At(rows, i);
        const same = isValid(values, a) == isValid(values, b) && isValid(validity, a) == isValid(validity, b);
        store<u8>(marks + <usize>i, load<u8>(marks + <usize>i) | <u8>!same);
      }
      break;
  }
}

/** The same of plain texts. */
export function markTextChanges(offsets: usize, bytes: usize, validity: usize, rows: usize, count: i32, marks: usize): void {
  for (let i = 1; i < count; i++) {
    const a = u32At(rows, i - 1), b = u32At(rows, i);
    const from = u32At(offsets, a), to = u32At(offsets, b), length = u32At(offsets, a + 1) - from;
    const same = length == u32At(offsets, b + 1) - to && isValid(validity, a) == isValid(validity, b) &&
      sameText(bytes + <usize>from, bytes + <usize>to, <usize>length);
    store<u8>(marks + <usize>i, load<u8>(marks + <usize>i) | <u8>!same);
  }
}

/** Where the peers of each row begin and end; `marks` say which rows differ from the row before. */
export function spreadPeers(marks: usize, partStarts: usize, partEnds: usize, count: i32, peerStarts: usize, peerEnds: usize): void {
  let start = 0;
  for (let i = 0; i < count; i++) {
    if (u32At(partStarts, i) == i || load<u8>(marks + <usize>i) != 0) start = i;
    put32(peerStarts, i, start);
  }
  let end = count;
  for (let i = count - 1; i >= 0; i--) {
    if (u32At(partEnds, i) == i + 1 || u32At(peerStarts, i + 1) == i + 1) end = i + 1;
    put32(peerEnds, i, end);
  }
}

/** Numbers rows so that a lower number says a lower value: all ones for nulls. `order`: the rows, sorted, nulls last. */
export function numberInOrder(marks: usize, order: usize, validity: usize, count: i32, numbers: usize): i32 {
  let number = -1;
  for (let i = 0; i < count; i++) {
    const row = u32At(order, i);
    if (!isValid(validity, row)) { put32(numbers, row, NONE); continue; }
    if (i == 0 || load<u8>(marks + <usize>i) != 0) number++;
    put32(numbers, row, number);
  }
  return number + 1;
}

/** All ones where a bit is 0. */
export function dropNumbers(numbers: usize, validity: usize, count: i32): void {
  for (let i = 0; i < count; i++) if (!isValid(validity, i)) put32(numbers, i, NONE);
}

// ---- bounds ----------------------------------------------------------------------------------------------------------

/** `delta` rows behind each row, within its partition. */
export function rowBounds(delta: f64, partStarts: usize, partEnds: usize, count: i32, bounds: usize): void {
  const by = <i64>delta;
  for (let i = 0; i < count; i++) {
    const least = <i64>u32At(partStarts, i), most = <i64>u32At(partEnds, i);
    put32(bounds, i, <i32>max(least, min(most, <i64>i + by)));
  }
}

@inline function lowHalf<T>(values: usize, i: i32): u64 {
  if (sizeof<T>() == 8) return load<u64>(values + (<usize>i << 3));
  return <u64>(<i64>load<T>(values + <usize>i * sizeof<T>()));
}

@inline function highHalf<T>(values: usize, i: i32): i64 {
  if (isSigned<T>()) return <i64>load<T>(values + <usize>i * sizeof<T>()) >> 63;
  return 0;
}

/** Whether the distance from row i to row j, in the order, is below that of the bound: at most it where `end`. */
@inline function isBefore<T>(wide: bool, values: usize, j: i32, i: i32, end: bool, descending: bool, low: u64, high: i64): bool {
  const a = descending ? i : j, b = descending ? j : i;
  let aLow: u64, aHigh: i64, bLow: u64, bHigh: i64;
  if (wide) {
    aLow = load<u64>(values + (<usize>a << 4));
    aHigh = load<i64>(values + (<usize>a << 4), 8);
    bLow = load<u64>(values + (<usize>b << 4));
    bHigh = load<i64>(values + (<usize>b << 4), 8);
  } else {
    aLow = lowHalf<T>(values, a);
    aHigh = highHalf<T>(values, a);
    bLow = lowHalf<T>(values, b);
    bHigh = highHalf<T>(values, b);
  }
  const distance = aLow - bLow;
  let distanceHigh = aHigh - bHigh - <i64>(aLow < bLow);
  // Only values of 38 digits are further apart than 128 bits say.
  if (wide && ((aHigh ^ bHigh) & (aHigh ^ distanceHigh)) < 0) distanceHigh = aHigh < 0 ? i64.MIN_VALUE : i64.MAX_VALUE;
  if (distanceHigh != high) return distanceHigh < high;
  return end ? distance <= low : distance < low;
}

/** Nulls are at one end of [first, last): where the keys begin, */
@inline function firstValid(validity: usize, first: i32, last: i32): i32 {
  while (first < last && !isValid(validity, first)) first++;
  return first;
}

/** and where they end. */
@inline function endOfValid(validity: usize, first: i32, last: i32): i32 {
  while (first < last && !isValid(validity, last - 1)) last--;
  return last;
}

@inline function follow<T>(
  wide: bool, values: usize, validity: usize, end: bool, descending: bool, low: u64, high: i64,
  partStarts: usize, partEnds: usize, peers: usize, count: i32, bounds: usize,
): void {
  let first = 0, last = 0, j = 0;
  for (let i = 0; i < count; i++) {
    if (u32At(partStarts, i) == i) {
      last = u32At(partEnds, i);
      first = firstValid(validity, i, last);
      last = endOfValid(validity, first, last);
      j = first;
    }
    if (!isValid(validity, i)) { put32(bounds, i, u32At(peers, i)); continue; }
    while (j < last && isBefore<T>(wide, values, j, i, end, descending, low, high)) j++;
    put32(bounds, i, j);
  }
}

/**
 * The first position whose key is `low`, `high` (128 bits) or more away from that of the row, more than that where `end`
 * is 1: before it in the order where negative. Keys are whole numbers of a kind; those of null have their `peers`.
 */
export function distanceBounds(
  kind: i32, values: usize, validity: usize, end: i32, descending: i32, low: u64, high: i64,
  partStarts: usize, partEnds: usize, peers: usize, count: i32, bounds: usize,
): void {
  const e = end != 0, d = descending != 0;
  switch (kind) {
    case 0: follow<i8>(false, values, validity, e, d, low, high, partStarts, partEnds, peers, count, bounds); break;
    case 1: follow<i16>(false, values, validity, e, d, low, high, partStarts, partEnds, peers, count, bounds); break;
    case 2: follow<i32>(false, values, validity, e, d, low, high, partStarts, partEnds, peers, count, bounds); break;
    case 3: follow<i64>(false, values, validity, e, d, low, high, partStarts, partEnds, peers, count, bounds); break;
    case 4: follow<u8>(false, values, validity, e, d, low, high, partStarts, partEnds, peers, count, bounds); break;
    case 5: follow<u16>(false, values, validity, e, d, low, high, partStarts, partEnds, peers, count, bounds); break;
    case 6: follow<u32>(false, values, validity, e, d, low, high, partStarts, partEnds, peers, count, bounds); break;
    case 7: follow<u64>(false, values, validity, e, d, low, high, partStarts, partEnds, peers, count, bounds); break;
    case 12: follow<i64>(true, values, validity, e, d, low, high, partStarts, partEnds, peers, count, bounds); break;
  }
}

/** Whether key j comes before the limit of row i in the order; where `end`, also if it is equal. NaN is the greatest. */
@inline function isWithin<T>(keys: usize, limits: usize, j: i32, i: i32, end: bool, descending: bool): bool {
  const key = load<T>(keys + (<usize>j << 3)), limit = load<T>(limits + (<usize>i << 3));
  if (isFloat<T>()) {
    const keyIsNan = key != key, limitIsNan = limit != limit;
    if (key == limit || (keyIsNan && limitIsNan)) return end;
    const less = limitIsNan || (!keyIsNan && key < limit);
    return less != descending;
  }
  if (key == limit) return end;
  return key < limit != descending;
}

@inline function followLimits<T>(
  keys: usize, limits: usize, validity: usize, end: bool, descending: bool,
  partStarts: usize, partEnds: usize, peers: usize, count: i32, bounds: usize,
): void {
  let first = 0, last = 0, j = 0;
  for (let i = 0; i < count; i++) {
    if (u32At(partStarts, i) == i) {
      last = u32At(partEnds, i);
      first = firstValid(validity, i, last);
      last = endOfValid(validity, first, last);
      j = first;
    }
    if (!isValid(validity, i)) { put32(bounds, i, u32At(peers, i)); continue; }
    while (j < last && isWithin<T>(keys, limits, j, i, end, descending)) j++;
    while (j > first && !isWithin<T>(keys, limits, j - 1, i, end, descending)) j--;
    put32(bounds, i, j);
  }
}

/** The same where the limit of each row has been computed: both of 8 bytes, floats where `float` is 1. */
export function limitBounds(
  float: i32, keys: usize, limits: usize, validity: usize, end: i32, descending: i32,
  partStarts: usize, partEnds: usize, peers: usize, count: i32, bounds: usize,
): void {
  if (float != 0) followLimits<f64>(keys, limits, validity, end != 0, descending != 0, partStarts, partEnds, peers, count, bounds);
  else followLimits<i64>(keys, limits, validity, end != 0, descending != 0, partStarts, partEnds, peers, count, bounds);
}

// ---- frames ----------------------------------------------------------------------------------------------------------

/** Marks, one byte each, the frames with `least` rows or more, and makes all others empty. */
export function emptySmallFrames(least: u32, lows: usize, highs: usize, count: i32, enough: usize): void {
  for (let i = 0; i < count; i++) {
    const low = u32At(lows, i), rows = max(0, u32At(highs, i) - low);
    const isEnough = <u32>rows >= least;
    store<u8>(enough + <usize>i, <u8>isEnough);
    if (!isEnough || rows == 0) put32(highs, i, low);
  }
}

/** Frames that are not those of the row before, and which of them each row has; returns how many. */
export function distinctFrames(lows: usize, highs: usize, count: i32, frameOf: usize, frameLows: usize, frameHighs: usize): i32 {
  let frame = -1, beforeLow = -1, beforeHigh = -1;
  for (let i = 0; i < count; i++) {
    const low = u32At(lows, i), high = u32At(highs, i);
    if (low != beforeLow || high != beforeHigh) {
      frame++;
      put32(frameLows, frame, low);
      put32(frameHighs, frame, high);
      beforeLow = low;
      beforeHigh = high;
    }
    put32(frameOf, i, frame);
  }
  return frame + 1;
}

/** 1 where a bound of a frame with rows lies before that of an earlier one. */
export function goesBack(lows: usize, highs: usize, frames: i32): i32 {
  let low = 0, high = 0;
  for (let frame = 0; frame < frames; frame++) {
    const toLow = u32At(lows, frame), toHigh = u32At(highs, frame);
    if (toLow >= toHigh) continue;
    if (toLow < low || toHigh < high) return 1;
    low = toLow;
    high = toHigh;
  }
  return 0;
}

/** `numbers[i] - base`. */
export function numbersFrom(numbers: usize, base: i32, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) put32(out, i, u32At(numbers, i) - base);
}

/** Bytes of 0 and 1 as bits, whole words of them; returns how many are 1. */
export function packMarks(marks: usize, count: i32, bits: usize): i32 {
  let ones = 0;
  for (let base = 0; base < count; base += 64) {
    let word: u64 = 0;
    const n = min(64, count - base);
    for (let i = 0; i < n; i++) word |= <u64>load<u8>(marks + <usize>(base + i)) << <u64>i;
    ones += <i32>popcnt(word);
    store<u64>(bits + (base >> 3), word);
  }
  return ones;
}

/** Clears the bits that are not in `other` too. */
export function andBits(bits: usize, other: usize, count: i32): void {
  for (let base = 0; base < count; base += 64) {
    store<u64>(bits + (base >> 3), load<u64>(bits + (base >> 3)) & load<u64>(other + (base >> 3)));
  }
}
