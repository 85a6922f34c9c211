/**
 * Sorting what a prefix has left equal.
 *
 *     records   │ 3 │ 5 5 5 │ 8 8 │ …          each run of equal prefixes by the first step that is left,
 *     firsts      1   1 0 0   1 0              what is still equal by the next one; text 8 bytes at a time
 *
 * The words of a run are written down beside its rows and sorted there, so that comparing touches no column. Texts that
 * go on alike are skipped in one go. No recursion: the state of each run is noted where it starts.
 */

import { BYTES, common, DEPTH, MASK, STEP, TEXT, textWord, VALUES } from './sort-step';
import { sortRadix16 } from './sort-radix';
import { sortWords } from './sort-words';

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
  } else different = sortWords(step, count, records);
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

/** Which rows are the first of a run of equal prefixes: the first 8 bytes of each `stride`, without `shift` bits. */
export function sortRuns(records: usize, stride: usize, shift: u32, count: usize, firsts: usize): void {
  let before = ~(load<u64>(records) >> <u64>shift);
  for (let base: usize = 0; base <= count; base += 64) {
    // Behind the last row, each bit is a run's first.
    let word: u64 = 0;
    const end = min<usize>(64, count - base);
    if (end < 64) word = <u64>-1 << <u64>end;
    for (let i: usize = 0; i < end; i++) {
      const prefix = load<u64>(records + (base + i) * stride) >> <u64>shift;
      word |= <u64>(prefix != before) << <u64>i;
      before = prefix;
    }
    store<u64>(firsts + (base >> 3), word);
  }
}

/** The first bit from `from` on that is one (`flip` 0) or zero (all ones), `count` where none is before that. */
@inline
function nextBit(bits: usize, from: usize, count: usize, flip: u64): usize {
  if (from >= count) return count;
  let base = from & ~63;
  let word = (load<u64>(bits + (base >> 3)) ^ flip) & (<u64>-1 << <u64>(from & 63));
  while (word == 0) {
    base += 64;
    if (base >= count) return count;
    word = load<u64>(bits + (base >> 3)) ^ flip;
  }
  return min(count, base + <usize>ctz(word));
}

/** Where the run behind the first row that is not a run's first begins; `count` where all rows are. */
@inline
function nextRun(firsts: usize, from: usize, count: usize): usize {
  const second = nextBit(firsts, from, count, <u64>-1);
  return second == count ? count : second - 1;
}

/** Rows in runs of several, rows of the longest run: two uint32 at `out`. */
export function sortTies(firsts: usize, count: usize, out: usize): void {
  let tied: usize = 0;
  let longest: usize = 1;
  for (let start = nextRun(firsts, 0, count); start < count; ) {
    const end = nextBit(firsts, start + 1, count, 0);
    tied += end - start;
    longest = max(longest, end - start);
    start = nextRun(firsts, end, count);
  }
  store<u32>(out, tied);
  store<u32>(out, longest, 4);
}

/** Bytes of scratch that `sortRefine` and `sortByWords` need. */
export function sortScratchBytes(longest: usize): f64 {
  return 8192.0 + 16.0 + 40.0 * <f64>longest;
}

/** Sorts the rows of each run by words that lie in the order of the rows; runs fall into those of equal words. */
export function sortByWords(
  firsts: usize, count: usize, words: usize, rows: usize, longest: usize, scratch: usize,
): void {
  const records = scratch + 8192;
  const other = records + (longest << 4);
  for (let start = nextRun(firsts, 0, count); start < count; ) {
    const end = nextBit(firsts, start + 1, count, 0);
    const size = end - start;
    for (let i: usize = 0; i < size; i++) {
      store<u64>(records + (i << 4), load<u64>(words + ((start + i) << 3)));
      store<u32>(records + (i << 4), load<u32>(rows + ((start + i) << 2)), 8);
    }
    const sorted = size < RADIX_FROM ? sortFew(records, other, size) : sortRadix16(records, other, size, scratch);
    let before = load<u64>(sorted);
    for (let i: usize = 0; i < size; i++) {
      const word = load<u64>(sorted + (i << 4));
      const at = start + i;
      store<u32>(rows + (at << 2), load<u32>(sorted + (i << 4), 8));
      const byte = firsts + (at >> 3);
      store<u8>(byte, load<u8>(byte) | (<u8>(word != before) << <u8>(at & 7)));
      before = word;
    }
    start = nextRun(firsts, end, count);
  }
}

/** Sorts the rows of each run by `stepCount` steps. An entry behind the last step must be readable. */
export function sortRefine(
  firsts: usize, count: usize, rows: usize, steps: usize, stepCount: u32, longest: usize, scratch: usize,
): void {
  for (let start = nextRun(firsts, 0, count); start < count; ) {
    const end = nextBit(firsts, start + 1, count, 0);
    refineRun(rows + (start << 2), end - start, steps, stepCount, longest, scratch);
    start = nextRun(firsts, end, count);
  }
}
