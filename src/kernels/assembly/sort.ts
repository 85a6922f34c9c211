/**
 * Sorting row numbers by keys.
 *
 *     steps     how to read a word, an unsigned 64-bit number that orders rows, from a key column
 *     pack      step, step, … ──▶ prefixes   as many words as fit, narrowed to the bits they need, side by side
 *     records   │ prefix bits, row │ … ──radix──▶ sorted      8 bytes where the prefix leaves room for the row, else 16
 *     refine    runs of equal prefixes are sorted by the steps that are not in the prefix
 *
 * A step is 64 bytes in memory:
 *
 *     0 kind │ 4 values │ 8 validity │ 12 bytes or table │ 16 mask (8) │ 24 base (8) │ 32 depth │ 36 shift │ …
 *     word(row) = 0 under a null, else (raw ^ mask) − base          mask: all ones for descending
 *
 * Floats get the usual bit trick after -0.0 became 0.0 and every NaN the same; text is read 8 bytes at a time, big-endian,
 * zeros behind its end, from `depth` on. Zero-padded order plus length as the last resort is the order of bytes, embedded
 * zeros included.
 *
 * Technique: LSD radix sort of prefixes with the row packed in, ties repaired with full keys. Everything is stable,
 * because rows start in order and no pass reorders equals.
 */

const BOOL: i32 = 0;
const I8: i32 = 1;
const I16: i32 = 2;
const I32: i32 = 3;
const I64: i32 = 4;
const U8: i32 = 5;
const U16: i32 = 6;
const U32: i32 = 7;
const U64: i32 = 8;
const F32: i32 = 9;
const F64: i32 = 10;
/** Halves of a 16-byte integer. */
const HIGH: i32 = 11;
const LOW: i32 = 12;
/** uint32 by code, then uint64 by code, from the table. */
const RANK: i32 = 13;
const ENTRY_WORD: i32 = 14;
/** 8 bytes of text. */
const TEXT8: i32 = 15;
/** Up to 7 bytes of text and its length behind `depth`: exact where no text is longer. `shift` drops what none has. */
const TEXT7: i32 = 16;
/** All of the text from `depth` on; only refining can do that. */
const TEXT: i32 = 17;

const STEP: usize = 64;
const VALUES: usize = 4;
const VALIDITY: usize = 8;
const BYTES: usize = 12;
const MASK: usize = 16;
const BASE: usize = 24;
const DEPTH: usize = 32;
const SHIFT: usize = 36;

const SIGN: u64 = 0x8000000000000000;

@inline
function bigEndian(word: u64): u64 {
  let x = ((word & 0x00ff00ff00ff00ff) << 8) | ((word >> 8) & 0x00ff00ff00ff00ff);
  x = ((x & 0x0000ffff0000ffff) << 16) | ((x >> 16) & 0x0000ffff0000ffff);
  return (x << 32) | (x >> 32);
}

/** Up to 8 bytes of a text of which `left` bytes are left, zeros behind its end. */
@inline
function textWord(address: usize, left: i32): u64 {
  if (left <= 0) return 0;
  const word = bigEndian(load<u64>(address));
  return left >= 8 ? word : word & (<u64>-1 << (64 - (<u64>left << 3)));
}

@inline
function float64Word(value: f64): u64 {
  const bits = reinterpret<u64>(select<f64>(reinterpret<f64>(0x7ff8000000000000), value + 0.0, value != value));
  return bits ^ (<u64>(<i64>bits >> 63) | SIGN);
}

@inline
function float32Word(value: f32): u64 {
  const bits = reinterpret<u32>(select<f32>(reinterpret<f32>(0x7fc00000), value + <f32>0.0, value != value));
  return <u64>(bits ^ (<u32>(<i32>bits >> 31) | 0x80000000));
}

@inline
function bit(bits: usize, row: usize): u64 {
  return <u64>((load<u8>(bits + (row >> 3)) >> <u8>(row & 7)) & 1);
}

