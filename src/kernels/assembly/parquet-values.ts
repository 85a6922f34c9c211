/**
 * Parquet's plain values brought into the layout of columns.
 *
 *     page     │ v │ v │ v │                  only the rows that are not null
 *     column   │ v │ 0 │ v │ 0 │ 0 │ v │      spread: every row, zero under nulls
 *
 * Kernels that convert return false for a value that the column's type cannot hold. Nothing is read beyond what the
 * caller has checked to be there, but for texts, whose lengths are data and are checked here.
 */

import { long_product } from './long-decimals';

// Spreading -----------------------------------------------------------------------------------------------------------

@inline
function bitAt(bits: usize, bit: u32): u32 {
  return (<u32>load<u8>(bits + <usize>(bit >> 3)) >> (bit & 7)) & 1;
}

/** Dense values from `from`, one for each 1 among `count` bits from bit `firstBit` on; zeros for the others. */
export function spread1(from: usize, bits: usize, firstBit: u32, count: u32, to: usize): void {
  for (let row: u32 = 0; row < count; row++) {
    const one = bitAt(bits, firstBit + row);
    store<u8>(to + <usize>row, <u8>(<u32>load<u8>(from) & (0 - one)));
    from += <usize>one;
  }
}

export function spread2(from: usize, bits: usize, firstBit: u32, count: u32, to: usize): void {
  for (let row: u32 = 0; row < count; row++) {
    const one = bitAt(bits, firstBit + row);
    store<u16>(to + (<usize>row << 1), <u16>(<u32>load<u16>(from) & (0 - one)));
    from += <usize>one << 1;
  }
}

/** By 4 bits: which of the next values of 4 bytes go to which of 4 rows, as lanes of a vector; 128 is zero. */
const SPREADS_4: usize = memory.data<u8>([
  128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
  0, 1, 2, 3, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
  128, 128, 128, 128, 0, 1, 2, 3, 128, 128, 128, 128, 128, 128, 128, 128,
  0, 1, 2, 3, 4, 5, 6, 7, 128, 128, 128, 128, 128, 128, 128, 128,
  128, 128, 128, 128, 128, 128, 128, 128, 0, 1, 2, 3, 128, 128, 128, 128,
  0, 1, 2, 3, 128, 128, 128, 128, 4, 5, 6, 7, 128, 128, 128, 128,
  128, 128, 128, 128, 0, 1, 2, 3, 4, 5, 6, 7, 128, 128, 128, 128,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 128, 128, 128, 128,
  128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 0, 1, 2, 3,
  0, 1, 2, 3, 128, 128, 128, 128, 128, 128, 128, 128, 4, 5, 6, 7,
  128, 128, 128, 128, 0, 1, 2, 3, 128, 128, 128, 128, 4, 5, 6, 7,
  0, 1, 2, 3, 4, 5, 6, 7, 128, 128, 128, 128, 8, 9, 10, 11,
  128, 128, 128, 128, 128, 128, 128, 128, 0, 1, 2, 3, 4, 5, 6, 7,
  0, 1, 2, 3, 128, 128, 128, 128, 4, 5, 6, 7, 8, 9, 10, 11,
  128, 128, 128, 128, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
]);
/** By 2 bits, of 2 values of 8 bytes. */
const SPREADS_8: usize = memory.data<u8>([
  128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
  0, 1, 2, 3, 4, 5, 6, 7, 128, 128, 128, 128, 128, 128, 128, 128,
  128, 128, 128, 128, 128, 128, 128, 128, 0, 1, 2, 3, 4, 5, 6, 7,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
]);

