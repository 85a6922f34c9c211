// Values of groups that were kept with the number of the group of each, once they are sorted by group.
//
//     ids          │ 1 │ 0 │ 1 │        starts   │ 0 │ 1 │ 3 │         group g has the rows starts[g] … starts[g + 1]
//     values       │ x │ y │ z │        rows     │ 1 │ 0 │ 2 │         of this list; address 0: they are in order as is

import { floatOf, idOf } from './numbers';

/** Lists the rows that are valid; returns how many. */
export function listValid(validity: usize, rows: i32, list: usize): i32 {
  let listed = 0;
  for (let base = 0; base < rows; base += 64) {
    let word = load<u64>(validity + (base >> 3));
    if (rows - base < 64) word &= (<u64>1 << <u64>(rows - base)) - 1;
    for (; word != 0; word &= word - 1) {
      store<u32>(list + (<usize>listed << 2), base + <i32>ctz(word));
      listed++;
    }
  }
  return listed;
}

/** Where the rows of each of `groups` groups begin, and where the last ends. */
export function groupStarts(ids: usize, rows: i32, groups: i32, starts: usize): void {
  memory.fill(starts, 0, (<usize>groups + 1) << 2);
  for (let row = 0; row < rows; row++) {
    const at = starts + (idOf(ids, row) << 2);
    store<u32>(at, load<u32>(at, 4) + 1, 4);
  }
  let end: u32 = 0;
  for (let group = 0; group < groups; group++) {
    const at = starts + (<usize>group << 2);
    end += load<u32>(at, 4);
    store<u32>(at, end, 4);
  }
}

@inline function rowAt(list: usize, index: u32): i32 {
  return list == 0 ? <i32>index : <i32>load<u32>(list + (<usize>index << 2));
}

/**
 * The percentile `p` of each group, whose rows are sorted by value: at position (n − 1) p, between two values linearly.
 * They lie `outStride` bytes apart. Null, and 0, where a group has none; returns how many are not.
 */
export function percentiles(
  kind: i32, values: usize, list: usize, starts: usize, groups: i32, p: f64, scale: f64,
  out: usize, outStride: usize, bitmap: usize,
): i32 {
  let present = 0;
  for (let base = 0; base < groups; base += 64) {
    let word: u64 = 0;
    const end = min(64, groups - base);
    for (let i = 0; i < end; i++) {
      const group = <usize>(base + i), at = starts + (group << 2), start = load<u32>(at), count = load<u32>(at, 4) - start;
      let result: f64 = 0;
      if (count > 0) {
        word |= <u64>1 << <u64>i;
        const position = <f64>(count - 1) * p, below = Math.floor(position), part = position - below;
        const first = start + <u32>below;
        result = floatOf(kind, values, rowAt(list, first));
        if (part > 0) {
          const next = floatOf(kind, values, rowAt(list, first + 1));
          // Not as a multiple of the difference, which infinite and very large values do not have.
          if (next != result) result = result * (1 - part) + next * part;
        }
        result /= scale;
      }
      store<f64>(out + group * outStride, result);
    }
    present += <i32>popcnt(word);
    store<u64>(bitmap + (base >> 3), word);
  }
  return present;
}

/**
 * The texts of each group, joined, as a plain column: offsets first, then, where `out` is not 0, the bytes. `codes` 0: row
 * i is text i. Returns how many bytes there are.
 */
export function joinTexts(
  offsets: usize, bytes: usize, codes: usize, list: usize, starts: usize, groups: i32,
  delimiter: usize, delimiterBytes: usize, outOffsets: usize, out: usize,
): f64 {
  let end: u64 = 0;
  for (let group = 0; group < groups; group++) {
    const first = load<u32>(starts + (<usize>group << 2)), last = load<u32>(starts + (<usize>group << 2), 4);
    store<u32>(outOffsets + (<usize>group << 2), <u32>end);
    for (let index = first; index < last; index++) {
      const row = rowAt(list, index);
      const entry = offsets + ((codes == 0 ? <usize>row : idOf(codes, row)) << 2);
      const start = <usize>load<u32>(entry), length = <usize>load<u32>(entry, 4) - start;
      if (index > first) {
        if (out != 0) memory.copy(out + <usize>end, delimiter, delimiterBytes);
        end += delimiterBytes;
      }
      if (out != 0) memory.copy(out + <usize>end, bytes + start, length);
      end += length;
    }
  }
  store<u32>(outOffsets + (<usize>groups << 2), <u32>end);
  return <f64>end;
}

/** Offsets of the lists of groups: where each begins, counted from the first. */
export function listOffsets(starts: usize, groups: i32, offsets: usize): void {
  const first = load<u32>(starts);
  for (let group = 0; group <= groups; group++) {
    const at = <usize>group << 2;
    store<u32>(offsets + at, load<u32>(starts + at) - first);
  }
}

/** The same of lists that are joined: `items` are the offsets of the lists that groups are made of. */
export function joinedOffsets(starts: usize, groups: i32, items: usize, offsets: usize): void {
  const first = load<u32>(starts);
  for (let group = 0; group <= groups; group++) {
    const at = <usize>group << 2;
    store<u32>(offsets + at, load<u32>(items + (<usize>(load<u32>(starts + at) - first) << 2)));
  }
}

/** Of the items of lists, one behind the other, the numbers of their rows and the groups of their lists. */
export function listItems(offsets: usize, rows: i32, ids: usize, itemRows: usize, itemIds: usize): void {
  let at: usize = 0;
  for (let row = 0; row < rows; row++) {
    const entry = offsets + (<usize>row << 2), end = load<u32>(entry, 4), id = <u32>idOf(ids, row);
    for (let item = load<u32>(entry); item < end; item++, at += 4) {
      store<u32>(itemRows + at, item);
      store<u32>(itemIds + at, id);
    }
  }
}

/** Which groups have rows, as a bitmap; returns how many. */
export function groupsWithRows(starts: usize, groups: i32, bitmap: usize): i32 {
  let present = 0;
  for (let base = 0; base < groups; base += 64) {
    let word: u64 = 0;
    const end = min(64, groups - base);
    for (let i = 0; i < end; i++) {
      const at = starts + (<usize>(base + i) << 2);
      word |= <u64>(load<u32>(at, 4) != load<u32>(at)) << <u64>i;
    }
    present += <i32>popcnt(word);
    store<u64>(bitmap + (base >> 3), word);
  }
  return present;
}
