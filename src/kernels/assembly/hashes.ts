/**
 * Hashes that are the same everywhere, of the bytes that Iceberg hashes (its specification, appendix B):
 *
 *     integers, bools, dates, times    │ 8 bytes, little-endian │          floats    as float64: 0 for -0, one NaN
 *     decimals                         │ fewest bytes, big-endian │        texts, bytes    themselves
 *
 * XXH64 and XXH32 are Yann Collet's (xxHash fast digest algorithm, "XXH64 algorithm description", "XXH32 algorithm
 * description"), as is XXH3, in a file of its own; MurmurHash3_x86_32 is by Austin Appleby.
 */

import { entryAt, isNull } from './text-bytes';
import { setSeed, xxh3 } from './xxh3';

const P1: u64 = 0x9e3779b185ebca87;
const P2: u64 = 0xc2b2ae3d27d4eb4f;
const P3: u64 = 0x165667b19e3779f9;
const P4: u64 = 0x85ebca77c2b2ae63;
const P5: u64 = 0x27d4eb2f165667c5;

// @ts-ignore: decorator
@inline
function round(lane: u64, word: u64): u64 {
  return rotl<u64>(lane + word * P2, 31) * P1;
}

function xxhash64(at: usize, length: usize, seed: u64): u64 {
  const end = at + length;
  let hash = seed + P5;
  if (length >= 32) {
    let a = seed + P1 + P2;
    let b = seed + P2;
    let c = seed;
    let d = seed - P1;
    for (; at + 32 <= end; at += 32) {
      a = round(a, load<u64>(at));
      b = round(b, load<u64>(at, 8));
      c = round(c, load<u64>(at, 16));
      d = round(d, load<u64>(at, 24));
    }
    hash = rotl<u64>(a, 1) + rotl<u64>(b, 7) + rotl<u64>(c, 12) + rotl<u64>(d, 18);
    hash = (hash ^ round(0, a)) * P1 + P4;
    hash = (hash ^ round(0, b)) * P1 + P4;
    hash = (hash ^ round(0, c)) * P1 + P4;
    hash = (hash ^ round(0, d)) * P1 + P4;
  }
  hash += length;
  for (; at + 8 <= end; at += 8) hash = rotl<u64>(hash ^ round(0, load<u64>(at)), 27) * P1 + P4;
  if (at + 4 <= end) {
    hash = rotl<u64>(hash ^ (<u64>load<u32>(at) * P1), 23) * P2 + P3;
    at += 4;
  }
  for (; at < end; at++) hash = rotl<u64>(hash ^ (<u64>load<u8>(at) * P5), 11) * P1;
  hash = (hash ^ (hash >> 33)) * P2;
  hash = (hash ^ (hash >> 29)) * P3;
  return hash ^ (hash >> 32);
}

/** What `xxhash64` gives of the 8 bytes of a word, without memory. */
// @ts-ignore: decorator
@inline
function xxhash64OfWord(word: u64, seed: u64): u64 {
  let hash = rotl<u64>((seed + P5 + 8) ^ round(0, word), 27) * P1 + P4;
  hash = (hash ^ (hash >> 33)) * P2;
  hash = (hash ^ (hash >> 29)) * P3;
  return hash ^ (hash >> 32);
}

const Q1: u32 = 0x9e3779b1;
const Q2: u32 = 0x85ebca77;
const Q3: u32 = 0xc2b2ae3d;
const Q4: u32 = 0x27d4eb2f;
const Q5: u32 = 0x165667b1;

// @ts-ignore: decorator
@inline
function round32(lane: u32, word: u32): u32 {
  return rotl<u32>(lane + word * Q2, 13) * Q1;
}

function xxhash32(at: usize, length: usize, seed: u32): u32 {
  const end = at + length;
  let hash = seed + Q5;
  if (length >= 16) {
    let a = seed + Q1 + Q2;
    let b = seed + Q2;
    let c = seed;
    let d = seed - Q1;
    for (; at + 16 <= end; at += 16) {
      a = round32(a, load<u32>(at));
      b = round32(b, load<u32>(at, 4));
      c = round32(c, load<u32>(at, 8));
      d = round32(d, load<u32>(at, 12));
    }
    hash = rotl<u32>(a, 1) + rotl<u32>(b, 7) + rotl<u32>(c, 12) + rotl<u32>(d, 18);
  }
  hash += <u32>length;
  for (; at + 4 <= end; at += 4) hash = rotl<u32>(hash + load<u32>(at) * Q3, 17) * Q4;
  for (; at < end; at++) hash = rotl<u32>(hash + <u32>load<u8>(at) * Q5, 11) * Q1;
  hash = (hash ^ (hash >> 15)) * Q2;
  hash = (hash ^ (hash >> 13)) * Q3;
  return hash ^ (hash >> 16);
}

// @ts-ignore: decorator
@inline
function mixed(word: u32): u32 {
  return rotl<u32>(word * 0xcc9e2d51, 15) * 0x1b873593;
}