export function spread4(from: usize, bits: usize, firstBit: u32, count: u32, to: usize): void {
  let row: u32 = 0;
  for (const fours = count & ~3; row < fours; row += 4) {
    const bit = firstBit + row;
    const some = <usize>((<u32>load<u16>(bits + <usize>(bit >> 3)) >> (bit & 7)) & 15);
    v128.store(to + (<usize>row << 2), v128.swizzle(v128.load(from), v128.load(SPREADS_4 + (some << 4))));
    from += popcnt(some) << 2;
  }
  for (; row < count; row++) {
    const one = bitAt(bits, firstBit + row);
    store<u32>(to + (<usize>row << 2), load<u32>(from) & (0 - one));
    from += <usize>one << 2;
  }
}

export function spread8(from: usize, bits: usize, firstBit: u32, count: u32, to: usize): void {
  let row: u32 = 0;
  for (const twos = count & ~1; row < twos; row += 2) {
    const bit = firstBit + row;
    const some = <usize>((<u32>load<u16>(bits + <usize>(bit >> 3)) >> (bit & 7)) & 3);
    v128.store(to + (<usize>row << 3), v128.swizzle(v128.load(from), v128.load(SPREADS_8 + (some << 4))));
    from += popcnt(some) << 3;
  }
  if (row < count) store<u64>(to + (<usize>row << 3), load<u64>(from) & (0 - <u64>bitAt(bits, firstBit + row)));
}

export function spread16(from: usize, bits: usize, firstBit: u32, count: u32, to: usize): void {
  for (let row: u32 = 0; row < count; row++) {
    const one = bitAt(bits, firstBit + row);
    v128.store(to + (<usize>row << 4), v128.and(v128.load(from), i64x2.splat(0 - <i64>one)));
    from += <usize>one << 4;
  }
}

/** As the others, for values of any number of bytes. */
export function spreadWide(width: usize, from: usize, bits: usize, firstBit: u32, count: u32, to: usize): void {
  for (let row: u32 = 0; row < count; row++) {
    if (bitAt(bits, firstBit + row) != 0) {
      memory.copy(to, from, width);
      from += width;
    } else memory.fill(to, 0, width);
    to += width;
  }
}

/** As the others, for bits: ORed into those from bit `toBit` of `to` on, which are 0 before. */
export function spreadBits(from: usize, fromBit: u32, bits: usize, firstBit: u32, count: u32, to: usize): void {
  for (let row: u32 = 0; row < count; row++) {
    const bit = firstBit + row;
    const one = bitAt(bits, bit);
    const at = to + <usize>(bit >> 3);
    store<u8>(at, load<u8>(at) | <u8>((bitAt(from, fromBit) & one) << (bit & 7)));
    fromBit += one;
  }
}

/** Ones among `count` bits from bit `firstBit` on. */
export function countOnes(bits: usize, firstBit: u32, count: u32): u32 {
  let ones: u64 = 0;
  while (count > 0) {
    const take = min<u32>(count, 56);
    const word = load<u64>(bits + <usize>(firstBit >> 3)) >> <u64>(firstBit & 7);
    ones += popcnt(word & ((<u64>1 << <u64>take) - 1));
    firstBit += take;
    count -= take;
  }
  return <u32>ones;
}

// Integers ------------------------------------------------------------------------------------------------------------

/** Like the others it answers, and always yes. */
export function copyValues(from: usize, byteLength: usize, to: usize): bool {
  memory.copy(to, from, byteLength);
  return true;
}

/** INT32 to 1 byte; `isSigned` says which of the two ranges must hold the value. */
export function narrow1(from: usize, count: u32, isSigned: bool, to: usize): bool {
  let bad: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const value = load<i32>(from + (<usize>i << 2));
    const back = isSigned ? <i32>(<i8>value) : <i32>(<u8>value);
    bad |= <u32>(back ^ value);
    store<u8>(to + <usize>i, <u8>value);
  }
  return bad == 0;
}

export function narrow2(from: usize, count: u32, isSigned: bool, to: usize): bool {
  let bad: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const value = load<i32>(from + (<usize>i << 2));
    const back = isSigned ? <i32>(<i16>value) : <i32>(<u16>value);
    bad |= <u32>(back ^ value);
    store<u16>(to + (<usize>i << 1), <u16>value);
  }
  return bad == 0;
}

