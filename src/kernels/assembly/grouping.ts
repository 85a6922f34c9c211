// Numbers for distinct keys: row images, their hashes, and the two tables that find them.
//
//     key columns ──pack──▶ images │ a0 b0 n0 │ a1 b1 n1 │ …   ──hash──▶ hashes   ──find──▶ ids  │ 0 │ 1 │ 0 │ …
//
//     slots   │ tag,3 │ · │ tag,1 │ tag,2 │ · │     tag = lower half of the hash, then the number plus one; 0 = empty
//     groups  │ image 0 │ image 1 │ …               in the order of first appearance; growing the slots never moves them
//
// An image is a whole number of 8-byte words, so equality is equality of words. The fields of an image, widest first,
// lie at offsets that the caller chose; null bits come last. Floats are canonical: one NaN, and 0.0 for -0.0, because
// SQL compares them as equal.
//
// The upper bits of a hash say which slot is its own, so that keys with the same ones meet slots next to each other: rows
// in the order of these bits find their groups in a part of the table that the cache holds.
//
// Tables never fill up: a finder stops at the row for which there is no room, and says which it is. The caller grows
// the table and goes on from there.

import { hashText, mix, sameText, seal } from './hash-text';

// ---- images: packing -------------------------------------------------------------------------------------------------
// `field` is the address of the field in the first image, `stride` the bytes from image to image.

/** Values of 1, 2, 4, 8 or 16 bytes as they are. */
export function packFields(values: usize, width: i32, field: usize, stride: usize, rows: i32): void {
  const n = <usize>rows;
  if (width == 8) for (let i: usize = 0; i < n; i++) store<u64>(field + i * stride, load<u64>(values + (i << 3)));
  else if (width == 4) for (let i: usize = 0; i < n; i++) store<u32>(field + i * stride, load<u32>(values + (i << 2)));
  else if (width == 2) for (let i: usize = 0; i < n; i++) store<u16>(field + i * stride, load<u16>(values + (i << 1)));
  else if (width == 1) for (let i: usize = 0; i < n; i++) store<u8>(field + i * stride, load<u8>(values + i));
  else for (let i: usize = 0; i < n; i++) v128.store(field + i * stride, v128.load(values + (i << 4)));
}

/** Integers of 8 bytes, sign-extended to 16. */
export function packWidened(values: usize, field: usize, stride: usize, rows: i32): void {
  for (let i: usize = 0, n = <usize>rows; i < n; i++) {
    const value = load<i64>(values + (i << 3));
    store<i64>(field + i * stride, value);
    store<i64>(field + i * stride, value >> 63, 8);
  }
}

@inline function canonical32(value: f32): f32 { return value != value ? reinterpret<f32>(0x7fc00000) : value + 0; }
@inline function canonical64(value: f64): f64 { return value != value ? reinterpret<f64>(0x7ff8000000000000) : value + 0; }

/** Floats of 4 or 8 bytes: one NaN, and 0.0 for -0.0 (which is what adding 0.0 gives). */
export function packFloats(values: usize, width: i32, field: usize, stride: usize, rows: i32): void {
  const n = <usize>rows;
  if (width == 8) for (let i: usize = 0; i < n; i++) store<f64>(field + i * stride, canonical64(load<f64>(values + (i << 3))));
  else for (let i: usize = 0; i < n; i++) store<f32>(field + i * stride, canonical32(load<f32>(values + (i << 2))));
}

/** Bits as bytes of 0 or 1. */
export function packFlags(bits: usize, field: usize, stride: usize, rows: i32): void {
  for (let i: usize = 0, n = <usize>rows; i < n; i++) {
    store<u8>(field + i * stride, (load<u8>(bits + (i >> 3)) >> <u8>(i & 7)) & 1);
  }
}

/** By code, out of a table of packed values that lie one behind the other. */
export function packCodes(codes: usize, table: usize, width: i32, field: usize, stride: usize, rows: i32): void {
  const n = <usize>rows;
  if (width == 4) for (let i: usize = 0; i < n; i++) store<u32>(field + i * stride, load<u32>(table + (<usize>load<u32>(codes + (i << 2)) << 2)));
  else if (width == 8) for (let i: usize = 0; i < n; i++) store<u64>(field + i * stride, load<u64>(table + (<usize>load<u32>(codes + (i << 2)) << 3)));
  else if (width == 2) for (let i: usize = 0; i < n; i++) store<u16>(field + i * stride, load<u16>(table + (<usize>load<u32>(codes + (i << 2)) << 1)));
  else if (width == 1) for (let i: usize = 0; i < n; i++) store<u8>(field + i * stride, load<u8>(table + <usize>load<u32>(codes + (i << 2))));
  else for (let i: usize = 0; i < n; i++) v128.store(field + i * stride, v128.load(table + (<usize>load<u32>(codes + (i << 2)) << 4)));
}

