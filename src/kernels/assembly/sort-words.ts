/**
 * Words of many rows: their range, packed side by side, for listed rows, up to a bound.
 *
 *     pack      step, step, … ──▶ prefixes   as many words as fit, narrowed to the bits they need, side by side
 *
 * One loop per kind of word and use: `kind` and `what` are constants in each, so that nothing is decided per row.
 */

import {
  BASE, BOOL, bit, common, F32, F64, HIGH, I16, I32, I64, I8, LOW, MASK, RANK, raw, COMPACT, TEXT8,
  textWord, U16, U32, U64, U8, VALIDITY, VALUES,
} from './sort-step';

/** What `each` does with the word of a row. */
const BOUNDS: i32 = 0;
const PACK: i32 = 1;
const RECORDS: i32 = 2;
const BELOW: i32 = 3;

/** Of a look at texts. */
const POSITIONS: i32 = 32;

const SIGN: u64 = 0x8000000000000000;

/** Whether words of a kind are looked at several at a time. */
@inline
function isLookedAtTogether(kind: i32): bool {
  return kind == I64 || kind == I32 || kind == F64;
}

/** The words of two values, or four of 4 bytes, as signed numbers of the same order. */
@inline
function signedWords(kind: i32, address: usize, mask: u64): v128 {
  let values = v128.load(address);
  if (kind == I32) return v128.xor(values, i32x4.splat(<i32>mask));
  if (kind == F64) {
    const nan = i64x2.splat(0x7ff8000000000000);
    const bits = v128.bitselect(nan, f64x2.add(values, f64x2.splat(0.0)), f64x2.ne(values, values));
    values = v128.xor(bits, v128.and(i64x2.shr_s(bits, 63), i64x2.splat(0x7fffffffffffffff)));
  }
  return v128.xor(values, i64x2.splat(mask));
}

/** Of the words of two values, or four of 4 bytes: all ones where a word is at most `bound`. */
@inline
function below(kind: i32, address: usize, mask: u64, bound: u64): v128 {
  if (kind == I32) {
    const limit = min<i64>(max<i64>(<i64>(bound ^ SIGN), i32.MIN_VALUE), i32.MAX_VALUE);
    return i32x4.le_s(signedWords(kind, address, mask), i32x4.splat(<i32>limit));
  }
  return i64x2.le_s(signedWords(kind, address, mask), i64x2.splat(bound ^ SIGN));
}

@inline
function bounds(kind: i32, step: usize, count: usize, out: usize): void {
  const values = <usize>load<u32>(step, VALUES);
  const validity = <usize>load<u32>(step, VALIDITY);
  const mask = load<u64>(step, MASK);
  let least: u64 = <u64>-1;
  let greatest: u64 = 0;
  let row: usize = 0;
  if (isLookedAtTogether(kind) && validity == 0 && count >= 4) {
    const width: usize = kind == I32 ? 4 : 8;
    let low = signedWords(kind, values, mask);
    let high = low;
    let lowBeside = low;
    let highBeside = low;
    for (; row + 4 <= count; row += 4) {
      const words = signedWords(kind, values + row * width, mask);
      if (kind == I32) {
        low = i32x4.min_s(low, words);
        high = i32x4.max_s(high, words);
        continue;
      }
      const beside = signedWords(kind, values + row * 8 + 16, mask);
      low = v128.bitselect(words, low, i64x2.lt_s(words, low));
      high = v128.bitselect(words, high, i64x2.gt_s(words, high));
      lowBeside = v128.bitselect(beside, lowBeside, i64x2.lt_s(beside, lowBeside));
      highBeside = v128.bitselect(beside, highBeside, i64x2.gt_s(beside, highBeside));
    }
    if (kind == I32) {
      lowBeside = i64x2.extend_high_i32x4_s(low);
      highBeside = i64x2.extend_high_i32x4_s(high);
      low = i64x2.extend_low_i32x4_s(low);
      high = i64x2.extend_low_i32x4_s(high);
    }
    low = v128.bitselect(lowBeside, low, i64x2.lt_s(lowBeside, low));
    high = v128.bitselect(highBeside, high, i64x2.gt_s(highBeside, high));
    least = <u64>min(i64x2.extract_lane(low, 0), i64x2.extract_lane(low, 1)) ^ SIGN;
    greatest = <u64>max(i64x2.extract_lane(high, 0), i64x2.extract_lane(high, 1)) ^ SIGN;
  }
  for (; row < count; row++) {
    if (validity != 0 && bit(validity, row) == 0) continue;
    const word = raw(kind, step, values, row) ^ mask;
    least = min(least, word);
    greatest = max(greatest, word);
  }
  store<u64>(out, least);
  store<u64>(out, greatest, 8);
}

