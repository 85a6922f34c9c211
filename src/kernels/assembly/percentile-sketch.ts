// Percentiles of each group, nearly: DDSketch (Masson, Rim and Lee, 2019), whose answers are within 1 % of a value that
// is at the position asked for.
//
//     state of a group   │ block │ slots, or 0 │ bins │ · │               4 bytes each; all 0: no value yet
//     block              │ bin, count │ · │ bin, count │ …               16 bytes a slot, at most three quarters full
//
// With g = 1.01 / 0.99, ln g = 0.020000666706669524, the values x with g ^ (k − 1) < x <= g ^ k have the same bin, and
// 2 g ^ k / (g + 1) = 0.99 g ^ k stands for all of them. Bins are numbered in the order of their values:
//
//     -infinity   negative          zero   positive      infinity   NaN
//     -2^17       -(k + 2^16)       0      k + 2^16      2^17       2^17 + 1
//
// No bins are ever joined to bound their number: values between a millionth and a million have 1,382 of them at most, all
// float64 some 145,000, and memory is counted as it is taken.
//
// As bytes, little-endian:  │ 1 │ 2 │ 0 0 │ n, 4 bytes │ n times: bin, 4 bytes, count, 8 bytes; bins ascending │

import { giveBlock, takeBlock } from './block-arena';
import { floatOf, idOf, isValid } from './numbers';

/** 2 / (g + 1) */
const MIDDLE_OF_BIN: f64 = 0.99;
const LOG_GAMMA: f64 = 0.020000666706669524;
const MIDDLE: i32 = 1 << 16;
const INFINITE: i32 = 1 << 17;
const NOT_A_NUMBER: i32 = INFINITE + 1;
const FIRST_SLOTS: u32 = 4;
const HEAD: usize = 8;
const ENTRY: usize = 12;
const FORM: u32 = 0x201;

@inline function logOf(slots: u32): u32 { return 35 - clz(slots); }
@inline function placeOf(bin: i32, slots: u32): u32 { return (<u32>bin * 0x9e3779b1 >> 12) & (slots - 1); }

@inline function binOfPositive(value: f64): i32 {
  return value == Infinity ? INFINITE : <i32>Math.ceil(Math.log(value) / LOG_GAMMA) + MIDDLE;
}

@inline function binOf(value: f64): i32 {
  if (value > 0) return binOfPositive(value);
  if (value < 0) return -binOfPositive(-value);
  return value == 0 ? 0 : NOT_A_NUMBER;
}

@inline function valueOfPositive(bin: i32): f64 {
  // The greatest bin reaches beyond what is finite.
  return bin == INFINITE ? Infinity : min(Math.exp(<f64>(bin - MIDDLE) * LOG_GAMMA) * MIDDLE_OF_BIN, f64.MAX_VALUE);
}

@inline function valueOf(bin: i32): f64 {
  if (bin == NOT_A_NUMBER) return NaN;
  return bin > 0 ? valueOfPositive(bin) : bin < 0 ? -valueOfPositive(-bin) : 0;
}

/** What stands for a value in answers: that of its bin. */
export function nearValue(value: f64): f64 { return valueOf(binOf(value)); }

/** The slot of a bin, or the empty one where it would be. */
@inline function slotOf(block: usize, slots: u32, bin: i32): usize {
  let slot = placeOf(bin, slots);
  while (true) {
    const at = block + (<usize>slot << 4);
    if (load<u64>(at, 8) == 0 || load<i32>(at) == bin) return at;
    slot = (slot + 1) & (slots - 1);
  }
}

/** Makes room for `bins` bins. False where the arena has none. */
function reserve(state: usize, arena: usize, bins: u32): bool {
  const slots = load<u32>(state, 4);
  if (bins << 2 <= slots * 3) return true;
  let larger = slots == 0 ? FIRST_SLOTS : slots << 1;
  while (bins << 2 > larger * 3) larger <<= 1;
  const block = takeBlock(arena, logOf(larger));
  if (block == 0) return false;
  const base = <usize>load<u32>(arena);
  if (slots != 0) {
    const old = load<u32>(state);
    for (let slot: u32 = 0; slot < slots; slot++) {
      const at = base + old + (<usize>slot << 4), count = load<u64>(at, 8);
      if (count == 0) continue;
      const to = slotOf(base + block, larger, load<i32>(at));
      store<i32>(to, load<i32>(at));
      store<u64>(to, count, 8);
    }
    giveBlock(arena, old, logOf(slots));
  }
  store<u32>(state, block);
  store<u32>(state, larger, 4);
  return true;
}

