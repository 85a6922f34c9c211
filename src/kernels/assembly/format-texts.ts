/**
 * A column of numbers, bools or times as one of texts: bytes one behind the other, and offsets from 0.
 *
 *     │ 1234 │ null │ -5 │        offsets │ 0 │ 4 │ 4 │ 6 │      bytes │ 1 2 3 4 - 5 │
 *
 * Digits are made eight at a time, most significant first: two halves of four in one word, of each two of two, and of these
 * two of one. What is stored then reaches up to 8 bytes behind the text, and is written again by the next.
 */

import { powerOfTen } from './digits';
import { exponent, shortestDigits } from './shortest-digits';
import { isNull } from './text-bytes';
import { digit, rest } from './wide-division';

// Digits --------------------------------------------------------------------------------------------------------------

/** The eight digits of a number, the first in the lowest byte. Multiplications by reciprocals stand for divisions. */
// @ts-ignore: decorator
@inline
function eight(value: u64): u64 {
  const first = <u32>value / 10000;
  const fours = <u64>first | (<u64>(<u32>value - first * 10000) << 32);
  const hundreds = ((fours * 10486) >> 20) & 0x7f0000007f;
  const pairs = ((fours - 100 * hundreds) << 16) + hundreds;
  const tens = ((pairs * 103) >> 10) & 0x000f000f000f000f;
  return tens + ((pairs - 10 * tens) << 8);
}

/** Writes exactly `count` digits, at most 8, of a number that has no more. */
// @ts-ignore: decorator
@inline
function writeShort(to: usize, value: u64, count: i32): usize {
  store<u64>(to, (eight(value) | 0x3030303030303030) >> (<u64>(8 - count) << 3));
  return to + count;
}

/** Writes exactly `count` digits, at most 19. */
function writePadded(to: usize, value: u64, count: i32): usize {
  if (count > 16) {
    const first = value / 10000000000000000;
    to = writeShort(to, first, count - 16);
    value -= first * 10000000000000000;
    count = 16;
  }
  if (count > 8) {
    const first = value / 100000000;
    to = writeShort(to, first, count - 8);
    value -= first * 100000000;
    count = 8;
  }
  return writeShort(to, value, count);
}

/** Writes as many digits as there are. */
function writeWhole(to: usize, value: u64): usize {
  if (value < 100000000) {
    const digits = eight(value);
    const zeros = ctz(digits | (<u64>1 << 56)) & 56;
    store<u64>(to, (digits | 0x3030303030303030) >> zeros);
    return to + 8 - (<usize>zeros >> 3);
  }
  const rest = value < 10000000000000000 ? 8 : 16;
  const power = powerOfTen(rest);
  const first = value / power;
  return writePadded(writeWhole(to, first), value - first * power, rest);
}

// @ts-ignore: decorator
@inline
function writeSign(to: usize, isNegative: bool): usize {
  store<u8>(to, 0x2d);
  return to + <usize>isNegative;
}

// @ts-ignore: decorator
@inline
function magnitude(value: i64): u64 {
  return value < 0 ? <u64>(0 - value) : <u64>value;
}

// Long decimals -------------------------------------------------------------------------------------------------------

const TEN_TO_18: u64 = 1000000000000000000;

/** A decimal in two halves, as `-0.012`. */
function writeLongDecimal(to: usize, low: u64, high: i64, scale: usize): usize {
  const isNegative = high < 0;
  to = writeSign(to, isNegative);
  if (isNegative) {
    low = 0 - low;
    high = ~high + <i64>(low == 0);
  }
  let end = to;
  if (high == 0) end = writeWhole(end, low);
  else {
    const first = <u64>high / TEN_TO_18;
    let middle = digit(<u64>high % TEN_TO_18, low, TEN_TO_18);
    const last = rest;
    const top = digit(first, middle, TEN_TO_18);
    middle = rest;
    end = top ? writePadded(writeWhole(end, top), middle, 18) : writeWhole(end, middle);
    end = writePadded(end, last, 18);
  }
  if (scale == 0) return end;
  // As many zeros before as leave one before the point.
  const digits = end - to;
  const zeros: usize = digits > scale ? 0 : scale + 1 - digits;
  memory.copy(to + zeros, to, digits);
  memory.fill(to, 0x30, zeros);
  end += zeros;
  memory.copy(end - scale + 1, end - scale, scale);
  store<u8>(end - scale, 0x2e);
  return end + 1;
}

// Floats --------------------------------------------------------------------------------------------------------------

/** The least and the greatest exponent of ten that are written as zeros. */
const LEAST_PLAIN = -4;
const GREATEST_PLAIN = 15;

/** The digits of one float. */
const DIGITS: usize = memory.data(32);