/** Zeroes the field and sets `bit` of the byte at `nulls` in the images of rows that are null. */
export function packNulls(validity: usize, field: usize, width: i32, nulls: usize, bit: i32, stride: usize, rows: i32): void {
  for (let base = 0; base < rows; base += 64) {
    let missing = ~load<u64>(validity + (base >> 3));
    const left = rows - base;
    if (left < 64) missing &= (<u64>1 << <u64>left) - 1;
    while (missing != 0) {
      const row = <usize>(base + <i32>ctz(missing));
      missing &= missing - 1;
      const at = field + row * stride;
      if (width == 8) store<u64>(at, 0);
      else if (width == 4) store<u32>(at, 0);
      else if (width == 2) store<u16>(at, 0);
      else if (width == 1) store<u8>(at, 0);
      else v128.store(at, i64x2.splat(0));
      const flags = nulls + row * stride;
      store<u8>(flags, load<u8>(flags) | (<u8>1 << <u8>bit));
    }
  }
}

// ---- images: unpacking -----------------------------------------------------------------------------------------------

/** Fields of 1, 2, 4, 8 or 16 bytes, one behind the other. */
export function unpackFields(field: usize, stride: usize, width: i32, rows: i32, values: usize): void {
  const n = <usize>rows;
  if (width == 8) for (let i: usize = 0; i < n; i++) store<u64>(values + (i << 3), load<u64>(field + i * stride));
  else if (width == 4) for (let i: usize = 0; i < n; i++) store<u32>(values + (i << 2), load<u32>(field + i * stride));
  else if (width == 2) for (let i: usize = 0; i < n; i++) store<u16>(values + (i << 1), load<u16>(field + i * stride));
  else if (width == 1) for (let i: usize = 0; i < n; i++) store<u8>(values + i, load<u8>(field + i * stride));
  else for (let i: usize = 0; i < n; i++) v128.store(values + (i << 4), v128.load(field + i * stride));
}

/** One bit of a byte of each image as a bitmap, inverted where `flip` is 1. Returns how many bits of it are 1. */
export function unpackFlags(bytes: usize, stride: usize, bit: i32, flip: i32, rows: i32, bits: usize): i32 {
  let ones = 0;
  for (let base = 0; base < rows; base += 64) {
    let word: u64 = 0;
    const n = min(64, rows - base);
    for (let i = 0; i < n; i++) {
      const flag = <u64>((load<u8>(bytes + <usize>(base + i) * stride) >> <u8>bit) & 1) ^ <u64>flip;
      word |= flag << <u64>i;
    }
    ones += <i32>popcnt(word);
    store<u64>(bits + (base >> 3), word);
  }
  return ones;
}

// ---- the group table -------------------------------------------------------------------------------------------------
// Its handle in memory: 0 slots, 4 mask, 8 images of the groups, 12 bytes of an image, 16 groups, 20 groups that there
// is room for, 24 seed (8 bytes).

// Images of up to 32 bytes have code of their own, without loops: `bytes` is a constant there.

@inline function hashImage(image: usize, bytes: usize, seed: u64): u64 {
  let hash = mix(seed, load<u64>(image));
  if (bytes > 8) hash = mix(hash, load<u64>(image, 8));
  if (bytes > 16) hash = mix(hash, load<u64>(image, 16));
  if (bytes > 24) hash = mix(hash, load<u64>(image, 24));
  for (let at: usize = 32; at < bytes; at += 8) hash = mix(hash, load<u64>(image + at));
  return seal(hash);
}

/** The image of a row: the one whose uint32 number is in `list`, or the row's own where that is 0, a constant too. */
@inline function imageOf(images: usize, bytes: usize, list: usize, row: usize): usize {
  return images + (list == 0 ? row : <usize>load<u32>(list + (row << 2))) * bytes;
}

