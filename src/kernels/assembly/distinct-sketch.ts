// How many distinct values each group has, nearly: HyperLogLog over XXH64 hashes, exact as long as there are few.
//
//     state of a group   │ block │ slots, or 0 │ hashes │ 1: dense │      4 bytes each; all 0: no value yet
//     sparse block       │ · │ hash │ hash │ · │ …                       a hash set, at most three quarters full
//     dense block        │ r0 │ r1 │ … │ r16383 │                        registers: 1 + leading zeros of the rest of a hash
//
// Beyond 1,536 hashes, which take 16 KiB, the 16,384 registers of a byte take no more. The estimate is Ertl's ("New
// cardinality estimation algorithms for HyperLogLog sketches", 2017): without tables, without bias at any size, and off by
// 0.81 % (one standard deviation).
//
// As bytes, little-endian:
//
//     │ 1 │ 0 │ 0 0 │ n, 4 bytes │ n hashes of 8 bytes, ascending │
//     │ 1 │ 1 │ 0 0 │ 16384, 4 bytes │ 16,384 registers │
//
// A hash is that of a value's bytes: 8 of whole numbers (sign-extended), times and bools, 16 of decimals of more than 18
// digits, those of a float64 of floats (one NaN, and 0.0 for -0.0), and those of text, binary and uuids themselves.

import { giveBlock, takeBlock } from './block-arena';
import { idOf, isValid } from './numbers';
import { hashBytes, hashWord, hashWords } from './xxhash';

const REGISTER_BITS: u64 = 14;
const REGISTERS: i32 = 1 << 14;
/** The greatest rank: of a hash whose other 50 bits are zero. */
const MOST_RANK: u8 = 51;
const DENSE_LOG: u32 = 14;
const MOST_SLOTS: u32 = 2048;
const FIRST_SLOTS: u32 = 4;
const HEAD: usize = 8;

/** A block has 2 ** this bytes for so many hashes. */
@inline function logOf(slots: u32): u32 { return 34 - clz(slots); }

@inline function note(registers: usize, hash: u64): void {
  const at = registers + <usize>(hash >> (64 - REGISTER_BITS));
  const rank = <u8>(clz((hash << REGISTER_BITS) | (<u64>1 << (REGISTER_BITS - 1))) + 1);
  if (rank > load<u8>(at)) store<u8>(at, rank);
}

/** False where the set had it. */
@inline function insert(block: usize, slots: u32, hash: u64): bool {
  let slot = <u32>hash & (slots - 1);
  while (true) {
    const at = block + (<usize>slot << 3), known = load<u64>(at);
    if (known == hash) return false;
    if (known == 0) { store<u64>(at, hash); return true; }
    slot = (slot + 1) & (slots - 1);
  }
}

/** Makes the set twice as large, or registers of it. False where the arena has no room. */
function grow(state: usize, arena: usize, dense: bool): bool {
  const slots = load<u32>(state, 4), larger = slots == 0 ? FIRST_SLOTS : slots << 1;
  const toDense = dense || larger > MOST_SLOTS;
  const block = takeBlock(arena, toDense ? DENSE_LOG : logOf(larger));
  if (block == 0) return false;
  const base = <usize>load<u32>(arena), to = base + block;
  if (slots != 0) {
    const old = load<u32>(state);
    for (let slot: u32 = 0; slot < slots; slot++) {
      const hash = load<u64>(base + old + (<usize>slot << 3));
      if (hash == 0) continue;
      if (toDense) note(to, hash);
      else insert(to, larger, hash);
    }
    giveBlock(arena, old, logOf(slots));
  }
  store<u32>(state, block);
  store<u32>(state, toDense ? 0 : larger, 4);
  if (toDense) store<u32>(state, 1, 12);
  return true;
}

/** False, and nothing has changed, where the arena has no room. */
@inline function addHash(state: usize, arena: usize, value: u64): bool {
  // 0 is an empty slot.
  const hash = value == 0 ? 1 : value;
  while (true) {
    const block = <usize>load<u32>(arena) + load<u32>(state);
    if (load<u32>(state, 12) != 0) { note(block, hash); return true; }
    const slots = load<u32>(state, 4), count = load<u32>(state, 8);
    if ((count + 1) << 2 <= slots * 3) {
      if (insert(block, slots, hash)) store<u32>(state, count + 1, 8);
      return true;
    }
    if (!grow(state, arena, false)) return false;
  }
}

@inline function hashFloat(value: f64): u64 {
  return hashWord(value != value ? 0x7ff8000000000000 : reinterpret<u64>(value + 0));
}

