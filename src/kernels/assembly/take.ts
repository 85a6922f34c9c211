/**
 * Moving rows: gathering them by row number, and appending columns to columns.
 *
 *     take      rows ──▶ │ 7 │ 2 │ 9 │ …          to[i] = from[rows[i]]
 *     append    bits     │ 0 1 1 0 1 · · ·        joined at any bit, eight bytes at a time
 *     unify     codes    │ 3 │ 3 │ 0 │ …          codes of one dictionary become codes of another
 *
 * Row numbers are uint32 and trusted. Bit kernels may write zeros up to the end of the last word they touch.
 *
 * Rows in any order are read four at a time, all four before the first is written: so four misses of the cache are waited
 * for at once. It takes half of the time of a loop over rows, a third of it where offsets are read.
 */

export function copyBytes(from: usize, to: usize, count: usize): void {
  memory.copy(to, from, count);
}

export function fillBytes(to: usize, byte: u32, count: usize): void {
  memory.fill(to, <u8>byte, count);
}

export function take1(from: usize, rows: usize, count: usize, to: usize): void {
  for (let i: usize = 0; i < count; i++) store<u8>(to + i, load<u8>(from + <usize>load<u32>(rows + (i << 2))));
}

export function take2(from: usize, rows: usize, count: usize, to: usize): void {
  for (let i: usize = 0; i < count; i++) {
    store<u16>(to + (i << 1), load<u16>(from + (<usize>load<u32>(rows + (i << 2)) << 1)));
  }
}

export function take4(from: usize, rows: usize, count: usize, to: usize): void {
  let i: usize = 0;
  for (; i + 4 <= count; i += 4) {
    const four = v128.load(rows + (i << 2));
    let values = v128.load32_zero(from + (<usize>i32x4.extract_lane(four, 0) << 2));
    values = v128.load32_lane(from + (<usize>i32x4.extract_lane(four, 1) << 2), values, 1);
    values = v128.load32_lane(from + (<usize>i32x4.extract_lane(four, 2) << 2), values, 2);
    v128.store(to + (i << 2), v128.load32_lane(from + (<usize>i32x4.extract_lane(four, 3) << 2), values, 3));
  }
  for (; i < count; i++) {
    store<u32>(to + (i << 2), load<u32>(from + (<usize>load<u32>(rows + (i << 2)) << 2)));
  }
}

/** The 8 bytes at two addresses. */
@inline
function bothOf(first: usize, second: usize): v128 {
  return v128.load64_lane(second, v128.load64_zero(first), 1);
}

export function take8(from: usize, rows: usize, count: usize, to: usize): void {
  let i: usize = 0;
  for (; i + 4 <= count; i += 4) {
    const four = v128.load(rows + (i << 2));
    const low = bothOf(
      from + (<usize>i32x4.extract_lane(four, 0) << 3),
      from + (<usize>i32x4.extract_lane(four, 1) << 3),
    );
    const high = bothOf(
      from + (<usize>i32x4.extract_lane(four, 2) << 3),
      from + (<usize>i32x4.extract_lane(four, 3) << 3),
    );
    v128.store(to + (i << 3), low);
    v128.store(to + (i << 3), high, 16);
  }
  for (; i < count; i++) {
    store<u64>(to + (i << 3), load<u64>(from + (<usize>load<u32>(rows + (i << 2)) << 3)));
  }
}

export function take16(from: usize, rows: usize, count: usize, to: usize): void {
  let i: usize = 0;
  for (; i + 4 <= count; i += 4) {
    const four = v128.load(rows + (i << 2));
    const a = v128.load(from + (<usize>i32x4.extract_lane(four, 0) << 4));
    const b = v128.load(from + (<usize>i32x4.extract_lane(four, 1) << 4));
    const c = v128.load(from + (<usize>i32x4.extract_lane(four, 2) << 4));
    const d = v128.load(from + (<usize>i32x4.extract_lane(four, 3) << 4));
    v128.store(to + (i << 4), a);
    v128.store(to + (i << 4), b, 16);
    v128.store(to + (i << 4), c, 32);
    v128.store(to + (i << 4), d, 48);
  }
  for (; i < count; i++) {
    v128.store(to + (i << 4), v128.load(from + (<usize>load<u32>(rows + (i << 2)) << 4)));
  }
}

