/**
 * Joins by equal keys. The keys of the build side are row images, image r that of row r; a key is known by the first row
 * that has it.
 *
 *     images   │ k0 │ k1 │ k0 │ k2 │           firsts   │ 0 │ 1 │ 0 │ 3 │
 *
 *     hashed   slots of hash tag and first row, as those of groups are (grouping.ts), which also finds in them
 *     ranged   │ row of 7 │ – │ row of 9 │ …   of whole numbers in a small range: first row + 1 by number − least;
 *              not needed where row r has the number least + r
 *
 *     starts   │ 0 │ 2 │ 3 │ 3 │ 4 │           rows     │ 0  2 │ 1 │ 3 │
 *
 * `starts` says by first row where in `rows` those with its key are, in their order, so that a probe reads duplicates one
 * behind the other. Pairs are written into bounded arrays: a kernel stops when they are full and is called again.
 */

import { sameImage, slotShift } from './grouping';

const NONE: u32 = 0xffffffff;

/**
 * Enters the rows [from, from + count) of a table that has room for them; its handle is that of a table of groups, whose
 * images are those of all rows. Writes the first row of each one's key; returns how many rows are not the first.
 */
export function placeRows(table: usize, hashes: usize, from: i32, count: i32, firsts: usize): i32 {
  const bytes = <usize>load<u32>(table, 12);
  if (bytes == 8) return placeAll(table, 8, hashes, from, count, firsts);
  if (bytes == 16) return placeAll(table, 16, hashes, from, count, firsts);
  return placeAll(table, bytes, hashes, from, count, firsts);
}

// @ts-ignore: decorator
@inline
function placeAll(table: usize, bytes: usize, hashes: usize, from: i32, count: i32, firsts: usize): i32 {
  const slots = <usize>load<u32>(table);
  const mask = <u64>load<u32>(table, 4);
  const images = <usize>load<u32>(table, 8);
  const shift = slotShift(mask);
  let repeated = 0;
  for (let i = 0; i < count; i++) {
    const row = <u32>(from + i);
    const image = images + <usize>row * bytes;
    const hash = load<u64>(hashes + (<usize>i << 3));
    const tag = <u32>hash;
    let slot = hash >> shift;
    let first = row;
    while (true) {
      const at = slots + (<usize>slot << 3);
      const entry = load<u64>(at);
      if (entry == 0) {
        store<u64>(at, (hash << 32) | <u64>(row + 1));
        break;
      }
      if (<u32>(entry >> 32) == tag && sameImage(images + <usize>(<u32>entry - 1) * bytes, image, bytes)) {
        first = <u32>entry - 1;
        repeated++;
        break;
      }
      slot = (slot + 1) & mask;
    }
    store<u32>(firsts + (<usize>row << 2), first);
  }
  return repeated;
}

// ---- whole numbers in a small range ------------------------------------------------------------------------------------

// @ts-ignore: decorator
@inline
export function wholeAt(values: usize, width: i32, row: usize): i64 {
  if (width == 8) return load<i64>(values + (row << 3));
  if (width == 4) return <i64>load<i32>(values + (row << 2));
  if (width == 2) return <i64>load<i16>(values + (row << 1));
  return <i64>load<i8>(values + row);
}

/**
 * The least and the greatest of images that are whole numbers of `width` bytes, at `range` and behind it. Returns whether
 * each is one more than that of the row before.
 */
export function rangeOfWholes(images: usize, width: i32, rows: i32, range: usize): bool {
  const shift = <i64>(64 - (width << 3));
  const first = (load<i64>(images) << shift) >> shift;
  let least = i64.MAX_VALUE;
  let greatest = i64.MIN_VALUE;
  let differing: i64 = 0;
  for (let row: usize = 0, n = <usize>rows; row < n; row++) {
    const value = (load<i64>(images + (row << 3)) << shift) >> shift;
    least = min(least, value);
    greatest = max(greatest, value);
    differing |= value - first - <i64>row;
  }
  store<i64>(range, least);
  store<i64>(range, greatest, 8);
  return differing == 0 && greatest - first == <i64>rows - 1;
}

/** As `placeRows`, into an array that is all zero. */
export function placeWholes(images: usize, width: i32, rows: i32, range: usize, entries: usize, firsts: usize): i32 {
  const shift = <i64>(64 - (width << 3));
  const least = load<i64>(range);
  let repeated = 0;
  for (let row: usize = 0, n = <usize>rows; row < n; row++) {
    const value = (load<i64>(images + (row << 3)) << shift) >> shift;
    const at = entries + (<usize>(value - least) << 2);
    let entry = load<u32>(at);
    if (entry == 0) {
      entry = <u32>row + 1;
      store<u32>(at, entry);
    } else repeated++;
    store<u32>(firsts + (row << 2), entry - 1);
  }
  return repeated;
}

