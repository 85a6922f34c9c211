// What aggregates keep per group, and how a batch of plain values is added to it.
//
//     ids   │ 2 │ 0 │ 2 │ …         state of group g of one accumulator: states + g × stride
//     values│ a │ b │ c │ …         count: 8 bytes │ sum: 16 │ extreme: 8, 16 or a text's 16
//
// The sum of floats is a sum and what was rounded away on the way to it:
//
//     value      1    1e17    1  -1e17         by the exact error of one addition (Knuth's TwoSum), which needs no branch;
//     sum        1    1e17  1e17     0         the result is sum + lost. So it does not depend on how the rows come in
//     lost       0       1     2     2         batches, and hardly on their order (Kahan and Babuška; Neumaier).
//
// Where the sum is infinite or NaN, what was lost has no meaning, and the sum is the result, as that of plain additions is.
//
// Values under nulls are zero, so sums do not look at validity. An extreme starts as the value that loses against every
// other: whether a group has one at all is what its count says. NaN is greater than every number.

import { idOf, isValid } from './numbers';

// ---- counts ----------------------------------------------------------------------------------------------------------

export function countRows(ids: usize, rows: i32, states: usize, stride: usize): void {
  for (let row = 0; row < rows; row++) {
    const at = states + idOf(ids, row) * stride;
    store<u64>(at, load<u64>(at) + 1);
  }
}

/** Rows whose bit is set in `validity`. */
export function countValid(validity: usize, ids: usize, rows: i32, states: usize, stride: usize): void {
  for (let row = 0; row < rows; row++) {
    const at = states + idOf(ids, row) * stride;
    store<u64>(at, load<u64>(at) + <u64>((load<u8>(validity + (row >> 3)) >> <u8>(row & 7)) & 1));
  }
}

/** Counts of 8 bytes that were made elsewhere. */
export function addCounts(counts: usize, ids: usize, rows: i32, states: usize, stride: usize): void {
  for (let row = 0; row < rows; row++) {
    const at = states + idOf(ids, row) * stride;
    store<u64>(at, load<u64>(at) + load<u64>(counts + (<usize>row << 3)));
  }
}

// ---- sums ------------------------------------------------------------------------------------------------------------

/** Adds a value of 128 bits; the result is negative where the sum does not fit 128 bits. */
@inline function add128(at: usize, low: u64, high: i64): i64 {
  const oldHigh = load<i64>(at, 8);
  const sum = load<u64>(at) + low;
  const carry = <i64>(sum < low);
  const newHigh = oldHigh + high + carry;
  store<u64>(at, sum);
  store<i64>(at, newHigh, 8);
  return (oldHigh ^ newHigh) & (high ^ newHigh);
}

@inline function sumOf<T>(values: usize, ids: usize, rows: i32, states: usize, stride: usize): void {
  for (let row = 0; row < rows; row++) {
    const at = states + idOf(ids, row) * stride;
    const value = load<T>(values + <usize>row * sizeof<T>());
    if (isSigned<T>()) add128(at, <u64>(<i64>value), <i64>value >> 63);
    else add128(at, <u64>value, 0);
  }
}

/** Integers of a kind (see `Kind` in the face of this file) into sums of 16 bytes, which they cannot overflow. */
export function sumIntegers(kind: i32, values: usize, ids: usize, rows: i32, states: usize, stride: usize): void {
  switch (kind) {
    case 0: sumOf<i8>(values, ids, rows, states, stride); break;
    case 1: sumOf<i16>(values, ids, rows, states, stride); break;
    case 2: sumOf<i32>(values, ids, rows, states, stride); break;
    case 3: sumOf<i64>(values, ids, rows, states, stride); break;
    case 4: sumOf<u8>(values, ids, rows, states, stride); break;
    case 5: sumOf<u16>(values, ids, rows, states, stride); break;
    case 6: sumOf<u32>(values, ids, rows, states, stride); break;
    case 7: sumOf<u64>(values, ids, rows, states, stride); break;
  }
}