/** Values of any width. */
export function takeWide(width: usize, from: usize, rows: usize, count: usize, to: usize): void {
  if (width === 24) takeWords(24, from, rows, count, to);
  else if (width === 32) takeWords(32, from, rows, count, to);
  else if ((width & 7) === 0 && width <= 128) takeWords(width, from, rows, count, to);
  else takeBytes(width, from, rows, count, to);
}

@inline
function takeWords(width: usize, from: usize, rows: usize, count: usize, to: usize): void {
  for (let i: usize = 0; i < count; i++) {
    const source = from + <usize>load<u32>(rows + (i << 2)) * width;
    const target = to + i * width;
    for (let at: usize = 0; at < width; at += 8) store<u64>(target + at, load<u64>(source + at));
  }
}

@inline
function takeBytes(width: usize, from: usize, rows: usize, count: usize, to: usize): void {
  for (let i: usize = 0; i < count; i++) {
    memory.copy(to + i * width, from + <usize>load<u32>(rows + (i << 2)) * width, width);
  }
}

@inline
function bitAt(bits: usize, row: usize): u64 {
  return <u64>((load<u8>(bits + (row >> 3)) >> <u8>(row & 7)) & 1);
}

/** `to` is written in whole 8-byte words, zeros behind the last bit. */
export function takeBits(from: usize, rows: usize, count: usize, to: usize): void {
  for (let i: usize = 0; i < count; i += 64) {
    const end = min<usize>(64, count - i);
    let word: u64 = 0;
    for (let j: usize = 0; j < end; j++) word |= bitAt(from, <usize>load<u32>(rows + ((i + j) << 2))) << <u64>j;
    store<u64>(to + (i >> 3), word);
  }
}

/** How long the texts of `rows` are: `count` uint32. */
@inline
function takeSizes(from: usize, rows: usize, count: usize, to: usize): void {
  let i: usize = 0;
  for (; i + 4 <= count; i += 4) {
    const four = v128.load(rows + (i << 2));
    const low = bothOf(
      from + (<usize>i32x4.extract_lane(four, 0) << 2),
      from + (<usize>i32x4.extract_lane(four, 1) << 2),
    );
    const high = bothOf(
      from + (<usize>i32x4.extract_lane(four, 2) << 2),
      from + (<usize>i32x4.extract_lane(four, 3) << 2),
    );
    const starts = i32x4.shuffle(low, high, 0, 2, 4, 6);
    v128.store(to + (i << 2), i32x4.sub(i32x4.shuffle(low, high, 1, 3, 5, 7), starts));
  }
  for (; i < count; i++) {
    const at = from + (<usize>load<u32>(rows + (i << 2)) << 2);
    store<u32>(to + (i << 2), load<u32>(at, 4) - load<u32>(at));
  }
}

/**
 * Offsets, from 0, of the texts of `rows`: as many as stay within `limitBytes`, but at least one. Returns how many. The
 * first text is below 2 GiB because it has int32 offsets already. Writes `count + 1` numbers.
 */
export function takeOffsets(from: usize, rows: usize, count: usize, limitBytes: u32, to: usize): usize {
  takeSizes(from, rows, count, to + 4);
  let end: u64 = 0;
  store<u32>(to, 0);
  for (let i: usize = 0; i < count; i++) {
    end += <u64>load<u32>(to + (i << 2), 4);
    if (end > <u64>limitBytes && i > 0) return i;
    store<u32>(to + (i << 2), <u32>end, 4);
  }
  return count;
}

/**
 * Offsets like `takeOffsets`, but continuing at `base`, and empty where bit `firstBit + i` of `validity` is 0 (address
 * 0: nowhere). Returns where they end, which may be beyond an int32.
 */