/** `kind` as in `numbers.ts`, 10 for bools, 11 for decimals of 8 bytes among those of 16, 13 for bytes of a fixed size. */
@inline function hashOf(kind: i32, values: usize, width: usize, row: i32): u64 {
  const i = <usize>row;
  switch (kind) {
    case 0: return hashWord(<u64>(<i64>load<i8>(values + i)));
    case 1: return hashWord(<u64>(<i64>load<i16>(values + (i << 1))));
    case 2: return hashWord(<u64>(<i64>load<i32>(values + (i << 2))));
    case 3: return hashWord(load<u64>(values + (i << 3)));
    case 4: return hashWord(<u64>load<u8>(values + i));
    case 5: return hashWord(<u64>load<u16>(values + (i << 1)));
    case 6: return hashWord(<u64>load<u32>(values + (i << 2)));
    case 7: return hashWord(load<u64>(values + (i << 3)));
    case 8: return hashFloat(<f64>load<f32>(values + (i << 2)));
    case 9: return hashFloat(load<f64>(values + (i << 3)));
    case 10: return hashWord(<u64>((load<u8>(values + (i >> 3)) >> <u8>(row & 7)) & 1));
    case 11: return hashWords(load<u64>(values + (i << 3)), <u64>(load<i64>(values + (i << 3)) >> 63));
    case 12: return hashWords(load<u64>(values + (i << 4)), load<u64>(values + (i << 4), 8));
    default: return hashBytes(values + i * width, width);
  }
}

/** Adds plain values that are valid. Returns the first row for which the arena had no room: `rows` when all had. */
export function sketchValues(
  kind: i32, values: usize, width: usize, validity: usize, ids: usize, from: i32, rows: i32, states: usize, stride: usize,
  arena: usize,
): i32 {
  for (let row = from; row < rows; row++) {
    if (!isValid(validity, row)) continue;
    if (!addHash(states + idOf(ids, row) * stride, arena, hashOf(kind, values, width, row))) return row;
  }
  return rows;
}

/** As `sketchValues`, of text or binary; `codes` 0: row i is text i. */
export function sketchTexts(
  offsets: usize, bytes: usize, codes: usize, validity: usize, ids: usize, from: i32, rows: i32, states: usize,
  stride: usize, arena: usize,
): i32 {
  for (let row = from; row < rows; row++) {
    if (!isValid(validity, row)) continue;
    const entry = offsets + ((codes == 0 ? <usize>row : idOf(codes, row)) << 2), start = <usize>load<u32>(entry);
    const hash = hashBytes(bytes + start, <usize>load<u32>(entry, 4) - start);
    if (!addHash(states + idOf(ids, row) * stride, arena, hash)) return row;
  }
  return rows;
}

@inline function joinRegisters(state: usize, arena: usize, registers: usize): bool {
  if (load<u32>(state, 12) == 0 && !grow(state, arena, true)) return false;
  const to = <usize>load<u32>(arena) + load<u32>(state);
  for (let at: usize = 0; at < <usize>REGISTERS; at += 16) {
    v128.store(to + at, i8x16.max_u(v128.load(to + at), v128.load(registers + at)));
  }
  return true;
}

/**
 * Adds the states of another arena, which lie `fromStride` bytes apart. Returns the first for which there was no room;
 * what was added of it already may be added again.
 */
export function joinDistinctSketches(
  theirs: usize, fromStride: usize, theirArena: usize, ids: usize, from: i32, rows: i32, states: usize, stride: usize,
  arena: usize,
): i32 {
  const theirBase = <usize>load<u32>(theirArena);
  for (let row = from; row < rows; row++) {
    const their = theirs + <usize>row * fromStride, state = states + idOf(ids, row) * stride;
    const block = theirBase + load<u32>(their);
    if (load<u32>(their, 12) != 0) {
      if (!joinRegisters(state, arena, block)) return row;
      continue;
    }
    for (let slot: u32 = 0, slots = load<u32>(their, 4); slot < slots; slot++) {
      const hash = load<u64>(block + (<usize>slot << 3));
      if (hash != 0 && !addHash(state, arena, hash)) return row;
    }
  }
  return rows;
}

// ---- estimates -------------------------------------------------------------------------------------------------------

@inline function sigma(value: f64): f64 {
  if (value == 1) return Infinity;
  let x = value, y: f64 = 1, z = x, last: f64 = -1;
  while (z != last) { x *= x; last = z; z += x * y; y += y; }
  return z;
}

@inline function tau(value: f64): f64 {
  if (value == 0 || value == 1) return 0;
  let x = value, y: f64 = 1, z = 1 - x, last: f64 = -1;
  while (z != last) { x = Math.sqrt(x); last = z; y *= 0.5; z -= (1 - x) * (1 - x) * y; }
  return z / 3;
}