/** 4 bytes to 8. */
export function widen4To8(from: usize, count: u32, isSigned: bool, to: usize): bool {
  for (let i: u32 = 0; i < count; i++) {
    const value = load<u32>(from + (<usize>i << 2));
    store<u64>(to + (<usize>i << 3), isSigned ? <u64>(<i64>(<i32>value)) : <u64>value);
  }
  return true;
}

/** 8 bytes to 16; in the upper half of `to` they may be themselves. */
export function widen8To16(from: usize, count: u32, isSigned: bool, to: usize): bool {
  for (let i: u32 = 0; i < count; i++) {
    const value = load<i64>(from + (<usize>i << 3));
    store<i64>(to + (<usize>i << 4), value);
    store<i64>(to + (<usize>i << 4), isSigned ? value >> 63 : 0, 8);
  }
  return true;
}

/** Integers of 4 bytes to float64. */
export function integersToFloats(from: usize, count: u32, isSigned: bool, to: usize): bool {
  for (let i: u32 = 0; i < count; i++) {
    const value = load<u32>(from + (<usize>i << 2));
    store<f64>(to + (<usize>i << 3), isSigned ? <f64>(<i32>value) : <f64>value);
  }
  return true;
}

/** float32 to float64; in the upper half of `to` they may be themselves. */
export function widenFloats(from: usize, count: u32, to: usize): bool {
  for (let i: u32 = 0; i < count; i++) store<f64>(to + (<usize>i << 3), <f64>load<f32>(from + (<usize>i << 2)));
  return true;
}

/** Multiplies 8-byte integers, `from` may be `to`; false where a product does not fit. */
export function scale8(from: usize, count: u32, factor: i64, to: usize): bool {
  const most = i64.MAX_VALUE / factor;
  let bad = false;
  for (let i: u32 = 0; i < count; i++) {
    const value = load<i64>(from + (<usize>i << 3));
    bad = bad || value > most || value < -most;
    store<i64>(to + (<usize>i << 3), value * factor);
  }
  return !bad;
}

/** Multiplies 16-byte integers where they are; false where a product, or what it is of, does not fit 127 bits. */
export function scale16(at: usize, count: u32, factorLow: u64, factorHigh: i64): bool {
  let fits = true;
  for (let i: u32 = 0; i < count; i++) {
    const to = at + (<usize>i << 4);
    store<u64>(to, long_product(load<u64>(to), load<i64>(to, 8), factorLow, factorHigh, to + 8));
    fits = fits && load<i64>(to, 8) != i64.MIN_VALUE;
  }
  return fits;
}

const JULIAN_DAY_OF_1970: i64 = 2440588;
const DAY_NANOSECONDS: i64 = 86400000000000;

/**
 * INT96, nanoseconds of the day and Julian day, to ticks since 1970 of so many nanoseconds, in whole ones; false where
 * that does not fit.
 */
export function convertInt96(from: usize, count: u32, tickNanoseconds: i64, to: usize): bool {
  const dayTicks = DAY_NANOSECONDS / tickNanoseconds;
  // One more day beside the whole ones that fit.
  const mostDays = i64.MAX_VALUE / dayTicks - 1;
  let bad = false;
  for (let i: u32 = 0; i < count; i++) {
    const at = from + <usize>i * 12;
    const nanoseconds = load<i64>(at);
    const days = <i64>load<i32>(at, 8) - JULIAN_DAY_OF_1970;
    bad = bad || days > mostDays || days < -mostDays || nanoseconds < 0 || nanoseconds > DAY_NANOSECONDS;
    const ticks = tickNanoseconds == 1 ? nanoseconds : nanoseconds / tickNanoseconds;
    store<i64>(to + (<usize>i << 3), days * dayTicks + ticks);
  }
  return !bad;
}