/** Values of 16 bytes. Returns 1 where a sum left 128 bits. */
export function sumWide(values: usize, ids: usize, rows: i32, states: usize, stride: usize): i32 {
  let left: i64 = 0;
  for (let row = 0; row < rows; row++) {
    const value = values + (<usize>row << 4);
    left |= add128(states + idOf(ids, row) * stride, load<u64>(value), load<i64>(value, 8));
  }
  return <i32>(left < 0);
}

@inline function addFloat(at: usize, value: f64, lost: f64): void {
  const before = load<f64>(at), sum = before + value, added = sum - before;
  store<f64>(at, sum);
  store<f64>(at, load<f64>(at, 8) + lost + ((before - (sum - added)) + (value - added)), 8);
}

/** Floats of 4 or 8 bytes, in the order of the rows. */
export function sumFloats(width: i32, values: usize, ids: usize, rows: i32, states: usize, stride: usize): void {
  for (let row = 0; row < rows; row++) {
    const value = width == 8 ? load<f64>(values + (<usize>row << 3)) : <f64>load<f32>(values + (<usize>row << 2));
    addFloat(states + idOf(ids, row) * stride, value, 0);
  }
}

/** Adds the sum of each row of `from`, which lie `fromStride` bytes apart, to that of its group. */
export function joinFloatSums(from: usize, fromStride: usize, ids: usize, rows: i32, states: usize, stride: usize): void {
  for (let row = 0; row < rows; row++) {
    const theirs = from + <usize>row * fromStride;
    addFloat(states + idOf(ids, row) * stride, load<f64>(theirs), load<f64>(theirs, 8));
  }
}

@inline function floatSum(at: usize): f64 {
  const sum = load<f64>(at), whole = sum + load<f64>(at, 8);
  // What was lost is infinite or NaN only behind a sum that is, or was next to the greatest number.
  return whole - whole == 0 ? whole : sum;
}

/** The sums of groups, one behind the other. */
export function floatSums(sums: usize, stride: usize, groups: i32, values: usize): void {
  for (let group = 0; group < groups; group++) {
    store<f64>(values + (<usize>group << 3), floatSum(sums + <usize>group * stride));
  }
}

/** Sums of 8 bytes that were kept in the low half only become sums of 16. */
export function widenSums(groups: i32, states: usize, stride: usize): void {
  for (let group = 0; group < groups; group++) {
    const at = states + <usize>group * stride;
    store<i64>(at, load<i64>(at) >> 63, 8);
  }
}

// ---- least and greatest ----------------------------------------------------------------------------------------------

/** `S`, of 8 bytes, is what a state holds. */
@inline function extremeOf<T, S>(greatest: bool, values: usize, validity: usize, ids: usize, rows: i32, states: usize, stride: usize): void {
  for (let row = 0; row < rows; row++) {
    if (!isValid(validity, row)) continue;
    const at = states + idOf(ids, row) * stride;
    const value = <S>load<T>(values + <usize>row * sizeof<T>()), held = load<S>(at);
    if (isFloat<S>()) {
      if (greatest ? value > held || value != value : value < held || held != held) store<S>(at, value);
    } else if (greatest ? value > held : value < held) store<S>(at, value);
  }
}

@inline function extremeOfBits(greatest: bool, bits: usize, validity: usize, ids: usize, rows: i32, states: usize, stride: usize): void {
  for (let row = 0; row < rows; row++) {
    if (!isValid(validity, row)) continue;
    const at = states + idOf(ids, row) * stride;
    const value = <i64>((load<u8>(bits + (row >> 3)) >> <u8>(row & 7)) & 1), held = load<i64>(at);
    if (greatest ? value > held : value < held) store<i64>(at, value);
  }
}