/** `1.0`, `0.001`, `-1.25e20`, `inf` or `nan` as the cast has them, in the shortest digits. At most 24 bytes. */
function writeFloat(to: usize, bits: u64, fractionBits: i32, powers: usize): usize {
  const isSingle = fractionBits == 23;
  const fraction = bits & ((<u64>1 << fractionBits) - 1);
  const power = <i32>(bits >> fractionBits) & (isSingle ? 0xff : 0x7ff);
  const isSpecial = power == (isSingle ? 0xff : 0x7ff);
  if (isSpecial && fraction != 0) {
    store<u32>(to, 0x4e614e);
    return to + 3;
  }
  to = writeSign(to, bits >> (isSingle ? 31 : 63) != 0);
  if (isSpecial) {
    store<u32>(to, 0x666e69);
    return to + 3;
  }
  if ((power | <i32>(fraction != 0)) == 0) {
    store<u32>(to, 0x302e30);
    return to + 3;
  }
  const c = power == 0 ? fraction : fraction | (<u64>1 << fractionBits);
  const q = max(power, 1) - (isSingle ? 150 : 1075);
  let end = writeWhole(DIGITS, shortestDigits(c, q, fraction == 0 && power > 1, powers));
  const ten = exponent + <i32>(end - DIGITS) - 1;
  while (load<u8>(end - 1) == 0x30) end--;
  const count = <i32>(end - DIGITS);
  if (ten < LEAST_PLAIN || ten > GREATEST_PLAIN) return writeScientific(to, count, ten);
  if (ten < 0) {
    store<u64>(to, 0x303030302e30);
    memory.copy(to + 1 - ten, DIGITS, count);
    return to + 1 - ten + count;
  }
  const whole = ten + 1;
  v128.store(to, v128.splat<u8>(0x30));
  memory.copy(to, DIGITS, min(count, whole));
  to += whole;
  store<u16>(to, 0x302e);
  if (count <= whole) return to + 2;
  memory.copy(to + 1, DIGITS + whole, count - whole);
  return to + 1 + (count - whole);
}

/** The digits as `1e20` or `1.25e-7`. */
function writeScientific(to: usize, count: i32, ten: i32): usize {
  store<u16>(to, load<u8>(DIGITS) | 0x2e00);
  to++;
  if (count > 1) {
    memory.copy(to + 1, DIGITS + 1, count - 1);
    to += count;
  }
  store<u8>(to, 0x65);
  return writeWhole(writeSign(to + 1, ten < 0), abs(ten));
}

// Times ---------------------------------------------------------------------------------------------------------------

/** Days from year -5,880,000 to 1970: eras of 400 years, so that no day of an i32 is negative. */
const ERAS_BEFORE: i64 = 14700;

/** `2001-01-31`, or with a sign and at least six digits for years that four are too few for. */
function writeDate(to: usize, day: i64): usize {
  // Years begin in March, so that the day that some have more is the last.
  const days = <u64>(day + 719468 + ERAS_BEFORE * 146097);
  const era = days / 146097;
  const inEra = <u32>(days - era * 146097);
  const yearOfEra = (inEra - inEra / 1460 + inEra / 36524 - inEra / 146096) / 365;
  const inYear = inEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const march = (5 * inYear + 2) / 153;
  const month = march < 10 ? march + 3 : march - 9;
  const year = <i32>yearOfEra + <i32>((<i64>era - ERAS_BEFORE) * 400) + (march < 10 ? 0 : 1);
  if (<u32>year <= 9999) to = writeShort(to, year, 4);
  else {
    store<u8>(to, year < 0 ? 0x2d : 0x2b);
    const size = <u64>abs(year);
    to = size < 1000000 ? writeShort(to + 1, size, 6) : writeWhole(to + 1, size);
  }
  store<u8>(to, 0x2d);
  to = writeShort(to + 1, month, 2);
  store<u8>(to, 0x2d);
  return writeShort(to + 1, inYear - (153 * march + 2) / 5 + 1, 2);
}

/** `08:00:00.5`: with `digits` behind the second, but for zeros at the end unless `isFixed`. */
function writeClock(to: usize, seconds: u32, fraction: u64, digits: i32, isFixed: bool): usize {
  to = writeShort(to, seconds / 3600, 2);
  store<u8>(to, 0x3a);
  to = writeShort(to + 1, (seconds / 60) % 60, 2);
  store<u8>(to, 0x3a);
  to = writeShort(to + 1, seconds % 60, 2);
  if (digits == 0 || (fraction == 0 && !isFixed)) return to;
  store<u8>(to, 0x2e);
  to = writePadded(to + 1, fraction, digits);
  if (!isFixed) while (load<u8>(to - 1) == 0x30) to--;
  return to;
}