// @ts-ignore: decorator
@inline
function findWholesOf(values: usize, width: i32, shift: i64, rows: i32, range: usize, entries: usize, found: usize): void {
  const least = load<u64>(range);
  const span = load<u64>(range, 8) - least;
  for (let row: usize = 0, n = <usize>rows; row < n; row++) {
    const offset = <u64>((wholeAt(values, width, row) << shift) >> shift) - least;
    // The first entry is read for what is out of the range: a branch for each row would cost more.
    const isIn = offset <= span;
    const first = entries == 0 ? <u32>offset : load<u32>(entries + (<usize>select<u64>(offset, 0, isIn) << 2)) - 1;
    store<u32>(found + (row << 2), select<u32>(first, NONE, isIn));
  }
}

/**
 * The first row of the key of each of `rows` whole numbers of `width` bytes, or all ones. Where `entries` is 0, that of the
 * least is row 0, and so on.
 */
export function findWholes(values: usize, width: i32, rows: i32, range: usize, entries: usize, found: usize): void {
  if (width == 8) findWholesOf(values, 8, 0, rows, range, entries, found);
  else if (width == 4) findWholesOf(values, 4, 0, rows, range, entries, found);
  else if (width == 2) findWholesOf(values, 2, 0, rows, range, entries, found);
  else findWholesOf(values, 1, 0, rows, range, entries, found);
}

/** The same of images, which have the number in their first `width` bytes. */
export function findWholeImages(images: usize, width: i32, rows: i32, range: usize, entries: usize, found: usize): void {
  findWholesOf(images, 8, <i64>(64 - (width << 3)), rows, range, entries, found);
}

/** What the images of whole numbers are put in order by, 8 bytes each: where in the range they lie, in the upper bits. */
export function hashWholes(images: usize, width: i32, rows: i32, range: usize, hashes: usize): void {
  const shift = <i64>(64 - (width << 3));
  const least = load<u64>(range);
  const span = load<u64>(range, 8) - least;
  const unused = clz<u64>(span | 1);
  for (let row: usize = 0, n = <usize>rows; row < n; row++) {
    const offset = <u64>((load<i64>(images + (row << 3)) << shift) >> shift) - least;
    store<u64>(hashes + (row << 3), select<u64>(offset << unused, 0, offset <= span));
  }
}

// ---- duplicates --------------------------------------------------------------------------------------------------------

/** Fills `starts`, of `rows + 2` words that are zero, and `ordered`. */
export function orderRows(firsts: usize, rows: i32, starts: usize, ordered: usize): void {
  const n = <usize>rows;
  for (let row: usize = 0; row < n; row++) {
    const at = starts + (<usize>load<u32>(firsts + (row << 2)) << 2);
    store<u32>(at, load<u32>(at, 8) + 1, 8);
  }
  let sum: u32 = 0;
  for (let row: usize = 0; row <= n + 1; row++) {
    sum += load<u32>(starts + (row << 2));
    store<u32>(starts + (row << 2), sum);
  }
  // Word f + 1 is where the next row of f goes, and in the end where those of f + 1 start.
  for (let row: usize = 0; row < n; row++) {
    const at = starts + (<usize>load<u32>(firsts + (row << 2)) << 2);
    const next = load<u32>(at, 4);
    store<u32>(ordered + (<usize>next << 2), <u32>row);
    store<u32>(at, next + 1, 4);
  }
}

// ---- pairs -------------------------------------------------------------------------------------------------------------

/** `found` becomes all ones where a bit of `validity` is 0. */
export function forgetNulls(found: usize, validity: usize, rows: i32): void {
  for (let base = 0; base < rows; base += 64) {
    let missing = ~load<u64>(validity + (<usize>base >> 3));
    const left = rows - base;
    if (left < 64) missing &= (<u64>1 << <u64>left) - 1;
    for (; missing != 0; missing &= missing - 1) {
      store<u32>(found + (<usize>(base + <i32>ctz(missing)) << 2), NONE);
    }
  }
}