export function appendTakenOffsets(
  from: usize,
  rows: usize,
  count: usize,
  base: u32,
  validity: usize,
  firstBit: usize,
  to: usize,
): f64 {
  takeSizes(from, rows, count, to + 4);
  let end: u64 = base;
  store<u32>(to, base);
  for (let i: usize = 0; i < count; i++) {
    const size = <u64>load<u32>(to + (i << 2), 4);
    end += validity == 0 ? size : size * bitAt(validity, firstBit + i);
    store<u32>(to + (i << 2), <u32>end, 4);
  }
  return <f64>end;
}

/** Copies a text; one of up to 16 bytes as 16. */
@inline
function copyText(to: usize, from: usize, size: u32): void {
  if (size <= 16) v128.store(to, v128.load(from));
  else memory.copy(to, from, <usize>size);
}

/**
 * Copies the texts of `rows`, as long as `toOffsets` says, to where it says; may overrun the last by 16 bytes. Texts are
 * written in order, so what a copy of fixed size overruns is written again by the next.
 */
export function takeText(
  from: usize,
  fromBytes: usize,
  rows: usize,
  count: usize,
  toOffsets: usize,
  toBytes: usize,
): void {
  let i: usize = 0;
  for (; i + 4 <= count; i += 4) {
    const four = v128.load(rows + (i << 2));
    const a = fromBytes + <usize>load<u32>(from + (<usize>i32x4.extract_lane(four, 0) << 2));
    const b = fromBytes + <usize>load<u32>(from + (<usize>i32x4.extract_lane(four, 1) << 2));
    const c = fromBytes + <usize>load<u32>(from + (<usize>i32x4.extract_lane(four, 2) << 2));
    const d = fromBytes + <usize>load<u32>(from + (<usize>i32x4.extract_lane(four, 3) << 2));
    const starts = v128.load(toOffsets + (i << 2));
    const sizes = i32x4.sub(v128.load(toOffsets + (i << 2), 4), starts);
    const toA = toBytes + <usize>i32x4.extract_lane(starts, 0);
    const toB = toBytes + <usize>i32x4.extract_lane(starts, 1);
    const toC = toBytes + <usize>i32x4.extract_lane(starts, 2);
    const toD = toBytes + <usize>i32x4.extract_lane(starts, 3);
    if (v128.any_true(i32x4.gt_u(sizes, i32x4.splat(16)))) {
      copyText(toA, a, i32x4.extract_lane(sizes, 0));
      copyText(toB, b, i32x4.extract_lane(sizes, 1));
      copyText(toC, c, i32x4.extract_lane(sizes, 2));
      copyText(toD, d, i32x4.extract_lane(sizes, 3));
      continue;
    }
    const textA = v128.load(a);
    const textB = v128.load(b);
    const textC = v128.load(c);
    const textD = v128.load(d);
    v128.store(toA, textA);
    v128.store(toB, textB);
    v128.store(toC, textC);
    v128.store(toD, textD);
  }
  for (; i < count; i++) {
    const start = load<u32>(toOffsets + (i << 2));
    const size = load<u32>(toOffsets + (i << 2), 4) - start;
    copyText(toBytes + start, fromBytes + <usize>load<u32>(from + (<usize>load<u32>(rows + (i << 2)) << 2)), size);
  }
}

/** `to[i] = from[i] − from[0] + base` for the `count + 1` offsets of `count` texts. */
export function appendOffsets(from: usize, count: usize, base: u32, to: usize): void {
  const shift = base - load<u32>(from);
  for (let i: usize = 0; i <= count; i++) store<u32>(to + (i << 2), load<u32>(from + (i << 2)) + shift);
}

