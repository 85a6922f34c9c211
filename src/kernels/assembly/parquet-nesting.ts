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

/** Levels of 4 bytes, of which each fits 1, to levels of 1. Writes up to 15 bytes more. */
export function narrowLevels(from: usize, count: u32, to: usize): void {
  for (let i: u32 = 0; i < count; i += 16) {
    const at = from + (<usize>i << 2);
    const low = v128.narrow<i32>(v128.load(at), v128.load(at, 16));
    const high = v128.narrow<i32>(v128.load(at, 32), v128.load(at, 48));
    v128.store(to + <usize>i, i8x16.narrow_i16x8_u(low, high));
  }
}

/** The bits below `bit`, at most 16. */
@inline
function below(bit: u32): u32 {
  return (<u32>1 << bit) - 1;
}

/** How many of `count` entries are there before the one that begins row `rows + 1`; rows that begin are counted at `counted`. */
export function entriesOfRows(repetitions: usize, count: u32, rows: u32, counted: usize): u32 {
  let begun: u32 = 0;
  let i: u32 = 0;
  for (; i < count; i += 16) {
    const begins = ofZeros(repetitions + <usize>i) & below(min<u32>(count - i, 16));
    const some = <u32>popcnt(begins);
    if (begun + some > rows) {
      let rest = begins;
      for (; begun < rows; begun++) rest &= rest - 1;
      store<u32>(counted, begun);
      return i + <u32>ctz(rest);
    }
    begun += some;
  }
  store<u32>(counted, begun);
  return count;
}

/** A bit for each of 16 bytes: whether it is 0. */
@inline
function ofZeros(at: usize): u32 {
  return <u32>i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(0)));
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
  const most = i8x16.splat(<i8>mostRepetition);
  const slots = i8x16.splat(<i8>slotLevel);
  const values = i8x16.splat(<i8>valueLevel);
  let slot = toBit;
  let ones: u32 = 0;
  for (let i: u32 = 0; i < count; i += 16) {
    const levels = v128.load(definitions + <usize>i);
    const there = v128.and(i8x16.le_u(v128.load(repetitions + <usize>i), most), i8x16.ge_u(levels, slots));
    let kept = <u32>i8x16.bitmask(there) & below(min<u32>(count - i, 16));
    const size = <u32>popcnt(kept);
    const reached = <u32>i8x16.bitmask(i8x16.ge_u(levels, values)) & kept;
    let word: u32 = 0;
    if (reached == kept) word = below(size);
    else if (size == 16) word = reached;
    else {
      // Brought together, one after the other.
      for (let bit: u32 = 0; kept != 0; bit++, kept &= kept - 1) word |= ((reached >> <u32>ctz(kept)) & 1) << bit;
    }
    const at = bits + <usize>(slot >> 3);
    store<u32>(at, load<u32>(at) | (word << (slot & 7)));
    ones += <u32>popcnt(word);
    slot += size;
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
  const own = i8x16.splat(<i8>repetition);
  const ofSlots = i8x16.splat(<i8>slotLevel);
  const ofItems = i8x16.splat(<i8>itemLevel);
  let to = offsets;
  let items: u32 = 0;
  // Whether nothing goes on in the list that was begun last.
  let isEmpty: u32 = 1;
  for (let i: u32 = 0; i < count; i += 16) {
    const some = below(min<u32>(count - i, 16));
    const levels = v128.load(repetitions + <usize>i);
    const definition = v128.load(definitions + <usize>i);
    const begins = <u32>i8x16.bitmask(i8x16.lt_u(levels, own)) & some;
    const goesOn = <u32>i8x16.bitmask(i8x16.eq(levels, own)) & some;
    const all = begins | goesOn;
    const isItem = <u32>i8x16.bitmask(i8x16.ge_u(definition, ofItems)) & all;
    const empty = begins & ~isItem;
    if (goesOn & ~isItem) return -1;
    if (all == some) {
      if (goesOn & ((empty << 1) | isEmpty)) return -1;
      isEmpty = <u32>(empty > some >> 1);
    } else {
      // Entries that go on inside of items lie between.
      for (let rest = all; rest != 0; rest &= rest - 1) {
        const bit = rest & (0 - rest);
        if (begins & bit) isEmpty = <u32>((empty & bit) != 0);
        else if (isEmpty) return -1;
      }
    }
    for (let rest = begins & <u32>i8x16.bitmask(i8x16.ge_u(definition, ofSlots)); rest != 0; rest &= rest - 1) {
      store<u32>(to, items + <u32>popcnt(isItem & ((rest & (0 - rest)) - 1)));
      to += 4;
    }
    items += <u32>popcnt(isItem);
  }
  store<u32>(to, items);
  return <i32>((to - offsets) >> 2);
}