@inline function extremeOfWide(greatest: bool, values: usize, width: i32, validity: usize, ids: usize, rows: i32, states: usize, stride: usize): void {
  for (let row = 0; row < rows; row++) {
    if (!isValid(validity, row)) continue;
    const at = states + idOf(ids, row) * stride;
    const low = load<u64>(values + <usize>row * <usize>width);
    const high = width == 8 ? <i64>low >> 63 : load<i64>(values + (<usize>row << 4), 8);
    const heldLow = load<u64>(at), heldHigh = load<i64>(at, 8);
    const less = high < heldHigh || (high == heldHigh && low < heldLow);
    const more = high > heldHigh || (high == heldHigh && low > heldLow);
    if (greatest ? more : less) { store<u64>(at, low); store<i64>(at, high, 8); }
  }
}

@inline function extreme(kind: i32, greatest: bool, values: usize, validity: usize, ids: usize, rows: i32, states: usize, stride: usize): void {
  switch (kind) {
    case 0: extremeOf<i8, i64>(greatest, values, validity, ids, rows, states, stride); break;
    case 1: extremeOf<i16, i64>(greatest, values, validity, ids, rows, states, stride); break;
    case 2: extremeOf<i32, i64>(greatest, values, validity, ids, rows, states, stride); break;
    case 3: extremeOf<i64, i64>(greatest, values, validity, ids, rows, states, stride); break;
    case 4: extremeOf<u8, u64>(greatest, values, validity, ids, rows, states, stride); break;
    case 5: extremeOf<u16, u64>(greatest, values, validity, ids, rows, states, stride); break;
    case 6: extremeOf<u32, u64>(greatest, values, validity, ids, rows, states, stride); break;
    case 7: extremeOf<u64, u64>(greatest, values, validity, ids, rows, states, stride); break;
    case 8: extremeOf<f32, f64>(greatest, values, validity, ids, rows, states, stride); break;
    case 9: extremeOf<f64, f64>(greatest, values, validity, ids, rows, states, stride); break;
    case 10: extremeOfBits(greatest, values, validity, ids, rows, states, stride); break;
    case 11: extremeOfWide(greatest, values, 8, validity, ids, rows, states, stride); break;
    case 12: extremeOfWide(greatest, values, 16, validity, ids, rows, states, stride); break;
  }
}

export function leastValues(kind: i32, values: usize, validity: usize, ids: usize, rows: i32, states: usize, stride: usize): void {
  extreme(kind, false, values, validity, ids, rows, states, stride);
}

export function greatestValues(kind: i32, values: usize, validity: usize, ids: usize, rows: i32, states: usize, stride: usize): void {
  extreme(kind, true, values, validity, ids, rows, states, stride);
}

// ---- least and greatest text -----------------------------------------------------------------------------------------
// The state of a text: 0 where in the arena, 4 bytes, 8 bytes it may grow to in place, 12 one if there is one at all. Where
// rows are picked by it, 8 bytes of the pick lie before it.

/** Order of bytes, which for UTF-8 is that of code points: negative, zero, positive. Reads up to 7 bytes behind both. */
@inline function compareText(a: usize, aLength: usize, b: usize, bLength: usize): i32 {
  const common = min(aLength, bLength);
  for (let at: usize = 0; at < common; at += 8) {
    let x = bswap<u64>(load<u64>(a + at)), y = bswap<u64>(load<u64>(b + at));
    if (common - at < 8) {
      const unused = <u64>(8 - (common - at)) << 3;
      x >>= unused;
      y >>= unused;
    }
    if (x != y) return x < y ? -1 : 1;
  }
  return <i32>(aLength > bLength) - <i32>(aLength < bLength);
}

/**
 * `codes` 0: row i is text i. Better texts are copied into the arena; `used` is the address of how much of it is taken.
 * Returns the first row whose text had no room: `rows` when all had. `picks` 1: the row is noted as that of its group.
 */