/** There is room for one bin more. */
@inline function addTo(state: usize, base: usize, bin: i32, count: u64): void {
  const at = slotOf(base + load<u32>(state), load<u32>(state, 4), bin), known = load<u64>(at, 8);
  if (known == 0) {
    store<i32>(at, bin);
    store<u32>(state, load<u32>(state, 8) + 1, 8);
  }
  store<u64>(at, known + count, 8);
}

/** Adds plain numbers, divided by `scale`, that are valid. Returns the first row for which the arena had no room. */
export function sketchNumbers(
  kind: i32, values: usize, scale: f64, validity: usize, ids: usize, from: i32, rows: i32, states: usize, stride: usize,
  arena: usize,
): i32 {
  for (let row = from; row < rows; row++) {
    if (!isValid(validity, row)) continue;
    const state = states + idOf(ids, row) * stride;
    if (!reserve(state, arena, load<u32>(state, 8) + 1)) return row;
    addTo(state, <usize>load<u32>(arena), binOf(floatOf(kind, values, row) / scale), 1);
  }
  return rows;
}

/** Adds the states of another arena, which lie `fromStride` bytes apart. Returns the first for which there was no room. */
export function joinPercentileSketches(
  theirs: usize, fromStride: usize, theirArena: usize, ids: usize, from: i32, rows: i32, states: usize, stride: usize,
  arena: usize,
): i32 {
  for (let row = from; row < rows; row++) {
    const their = theirs + <usize>row * fromStride, state = states + idOf(ids, row) * stride;
    if (load<u32>(their, 8) == 0) continue;
    // All of it has room before any of it is added.
    if (!reserve(state, arena, load<u32>(state, 8) + load<u32>(their, 8))) return row;
    const block = <usize>load<u32>(theirArena) + load<u32>(their), base = <usize>load<u32>(arena);
    for (let slot: u32 = 0, slots = load<u32>(their, 4); slot < slots; slot++) {
      const at = block + (<usize>slot << 4), count = load<u64>(at, 8);
      if (count != 0) addTo(state, base, load<i32>(at), count);
    }
  }
  return rows;
}

/** Writes the bins of a state in order. Returns how many values they have. */
function sortedBins(state: usize, base: usize, to: usize): u64 {
  const block = base + load<u32>(state);
  let count = 0, total: u64 = 0;
  for (let slot: u32 = 0, slots = load<u32>(state, 4); slot < slots; slot++) {
    const at = block + (<usize>slot << 4), values = load<u64>(at, 8);
    if (values == 0) continue;
    store<i32>(to + <usize>count * ENTRY, load<i32>(at));
    store<u64>(to + <usize>count * ENTRY, values, 4);
    total += values;
    count++;
  }
  for (let gap = count >> 1; gap > 0; gap >>= 1) {
    for (let i = gap; i < count; i++) {
      const bin = load<i32>(to + <usize>i * ENTRY), values = load<u64>(to + <usize>i * ENTRY, 4);
      let at = i;
      for (; at >= gap; at -= gap) {
        const other = to + <usize>(at - gap) * ENTRY;
        if (load<i32>(other) <= bin) break;
        store<i32>(to + <usize>at * ENTRY, load<i32>(other));
        store<u64>(to + <usize>at * ENTRY, load<u64>(other, 4), 4);
      }
      store<i32>(to + <usize>at * ENTRY, bin);
      store<u64>(to + <usize>at * ENTRY, values, 4);
    }
  }
  return total;
}

/** The most bins that a group has. */
export function mostBins(states: usize, stride: usize, groups: i32): u32 {
  let most: u32 = 0;
  for (let group = 0; group < groups; group++) most = max<u32>(most, load<u32>(states + <usize>group * stride, 8));
  return most;
}