/** INT32 times 1,000, in 8 bytes. */
export function thousandfold4To8(from: usize, count: u32, to: usize): bool {
  for (let i: u32 = 0; i < count; i++) {
    store<i64>(to + (<usize>i << 3), <i64>load<i32>(from + (<usize>i << 2)) * 1000);
  }
  return true;
}

/** Whether every one of the 8-byte integers is in [0, limit). */
export function areBelow8(from: usize, count: u32, limit: i64): bool {
  let bad = false;
  for (let i: u32 = 0; i < count; i++) bad = bad || load<u64>(from + (<usize>i << 3)) >= <u64>limit;
  return !bad;
}

/** Months, days and milliseconds of 4 bytes each, unsigned, to months, days, and nanoseconds of 8 bytes. */
export function convertInterval(from: usize, count: u32, to: usize): bool {
  let bad: i32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const at = from + <usize>i * 12;
    const at16 = to + (<usize>i << 4);
    bad |= load<i32>(at) | load<i32>(at, 4);
    store<u64>(at16, load<u64>(at));
    store<i64>(at16, <i64>load<u32>(at, 8) * 1000000, 8);
  }
  return bad >= 0;
}

/**
 * Streams of the first byte of every value, then of the second, …: the next `count` values of `width` bytes, put
 * together. `from` is where the first of them has its first byte, `stride` are the values of the page.
 */
export function joinStreams(from: usize, stride: usize, width: u32, count: u32, to: usize): void {
  if (width == 4) {
    const fours = count & ~3;
    let i: u32 = 0;
    for (; i < fours; i += 4) {
      const at = from + <usize>i;
      const a = i32x4.replace_lane(i32x4.splat(0), 0, load<i32>(at));
      const b = i32x4.replace_lane(i32x4.splat(0), 0, load<i32>(at + stride));
      const c = i32x4.replace_lane(i32x4.splat(0), 0, load<i32>(at + 2 * stride));
      const d = i32x4.replace_lane(i32x4.splat(0), 0, load<i32>(at + 3 * stride));
      const low = v128.shuffle<i8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 0, 0, 0, 0, 0, 0, 0, 0);
      const high = v128.shuffle<i8>(c, d, 0, 16, 1, 17, 2, 18, 3, 19, 0, 0, 0, 0, 0, 0, 0, 0);
      v128.store(to + (<usize>i << 2), v128.shuffle<i16>(low, high, 0, 8, 1, 9, 2, 10, 3, 11));
    }
    for (; i < count; i++) {
      for (let byte: u32 = 0; byte < 4; byte++) {
        store<u8>(to + (<usize>i << 2) + <usize>byte, load<u8>(from + <usize>i + <usize>byte * stride));
      }
    }
    return;
  }
  for (let byte: u32 = 0; byte < width; byte++) {
    const stream = from + <usize>byte * stride;
    let at = to + <usize>byte;
    for (let i: u32 = 0; i < count; i++) {
      store<u8>(at, load<u8>(stream + <usize>i));
      at += <usize>width;
    }
  }
}

/** One big-endian two's complement number of `bytes` to `width` (8 or 16) bytes; false where it does not fit. */
function bigEndian(from: usize, bytes: u32, width: u32, to: usize): bool {
  if (bytes == 0) return false;
  const sign: u64 = load<i8>(from) < 0 ? u64.MAX_VALUE : 0;
  let low = sign;
  let high = sign;
  let excess: u64 = 0;
  for (let i: u32 = 0; i < bytes; i++) {
    // What is shifted out of 16 bytes must be sign.
    excess |= (high >> 56) ^ (sign >> 56);
    high = (high << 8) | (low >> 56);
    low = (low << 8) | <u64>load<u8>(from + <usize>i);
  }
  store<u64>(to, low);
  if (width == 16) {
    store<u64>(to, high, 8);
    return excess == 0 && (high >> 63) == (sign >> 63);
  }
  return excess == 0 && high == sign && (low >> 63) == (sign >> 63);
}