@inline function hashAll(images: usize, bytes: usize, list: usize, rows: i32, seed: u64, hashes: usize): void {
  for (let i: usize = 0, n = <usize>rows; i < n; i++) store<u64>(hashes + (i << 3), hashImage(imageOf(images, bytes, list, i), bytes, seed));
}

/** The hashes of images, 8 bytes each. */
export function hashImages(table: usize, images: usize, rows: i32, hashes: usize): void {
  const bytes = <usize>load<u32>(table, 12), seed = load<u64>(table, 24);
  if (bytes == 8) hashAll(images, 8, 0, rows, seed, hashes);
  else if (bytes == 16) hashAll(images, 16, 0, rows, seed, hashes);
  else if (bytes == 24) hashAll(images, 24, 0, rows, seed, hashes);
  else if (bytes == 32) hashAll(images, 32, 0, rows, seed, hashes);
  else hashAll(images, bytes, 0, rows, seed, hashes);
}

/** The hashes of scattered images. A function of its own, for V8 makes one that does both slower. */
export function hashListed(table: usize, images: usize, list: usize, rows: i32, hashes: usize): void {
  const bytes = <usize>load<u32>(table, 12), seed = load<u64>(table, 24);
  if (bytes == 8) hashAll(images, 8, list, rows, seed, hashes);
  else if (bytes == 16) hashAll(images, 16, list, rows, seed, hashes);
  else if (bytes == 24) hashAll(images, 24, list, rows, seed, hashes);
  else if (bytes == 32) hashAll(images, 32, list, rows, seed, hashes);
  else hashAll(images, bytes, list, rows, seed, hashes);
}

@inline export function sameImage(a: usize, b: usize, bytes: usize): bool {
  // Tags have been compared, so images are most probably the same: all words are read before any is asked.
  let different = load<u64>(a) ^ load<u64>(b);
  if (bytes > 8) different |= load<u64>(a, 8) ^ load<u64>(b, 8);
  if (bytes > 16) different |= load<u64>(a, 16) ^ load<u64>(b, 16);
  if (bytes > 24) different |= load<u64>(a, 24) ^ load<u64>(b, 24);
  for (let at: usize = 32; at < bytes; at += 8) different |= load<u64>(a + at) ^ load<u64>(b + at);
  return different == 0;
}

/** By how many bits a hash is shifted to the slot where its key belongs. */
@inline export function slotShift(mask: u64): u64 { return clz<u64>(mask); }

@inline function find(table: usize, images: usize, bytes: usize, list: usize, hashes: usize, from: i32, rows: i32, ids: usize): i32 {
  const slots = <usize>load<u32>(table), mask = <u64>load<u32>(table, 4), groups = <usize>load<u32>(table, 8);
  const limit = load<u32>(table, 20), shift = slotShift(mask);
  let count = load<u32>(table, 16);
  let row = from;
  for (; row < rows; row++) {
    const image = imageOf(images, bytes, list, row);
    const hash = load<u64>(hashes + (<usize>row << 3)), tag = <u32>hash;
    let slot = hash >> shift;
    let group: u32 = 0;
    while (true) {
      const entry = load<u64>(slots + (<usize>slot << 3));
      if (entry == 0) {
        if (count == limit) { store<u32>(table, count, 16); return row; }
        group = count++;
        store<u64>(slots + (<usize>slot << 3), (hash << 32) | <u64>(group + 1));
        const to = groups + <usize>group * bytes;
        for (let at: usize = 0; at < bytes; at += 8) store<u64>(to + at, load<u64>(image + at));
        break;
      }
      if (<u32>(entry >> 32) == tag) {
        group = <u32>entry - 1;
        if (sameImage(groups + <usize>group * bytes, image, bytes)) break;
      }
      slot = (slot + 1) & mask;
    }
    store<u32>(ids + (<usize>row << 2), group);
  }
  store<u32>(table, count, 16);
  return row;
}

/**
 * Reads the slots of the parts, of `parts` of a table, that rows in the order of them are of: one behind the other, which
 * the processor fetches ahead, so that the rows find them in the cache. Not where slots are many beside the rows. The
 * result says nothing.
 */