/** The numbers of the items of the lists of `rows`: those of list i from number `toOffsets[i]` of `to` on. */
export function takeItems(from: usize, rows: usize, count: usize, toOffsets: usize, to: usize): void {
  for (let i: usize = 0; i < count; i++) {
    const first = load<u32>(from + (<usize>load<u32>(rows + (i << 2)) << 2));
    const start = load<u32>(toOffsets + (i << 2));
    const size = load<u32>(toOffsets + (i << 2), 4) - start;
    for (let n: u32 = 0; n < size; n++) store<u32>(to + (<usize>(start + n) << 2), first + n);
  }
}

/** As `takeItems`, of lists that have `size` items each. */
export function takeFixedItems(size: u32, rows: usize, count: usize, to: usize): void {
  let at = to;
  for (let i: usize = 0; i < count; i++) {
    const first = load<u32>(rows + (i << 2)) * size;
    for (let n: u32 = 0; n < size; n++) {
      store<u32>(at, first + n);
      at += 4;
    }
  }
}

/** Each of `count` bits `times` times, in whole words. */
export function repeatBits(from: usize, count: usize, times: usize, to: usize): void {
  let word: u64 = 0;
  let at: u64 = 0;
  let address = to;
  for (let i: usize = 0; i < count; i++) {
    const bit = bitAt(from, i);
    for (let n: usize = 0; n < times; n++) {
      word |= bit << at;
      if (++at < 64) continue;
      store<u64>(address, word);
      address += 8;
      word = 0;
      at = 0;
    }
  }
  if (at > 0) store<u64>(address, word);
}

export function fillOffsets(offset: u32, count: usize, to: usize): void {
  for (let i: usize = 0; i < count; i++) store<u32>(to + (i << 2), offset);
}

/** Sign-extends 8-byte integers to 16 bytes. `to` may not overlap `from`. */
export function widen16(from: usize, count: usize, to: usize): void {
  for (let i: usize = 0; i < count; i++) {
    const value = load<i64>(from + (i << 3));
    store<i64>(to + (i << 4), value);
    store<i64>(to + (i << 4), value >> 63, 8);
  }
}

/** The 64 bits that start at bit `at`. Reads up to 16 bytes. */
@inline
function wordAt(bits: usize, at: usize): u64 {
  const address = bits + ((at >> 6) << 3);
  const shift = <u64>(at & 63);
  const low = load<u64>(address) >> shift;
  return shift == 0 ? low : low | (load<u64>(address, 8) << (64 - shift));
}

/** Writes `count` bits at bit `toBit`; the bits before it stay, those behind up to the end of the word become 0. */
export function copyBits(from: usize, fromBit: usize, count: usize, to: usize, toBit: usize): void {
  if (count == 0) return;
  let address = to + ((toBit >> 6) << 3);
  const shift = <u64>(toBit & 63);
  let pending: u64 = shift == 0 ? 0 : load<u64>(address) & ((<u64>1 << shift) - 1);
  for (let i: usize = 0; i < count; i += 64) {
    let word = wordAt(from, fromBit + i);
    if (count - i < 64) word &= (<u64>1 << <u64>(count - i)) - 1;
    store<u64>(address, pending | (word << shift));
    pending = shift == 0 ? 0 : word >> (64 - shift);
    address += 8;
  }
  if (shift != 0) store<u64>(address, pending);
}

/** Sets `count` bits from bit `toBit` on; the bits before it stay, those behind become 0. */
export function setBits(to: usize, toBit: usize, count: usize): void {
  if (count == 0) return;
  const end = toBit + count;
  let address = to + ((toBit >> 6) << 3);
  let at = toBit & ~63;
  let first = toBit & 63;
  while (at < end) {
    let word: u64 = end - at >= 64 ? <u64>-1 : (<u64>1 << <u64>(end - at)) - 1;
    if (first != 0) {
      const below = (<u64>1 << <u64>first) - 1;
      word = (word & ~below) | (load<u64>(address) & below);
      first = 0;
    }
    store<u64>(address, word);
    address += 8;
    at += 64;
  }
}

// Values become zero where bit `firstBit + i` of `validity` is 0. `values` is the address of the value of that bit.