/** Big-endian numbers of `bytes` each. */
export function convertBigEndian(from: usize, bytes: u32, count: u32, width: u32, to: usize): bool {
  let fits = true;
  for (let i: u32 = 0; i < count; i++) {
    fits = bigEndian(from, bytes, width, to) && fits;
    from += <usize>bytes;
    to += <usize>width;
  }
  return fits;
}

/**
 * Big-endian numbers behind their lengths, within [from, end). Returns how many bytes they took, -1 where they run over
 * the end and -2 where one does not fit.
 */
export function convertSizedBigEndian(from: usize, end: usize, count: u32, width: u32, to: usize): i32 {
  let at = from;
  for (let i: u32 = 0; i < count; i++) {
    if (end - at < 4) return -1;
    const bytes = load<u32>(at);
    at += 4;
    if (<usize>bytes > end - at) return -1;
    if (!bigEndian(at, bytes, width, to)) return -2;
    at += <usize>bytes;
    to += <usize>width;
  }
  return <i32>(at - from);
}

/** As `convertSizedBigEndian`, with the lengths apart. False where one does not fit. */
export function convertLengthsBigEndian(lengths: usize, from: usize, count: u32, width: u32, to: usize): bool {
  let fits = true;
  for (let i: u32 = 0; i < count; i++) {
    const bytes = load<u32>(lengths + (<usize>i << 2));
    fits = bigEndian(from, bytes, width, to) && fits;
    from += <usize>bytes;
    to += <usize>width;
  }
  return fits;
}

// Bounds --------------------------------------------------------------------------------------------------------------

/** The magnitudes of `count` integers ORed together: below 2 ** b exactly if every magnitude is. */
export function magnitude8(from: usize, count: u32): u64 {
  let all: v128 = i64x2.splat(0), others: v128 = i64x2.splat(0);
  const whole = count & ~1, eights = count & ~7;
  for (let i: u32 = 0; i < eights; i += 8) {
    const at = from + (<usize>i << 3);
    all = v128.or(all, v128.or(i64x2.abs(v128.load(at)), i64x2.abs(v128.load(at, 16))));
    others = v128.or(others, v128.or(i64x2.abs(v128.load(at, 32)), i64x2.abs(v128.load(at, 48))));
  }
  for (let i = eights; i < whole; i += 2) all = v128.or(all, i64x2.abs(v128.load(from + (<usize>i << 3))));
  all = v128.or(all, others);
  let or = <u64>(i64x2.extract_lane(all, 0) | i64x2.extract_lane(all, 1));
  if (whole < count) {
    const value = load<i64>(from + (<usize>whole << 3));
    or |= <u64>(value < 0 ? 0 - value : value);
  }
  return or;
}

export function magnitude4(from: usize, count: u32): u32 {
  let all: v128 = i32x4.splat(0);
  const whole = count & ~3;
  for (let i: u32 = 0; i < whole; i += 4) all = v128.or(all, i32x4.abs(v128.load(from + (<usize>i << 2))));
  let or = <u32>(
    i32x4.extract_lane(all, 0) |
    i32x4.extract_lane(all, 1) |
    i32x4.extract_lane(all, 2) |
    i32x4.extract_lane(all, 3)
  );
  for (let i = whole; i < count; i++) {
    const value = load<i32>(from + (<usize>i << 2));
    or |= <u32>(value < 0 ? 0 - value : value);
  }
  return or;
}

/** Of 16-byte integers: bits that their magnitudes need, at most 128. */
export function magnitudeBits16(from: usize, count: u32): u32 {
  let low: u64 = 0;
  let high: u64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    let l = load<u64>(from + (<usize>i << 4));
    let h = load<u64>(from + (<usize>i << 4), 8);
    if (<i64>h < 0) {
      h = ~h + <u64>(l == 0);
      l = 0 - l;
    }
    low |= l;
    high |= h;
  }
  return high != 0 ? 128 - <u32>clz(high) : 64 - <u32>clz(low);
}

