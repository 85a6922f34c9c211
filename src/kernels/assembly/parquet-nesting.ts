/**
 * Parquet's levels of nested values, to offsets and bitmaps. An entry of a leaf has two levels, a byte each:
 *
 *     rows            [1, 2]    [3]   []   null
 *     repetition      0  1      0     0    0        0 begins a row; r goes on in the list of level r
 *     definition      3  3      3     1    0        how much of the path to the leaf is there
 *
 * Dremel: Interactive Analysis of Web-Scale Datasets, 2010.
 *
 * A column has a slot for each of its rows, those of null parents included, but none for items of lists that are not
 * there: entries whose repetition is at most that of the list around it, and whose definition reaches `slotLevel`.
 */

/** Levels of 4 bytes to levels of 1. False where one is more than `most`. */
export function narrowLevels(from: usize, count: u32, most: u32, to: usize): bool {
  let bad = false;
  for (let i: u32 = 0; i < count; i++) {
    const level = load<u32>(from + (<usize>i << 2));
    bad = bad || level > most;
    store<u8>(to + <usize>i, <u8>level);
  }
  return !bad;
}

/** How many of `count` entries are there before the one that begins row `rows + 1`; rows that begin are counted at `counted`. */
export function entriesOfRows(repetitions: usize, count: u32, rows: u32, counted: usize): u32 {
  let begun: u32 = 0;
  let i: u32 = 0;
  for (; i < count; i++) {
    if (load<u8>(repetitions + <usize>i) != 0) continue;
    if (begun == rows) break;
    begun++;
  }
  store<u32>(counted, begun);
  return i;
}

/**
 * A bit for every slot, from bit `toBit` of `bits` on, which are 0 before: whether its definition reaches `valueLevel`.
 * Returns the slots, and beside them in the upper half how many are 1.
 */
export function slotBits(
  repetitions: usize,
  definitions: usize,
  count: u32,
  mostRepetition: u32,
  slotLevel: u32,
  valueLevel: u32,
  bits: usize,
  toBit: u32,
): u64 {
  let slot = toBit;
  let ones: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const definition = <u32>load<u8>(definitions + <usize>i);
    if (<u32>load<u8>(repetitions + <usize>i) > mostRepetition || definition < slotLevel) continue;
    if (definition >= valueLevel) {
      const at = bits + <usize>(slot >> 3);
      store<u8>(at, load<u8>(at) | <u8>(<u32>1 << (slot & 7)));
      ones++;
    }
    slot++;
  }
  return (<u64>ones << 32) | <u64>(slot - toBit);
}

/**
 * Offsets of a list of level `repetition`, from 0: an item for each entry whose definition reaches `itemLevel` and that
 * does not go on inside of one. Returns the slots of the list, behind which the last offset is; -1 where an entry goes on
 * in a list that has no item before it, or has none itself.
 */
export function offsetsOfLevels(
  repetitions: usize,
  definitions: usize,
  count: u32,
  repetition: u32,
  slotLevel: u32,
  itemLevel: u32,
  offsets: usize,
): i32 {
  let slots: u32 = 0;
  let items: u32 = 0;
  let hasItems = false;
  for (let i: u32 = 0; i < count; i++) {
    const level = <u32>load<u8>(repetitions + <usize>i);
    if (level > repetition) continue;
    const definition = <u32>load<u8>(definitions + <usize>i);
    const isItem = definition >= itemLevel;
    if (level == repetition) {
      if (!isItem || !hasItems) return -1;
    } else {
      hasItems = isItem;
      if (definition < slotLevel) continue;
      store<u32>(offsets + (<usize>slots << 2), items);
      slots++;
    }
    items += <u32>isItem;
  }
  store<u32>(offsets + (<usize>slots << 2), items);
  return <i32>slots;
}