// @ts-ignore: decorator
@inline
function floorDivide(value: i64, by: i64): i64 {
  const quotient = value / by;
  return quotient * by > value ? quotient - 1 : quotient;
}

/** 0 where the day is none of an i32. */
function writeTimestamp(to: usize, ticks: i64, form: u64, suffix: u64): usize {
  const digits = <i32>form & 0xff;
  const perSecond = <i64>powerOfTen(digits);
  const seconds = floorDivide(ticks, perSecond);
  const day = floorDivide(seconds, 86400);
  if (day != <i64>(<i32>day)) return 0;
  to = writeDate(to, day);
  store<u8>(to, <u8>(form >> 8));
  const fraction = <u64>(ticks - seconds * perSecond);
  to = writeClock(to + 1, <u32>(seconds - day * 86400), fraction, digits, (form >> 16) != 0);
  store<u64>(to, suffix);
  return to + <usize>(suffix >> 56);
}

// Columns -------------------------------------------------------------------------------------------------------------

const SIGNED = 0;
const UNSIGNED = 1;
const DECIMAL = 2;
const BOOL = 3;
const DATE = 4;
const TIME = 5;
const TIMESTAMP = 6;
const FLOAT = 7;

/** The value of 8 bytes or less; of a longer one the low half. */
// @ts-ignore: decorator
@inline
function valueAt(kind: i32, values: usize, width: i32, row: i32): i64 {
  if (kind == BOOL) return (load<u8>(values + (row >> 3)) >> <u8>(row & 7)) & 1;
  const at = values + <usize>row * width;
  if (width >= 8) return load<i64>(at);
  if (kind == UNSIGNED) return width == 4 ? <i64>load<u32>(at) : width == 2 ? <i64>load<u16>(at) : <i64>load<u8>(at);
  return width == 4 ? <i64>load<i32>(at) : width == 2 ? <i64>load<i16>(at) : <i64>load<i8>(at);
}

/** Writes one value; 0 where it cannot. */
// @ts-ignore: decorator
@inline
function write(to: usize, kind: i32, value: i64, a: u64, b: u64): usize {
  if (kind == SIGNED) return writeWhole(writeSign(to, value < 0), magnitude(value));
  if (kind == UNSIGNED) return writeWhole(to, value);
  if (kind == DECIMAL) {
    const size = magnitude(value);
    const power = powerOfTen(<i32>a);
    const whole = size / power;
    to = writeWhole(writeSign(to, value < 0), whole);
    if (a == 0) return to;
    store<u8>(to, 0x2e);
    return writePadded(to + 1, size - whole * power, <i32>a);
  }
  if (kind == BOOL) {
    store<u64>(to, value ? 0x65757274 : 0x65736c6166);
    return to + (value ? 4 : 5);
  }
  if (kind == DATE) return writeDate(to, value);
  if (kind == TIME) {
    const power = powerOfTen(<i32>a & 0xff);
    const seconds = <u64>value / power;
    return writeClock(to, <u32>seconds, <u64>value - seconds * power, <i32>a & 0xff, (a >> 16) != 0);
  }
  if (kind == TIMESTAMP) return writeTimestamp(to, value, a, b);
  return writeFloat(to, b ? value : <u64><u32>value, b ? 52 : 23, <usize>a);
}

/**
 * Writes the texts of a column, empty ones where bit r of `validity` is 0 (address 0: nowhere), and up to 16 bytes more.
 * Returns how many bytes they have, or -1 where a timestamp is of no day that a date has.
 *
 * `a` is the scale of decimals; of times the digits behind the second, with the byte between date and time in the second
 * byte, and 1 in the third where all digits are written; of floats the address of the powers of ten. `b` is what is written
 * behind timestamps: up to seven bytes, and how many in the eighth; of floats 1 where they have 8 bytes.
 */
export function formatTexts(
  kind: i32,
  values: usize,
  width: i32,
  rows: i32,
  validity: usize,
  a: u64,
  b: u64,
  offsets: usize,
  to: usize,
): i32 {
  let end = to;
  store<u32>(offsets, 0);
  for (let row = 0; row < rows; row++) {
    if (!isNull(validity, row)) {
      const value = valueAt(kind, values, width, row);
      if (kind == DECIMAL && (width == 16 || a > 18)) {
        const high = width == 16 ? load<i64>(values + (<usize>row << 4), 8) : value >> 63;
        end = writeLongDecimal(end, value, high, <usize>a);
      } else end = write(end, kind, value, a, b);
      if (end == 0) return -1;
    }
    store<u32>(offsets + (<usize>row << 2), <u32>(end - to), 4);
  }
  return <i32>(end - to);
}