function murmur(at: usize, length: usize, seed: u32): u32 {
  let hash = seed;
  const blocks = at + (length & ~3);
  for (; at < blocks; at += 4) hash = rotl<u32>(hash ^ mixed(load<u32>(at)), 13) * 5 + 0xe6546b64;
  const rest = <u32>length & 3;
  if (rest) hash ^= mixed(load<u32>(at) & ((<u32>1 << (rest << 3)) - 1));
  hash ^= <u32>length;
  hash = (hash ^ (hash >> 16)) * 0x85ebca6b;
  hash = (hash ^ (hash >> 13)) * 0xc2b2ae35;
  return hash ^ (hash >> 16);
}

const SIGNED = 0;
const UNSIGNED = 1;
const FLOAT = 2;
const DECIMAL = 3;
const BITS = 4;
const BYTES = 5;

/** Room for the bytes of one value. */
const BUFFER: usize = memory.data(16);

/** A number of 8 bytes or less, or a bit, as what is hashed. */
// @ts-ignore: decorator
@inline
function wordOf(form: i32, width: i32, values: usize, row: i32): u64 {
  const at = values + <usize>row * width;
  if (form == BITS) return <u64>((load<u8>(values + (row >> 3)) >> <u8>(row & 7)) & 1);
  if (form == FLOAT) {
    const value = width == 4 ? <f64>load<f32>(at) : load<f64>(at);
    return value != value ? 0x7ff8000000000000 : reinterpret<u64>(value + 0);
  }
  if (width == 8) return load<u64>(at);
  if (form == UNSIGNED) return width == 4 ? <u64>load<u32>(at) : width == 2 ? <u64>load<u16>(at) : <u64>load<u8>(at);
  return width == 4 ? <u64>(<i64>load<i32>(at)) : width == 2 ? <u64>(<i64>load<i16>(at)) : <u64>(<i64>load<i8>(at));
}

/** Puts the bytes of a decimal at the end of the buffer, and returns how many they are. */
// @ts-ignore: decorator
@inline
function decimalBytes(at: usize, width: i32): usize {
  const low = load<i64>(at);
  const high = width == 16 ? load<i64>(at, 8) : low >> 63;
  store<u64>(BUFFER, bswap<u64>(high));
  store<u64>(BUFFER, bswap<u64>(low), 8);
  // One bit more than the magnitude has.
  const isLong = high != low >> 63;
  const unused = clz(isLong ? high ^ (high >> 63) : low ^ (low >> 63));
  return <usize>((isLong ? 128 : 64) - unused + 8) >> 3;
}

const XXHASH64 = 0;
const MURMUR_IN_8_BYTES = 2;
const XXHASH32 = 3;
const XXH3 = 4;

// @ts-ignore: decorator
@inline
function put(which: i32, at: usize, length: usize, seed: u64, buckets: u32, out: usize, row: i32): void {
  if (which == XXHASH64) return store<u64>(out + (<usize>row << 3), xxhash64(at, length, seed));
  if (which == XXH3) return store<u64>(out + (<usize>row << 3), xxh3(at, length, seed));
  if (which == XXHASH32) return store<u64>(out + (<usize>row << 3), xxhash32(at, length, <u32>seed));
  const hash = murmur(at, length, <u32>seed);
  if (which == MURMUR_IN_8_BYTES) store<u64>(out + (<usize>row << 3), hash);
  else store<u32>(out + (<usize>row << 2), buckets ? (hash & 0x7fffffff) % buckets : hash);
}

/**
 * The hash of each text: XXH64 (`which` is 0), MurmurHash3 in 4 bytes (1) or in 8 (2), XXH32 in 8 (3), or XXH3 (4). Of that
 * in 4 bytes with `buckets` is left the bucket, of so many, that Iceberg puts the row into. That of a null is of no bytes.
 * Codes are 0 of plain columns.
 */
export function hashTexts(
  which: i32,
  codes: usize,
  offsets: usize,
  bytes: usize,
  rows: i32,
  validity: usize,
  seed: u64,
  buckets: u32,
  out: usize,
): void {
  if (which == XXH3) setSeed(seed);
  for (let row = 0; row < rows; row++) {
    const at = offsets + (entryAt(codes, row) << 2);
    const from = load<u32>(at);
    const length = isNull(validity, row) ? 0 : load<u32>(at, 4) - from;
    put(which, bytes + from, length, seed, buckets, out, row);
  }
}

/** The hash of each value of `width` bytes. */
export function hashValues(
  which: i32,
  form: i32,
  width: i32,
  codes: usize,
  values: usize,
  rows: i32,
  validity: usize,
  seed: u64,
  buckets: u32,
  out: usize,
): void {
  if (which == XXHASH64 && form == SIGNED && width == 8 && codes == 0 && validity == 0) {
    for (let row: usize = 0; row < <usize>rows; row++) {
      store<u64>(out + (row << 3), xxhash64OfWord(load<u64>(values + (row << 3)), seed));
    }
    return;
  }
  if (which == XXH3) setSeed(seed);
  for (let row = 0; row < rows; row++) {
    const entry = entryAt(codes, row);
    let at = BUFFER;
    let length: usize = 8;
    if (isNull(validity, row)) length = 0;
    else if (form == BYTES) {
      at = values + entry * width;
      length = width;
    } else if (form == DECIMAL) {
      length = decimalBytes(values + entry * width, width);
      at = BUFFER + 16 - length;
    } else store<u64>(BUFFER, wordOf(form, width, values, <i32>entry));
    put(which, at, length, seed, buckets, out, row);
  }
}