@inline
function pack(kind: i32, step: usize, count: usize, out: usize, left: u64, right: u64): void {
  const values = <usize>load<u32>(step, VALUES);
  const validity = <usize>load<u32>(step, VALIDITY);
  const mask = load<u64>(step, MASK);
  const base = load<u64>(step, BASE);
  // A shift by 64 would be one by 0: the first words replace what is there.
  const keep: u64 = left == 64 ? 0 : <u64>-1;
  if (validity == 0) {
    for (let row: usize = 0; row < count; row++) {
      const word = (raw(kind, step, values, row) ^ mask) - base;
      const at = out + (row << 3);
      store<u64>(at, ((load<u64>(at) & keep) << left) | (word >> right));
    }
    return;
  }
  for (let row: usize = 0; row < count; row++) {
    const word = ((raw(kind, step, values, row) ^ mask) - base) & (0 - bit(validity, row));
    const at = out + (row << 3);
    store<u64>(at, ((load<u64>(at) & keep) << left) | (word >> right));
  }
}

/** Words of the rows in 16-byte records. Returns whether they differ. */
@inline
function fillRecords(kind: i32, step: usize, count: usize, records: usize): bool {
  const values = <usize>load<u32>(step, VALUES);
  const validity = <usize>load<u32>(step, VALIDITY);
  const mask = load<u64>(step, MASK);
  const base = load<u64>(step, BASE);
  let first: u64 = 0;
  let different: u64 = 0;
  for (let i: usize = 0; i < count; i++) {
    const at = records + (i << 4);
    const row = <usize>load<u32>(at, 8);
    let word = (raw(kind, step, values, row) ^ mask) - base;
    if (validity != 0) word &= 0 - bit(validity, row);
    if (i == 0) first = word;
    different |= word ^ first;
    store<u64>(at, word);
  }
  return different != 0;
}

/** Whether one of eight words may be at most `bound`. */
@inline
function anyBelow(kind: i32, address: usize, mask: u64, bound: u64): bool {
  let found = v128.or(below(kind, address, mask, bound), below(kind, address + 16, mask, bound));
  if (kind != I32) {
    const others = v128.or(below(kind, address + 32, mask, bound), below(kind, address + 48, mask, bound));
    found = v128.or(found, others);
  }
  return v128.any_true(found);
}

/** Lists the rows whose word is at most `bound`, and the nulls where `nullsToo`; returns how many. */
@inline
function listBelow(kind: i32, step: usize, count: usize, list: usize, bound: u64, nullsToo: u64): usize {
  const values = <usize>load<u32>(step, VALUES);
  const validity = <usize>load<u32>(step, VALIDITY);
  const mask = load<u64>(step, MASK);
  // Once there is a bound, few rows are below it: blocks without one are passed over at once.
  const skips = isLookedAtTogether(kind) && (validity == 0 || nullsToo == 0);
  let listed: usize = 0;
  for (let base: usize = 0; base < count; base += 8) {
    const end = min(base + 8, count);
    if (skips && end - base == 8 && !anyBelow(kind, values + base * (kind == I32 ? 4 : 8), mask, bound)) continue;
    for (let row = base; row < end; row++) {
      let kept = <u64>((raw(kind, step, values, row) ^ mask) <= bound);
      if (validity != 0) kept = select<u64>(kept, nullsToo, bit(validity, row) != 0);
      store<u32>(list + (listed << 2), <u32>row);
      listed += <usize>kept;
    }
  }
  return listed;
}

@inline
function use(what: i32, kind: i32, step: usize, count: usize, out: usize, a: u64, b: u64): usize {
  if (what == BOUNDS) bounds(kind, step, count, out);
  if (what == PACK) pack(kind, step, count, out, a, b);
  if (what == RECORDS) return <usize>fillRecords(kind, step, count, out);
  if (what == BELOW) return listBelow(kind, step, count, out, a, b);
  return 0;
}

