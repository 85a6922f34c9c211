// Numbers of rows: of those that become several, or none (lists that are taken apart, samples), of the first of each group,
// and numbers that rows are given.
//
//     lengths    │ 2 │ none │ 0 │ 3 │ …        how often each row comes; a null list has none
//     rows       │ 0 │ 0 │ 1 │ 2 │ 3 │ 3 │ …   the row that each row of the output comes from
//     positions  │ 0 │ 1 │ – │ – │ 0 │ 1 │ …   the how-manieth of that row it is; – where an empty list is kept as a row

import { isValid } from './numbers';

/** The length of a list that is null, and the position of a row without an item. */
const NONE: u32 = 0xffffffff;

/**
 * Where the list of each row begins in the items, and how long it is; returns how many have no items. `codes` 0: row i has
 * list i. `offsets` 0: lists have `size` items each.
 */
export function listRanges(
  codes: usize, validity: usize, offsets: usize, size: u32, rows: i32, starts: usize, lengths: usize,
): i32 {
  let empty = 0;
  let row = 0;
  if (codes == 0 && validity == 0 && offsets != 0) {
    for (; row + 4 <= rows; row += 4) {
      const at = <usize>row << 2;
      const from = v128.load(offsets + at);
      const size = i32x4.sub(v128.load(offsets + at, 4), from);
      v128.store(starts + at, from);
      v128.store(lengths + at, size);
      empty += popcnt(i32x4.bitmask(i32x4.eq(size, i32x4.splat(0))));
    }
  }
  for (; row < rows; row++) {
    const at = <usize>row << 2;
    let start: u32 = 0;
    let length = NONE;
    if (isValid(validity, row)) {
      const list = codes == 0 ? <u32>row : load<u32>(codes + at);
      const entry = offsets + (<usize>list << 2);
      start = offsets == 0 ? list * size : load<u32>(entry);
      length = offsets == 0 ? size : load<u32>(entry, 4) - start;
    }
    store<u32>(starts + at, start);
    store<u32>(lengths + at, length);
    empty += i32(length == 0 || length == NONE);
  }
  return empty;
}

/** The first of `count` numbers that differs; -1 where none does. */
export function firstDifference(a: usize, b: usize, count: i32): i32 {
  for (let i = 0; i < count; i++) {
    if (load<u32>(a + (<usize>i << 2)) != load<u32>(b + (<usize>i << 2))) return i;
  }
  return -1;
}

/**
 * Lists the rows of the output from copy `position` of row `row` on, at most `capacity`; returns how many. With `keepsEmpty`
 * a row of length 0 or none comes once, without a position. May overrun the last by 12 bytes.
 */
export function repeatRows(
  lengths: usize, rowCount: i32, row: i32, position: u32, capacity: i32, keepsEmpty: bool,
  rows: usize, positions: usize,
): i32 {
  let listed = 0;
  let first = position;
  for (let from = row; from < rowCount && listed < capacity; from++) {
    const length = load<u32>(lengths + (<usize>from << 2));
    if (length == 0 || length == NONE) {
      if (!keepsEmpty) continue;
      store<u32>(rows + (<usize>listed << 2), from);
      store<u32>(positions + (<usize>listed << 2), NONE);
      listed++;
      continue;
    }
    const count = <i32>min<u32>(length - first, capacity - listed);
    const copies = i32x4.splat(from);
    let numbers = i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3));
    const end = <usize>(listed + count) << 2;
    // What four at a time overrun, the next row writes again.
    for (let at = <usize>listed << 2; at < end; at += 16) {
      v128.store(rows + at, copies);
      v128.store(positions + at, numbers);
      numbers = i32x4.add(numbers, i32x4.splat(4));
    }
    listed += count;
    first = 0;
  }
  return listed;
}

/**
 * The item of each row of the output, 0 where it has none, and a bitmap of those that have one; returns how many have.
 * `starts` is by row of the input.
 */
export function itemRows(starts: usize, rows: usize, positions: usize, count: i32, items: usize, bitmap: usize): i32 {
  let present = 0;
  for (let base = 0; base < count; base += 64) {
    let word: u64 = 0;
    const end = min(64, count - base);
    for (let i = 0; i < end; i++) {
      const at = <usize>(base + i) << 2;
      const position = load<u32>(positions + at);
      let item: u32 = 0;
      if (position != NONE) {
        item = load<u32>(starts + (<usize>load<u32>(rows + at) << 2)) + position;
        word |= <u64>1 << <u64>i;
      }
      store<u32>(items + at, item);
    }
    present += <i32>popcnt(word);
    store<u64>(bitmap + (base >> 3), word);
  }
  return present;
}

