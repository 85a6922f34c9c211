/**
 * From columns to Parquet's levels (Dremel's: Melnik et al., "Dremel", VLDB 2010). A slot is what becomes one pair of levels:
 * a row at the top, and after every step down a path of the type one per item, or one for what is missing.
 *
 *     rows     │ 0 │ 1 │ – │ 2 │        number of the row in the column that the path has reached, or NONE
 *     defs     │ 1 │ 1 │ 0 │ 1 │        how far down the path there is something
 *     reps     │ 0 │ 0 │ 0 │ 1 │        the list of which this is a further item; 0 = a row begins
 *
 * Steps change slots in place, but for items of lists, which there may be more of.
 */

const NONE: u32 = 0xffffffff;

/** One slot for each of `count` rows. */
export function beginSlots(count: u32, rows: usize, defs: usize, reps: usize): void {
  for (let i: u32 = 0; i < count; i++) store<u32>(rows + (<usize>i << 2), i);
  memory.fill(defs, 0, count);
  memory.fill(reps, 0, count);
}

/** What is there is one level deeper; what is null, by `validity` (0: nothing is), ends here. */
export function enterNullable(rows: usize, defs: usize, count: u32, validity: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    const at = rows + (<usize>i << 2);
    const row = load<u32>(at);
    if (row == NONE) continue;
    if (validity != 0 && ((load<u8>(validity + (row >> 3)) >> <u8>(row & 7)) & 1) == 0) store<u32>(at, NONE);
    else store<u8>(defs + i, load<u8>(defs + i) + 1);
  }
}

/** Whether any row that is there is null by `validity`. */
export function hasNulls(rows: usize, count: u32, validity: usize): bool {
  for (let i: u32 = 0; i < count; i++) {
    const row = load<u32>(rows + (<usize>i << 2));
    if (row != NONE && ((load<u8>(validity + (row >> 3)) >> <u8>(row & 7)) & 1) == 0) return true;
  }
  return false;
}

/** From rows of a dictionary column to those of its dictionary. */
export function enterDictionary(rows: usize, count: u32, codes: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    const at = rows + (<usize>i << 2);
    const row = load<u32>(at);
    if (row != NONE) store<u32>(at, load<u32>(codes + (<usize>row << 2)));
  }
}

/** How many slots `enterItems` makes. */
export function countItemSlots(rows: usize, count: u32, offsets: usize, size: u32): f64 {
  let slots: u64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const row = load<u32>(rows + (<usize>i << 2));
    let items: u32 = 1;
    if (row != NONE) {
      const at = offsets + (<usize>row << 2);
      items = max<u32>(1, offsets != 0 ? load<u32>(at, 4) - load<u32>(at) : size);
    }
    slots += items;
  }
  return <f64>slots;
}

/** To the items of lists, by their offsets or (0) of `size` each; those of a list but the first repeat at `level`. */
export function enterItems(
  rows: usize,
  defs: usize,
  reps: usize,
  count: u32,
  offsets: usize,
  size: u32,
  level: u32,
  toRows: usize,
  toDefs: usize,
  toReps: usize,
): void {
  let to: usize = 0;
  for (let i: u32 = 0; i < count; i++) {
    const row = load<u32>(rows + (<usize>i << 2));
    const def = load<u8>(defs + i);
    let first: u32 = 0;
    let items: u32 = 0;
    if (row != NONE) {
      const at = offsets + (<usize>row << 2);
      first = offsets != 0 ? load<u32>(at) : row * size;
      items = offsets != 0 ? load<u32>(at, 4) - first : size;
    }
    store<u8>(toReps + to, load<u8>(reps + i));
    if (items == 0) {
      store<u32>(toRows + (to << 2), NONE);
      store<u8>(toDefs + to, def);
      to++;
      continue;
    }
    for (let item: u32 = 0; item < items; item++) {
      store<u32>(toRows + (to << 2), first + item);
      store<u8>(toDefs + to, def + 1);
      if (item > 0) store<u8>(toReps + to, <u8>level);
      to++;
    }
  }
}

/** Lists the rows that are there; returns how many. */
export function presentRows(rows: usize, count: u32, to: usize): u32 {
  let at = to;
  for (let i: u32 = 0; i < count; i++) {
    const row = load<u32>(rows + (<usize>i << 2));
    store<u32>(at, row);
    at += row != NONE ? 4 : 0;
  }
  return <u32>((at - to) >> 2);
}

/** How many of `count` slots have a value. */
export function presentSlots(rows: usize, count: u32): u32 {
  let present: u32 = 0;
  for (let i: u32 = 0; i < count; i++) present += <u32>(load<u32>(rows + (<usize>i << 2)) != NONE);
  return present;
}

/** How many rows begin in `count` slots. */
export function countRowStarts(reps: usize, count: u32): u32 {
  let starts: u32 = 0;
  for (let i: u32 = 0; i < count; i++) starts += <u32>(load<u8>(reps + i) == 0);
  return starts;
}

/** Where to end a page of about `wanted` of the `count` slots: between two rows, after at least one. */
export function pageSlots(reps: usize, count: u32, wanted: u32): u32 {
  if (wanted >= count) return count;
  let end = wanted;
  while (end > 0 && load<u8>(reps + end) != 0) end--;
  if (end > 0) return end;
  end = max<u32>(wanted, 1);
  while (end < count && load<u8>(reps + end) != 0) end++;
  return end;
}