export function readParts(table: usize, hashes: usize, rows: i32, parts: u32): u32 {
  const slots = <usize>load<u32>(table), mask = <u64>load<u32>(table, 4), shift = slotShift(mask);
  const within = (mask + 1) / <u64>parts - 1;
  const first = (load<u64>(hashes) >> shift) & ~within;
  const last = (load<u64>(hashes + (<usize>(rows - 1) << 3)) >> shift) | within;
  let all: u64 = 0;
  if ((last - first) >> 3 > <u64>rows) return 0;
  for (let slot = first; slot < last; slot += 8) all |= load<u64>(slots + (<usize>slot << 3));
  return <u32>all;
}

/**
 * The numbers of the groups of images, which get the next number where they are new. Returns the first row that was not
 * numbered because the table has no room: `rows` when all were.
 */
export function findGroups(table: usize, images: usize, hashes: usize, from: i32, rows: i32, ids: usize): i32 {
  const bytes = <usize>load<u32>(table, 12);
  if (bytes == 8) return find(table, images, 8, 0, hashes, from, rows, ids);
  if (bytes == 16) return find(table, images, 16, 0, hashes, from, rows, ids);
  if (bytes == 24) return find(table, images, 24, 0, hashes, from, rows, ids);
  if (bytes == 32) return find(table, images, 32, 0, hashes, from, rows, ids);
  return find(table, images, bytes, 0, hashes, from, rows, ids);
}

/** As `findGroups`, of scattered images. */
export function findListed(table: usize, images: usize, list: usize, hashes: usize, from: i32, rows: i32, ids: usize): i32 {
  const bytes = <usize>load<u32>(table, 12);
  if (bytes == 8) return find(table, images, 8, list, hashes, from, rows, ids);
  if (bytes == 16) return find(table, images, 16, list, hashes, from, rows, ids);
  if (bytes == 24) return find(table, images, 24, list, hashes, from, rows, ids);
  if (bytes == 32) return find(table, images, 32, list, hashes, from, rows, ids);
  return find(table, images, bytes, list, hashes, from, rows, ids);
}

// While keys come in order, a row is of the last group or begins the next, and no slot is looked at.

/**
 * A word of an image as a number, so that images are in some order, which is that of the values of the first field where
 * that is one of 8 bytes without a fraction (`form` 0), one of 4 (1), or text (2).
 */
@inline function ranked(word: u64, form: i32): i64 {
  if (form == 1) return <i64>rotl<u64>(word, 32);
  if (form == 2) return <i64>(bswap<u64>(word) ^ 0x8000000000000000);
  return <i64>word;
}

/** Below, 0 or above 0 as `a` comes before `b`, is the same, or comes after it. */
@inline function compareImages(a: usize, b: usize, bytes: usize, form: i32): i32 {
  for (let at: usize = 0; at < bytes; at += 8) {
    const mine = load<u64>(a + at), other = load<u64>(b + at);
    if (mine != other) return select<i32>(-1, 1, ranked(mine, form) < ranked(other, form));
  }
  return 0;
}

@inline function follow(table: usize, images: usize, bytes: usize, form: i32, from: i32, rows: i32, ids: usize): i32 {
  const groups = <usize>load<u32>(table, 8), limit = load<u32>(table, 20);
  let count = load<u32>(table, 16), row = from;
  // Which way they go, the second group says.
  let way = count < 2 ? 0 : compareImages(groups + bytes, groups, bytes, form);
  if (way == 0 && count < limit && row < rows) {
    if (count == 0) memory.copy(groups, images + <usize>row * bytes, bytes);
    count = 1;
    for (; way == 0 && row < rows; row += i32(way == 0)) {
      way = compareImages(images + <usize>row * bytes, groups, bytes, form);
      if (way == 0) store<u32>(ids + (<usize>row << 2), 0);
    }
  }
  const sense: i64 = way < 0 ? -1 : 0;
  let last = groups + <usize>(count - 1) * bytes;
  while (row < rows && count < limit) {
    // Each begins one group at most.
    const stop = min(rows, <i32>min<u32>(<u32>row + (limit - count), i32.MAX_VALUE));
    if (bytes == 8) {
      let before = ranked(load<u64>(last), form) ^ sense;
      for (; row < stop; row++) {
        const word = load<u64>(images + (<usize>row << 3)), value = ranked(word, form) ^ sense;
        if (value < before) break;
        last += usize(value > before) << 3;
        store<u64>(last, word);
        store<u32>(ids + (<usize>row << 2), <u32>((last - groups) >> 3));
        before = value;
      }
      count = <u32>((last - groups) >> 3) + 1;
    } else {
      for (; row < stop; row++) {
        const image = images + <usize>row * bytes, step = compareImages(image, last, bytes, form);
        if (step != 0) {
          if (step != way) break;
          last += bytes;
          for (let at: usize = 0; at < bytes; at += 8) store<u64>(last + at, load<u64>(image + at));
          count++;
        }
        store<u32>(ids + (<usize>row << 2), count - 1);
      }
    }
    if (row < stop) break;
  }
  store<u32>(table, count, 16);
  return row;
}