/** The unsigned number that orders the value of `row`. `kind` is a constant wherever this is inlined. */
@inline
function raw(kind: i32, step: usize, values: usize, row: usize): u64 {
  if (kind == BOOL) return bit(values, row);
  if (kind == I8) return <u64>(<i64>load<i8>(values + row)) ^ SIGN;
  if (kind == I16) return <u64>(<i64>load<i16>(values + (row << 1))) ^ SIGN;
  if (kind == I32) return <u64>(<i64>load<i32>(values + (row << 2))) ^ SIGN;
  if (kind == I64) return load<u64>(values + (row << 3)) ^ SIGN;
  if (kind == U8) return <u64>load<u8>(values + row);
  if (kind == U16) return <u64>load<u16>(values + (row << 1));
  if (kind == U32) return <u64>load<u32>(values + (row << 2));
  if (kind == U64) return load<u64>(values + (row << 3));
  if (kind == F32) return float32Word(load<f32>(values + (row << 2)));
  if (kind == F64) return float64Word(load<f64>(values + (row << 3)));
  if (kind == HIGH) return load<u64>(values + (row << 4), 8) ^ SIGN;
  if (kind == LOW) return load<u64>(values + (row << 4));
  const table = <usize>load<u32>(step, BYTES);
  if (kind == RANK) return <u64>load<u32>(table + (<usize>load<u32>(values + (row << 2)) << 2));
  if (kind == ENTRY_WORD) return load<u64>(table + (<usize>load<u32>(values + (row << 2)) << 3));
  const depth = load<u32>(step, DEPTH);
  const start = load<u32>(values + (row << 2)) + depth;
  const left = <i32>(load<u32>(values + (row << 2), 4) - start);
  if (kind == TEXT8) return textWord(table + <usize>start, left);
  if (left <= 0) return 0;
  return ((textWord(table + <usize>start, min(left, 7)) & ~255) >> <u64>load<u32>(step, SHIFT)) | <u64>(left & 255);
}

// ---- One loop per kind and use ------------------------------------------------------------------------------------

/** What `each` does with the word of a row. */
const BOUNDS: i32 = 0;
const PACK: i32 = 1;
const RECORDS: i32 = 2;
const BELOW: i32 = 3;