@inline
function each(what: i32, step: usize, count: usize, out: usize, a: u64, b: u64): usize {
  switch (load<i32>(step)) {
    case BOOL: return use(what, BOOL, step, count, out, a, b);
    case I8: return use(what, I8, step, count, out, a, b);
    case I16: return use(what, I16, step, count, out, a, b);
    case I32: return use(what, I32, step, count, out, a, b);
    case I64: return use(what, I64, step, count, out, a, b);
    case U8: return use(what, U8, step, count, out, a, b);
    case U16: return use(what, U16, step, count, out, a, b);
    case U32: return use(what, U32, step, count, out, a, b);
    case U64: return use(what, U64, step, count, out, a, b);
    case F32: return use(what, F32, step, count, out, a, b);
    case F64: return use(what, F64, step, count, out, a, b);
    case HIGH: return use(what, HIGH, step, count, out, a, b);
    case LOW: return use(what, LOW, step, count, out, a, b);
    case RANK: return use(what, RANK, step, count, out, a, b);
    case TEXT8: return use(what, TEXT8, step, count, out, a, b);
    case COMPACT: return use(what, COMPACT, step, count, out, a, b);
    default: unreachable();
  }
  return 0;
}

/** The least and the greatest `raw ^ mask` of the rows that are not null, to `out`; all ones and 0 if there are none. */
export function sortBounds(step: usize, count: usize, out: usize): void {
  each(BOUNDS, step, count, out, 0, 0);
}

/** `prefixes[row] = prefixes[row] << left | word(row) >> right`; with a `left` of 64 what was there is replaced. */
export function sortPack(step: usize, count: usize, prefixes: usize, left: u32, right: u32): void {
  each(PACK, step, count, prefixes, <u64>left, <u64>right);
}

/**
 * Words of the rows in 16-byte records: the word goes to their first half, the row number is in the second. Returns
 * whether they differ.
 */
export function sortWords(step: usize, count: usize, records: usize): bool {
  return each(RECORDS, step, count, records, 0, 0) != 0;
}

/** Lists the rows whose `raw ^ mask` is at most `bound`, and the nulls where `nullsToo` is 1; returns how many. */
export function sortBelow(step: usize, count: usize, list: usize, bound: u64, nullsToo: u32): usize {
  return each(BELOW, step, count, list, bound, <u64>nullsToo);
}

/**
 * Lists the rows whose text is before another (after it where `descending` is 1), or equal to it where `equalToo` is 1;
 * nulls where `nullsToo` is 1. Returns how many.
 */
export function sortBelowText(
  offsets: usize,
  bytes: usize,
  validity: usize,
  count: usize,
  text: usize,
  size: i32,
  descending: u32,
  equalToo: u32,
  nullsToo: u32,
  list: usize,
): usize {
  const first = textWord(text, size);
  let listed: usize = 0;
  for (let row: usize = 0; row < count; row++) {
    store<u32>(list + (listed << 2), <u32>row);
    if (validity != 0 && bit(validity, row) == 0) {
      listed += <usize>nullsToo;
      continue;
    }
    const start = load<u32>(offsets + (row << 2));
    const here = <i32>(load<u32>(offsets + (row << 2), 4) - start);
    const word = textWord(bytes + <usize>start, here);
    let kept: bool;
    if (word != first) kept = word < first == (descending == 0);
    else {
      const most = min(here, size);
      const same = common(bytes + <usize>start, text, most);
      if (same < most) {
        kept = load<u8>(bytes + <usize>start + <usize>same) < load<u8>(text + <usize>same) == (descending == 0);
      } else if (here != size) kept = here < size == (descending == 0);
      else kept = equalToo != 0;
    }
    listed += <usize>kept;
  }
  return listed;
}