/**
 * As `findGroups` while all keys so far have gone up, or down, in the order of `ranked`. Returns the first row that does not
 * go on so, or that there may be no room for.
 */
export function followGroups(table: usize, images: usize, form: i32, from: i32, rows: i32, ids: usize): i32 {
  const bytes = <usize>load<u32>(table, 12);
  if (bytes == 8 && form == 0) return follow(table, images, 8, 0, from, rows, ids);
  if (bytes == 8 && form == 1) return follow(table, images, 8, 1, from, rows, ids);
  return follow(table, images, bytes, form, from, rows, ids);
}

/** As `lookUpGroups` while no key has a slot: halves the groups until one is left. */
export function searchGroups(table: usize, images: usize, form: i32, rows: i32, ids: usize): void {
  const groups = <usize>load<u32>(table, 8), bytes = <usize>load<u32>(table, 12), count = load<u32>(table, 16);
  const way = count < 2 ? 1 : compareImages(groups + bytes, groups, bytes, form);
  for (let row: usize = 0, n = <usize>rows; row < n; row++) {
    const image = images + row * bytes;
    let low: u32 = 0, high = count, found: u32 = 0xffffffff;
    while (low < high) {
      const middle = (low + high) >> 1, step = compareImages(image, groups + <usize>middle * bytes, bytes, form);
      if (step == 0) { found = middle; break; }
      if (step == way) low = middle + 1;
      else high = middle;
    }
    store<u32>(ids + (row << 2), found);
  }
}

/**
 * Reads, for all rows, the slot where each key belongs, without a branch, so that many reads are under way at once: most
 * rows are decided by it. Writes the number that has the tag of the key, 0xffffffff where none has, and lists the rows of
 * which the keys are still to be compared, and behind `rows` words those that met the slot of another key. Returns how
 * many of both: in the lower half, and in the upper.
 */
@inline function readSlots(slots: usize, mask: u64, hashes: usize, rows: i32, ids: usize, lists: usize): u64 {
  const others = lists + (<usize>rows << 2), shift = slotShift(mask);
  let met: usize = 0, passed: usize = 0;
  for (let row: usize = 0, n = <usize>rows; row < n; row++) {
    const hash = load<u64>(hashes + (row << 3));
    const entry = load<u64>(slots + (<usize>(hash >> shift) << 3));
    const isTaken = <u32>entry != 0, isOther = <u32>(entry >> 32) != <u32>hash;
    store<u32>(ids + (row << 2), select<u32>(0xffffffff, <u32>entry - 1, isOther));
    store<u32>(lists + (met << 2), <u32>row);
    met += usize(isTaken & !isOther);
    store<u32>(others + (passed << 2), <u32>row);
    passed += usize(isTaken & isOther);
  }
  return <u64>met | (<u64>passed << 32);
}

/** The numbers of the groups of images, 0xffffffff where there is none. `lists` is room for two words a row. */
export function lookUpGroups(table: usize, images: usize, hashes: usize, rows: i32, ids: usize, lists: usize): void {
  const bytes = <usize>load<u32>(table, 12);
  if (bytes == 8) lookUp(table, images, 8, hashes, rows, ids, lists);
  else if (bytes == 16) lookUp(table, images, 16, hashes, rows, ids, lists);
  else if (bytes == 24) lookUp(table, images, 24, hashes, rows, ids, lists);
  else lookUp(table, images, bytes, hashes, rows, ids, lists);
}