export function extremeTexts(
  greatest: i32, picks: i32, offsets: usize, bytes: usize, codes: usize, validity: usize, ids: usize, from: i32, rows: i32,
  states: usize, stride: usize, arena: usize, used: usize, arenaBytes: usize,
): i32 {
  for (let row = from; row < rows; row++) {
    if (!isValid(validity, row)) continue;
    const at = states + idOf(ids, row) * stride;
    const entry = offsets + ((codes == 0 ? <usize>row : idOf(codes, row)) << 2);
    const start = <usize>load<u32>(entry), length = <usize>load<u32>(entry, 4) - start, text = bytes + start;
    if (load<u32>(at, 12) != 0) {
      const order = compareText(text, length, arena + <usize>load<u32>(at), <usize>load<u32>(at, 4));
      if (greatest != 0 ? order <= 0 : order >= 0) continue;
    }
    if (length > <usize>load<u32>(at, 8)) {
      // Twice the room, so that what is left behind is never more than what is in use.
      const room = max<usize>(length + (length >> 1), 16);
      const next = <usize>load<u32>(used);
      if (room > arenaBytes - next) return row;
      store<u32>(at, <u32>next);
      store<u32>(at, <u32>room, 8);
      store<u32>(used, <u32>(next + room));
    }
    memory.copy(arena + <usize>load<u32>(at), text, length);
    store<u32>(at, <u32>length, 4);
    store<u32>(at, 1, 12);
    if (picks != 0) store<u32>(at - 8, row + 1);
  }
  return rows;
}

/** Offsets of values of a fixed size, so that they are read as texts are. */
export function evenOffsets(width: u32, rows: i32, offsets: usize): void {
  for (let row = 0; row <= rows; row++) store<u32>(offsets + (<usize>row << 2), width * <u32>row);
}

/** The texts of groups as a plain column: offsets first, then, where `bytes` is not 0, the text. Returns its bytes. */
export function textsOf(groups: i32, states: usize, stride: usize, arena: usize, offsets: usize, bytes: usize): f64 {
  let end: u64 = 0;
  for (let group = 0; group < groups; group++) {
    const at = states + <usize>group * stride, length = <usize>load<u32>(at, 4);
    store<u32>(offsets + (<usize>group << 2), <u32>end);
    if (bytes != 0) memory.copy(bytes + <usize>end, arena + <usize>load<u32>(at), length);
    end += length;
  }
  store<u32>(offsets + (<usize>groups << 2), <u32>end);
  return <f64>end;
}

// ---- states ----------------------------------------------------------------------------------------------------------

/** Begins groups: each one's state is a copy of `template`, whose size is a multiple of 8. */
export function beginStates(template: usize, stride: usize, groups: i32, states: usize): void {
  for (let group = 0; group < groups; group++) {
    const to = states + <usize>group * stride;
    for (let at: usize = 0; at < stride; at += 8) store<u64>(to + at, load<u64>(template + at));
  }
}

/** Which counts are above zero, as a bitmap. Returns how many. */
export function presentGroups(counts: usize, stride: usize, groups: i32, bitmap: usize): i32 {
  let present = 0;
  for (let base = 0; base < groups; base += 64) {
    let word: u64 = 0;
    const n = min(64, groups - base);
    for (let i = 0; i < n; i++) word |= <u64>(load<u64>(counts + <usize>(base + i) * stride) != 0) << <u64>i;
    present += <i32>popcnt(word);
    store<u64>(bitmap + (base >> 3), word);
  }
  return present;
}

/** Sums of 16 bytes as integers of 8. Returns the first group whose sum does not fit, or -1. */
export function narrowSums(sums: usize, stride: usize, groups: i32, unsigned: i32, values: usize): i32 {
  for (let group = 0; group < groups; group++) {
    const at = sums + <usize>group * stride, low = load<i64>(at);
    if (load<i64>(at, 8) != (unsigned != 0 ? 0 : low >> 63)) return group;
    store<i64>(values + (<usize>group << 3), low);
  }
  return -1;
}