/** The least and the greatest of 16-byte integers that are not null, to `out`; returns whether there are any. */
export function sortWideBounds(values: usize, validity: usize, count: usize, out: usize): bool {
  let leastHigh = i64.MAX_VALUE;
  let leastLow = u64.MAX_VALUE;
  let greatestHigh = i64.MIN_VALUE;
  let greatestLow: u64 = 0;
  let any = false;
  for (let row: usize = 0; row < count; row++) {
    if (validity != 0 && bit(validity, row) == 0) continue;
    any = true;
    const low = load<u64>(values + (row << 4));
    const high = load<i64>(values + (row << 4), 8);
    if (high < leastHigh || (high == leastHigh && low < leastLow)) {
      leastHigh = high;
      leastLow = low;
    }
    if (high > greatestHigh || (high == greatestHigh && low > greatestLow)) {
      greatestHigh = high;
      greatestLow = low;
    }
  }
  store<u64>(out, leastLow);
  store<i64>(out, leastHigh, 8);
  store<u64>(out, greatestLow, 16);
  store<i64>(out, greatestHigh, 24);
  return any;
}

/**
 * Of the texts that are not null: bytes of the shortest and of the longest, int32; behind them the least and then the
 * greatest character at each of 32 positions from `depth` on, 255 and 0 where there is none. Reads 32 bytes of each.
 */
export function sortTextRanges(
  offsets: usize, bytes: usize, validity: usize, count: usize, depth: i32, out: usize,
): void {
  let shortest = i32.MAX_VALUE;
  let longest: i32 = 0;
  let least = i8x16.splat(-1);
  let greatest = i8x16.splat(0);
  let leastBehind = i8x16.splat(-1);
  let greatestBehind = i8x16.splat(0);
  const positions = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  for (let row: usize = 0; row < count; row++) {
    if (validity != 0 && bit(validity, row) == 0) continue;
    const start = load<u32>(offsets + (row << 2));
    const size = <i32>(load<u32>(offsets + (row << 2), 4) - start);
    shortest = min(shortest, size);
    longest = max(longest, size);
    const left = min(size - depth, POSITIONS);
    if (left <= 0) continue;
    const text = bytes + <usize>start + <usize>depth;
    const present = i8x16.gt_u(i8x16.splat(<i8>left), positions);
    const characters = v128.load(text);
    least = i8x16.min_u(least, v128.or(characters, v128.not(present)));
    greatest = i8x16.max_u(greatest, v128.and(characters, present));
    if (left <= 16) continue;
    const presentBehind = i8x16.gt_u(i8x16.splat(<i8>(left - 16)), positions);
    const behind = v128.load(text, 16);
    leastBehind = i8x16.min_u(leastBehind, v128.or(behind, v128.not(presentBehind)));
    greatestBehind = i8x16.max_u(greatestBehind, v128.and(behind, presentBehind));
  }
  store<i32>(out, shortest);
  store<i32>(out, longest, 4);
  v128.store(out, least, 8);
  v128.store(out, leastBehind, 24);
  v128.store(out, greatest, 40);
  v128.store(out, greatestBehind, 56);
}

/** How many bytes all texts that are not null start with; 0 where all are null. */
export function sortSharedText(offsets: usize, bytes: usize, validity: usize, count: usize): i32 {
  let shared: i32 = -1;
  let first: usize = 0;
  for (let row: usize = 0; row < count && shared != 0; row++) {
    if (validity != 0 && bit(validity, row) == 0) continue;
    const start = load<u32>(offsets + (row << 2));
    const size = <i32>(load<u32>(offsets + (row << 2), 4) - start);
    const text = bytes + <usize>start;
    if (shared < 0) {
      first = text;
      shared = size;
    } else shared = common(first, text, min(shared, size));
  }
  return max(shared, 0);
}

/** 0: prefixes rise; 1: they rise or stay; 2: they do not. */
export function sortOrderOf(prefixes: usize, count: usize): u32 {
  let order: u32 = 0;
  for (let i: usize = 1; i < count; i++) {
    const at = prefixes + (i << 3);
    const before = load<u64>(at - 8);
    const here = load<u64>(at);
    if (here < before) return 2;
    if (here == before) order = 1;
  }
  return order;
}

/** `ranks[permutation[i]] = i`, or `ranks[i] = i` where `permutation` is 0. */
export function sortRanks(permutation: usize, count: usize, ranks: usize): void {
  for (let i: usize = 0; i < count; i++) {
    const row = permutation == 0 ? i : <usize>load<u32>(permutation + (i << 2));
    store<u32>(ranks + (row << 2), <u32>i);
  }
}