/** Positions as uint64, 0 where there is none. */
export function widenPositions(positions: usize, count: i32, to: usize): void {
  for (let i = 0; i < count; i++) {
    const position = load<u32>(positions + (<usize>i << 2));
    store<u64>(to + (<usize>i << 3), position == NONE ? 0 : <u64>position);
  }
}

/**
 * Of the rows that `columns` columns make of each row, those from number `first` on: the row of the input, and where in
 * the columns, of `stride` rows each and one behind the other, its value is. The first of them are those of `baseRow`.
 */
export function interleavedRows(
  first: u64, count: i32, columns: u32, stride: u32, baseRow: u32, rows: usize, places: usize,
): void {
  let row = <u32>(first / columns);
  let column = <u32>(first % columns);
  for (let i = 0; i < count; i++) {
    store<u32>(rows + (<usize>i << 2), row);
    store<u32>(places + (<usize>i << 2), column * stride + row - baseRow);
    if (++column < columns) continue;
    column = 0;
    row++;
  }
}

/** `to[i] = (first + i) % modulus` */
export function cyclicNumbers(first: u64, count: i32, modulus: u32, to: usize): void {
  let number = <u32>(first % modulus);
  for (let i = 0; i < count; i++) {
    store<u32>(to + (<usize>i << 2), number);
    if (++number == modulus) number = 0;
  }
}

/** The numbers from `first` on, in 8 bytes each. */
export function countUp(first: u64, count: i32, to: usize): void {
  for (let i = 0; i < count; i++) store<u64>(to + (<usize>i << 3), first + <u64>i);
}

/**
 * Lists the rows that are the first of their group, `known` groups being older, by their numbers at `rows`, or by their
 * positions where that is 0; returns how many. May overrun them by 4 bytes.
 */
export function listFirstOfGroups(ids: usize, rows: usize, count: i32, known: u32, list: usize): i32 {
  let next = known;
  for (let i = 0; i < count; i++) {
    const at = <usize>i << 2;
    // Groups are numbered in the order in which rows first show them. Every row is written, and the next one over it.
    store<u32>(list + (<usize>(next - known) << 2), rows == 0 ? <u32>i : load<u32>(rows + at));
    next += u32(load<u32>(ids + at) == next);
  }
  return <i32>(next - known);
}

/** Lists the rows of group 0, then those of group 1, and so on; `next` has where those of each begin, and ends changed. */
export function listByGroup(ids: usize, count: i32, next: usize, list: usize): void {
  for (let row = 0; row < count; row++) {
    const at = next + (<usize>load<u32>(ids + (<usize>row << 2)) << 2);
    const place = load<u32>(at);
    store<u32>(list + (<usize>place << 2), row);
    store<u32>(at, place + 1);
  }
}

/**
 * Puts the rows that are listed into cells: column `columns[row]`, where there is one, line `lines[row] - firstLine`. Each
 * column has `stride` cells.
 */
export function placeCells(
  list: usize, count: i32, lines: usize, columns: usize, firstLine: u32, stride: u32, cells: usize,
): void {
  for (let i = 0; i < count; i++) {
    const row = load<u32>(list + (<usize>i << 2));
    const column = load<u32>(columns + (<usize>row << 2));
    if (column == NONE) continue;
    const line = load<u32>(lines + (<usize>row << 2)) - firstLine;
    store<u32>(cells + ((<usize>column * stride + line) << 2), row);
  }
}

/** The rows in cells, 0 where there is none, and a bitmap of those that are there; returns how many are. */
export function cellRows(cells: usize, count: i32, rows: usize, bitmap: usize): i32 {
  let present = 0;
  for (let base = 0; base < count; base += 64) {
    let word: u64 = 0;
    const end = min(64, count - base);
    for (let i = 0; i < end; i++) {
      const row = load<u32>(cells + (<usize>(base + i) << 2));
      word |= <u64>(row != NONE) << <u64>i;
      store<u32>(rows + (<usize>(base + i) << 2), row == NONE ? 0 : row);
    }
    present += <i32>popcnt(word);
    store<u64>(bitmap + (base >> 3), word);
  }
  return present;
}