@inline
function zeroed<T>(values: usize, count: usize, validity: usize, firstBit: usize): void {
  const width = sizeof<T>();
  for (let i: usize = 0; i < count; i++) {
    const at = values + i * width;
    store<T>(at, load<T>(at) & (<T>0 - <T>bitAt(validity, firstBit + i)));
  }
}

export function zeroNulls1(values: usize, count: usize, validity: usize, firstBit: usize): void {
  zeroed<u8>(values, count, validity, firstBit);
}

export function zeroNulls2(values: usize, count: usize, validity: usize, firstBit: usize): void {
  zeroed<u16>(values, count, validity, firstBit);
}

export function zeroNulls4(values: usize, count: usize, validity: usize, firstBit: usize): void {
  zeroed<u32>(values, count, validity, firstBit);
}

export function zeroNulls8(values: usize, count: usize, validity: usize, firstBit: usize): void {
  zeroed<u64>(values, count, validity, firstBit);
}

export function zeroNulls16(values: usize, count: usize, validity: usize, firstBit: usize): void {
  for (let i: usize = 0; i < count; i++) {
    const at = values + (i << 4);
    v128.store(at, v128.and(v128.load(at), i64x2.splat(0 - <i64>bitAt(validity, firstBit + i))));
  }
}

/** Of values of any width. */
export function zeroNullsWide(width: usize, values: usize, count: usize, validity: usize, firstBit: usize): void {
  for (let i: usize = 0; i < count; i++) {
    if (!bitAt(validity, firstBit + i)) memory.fill(values + i * width, 0, width);
  }
}

/** Bits from `firstBit` on become zero where the same bit of `validity` is; both bitmaps start at a word. */
export function zeroNullBits(bits: usize, count: usize, validity: usize, firstBit: usize): void {
  const last = (firstBit + count + 63) >> 6;
  for (let word = firstBit >> 6; word < last; word++) {
    const at = bits + (word << 3);
    store<u64>(at, load<u64>(at) & load<u64>(validity + (word << 3)));
  }
}

/** How many of the first `count` bits are 1. */
export function countBits(bits: usize, count: usize): usize {
  let ones: u64 = 0;
  let i: usize = 0;
  for (; i + 64 <= count; i += 64) ones += popcnt<u64>(load<u64>(bits + (i >> 3)));
  if (i < count) ones += popcnt<u64>(load<u64>(bits + (i >> 3)) & ((<u64>1 << <u64>(count - i)) - 1));
  return <usize>ones;
}

// Codes of many dictionaries become codes of one: `known` has, for each entry of the dictionary at hand, its code in the
// one, or all ones as long as no row has used it. So only entries that rows use are ever entered.

const UNSEEN: u32 = 0xffffffff;

/** Lists the codes that `known` does not know yet, each once, and marks them as known; returns how many. */
export function listUnseen(codes: usize, count: usize, known: usize, list: usize): usize {
  let listed: usize = 0;
  for (let i: usize = 0; i < count; i++) {
    const code = load<u32>(codes + (i << 2));
    const at = known + (<usize>code << 2);
    if (load<u32>(at) != UNSEEN) continue;
    store<u32>(at, 0);
    store<u32>(list + (listed << 2), code);
    listed += 1;
  }
  return listed;
}

/** `to[rows[i]] = from[i]` */
export function put4(from: usize, rows: usize, count: usize, to: usize): void {
  for (let i: usize = 0; i < count; i++) {
    store<u32>(to + (<usize>load<u32>(rows + (i << 2)) << 2), load<u32>(from + (i << 2)));
  }
}

/** `first` `times` times, then the next number as often: `count` numbers. */
export function repeatNumbers(first: u32, count: usize, times: usize, to: usize): void {
  let at = to;
  for (let i: usize = 0; i < count; i++) {
    const end = at + (times << 2);
    for (; at < end; at += 4) store<u32>(at, first + <u32>i);
  }
}