/** The rows that were found, where no key has two: pairs of probe row and build row; returns how many. */
export function uniquePairs(found: usize, rows: i32, probeRows: usize, buildRows: usize): i32 {
  let pairs: usize = 0;
  for (let row: usize = 0, n = <usize>rows; row < n; row++) {
    const first = load<u32>(found + (row << 2));
    store<u32>(probeRows + (pairs << 2), <u32>row);
    store<u32>(buildRows + (pairs << 2), first);
    pairs += <usize>(first != NONE);
  }
  return <i32>pairs;
}

/**
 * Pairs of each probe row with all rows of its key. A row that was not found is paired with `missing`, unless that is all
 * ones. `state`: the row to go on with, and how many of its pairs were written; both 0 in the beginning. Returns how many
 * pairs were written, at most `limit`.
 */
export function keyPairs(
  found: usize,
  rows: i32,
  starts: usize,
  ordered: usize,
  missing: u32,
  state: usize,
  limit: i32,
  probeRows: usize,
  buildRows: usize,
): i32 {
  const most = <usize>limit;
  let pairs: usize = 0;
  let row = load<u32>(state);
  let done = load<u32>(state, 4);
  for (; row < <u32>rows; row++) {
    const first = load<u32>(found + (<usize>row << 2));
    if (first == NONE) {
      if (missing == NONE) continue;
      if (pairs == most) break;
      store<u32>(probeRows + (pairs << 2), row);
      store<u32>(buildRows + (pairs << 2), missing);
      pairs++;
      continue;
    }
    const start = load<u32>(starts + (<usize>first << 2));
    const end = load<u32>(starts + (<usize>first << 2), 4);
    let at = start + done;
    for (; at < end && pairs < most; at++) {
      store<u32>(probeRows + (pairs << 2), row);
      store<u32>(buildRows + (pairs << 2), load<u32>(ordered + (<usize>at << 2)));
      pairs++;
    }
    done = 0;
    if (at < end) {
      done = at - start;
      break;
    }
  }
  store<u32>(state, row);
  store<u32>(state, done, 4);
  return <i32>pairs;
}

/** `found` becomes `missing` where it is all ones; returns how many were. */
export function replaceMissing(found: usize, rows: i32, missing: u32): i32 {
  let replaced = 0;
  for (let row: usize = 0, n = <usize>rows; row < n; row++) {
    const first = load<u32>(found + (row << 2));
    const isMissing = first == NONE;
    store<u32>(found + (row << 2), select<u32>(missing, first, isMissing));
    replaced += <i32>isMissing;
  }
  return replaced;
}

// ---- which rows have met -----------------------------------------------------------------------------------------------

/** Sets the bits of rows; all ones stands for none. */
export function markRows(rows: usize, count: i32, bits: usize): void {
  for (let i: usize = 0, n = <usize>count; i < n; i++) {
    const row = load<u32>(rows + (i << 2));
    if (row == NONE) continue;
    const at = bits + (<usize>row >> 3);
    store<u8>(at, load<u8>(at) | (<u8>1 << <u8>(row & 7)));
  }
}

/** Adds the bits of `from` to those of `to`. */
export function uniteBits(from: usize, count: i32, to: usize): void {
  for (let at: usize = 0, end = (<usize>count + 7) >> 3; at < end; at += 8) {
    store<u64>(to + at, load<u64>(to + at) | load<u64>(from + at));
  }
}

/**
 * Lists rows from `from` on whose bit, or that of the row which `firsts` names where that is an address, is `wanted`.
 * Writes at most `limit`, and the row to go on with to `next`; returns how many were written.
 */
export function listMarked(
  bits: usize,
  firsts: usize,
  wanted: i32,
  from: i32,
  rows: i32,
  limit: i32,
  list: usize,
  next: usize,
): i32 {
  let listed: usize = 0;
  let row = from;
  for (; row < rows && listed < <usize>limit; row++) {
    const marked = firsts == 0 ? <u32>row : load<u32>(firsts + (<usize>row << 2));
    const bit = <i32>((load<u8>(bits + (<usize>marked >> 3)) >> <u8>(marked & 7)) & 1);
    store<u32>(list + (listed << 2), <u32>row);
    listed += <usize>(bit == wanted);
  }
  store<u32>(next, <u32>row);
  return <i32>listed;
}

/** Lists the rows that were found, or those that were not; returns how many. */
export function listFound(found: usize, wanted: i32, rows: i32, list: usize): i32 {
  let listed: usize = 0;
  for (let row: usize = 0, n = <usize>rows; row < n; row++) {
    store<u32>(list + (listed << 2), <u32>row);
    listed += <usize>(<i32>(load<u32>(found + (row << 2)) != NONE) == wanted);
  }
  return <i32>listed;
}