@inline function lookUp(table: usize, images: usize, bytes: usize, hashes: usize, rows: i32, ids: usize, lists: usize): void {
  const slots = <usize>load<u32>(table), mask = <u64>load<u32>(table, 4), groups = <usize>load<u32>(table, 8);
  const listed = readSlots(slots, mask, hashes, rows, ids, lists);
  for (let i: usize = 0, n = <usize>(<u32>listed); i < n; i++) {
    const row = <usize>load<u32>(lists + (i << 2));
    const group = <usize>load<u32>(ids + (row << 2));
    if (!sameImage(groups + group * bytes, images + row * bytes, bytes)) walk(slots, mask, groups, images, bytes, hashes, row, ids);
  }
  const others = lists + (<usize>rows << 2);
  for (let i: usize = 0, n = <usize>(listed >> 32); i < n; i++) walk(slots, mask, groups, images, bytes, hashes, <usize>load<u32>(others + (i << 2)), ids);
}

/** Looks from the slot behind its own on. */
@inline function walk(slots: usize, mask: u64, groups: usize, images: usize, bytes: usize, hashes: usize, row: usize, ids: usize): void {
  const image = images + row * bytes;
  const hash = load<u64>(hashes + (row << 3)), tag = <u32>hash;
  let slot = ((hash >> slotShift(mask)) + 1) & mask;
  let group: u32 = 0xffffffff;
  while (true) {
    const entry = load<u64>(slots + (<usize>slot << 3));
    if (entry == 0) break;
    if (<u32>(entry >> 32) == tag && sameImage(groups + <usize>(<u32>entry - 1) * bytes, image, bytes)) { group = <u32>entry - 1; break; }
    slot = (slot + 1) & mask;
  }
  store<u32>(ids + (row << 2), group);
}

@inline function place(slots: usize, mask: u64, hash: u64, number: u32): void {
  let slot = hash >> slotShift(mask);
  while (load<u64>(slots + (<usize>slot << 3)) != 0) slot = (slot + 1) & mask;
  store<u64>(slots + (<usize>slot << 3), (hash << 32) | <u64>(number + 1));
}

/** Fills slots that are all empty with the groups there are. */
export function placeGroups(table: usize): void {
  const slots = <usize>load<u32>(table), mask = <u64>load<u32>(table, 4), groups = <usize>load<u32>(table, 8);
  const bytes = <usize>load<u32>(table, 12), count = load<u32>(table, 16), seed = load<u64>(table, 24);
  for (let group: u32 = 0; group < count; group++) place(slots, mask, hashImage(groups + <usize>group * bytes, bytes, seed), group);
}

// ---- the table of strings --------------------------------------------------------------------------------------------
// Its handle: 0 slots, 4 mask, 8 hashes of the strings, 12 their offsets (a plain utf8 column with `text`), 16 strings,
// 20 strings that there is room for, 24 seed (8 bytes), 32 text, 36 bytes of text that there is room for.

/** The hashes of the strings of a plain utf8 column. */
export function hashStrings(table: usize, offsets: usize, bytes: usize, rows: i32, hashes: usize): void {
  const seed = load<u64>(table, 24);
  let start = <usize>load<u32>(offsets);
  for (let i: usize = 0, n = <usize>rows; i < n; i++) {
    const end = <usize>load<u32>(offsets + (i << 2), 4);
    store<u64>(hashes + (i << 3), hashText(bytes + start, end - start, seed));
    start = end;
  }
}

/**
 * The numbers of strings; a new one gets the next number and its bytes are copied. Returns the first row that was not
 * numbered because the table, or the text, has no room.
 */
export function internStrings(table: usize, offsets: usize, bytes: usize, hashes: usize, from: i32, rows: i32, ids: usize): i32 {
  const slots = <usize>load<u32>(table), mask = <u64>load<u32>(table, 4), known = <usize>load<u32>(table, 8);
  const ends = <usize>load<u32>(table, 12), limit = load<u32>(table, 20);
  const text = <usize>load<u32>(table, 32), textLimit = <usize>load<u32>(table, 36), shift = slotShift(mask);
  let count = load<u32>(table, 16);
  let row = from;
  for (; row < rows; row++) {
    const at = offsets + (<usize>row << 2);
    const start = <usize>load<u32>(at), length = <usize>load<u32>(at, 4) - start, p = bytes + start;
    const hash = load<u64>(hashes + (<usize>row << 3)), tag = <u32>hash;
    let slot = hash >> shift;
    let id: u32 = 0;
    while (true) {
      const entry = load<u64>(slots + (<usize>slot << 3));
      if (entry == 0) {
        const used = <usize>load<u32>(ends + (<usize>count << 2));
        if (count == limit || length > textLimit - used) { store<u32>(table, count, 16); return row; }
        id = count++;
        store<u64>(slots + (<usize>slot << 3), (hash << 32) | <u64>(id + 1));
        store<u64>(known + (<usize>id << 3), hash);
        memory.copy(text + used, p, length);
        store<u32>(ends + (<usize>count << 2), <u32>(used + length));
        break;
      }
      if (<u32>(entry >> 32) == tag) {
        id = <u32>entry - 1;
        if (isString(ends, text, id, p, length)) break;
      }
      slot = (slot + 1) & mask;
    }
    store<u32>(ids + (<usize>row << 2), id);
  }
  store<u32>(table, count, 16);
  return row;
}

