// One row of each group: the first, the last, or that where something is least or greatest.
//
//     state of a group   │ row in this batch + 1 │ position │ what it is compared by, 8 or 16 bytes, if anything │
//                              0: no row of it       0: none
//
// A batch first lets its rows compete, then those that have won are listed, in the order of the rows, and get positions
// in the column of values that are kept. A value that lost is left behind there, until the column is made anew.

import { idOf, isValid } from './numbers';

/** The first row that takes part, where the group has none. */
export function pickFirst(validity: usize, ids: usize, rows: i32, states: usize, stride: usize): void {
  for (let row = 0; row < rows; row++) {
    const at = states + idOf(ids, row) * stride;
    if (load<u64>(at) == 0 && isValid(validity, row)) store<u32>(at, row + 1);
  }
}

export function pickLast(validity: usize, ids: usize, rows: i32, states: usize, stride: usize): void {
  for (let row = 0; row < rows; row++) {
    if (isValid(validity, row)) store<u32>(states + idOf(ids, row) * stride, row + 1);
  }
}

@inline function pickOf<T, S>(greatest: bool, values: usize, validity: usize, ids: usize, rows: i32, states: usize, stride: usize): void {
  for (let row = 0; row < rows; row++) {
    if (!isValid(validity, row)) continue;
    const at = states + idOf(ids, row) * stride;
    const value = <S>load<T>(values + <usize>row * sizeof<T>()), held = load<S>(at, 8);
    if (load<u64>(at) != 0) {
      // NaN is the greatest, and equal to itself.
      if (isFloat<S>()) {
        if (greatest ? !(value > held || (value != value && held == held)) : !(value < held || (held != held && value == value))) continue;
      } else if (greatest ? value <= held : value >= held) continue;
    }
    store<S>(at, value, 8);
    store<u32>(at, row + 1);
  }
}

@inline function pickOfBits(greatest: bool, bits: usize, validity: usize, ids: usize, rows: i32, states: usize, stride: usize): void {
  for (let row = 0; row < rows; row++) {
    if (!isValid(validity, row)) continue;
    const at = states + idOf(ids, row) * stride;
    const value = <i64>((load<u8>(bits + (row >> 3)) >> <u8>(row & 7)) & 1), held = load<i64>(at, 8);
    if (load<u64>(at) != 0 && (greatest ? value <= held : value >= held)) continue;
    store<i64>(at, value, 8);
    store<u32>(at, row + 1);
  }
}

@inline function pickOfWide(greatest: bool, values: usize, width: i32, validity: usize, ids: usize, rows: i32, states: usize, stride: usize): void {
  for (let row = 0; row < rows; row++) {
    if (!isValid(validity, row)) continue;
    const at = states + idOf(ids, row) * stride;
    const low = load<u64>(values + <usize>row * <usize>width);
    const high = width == 8 ? <i64>low >> 63 : load<i64>(values + (<usize>row << 4), 8);
    if (load<u64>(at) != 0) {
      const heldLow = load<u64>(at, 8), heldHigh = load<i64>(at, 16);
      const less = high < heldHigh || (high == heldHigh && low < heldLow);
      const more = high > heldHigh || (high == heldHigh && low > heldLow);
      if (greatest ? !more : !less) continue;
    }
    store<u64>(at, low, 8);
    store<i64>(at, high, 16);
    store<u32>(at, row + 1);
  }
}

/** The first row with the least or greatest value; kinds are those of `leastValues`. */
export function pickExtreme(
  greatest: i32, kind: i32, values: usize, validity: usize, ids: usize, rows: i32, states: usize, stride: usize,
): void {
  const most = greatest != 0;
  switch (kind) {
    case 0: pickOf<i8, i64>(most, values, validity, ids, rows, states, stride); break;
    case 1: pickOf<i16, i64>(most, values, validity, ids, rows, states, stride); break;
    case 2: pickOf<i32, i64>(most, values, validity, ids, rows, states, stride); break;
    case 3: pickOf<i64, i64>(most, values, validity, ids, rows, states, stride); break;
    case 4: pickOf<u8, u64>(most, values, validity, ids, rows, states, stride); break;
    case 5: pickOf<u16, u64>(most, values, validity, ids, rows, states, stride); break;
    case 6: pickOf<u32, u64>(most, values, validity, ids, rows, states, stride); break;
    case 7: pickOf<u64, u64>(most, values, validity, ids, rows, states, stride); break;
    case 8: pickOf<f32, f64>(most, values, validity, ids, rows, states, stride); break;
    case 9: pickOf<f64, f64>(most, values, validity, ids, rows, states, stride); break;
    case 10: pickOfBits(most, values, validity, ids, rows, states, stride); break;
    case 11: pickOfWide(most, values, 8, validity, ids, rows, states, stride); break;
    case 12: pickOfWide(most, values, 16, validity, ids, rows, states, stride); break;
  }
}

/** Lists the rows that have won, gives them the positions from `position` on, and ends the batch. Returns how many. */
export function listPicked(ids: usize, rows: i32, states: usize, stride: usize, position: u32, list: usize): i32 {
  let listed: u32 = 0;
  for (let row = 0; row < rows; row++) {
    const at = states + idOf(ids, row) * stride;
    if (load<u32>(at) != <u32>(row + 1)) continue;
    store<u32>(at, 0);
    store<u32>(at, position + listed, 4);
    store<u32>(list + (<usize>listed << 2), row);
    listed += 1;
  }
  return listed;
}

/** The positions of groups, 0 where there is none. */
export function pickedPositions(states: usize, stride: usize, groups: i32, positions: usize): void {
  for (let group = 0; group < groups; group++) {
    store<u32>(positions + (<usize>group << 2), load<u32>(states + <usize>group * stride, 4));
  }
}

/** Lists the positions that groups have, and numbers them anew from 1 in the order of the groups. Returns how many. */
export function renumberPicked(states: usize, stride: usize, groups: i32, list: usize): i32 {
  let listed: u32 = 0;
  for (let group = 0; group < groups; group++) {
    const at = states + <usize>group * stride, position = load<u32>(at, 4);
    if (position == 0) continue;
    store<u32>(list + (<usize>listed << 2), position);
    listed += 1;
    store<u32>(at, listed, 4);
  }
  return listed;
}