@inline
function bounds(kind: i32, step: usize, count: usize, out: usize): void {
  const values = <usize>load<u32>(step, VALUES);
  const validity = <usize>load<u32>(step, VALIDITY);
  const mask = load<u64>(step, MASK);
  let least: u64 = <u64>-1;
  let greatest: u64 = 0;
  for (let row: usize = 0; row < count; row++) {
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

/** Lists the rows whose word is at most `bound`, and the nulls where `nullsToo`; returns how many. */
@inline
function listBelow(kind: i32, step: usize, count: usize, list: usize, bound: u64, nullsToo: u64): usize {
  const values = <usize>load<u32>(step, VALUES);
  const validity = <usize>load<u32>(step, VALIDITY);
  const mask = load<u64>(step, MASK);
  let listed: usize = 0;
  for (let row: usize = 0; row < count; row++) {
    let kept = <u64>((raw(kind, step, values, row) ^ mask) <= bound);
    if (validity != 0) kept = select<u64>(kept, nullsToo, bit(validity, row) != 0);
    store<u32>(list + (listed << 2), <u32>row);
    listed += <usize>kept;
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
    case ENTRY_WORD: return use(what, ENTRY_WORD, step, count, out, a, b);
    case TEXT8: return use(what, TEXT8, step, count, out, a, b);
    case TEXT7: return use(what, TEXT7, step, count, out, a, b);
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

/** Words of the rows in 16-byte records: the word goes to their first half, the row number is in the second. */
export function sortWords(step: usize, count: usize, records: usize): void {
  each(RECORDS, step, count, records, 0, 0);
}

/** Lists the rows whose `raw ^ mask` is at most `bound`, and the nulls where `nullsToo` is 1; returns how many. */
export function sortBelow(step: usize, count: usize, list: usize, bound: u64, nullsToo: u32): usize {
  return each(BELOW, step, count, list, bound, <u64>nullsToo);
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

/** How many of the first `most` bytes two texts have in common. Reads 8 bytes at a time. */
@inline
function common(a: usize, b: usize, most: i32): i32 {
  let i: i32 = 0;
  while (i < most) {
    const different = load<u64>(a + <usize>i) ^ load<u64>(b + <usize>i);
    if (different != 0) return min(most, i + <i32>(ctz<u64>(different) >> 3));
    i += 8;
  }
  return most;
}

/** Of the texts that are not null: bytes that all of them start with, and bytes of the longest, to `out`. */
export function sortTextBounds(offsets: usize, bytes: usize, validity: usize, count: usize, out: usize): void {
  let shared: i32 = -1;
  let longest: i32 = 0;
  let first: usize = 0;
  for (let row: usize = 0; row < count; row++) {
    if (validity != 0 && bit(validity, row) == 0) continue;
    const start = load<u32>(offsets + (row << 2));
    const size = <i32>(load<u32>(offsets + (row << 2), 4) - start);
    longest = max(longest, size);
    const text = bytes + <usize>start;
    if (shared < 0) {
      first = text;
      shared = size;
    } else if (shared > 0) shared = common(first, text, min(shared, size));
  }
  store<i32>(out, max(shared, 0));
  store<i32>(out, longest, 4);
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

// ---- Radix ----------------------------------------------------------------------------------------------------------

/** 8-byte records: the prefix without its lowest `drop` bits, then `rowBits` of row number. */
export function sortRecords8(prefixes: usize, count: usize, drop: u32, rowBits: u32, records: usize): void {
  for (let row: usize = 0; row < count; row++) {
    const prefix = load<u64>(prefixes + (row << 3)) >> <u64>drop;
    store<u64>(records + (row << 3), (prefix << <u64>rowBits) | <u64>row);
  }
}

/** 16-byte records: the prefix, then the row number. */
export function sortRecords16(prefixes: usize, count: usize, records: usize): void {
  for (let row: usize = 0; row < count; row++) {
    store<u64>(records + (row << 4), load<u64>(prefixes + (row << 3)));
    store<u64>(records + (row << 4), <u64>row, 8);
  }
}

@inline
function countDigit(histogram: usize, digit: usize): void {
  const at = histogram + (digit << 2);
  store<u32>(at, load<u32>(at) + 1);
}

/** Counts become the addresses where each digit's records go. */
@inline
function toAddresses(histogram: usize, to: usize, recordShift: u32): void {
  let address = <u32>to;
  for (let digit: usize = 0; digit < 256; digit++) {
    const counted = load<u32>(histogram + (digit << 2));
    store<u32>(histogram + (digit << 2), address);
    address += counted << recordShift;
  }
}

/**
 * Sorts 8-byte records by their bits [from, to); the two areas change roles with each digit. Returns the area that holds
 * the result. `histograms` has room for 2 KiB. While one digit scatters, the next one is counted.
 */
export function sortRadix8(records: usize, other: usize, count: usize, from: u32, to: u32, histograms: usize): usize {
  let source = records;
  let target = other;
  let here = histograms;
  let next = histograms + 1024;
  let end = source + (count << 3);
  memory.fill(here, 0, 1024);
  for (let p = source; p < end; p += 8) countDigit(here, <usize>(load<u64>(p) >> <u64>from) & 255);
  for (let shift = from; shift < to; shift += 8) {
    // Digits beyond `to` are never used; a shift by 64 would wrap to one by 0, which is as harmless.
    const nextShift = <u64>(shift + 8);
    end = source + (count << 3);
    memory.fill(next, 0, 1024);
    if (load<u32>(here + ((<usize>(load<u64>(source) >> <u64>shift) & 255) << 2)) == <u32>count) {
      for (let p = source; p < end; p += 8) countDigit(next, <usize>(load<u64>(p) >> nextShift) & 255);
    } else {
      toAddresses(here, target, 3);
      for (let p = source; p < end; p += 8) {
        const record = load<u64>(p);
        const slot = here + ((<usize>(record >> <u64>shift) & 255) << 2);
        const at = <usize>load<u32>(slot);
        store<u64>(at, record);
        store<u32>(slot, <u32>at + 8);
        countDigit(next, <usize>(record >> nextShift) & 255);
      }
      const swap = source;
      source = target;
      target = swap;
    }
    const swap = here;
    here = next;
    next = swap;
  }
  return source;
}

/** Sorts 16-byte records by their first 8 bytes, as `sortRadix8` does. `histograms` has room for 8 KiB. */
export function sortRadix16(records: usize, other: usize, count: usize, histograms: usize): usize {
  memory.fill(histograms, 0, 8192);
  let end = records + (count << 4);
  for (let p = records; p < end; p += 16) {
    const word = load<u64>(p);
    countDigit(histograms, <usize>word & 255);
    countDigit(histograms + 1024, <usize>(word >> 8) & 255);
    countDigit(histograms + 2048, <usize>(word >> 16) & 255);
    countDigit(histograms + 3072, <usize>(word >> 24) & 255);
    countDigit(histograms + 4096, <usize>(word >> 32) & 255);
    countDigit(histograms + 5120, <usize>(word >> 40) & 255);
    countDigit(histograms + 6144, <usize>(word >> 48) & 255);
    countDigit(histograms + 7168, <usize>(word >> 56));
  }
  let source = records;
  let target = other;
  for (let digit: usize = 0; digit < 8; digit++) {
    const shift = <u64>digit << 3;
    const histogram = histograms + (digit << 10);
    if (load<u32>(histogram + ((<usize>(load<u64>(source) >> shift) & 255) << 2)) == <u32>count) continue;
    toAddresses(histogram, target, 4);
    end = source + (count << 4);
    for (let p = source; p < end; p += 16) {
      const record = v128.load(p);
      const slot = histogram + ((<usize>(load<u64>(p) >> shift) & 255) << 2);
      const at = <usize>load<u32>(slot);
      v128.store(at, record);
      store<u32>(slot, <u32>at + 16);
    }
    const swap = source;
    source = target;
    target = swap;
  }
  return source;
}

/** Row numbers out of 8-byte records. */
export function sortRows8(records: usize, count: usize, rowBits: u32, rows: usize): void {
  const mask = ((<u64>1) << <u64>rowBits) - 1;
  for (let i: usize = 0; i < count; i++) store<u32>(rows + (i << 2), <u32>(load<u64>(records + (i << 3)) & mask));
}

/** Row numbers out of 16-byte records. */
export function sortRows16(records: usize, count: usize, rows: usize): void {
  for (let i: usize = 0; i < count; i++) store<u32>(rows + (i << 2), load<u32>(records + (i << 4), 8));
}

// ---- Refining -------------------------------------------------------------------------------------------------------

/** Stable, for few records. */
function insertionSort(records: usize, count: usize): void {
  const end = records + (count << 4);
  for (let p = records + 16; p < end; p += 16) {
    const word = load<u64>(p);
    if (load<u64>(p - 16) <= word) continue;
    const record = v128.load(p);
    let q = p;
    while (q > records && word < load<u64>(q - 16)) {
      v128.store(q, v128.load(q - 16));
      q -= 16;
    }
    v128.store(q, record);
  }
}

const BLOCK: usize = 16;
const RADIX_FROM: usize = 1024;

/** Merges the sorted records [left, middle) and [middle, end) to `to`; equals from the left first. */
@inline
function merge(left: usize, middle: usize, end: usize, to: usize): void {
  let a = left;
  let b = middle;
  let out = to;
  while (a < middle && b < end) {
    const second = load<u64>(b) < load<u64>(a);
    v128.store(out, v128.load(second ? b : a));
    a += <usize>!second << 4;
    b += <usize>second << 4;
    out += 16;
  }
  memory.copy(out, a, middle - a);
  memory.copy(out + (middle - a), b, end - b);
}

/** Stable; returns which of the two areas holds the result. */
function sortFew(records: usize, other: usize, count: usize): usize {
  for (let i: usize = 0; i < count; i += BLOCK) insertionSort(records + (i << 4), min(BLOCK, count - i));
  let source = records;
  let target = other;
  for (let width = BLOCK; width < count; width <<= 1) {
    for (let i: usize = 0; i < count; i += width << 1) {
      const middle = min(i + width, count);
      const end = min(i + (width << 1), count);
      merge(source + (i << 4), source + (middle << 4), source + (end << 4), target + (i << 4));
    }
    const swap = source;
    source = target;
    target = swap;
  }
  return source;
}

// What text has been compared is part of a run's state: 0 inside a run, else step + 1 and depth at its start.

@inline
function stateOf(steps: usize, step: u32): u64 {
  return (<u64>load<u32>(steps + <usize>step * STEP, DEPTH) << 32) | <u64>(step + 1);
}

/** What `fillText` found. */
const SAME: u32 = 0;
const DIFFERENT: u32 = 1;
/** Texts that have the same word are equal. */
const LAST: u32 = 2;

/**
 * Words of 8 bytes from `depth` on, of rows whose text before it is equal when zero-padded; lengths where no text is
 * longer than that.
 */
function fillText(step: usize, records: usize, count: usize, depth: u32): u32 {
  const offsets = <usize>load<u32>(step, VALUES);
  const bytes = <usize>load<u32>(step, BYTES);
  const mask = load<u64>(step, MASK);
  let first: u64 = 0;
  let different: u64 = 0;
  let longest: u32 = 0;
  let shortest: u32 = <u32>-1;
  for (let i: usize = 0; i < count; i++) {
    const at = records + (i << 4);
    const row = <usize>load<u32>(at, 8);
    const start = load<u32>(offsets + (row << 2));
    const size = load<u32>(offsets + (row << 2), 4) - start;
    longest = max(longest, size);
    shortest = min(shortest, size);
    const word = textWord(bytes + <usize>start + <usize>depth, <i32>(size - depth)) ^ mask;
    if (i == 0) first = word;
    different |= word ^ first;
    store<u64>(at, word);
  }
  const last = longest <= depth || (longest == shortest && longest <= depth + 8);
  if (longest <= depth && longest != shortest) {
    different = 1;
    for (let i: usize = 0; i < count; i++) {
      const at = records + (i << 4);
      const offset = offsets + (<usize>load<u32>(at, 8) << 2);
      store<u64>(at, <u64>(load<u32>(offset, 4) - load<u32>(offset)) ^ mask);
    }
  }
  return (different != 0 ? DIFFERENT : SAME) | (last ? LAST : 0);
}

/** How far beyond `depth` all texts of the records are the same. */
function commonText(step: usize, records: usize, count: usize, depth: u32): u32 {
  const offsets = <usize>load<u32>(step, VALUES);
  const bytes = <usize>load<u32>(step, BYTES) + <usize>depth;
  let first: usize = 0;
  let shared: i32 = 0;
  for (let i: usize = 0; i < count; i++) {
    const offset = offsets + (<usize>load<u32>(records + (i << 4), 8) << 2);
    const start = load<u32>(offset);
    const left = <i32>(load<u32>(offset, 4) - start - depth);
    if (left <= 0) return 0;
    if (i == 0) {
      first = bytes + <usize>start;
      shared = left;
    } else shared = common(first, bytes + <usize>start, min(shared, left));
  }
  return <u32>shared;
}

/** Sorts one run by one more word, and notes in `state` where the runs begin that it falls into. */
function refineOnce(
  rows: usize,
  count: usize,
  state: usize,
  steps: usize,
  records: usize,
  other: usize,
  histograms: usize,
): void {
  const index = load<u32>(state) - 1;
  const depth = load<u32>(state, 4);
  const step = steps + <usize>index * STEP;
  for (let i: usize = 0; i < count; i++) store<u32>(records + (i << 4), load<u32>(rows + (i << 2)), 8);
  let different: bool;
  let next = stateOf(steps, index + 1);
  if (load<i32>(step) == TEXT) {
    const found = fillText(step, records, count, depth);
    different = (found & DIFFERENT) != 0;
    if ((found & LAST) == 0) {
      const skipped = different ? 8 : max<u32>(8, commonText(step, records, count, depth));
      next = (<u64>(depth + skipped) << 32) | <u64>(index + 1);
    }
  } else different = each(RECORDS, step, count, records, 0, 0) != 0;
  if (!different) {
    store<u64>(state, next);
    return;
  }
  const sorted =
    count < RADIX_FROM ? sortFew(records, other, count) : sortRadix16(records, other, count, histograms);
  let before: u64 = ~load<u64>(sorted);
  for (let i: usize = 0; i < count; i++) {
    const at = sorted + (i << 4);
    const word = load<u64>(at);
    store<u32>(rows + (i << 2), load<u32>(at, 8));
    if (word != before) store<u64>(state + (i << 3), next);
    before = word;
  }
}

/**
 * Sorts the rows of one run by all steps. Works on the leftmost run that is not finished, again and again: no recursion,
 * however deep the texts agree.
 */
function refineRun(rows: usize, count: usize, steps: usize, stepCount: u32, longest: usize, scratch: usize): void {
  const state = scratch + 8192;
  const records = state + ((longest << 3) + 15 & ~15);
  const other = records + (longest << 4);
  memory.fill(state, 0, count << 3);
  store<u64>(state, stateOf(steps, 0));
  let start: usize = 0;
  while (start < count) {
    let end = start + 1;
    while (end < count && load<u64>(state + (end << 3)) == 0) end += 1;
    const at = state + (start << 3);
    if (end - start < 2 || load<u32>(at) > stepCount) start = end;
    else refineOnce(rows + (start << 2), end - start, at, steps, records, other, scratch);
  }
}

@inline
function prefixAt(records: usize, stride: usize, shift: u64, i: usize): u64 {
  return load<u64>(records + i * stride) >> shift;
}

/** Rows of the longest run of equal prefixes; a prefix is the first 8 bytes of each `stride`, without `shift` bits. */
export function sortLongestRun(records: usize, stride: usize, shift: u32, count: usize): usize {
  let longest: usize = 0;
  let start: usize = 0;
  while (start < count) {
    const prefix = prefixAt(records, stride, shift, start);
    let end = start + 1;
    while (end < count && prefixAt(records, stride, shift, end) == prefix) end += 1;
    longest = max(longest, end - start);
    start = end;
  }
  return longest;
}

/** Bytes of scratch that `sortRefine` needs. */
export function sortScratchBytes(longest: usize): f64 {
  return 8192.0 + 16.0 + 40.0 * <f64>longest;
}

/**
 * Sorts the rows of each run of equal prefixes by `stepCount` steps. `rows` lie in the order of the records. An entry
 * behind the last step must be readable.
 */
export function sortRefine(
  records: usize,
  stride: usize,
  shift: u32,
  count: usize,
  rows: usize,
  steps: usize,
  stepCount: u32,
  longest: usize,
  scratch: usize,
): void {
  let start: usize = 0;
  while (start < count) {
    const prefix = prefixAt(records, stride, shift, start);
    let end = start + 1;
    while (end < count && prefixAt(records, stride, shift, end) == prefix) end += 1;
    if (end - start > 1) refineRun(rows + (start << 2), end - start, steps, stepCount, longest, scratch);
    start = end;
  }
}