/**
 * The percentile `p` of each group: of the bin that has position p (n − 1). Null, and 0, without values; returns how many
 * are not. `scratch` has room for 12 bytes for each of the most bins.
 */
export function sketchPercentiles(
  states: usize, stride: usize, arena: usize, groups: i32, p: f64, scratch: usize, values: usize, outStride: usize,
  bitmap: usize,
): i32 {
  const base = <usize>load<u32>(arena);
  let present = 0;
  for (let start = 0; start < groups; start += 64) {
    let word: u64 = 0;
    const end = min(64, groups - start);
    for (let i = 0; i < end; i++) {
      const group = <usize>(start + i), state = states + group * stride;
      let result: f64 = 0;
      if (load<u32>(state, 8) != 0) {
        word |= <u64>1 << <u64>i;
        const rank = p * <f64>(sortedBins(state, base, scratch) - 1);
        let at = scratch, below = load<u64>(at, 4);
        while (<f64>below <= rank) { at += ENTRY; below += load<u64>(at, 4); }
        result = valueOf(load<i32>(at));
      }
      store<f64>(values + group * outStride, result);
    }
    present += <i32>popcnt(word);
    store<u64>(bitmap + (start >> 3), word);
  }
  return present;
}

// ---- bytes -----------------------------------------------------------------------------------------------------------

/** The states as a binary column: offsets first, then, where `out` is not 0, the bytes. Returns how many there are. */
export function percentileSketchBytes(states: usize, stride: usize, arena: usize, groups: i32, offsets: usize, out: usize): f64 {
  let end: u64 = 0;
  for (let group = 0; group < groups; group++) {
    const state = states + <usize>group * stride, count = load<u32>(state, 8);
    store<u32>(offsets + (<usize>group << 2), <u32>end);
    if (out != 0) {
      const to = out + <usize>end;
      store<u32>(to, FORM);
      store<u32>(to, count, 4);
      sortedBins(state, <usize>load<u32>(arena), to + HEAD);
    }
    end += HEAD + <u64>count * ENTRY;
  }
  store<u32>(offsets + (<usize>groups << 2), <u32>end);
  return <f64>end;
}

function isSketch(start: usize, length: usize): bool {
  if (length < HEAD || load<u32>(start) != FORM) return false;
  const count = load<u32>(start, 4);
  if (<u64>length != <u64>HEAD + <u64>count * ENTRY) return false;
  let last = i32.MIN_VALUE, total: u64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const at = start + HEAD + <usize>i * ENTRY, bin = load<i32>(at), values = load<u64>(at, 4);
    if (bin <= last || bin < -INFINITE || bin > NOT_A_NUMBER || values == 0 || values > 1 << 53) return false;
    total += values;
    if (total > 1 << 53) return false;
    last = bin;
  }
  return true;
}

/** Returns the first row whose bytes are not those of a state: `rows` when all are. */
export function checkPercentileSketches(offsets: usize, bytes: usize, validity: usize, rows: i32): i32 {
  for (let row = 0; row < rows; row++) {
    const entry = offsets + (<usize>row << 2), start = <usize>load<u32>(entry);
    if (isValid(validity, row) && !isSketch(bytes + start, <usize>load<u32>(entry, 4) - start)) return row;
  }
  return rows;
}

/** Adds states as bytes, which have been checked. Returns the first row for which there was no room. */
export function joinPercentileBytes(
  offsets: usize, bytes: usize, validity: usize, ids: usize, from: i32, rows: i32, states: usize, stride: usize,
  arena: usize,
): i32 {
  for (let row = from; row < rows; row++) {
    if (!isValid(validity, row)) continue;
    const state = states + idOf(ids, row) * stride, start = bytes + load<u32>(offsets + (<usize>row << 2));
    const count = load<u32>(start, 4);
    if (!reserve(state, arena, load<u32>(state, 8) + count)) return row;
    const base = <usize>load<u32>(arena);
    for (let i: u32 = 0; i < count; i++) {
      const at = start + HEAD + <usize>i * ENTRY;
      addTo(state, base, load<i32>(at), load<u64>(at, 4));
    }
  }
  return rows;
}