/** The unsigned counterpart: all values ORed, 4 or 8 bytes each. */
export function unsignedMagnitude(from: usize, count: u32, width: u32): u64 {
  let or: u64 = 0;
  if (width == 8) for (let i: u32 = 0; i < count; i++) or |= load<u64>(from + (<usize>i << 3));
  else for (let i: u32 = 0; i < count; i++) or |= <u64>load<u32>(from + (<usize>i << 2));
  return or;
}

// Text ----------------------------------------------------------------------------------------------------------------

/**
 * How far `count` texts behind their lengths reach from `from`, in bytes; -1 where they run over `end`.
 */
export function measureTexts(from: usize, end: usize, count: u32): i32 {
  let at = from;
  for (let i: u32 = 0; i < count; i++) {
    if (end - at < 4) return -1;
    const bytes = <usize>load<u32>(at);
    at += 4;
    if (bytes > end - at) return -1;
    at += bytes;
  }
  return <i32>(at - from);
}

/**
 * Moves texts that were measured: one for each 1 among the `count` bits from bit `firstBit` on (all where `bits` is 0),
 * an empty one for the others. Writes `count` offsets behind `offsets[0]`, which is where the text goes in `bytes`.
 * May overrun the last text by 16 bytes. Texts may lie where they go, if that is 16 bytes in front of them or more.
 */
export function moveTexts(from: usize, bits: usize, firstBit: u32, count: u32, offsets: usize, bytes: usize): void {
  let end = <usize>load<u32>(offsets);
  for (let row: u32 = 0; row < count; row++) {
    if (bits == 0 || bitAt(bits, firstBit + row) != 0) {
      const size = <usize>load<u32>(from);
      from += 4;
      if (size <= 64) {
        for (let i: usize = 0; i < size; i += 16) v128.store(bytes + end + i, v128.load(from + i));
      } else {
        memory.copy(bytes + end, from, size);
      }
      from += size;
      end += size;
    }
    store<u32>(offsets + (<usize>(row + 1) << 2), <u32>end);
  }
}

@inline
function continues(at: usize): bool {
  return (load<u8>(at) & 0xc0) == 0x80;
}

/** Bytes of the valid UTF-8 sequence at `at`, which does not reach beyond `end`; 0 where there is none. */
function sequenceBytes(at: usize, end: usize): usize {
  const first = load<u8>(at);
  if (first < 0x80) return 1;
  const left = end - at;
  if (first < 0xc2 || first > 0xf4 || left < 2 || !continues(at + 1)) return 0;
  if (first < 0xe0) return 2;
  const second = load<u8>(at, 1);
  if (left < 3 || !continues(at + 2)) return 0;
  // Overlong forms, surrogates, and what is beyond the last code point.
  if (first < 0xf0) return (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ? 0 : 3;
  if ((first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) return 0;
  return left < 4 || !continues(at + 3) ? 0 : 4;
}

/** Whether each of `count` texts is valid UTF-8: they are as a whole, and none begins inside of a sequence. */
export function textsAreValid(offsets: usize, count: u32, bytes: usize): bool {
  const end = bytes + <usize>load<u32>(offsets + (<usize>count << 2));
  let isAscii = true;
  for (let at = bytes + <usize>load<u32>(offsets); at < end; ) {
    if (end - at >= 16 && i8x16.bitmask(v128.load(at)) == 0) {
      at += 16;
      continue;
    }
    const size = sequenceBytes(at, end);
    if (size == 0) return false;
    isAscii = isAscii && size == 1;
    at += size;
  }
  if (isAscii) return true;
  for (let i: u32 = 0; i < count; i++) {
    const start = bytes + <usize>load<u32>(offsets + (<usize>i << 2));
    if (start < end && continues(start)) return false;
  }
  return true;
}