/** `counts` has room for how many registers have each rank. */
function estimate(registers: usize, counts: usize): f64 {
  const m = <f64>REGISTERS, most = <i32>MOST_RANK;
  memory.fill(counts, 0, (<usize>most + 1) << 2);
  for (let i: usize = 0; i < <usize>REGISTERS; i++) {
    const at = counts + (<usize>load<u8>(registers + i) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
  let z = m * tau(1 - <f64>load<u32>(counts + (<usize>most << 2)) / m);
  for (let rank = most - 1; rank >= 1; rank--) z = 0.5 * (z + <f64>load<u32>(counts + (<usize>rank << 2)));
  z += m * sigma(<f64>load<u32>(counts) / m);
  return m * m / (2 * Math.LN2 * z);
}

/** How many distinct values groups have had, uint64. `scratch` has room for 64 counts of 4 bytes. */
export function distinctEstimates(states: usize, stride: usize, arena: usize, groups: i32, scratch: usize, values: usize): void {
  const base = <usize>load<u32>(arena);
  for (let group = 0; group < groups; group++) {
    const state = states + <usize>group * stride;
    const count = load<u32>(state, 12) == 0 ? <u64>load<u32>(state, 8) : <u64>Math.round(estimate(base + load<u32>(state), scratch));
    store<u64>(values + (<usize>group << 3), count);
  }
}

// ---- bytes -----------------------------------------------------------------------------------------------------------

/** Sorts words by Shell's method: there are few. */
function sortWords(words: usize, count: i32): void {
  for (let gap = count >> 1; gap > 0; gap >>= 1) {
    for (let i = gap; i < count; i++) {
      const word = load<u64>(words + (<usize>i << 3));
      let at = i;
      for (; at >= gap; at -= gap) {
        const other = load<u64>(words + (<usize>(at - gap) << 3));
        if (other <= word) break;
        store<u64>(words + (<usize>at << 3), other);
      }
      store<u64>(words + (<usize>at << 3), word);
    }
  }
}

/** The states as a binary column: offsets first, then, where `out` is not 0, the bytes. Returns how many there are. */
export function distinctSketchBytes(states: usize, stride: usize, arena: usize, groups: i32, offsets: usize, out: usize): f64 {
  const base = <usize>load<u32>(arena);
  let end: u64 = 0;
  for (let group = 0; group < groups; group++) {
    const state = states + <usize>group * stride, block = base + load<u32>(state);
    const dense = load<u32>(state, 12) != 0, count = dense ? <u32>REGISTERS : load<u32>(state, 8);
    store<u32>(offsets + (<usize>group << 2), <u32>end);
    if (out != 0) {
      const to = out + <usize>end;
      store<u32>(to, dense ? 0x101 : 1);
      store<u32>(to, count, 4);
      if (dense) memory.copy(to + HEAD, block, count);
      else {
        let next = to + HEAD;
        for (let slot: u32 = 0, slots = load<u32>(state, 4); slot < slots; slot++) {
          const hash = load<u64>(block + (<usize>slot << 3));
          if (hash == 0) continue;
          store<u64>(next, hash);
          next += 8;
        }
        sortWords(to + HEAD, count);
      }
    }
    end += HEAD + (dense ? <u64>count : <u64>count << 3);
  }
  store<u32>(offsets + (<usize>groups << 2), <u32>end);
  return <f64>end;
}

/** Whether bytes are those of a state. */
function isSketch(start: usize, length: usize): bool {
  if (length < HEAD) return false;
  const form = load<u32>(start), count = load<u32>(start, 4);
  if (form == 1) {
    if (count > MOST_SLOTS / 4 * 3 || length != HEAD + (<usize>count << 3)) return false;
    for (let i: u32 = 0, last: u64 = 0; i < count; i++) {
      const hash = load<u64>(start + HEAD + (<usize>i << 3));
      if (hash <= last) return false;
      last = hash;
    }
    return true;
  }
  if (form != 0x101 || count != <u32>REGISTERS || length != HEAD + <usize>REGISTERS) return false;
  for (let i: usize = 0; i < <usize>REGISTERS; i++) if (load<u8>(start + HEAD + i) > MOST_RANK) return false;
  return true;
}

/** Returns the first row whose bytes are not those of a state: `rows` when all are. */
export function checkDistinctSketches(offsets: usize, bytes: usize, validity: usize, rows: i32): i32 {
  for (let row = 0; row < rows; row++) {
    const entry = offsets + (<usize>row << 2), start = <usize>load<u32>(entry);
    if (isValid(validity, row) && !isSketch(bytes + start, <usize>load<u32>(entry, 4) - start)) return row;
  }
  return rows;
}

/** Adds states as bytes, which have been checked. Returns the first row for which there was no room. */
export function joinDistinctBytes(
  offsets: usize, bytes: usize, validity: usize, ids: usize, from: i32, rows: i32, states: usize, stride: usize,
  arena: usize,
): i32 {
  for (let row = from; row < rows; row++) {
    if (!isValid(validity, row)) continue;
    const state = states + idOf(ids, row) * stride, start = bytes + load<u32>(offsets + (<usize>row << 2));
    if (load<u32>(start) != 1) {
      if (!joinRegisters(state, arena, start + HEAD)) return row;
      continue;
    }
    for (let i: u32 = 0, count = load<u32>(start, 4); i < count; i++) {
      if (!addHash(state, arena, load<u64>(start + HEAD + (<usize>i << 3)))) return row;
    }
  }
  return rows;
}