@inline function isString(ends: usize, text: usize, id: u32, p: usize, length: usize): bool {
  const q = ends + (<usize>id << 2), start = <usize>load<u32>(q);
  return <usize>load<u32>(q, 4) - start == length && sameText(text + start, p, length);
}

/** The numbers of strings, 0xffffffff where there is none. `lists` is room for two words a row. */
export function findStrings(table: usize, offsets: usize, bytes: usize, hashes: usize, rows: i32, ids: usize, lists: usize): void {
  const slots = <usize>load<u32>(table), mask = <u64>load<u32>(table, 4), ends = <usize>load<u32>(table, 12);
  const text = <usize>load<u32>(table, 32);
  const listed = readSlots(slots, mask, hashes, rows, ids, lists);
  const others = lists + (<usize>rows << 2);
  // Lengths and first words are compared without a branch too, for these are the reads that wait for memory.
  let alike: usize = 0, passed = <usize>(listed >> 32);
  for (let i: usize = 0, n = <usize>(<u32>listed); i < n; i++) {
    const row = <usize>load<u32>(lists + (i << 2)), at = offsets + (row << 2);
    const start = <usize>load<u32>(at), length = <usize>load<u32>(at, 4) - start;
    const q = ends + (<usize>load<u32>(ids + (row << 2)) << 2), known = <usize>load<u32>(q);
    const mask: u64 = select<u64>(-1, (<u64>1 << ((<u64>length & 7) << 3)) - 1, length >= 8);
    const isAlike = (<usize>load<u32>(q, 4) - known == length) & (((load<u64>(text + known) ^ load<u64>(bytes + start)) & mask) == 0);
    store<u32>(lists + (alike << 2), <u32>row);
    alike += usize(isAlike);
    store<u32>(others + (passed << 2), <u32>row);
    passed += usize(!isAlike);
  }
  for (let i: usize = 0; i < alike; i++) {
    const row = <usize>load<u32>(lists + (i << 2)), at = offsets + (row << 2);
    const start = <usize>load<u32>(at), length = <usize>load<u32>(at, 4) - start;
    if (length > 8 && !isString(ends, text, load<u32>(ids + (row << 2)), bytes + start, length)) walkStrings(slots, mask, ends, text, offsets, bytes, hashes, row, ids);
  }
  for (let i: usize = 0; i < passed; i++) walkStrings(slots, mask, ends, text, offsets, bytes, hashes, <usize>load<u32>(others + (i << 2)), ids);
}

@inline function walkStrings(slots: usize, mask: u64, ends: usize, text: usize, offsets: usize, bytes: usize, hashes: usize, row: usize, ids: usize): void {
  const at = offsets + (row << 2);
  const start = <usize>load<u32>(at), length = <usize>load<u32>(at, 4) - start;
  const hash = load<u64>(hashes + (row << 3)), tag = <u32>hash;
  let slot = ((hash >> slotShift(mask)) + 1) & mask;
  let id: u32 = 0xffffffff;
  while (true) {
    const entry = load<u64>(slots + (<usize>slot << 3));
    if (entry == 0) break;
    if (<u32>(entry >> 32) == tag && isString(ends, text, <u32>entry - 1, bytes + start, length)) { id = <u32>entry - 1; break; }
    slot = (slot + 1) & mask;
  }
  store<u32>(ids + (row << 2), id);
}

/** Fills slots that are all empty with the strings there are. */
export function placeStrings(table: usize): void {
  const slots = <usize>load<u32>(table), mask = <u64>load<u32>(table, 4), known = <usize>load<u32>(table, 8);
  for (let id: u32 = 0, count = load<u32>(table, 16); id < count; id++) place(slots, mask, load<u64>(known + (<usize>id << 3)), id);
}