/** Sums of 16 bytes as decimals of 38 digits. Returns the first group whose sum has more, or -1. */
export function decimalSums(sums: usize, stride: usize, groups: i32, values: usize): i32 {
  // 10 ** 38
  const limitHigh: u64 = 0x4b3b4ca85a86c47a, limitLow: u64 = 0x098a224000000000;
  for (let group = 0; group < groups; group++) {
    const at = sums + <usize>group * stride, to = values + (<usize>group << 4);
    const low = load<u64>(at), high = load<i64>(at, 8);
    const negative = high < 0;
    const magnitudeLow = negative ? 0 - low : low;
    const magnitudeHigh = <u64>(negative ? ~high + <i64>(low == 0) : high);
    if (magnitudeHigh > limitHigh || (magnitudeHigh == limitHigh && magnitudeLow >= limitLow)) return group;
    store<u64>(to, low);
    store<i64>(to, high, 8);
  }
  return -1;
}

/** Sums of floats over counts; a count of 0 gives 0. */
export function floatMeans(sums: usize, counts: usize, stride: usize, groups: i32, values: usize): void {
  for (let group = 0; group < groups; group++) {
    const at = <usize>group * stride, count = load<u64>(counts + at);
    store<f64>(values + (<usize>group << 3), count == 0 ? 0 : floatSum(sums + at) / <f64>count);
  }
}

/**
 * Sums of integers over counts, where both are exact as floats, so that one division rounds correctly; the other groups
 * are listed. Returns how many these are.
 */
export function integerMeans(sums: usize, counts: usize, stride: usize, groups: i32, values: usize, rest: usize): i32 {
  let left = 0;
  for (let group = 0; group < groups; group++) {
    const at = <usize>group * stride, low = load<i64>(sums + at), count = load<u64>(counts + at);
    let mean: f64 = 0;
    const exact: i64 = 1 << 53;
    if (load<i64>(sums + at, 8) != low >> 63 || low > exact || low < -exact || count > <u64>exact) {
      store<i32>(rest + (<usize>left << 2), group);
      left++;
    } else if (count != 0) mean = <f64>low / <f64>count;
    store<f64>(values + (<usize>group << 3), mean);
  }
  return left;
}

/**
 * Sums times `factor` over counts, rounded half away from zero, of 16 bytes, where 63 bits are enough to work with; the
 * other groups are listed. Returns how many these are.
 */
export function decimalMeans(sums: usize, counts: usize, stride: usize, groups: i32, factor: i64, values: usize, rest: usize): i32 {
  const limit = i64.MAX_VALUE / 4 / factor;
  let left = 0;
  for (let group = 0; group < groups; group++) {
    const at = <usize>group * stride, low = load<i64>(sums + at), count = load<i64>(counts + at);
    let mean: i64 = 0;
    if (load<i64>(sums + at, 8) != low >> 63 || low > limit || low < -limit || count > i64.MAX_VALUE / 4) {
      store<i32>(rest + (<usize>left << 2), group);
      left++;
    } else if (count != 0) {
      const scaled = low * factor, magnitude = scaled < 0 ? -scaled : scaled;
      mean = (magnitude * 2 + count) / (count * 2);
      if (scaled < 0) mean = -mean;
    }
    const to = values + (<usize>group << 4);
    store<i64>(to, mean);
    store<i64>(to, mean >> 63, 8);
  }
  return left;
}

/** States of 8 bytes that hold float64 as float32. */
export function narrowFloats(states: usize, stride: usize, groups: i32, values: usize): void {
  for (let group = 0; group < groups; group++) store<f32>(values + (<usize>group << 2), <f32>load<f64>(states + <usize>group * stride));
}

/** Adds one to the count of the group of each row that is not null: what a table of (group, value) holds, per group. */
export function countPresent(groups: usize, validity: usize, rows: i32, counts: usize): void {
  for (let row = 0; row < rows; row++) {
    if (!isValid(validity, row)) continue;
    const at = counts + (idOf(groups, row) << 3);
    store<u64>(at, load<u64>(at) + 1);
  }
}
