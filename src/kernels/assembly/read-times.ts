/**
 * Texts as dates and timestamps, in the forms that nearly all have. Readers are given a text without the spaces around it;
 * what they `fail` may still be one of the rarer forms, for another reader.
 *
 *     2001-01-31               2001-01-31 08:00        2001-01-31T08:00:00.5+01:00
 *     └ word ┘                         └ two digits, and again as often as there are
 */

import { digitRun, digitsAt, fail, powerOfTen } from './digits';

const DAYS_PER_ERA = 146097;
const NOTHING = i32.MIN_VALUE;

// @ts-ignore: decorator
@inline
function areDigits(word: u64): bool {
  const high: u64 = 0xf0f0f0f0f0f0f0f0;
  return ((word & high) | (((word + 0x0606060606060606) & high) >> 4)) == 0x3333333333333333;
}

/** Days since 1970-01-01 of the ten bytes at `at`, or NOTHING. */
function dayAt(at: usize): i32 {
  const word = load<u64>(at);
  if ((word & 0xff0000ff00000000) != 0x2d00002d00000000) return NOTHING;
  if (!areDigits((word & 0x00ffff00ffffffff) | 0x3000003000000000)) return NOTHING;
  const day = twoDigits(at + 8);
  let year = twoDigits(at) * 100 + twoDigits(at + 2);
  const month = twoDigits(at + 5);
  if (<u32>(month - 1) >= 12 || day < 1 || day > lastDay(year, month)) return NOTHING;
  // Years begin in March, so that the day that some have more is the last; and 400 later, so that none is negative.
  const late = month > 2;
  year += late ? 400 : 399;
  const inYear = (153 * (late ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return year * 365 + year / 4 - year / 100 + year / 400 + inYear - 719468 - DAYS_PER_ERA;
}

function lastDay(year: i32, month: i32): i32 {
  if (month != 2) return 30 + ((month + (month >> 3)) & 1);
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
}

/** The number of the two digits at `at`, or far more than any where they are none. */
// @ts-ignore: decorator
@inline
function twoDigits(at: usize): i32 {
  const tens = <u32>load<u8>(at) - 0x30;
  const ones = <u32>load<u8>(at, 1) - 0x30;
  return tens > 9 || ones > 9 ? 1000 : <i32>(tens * 10 + ones);
}

/** A date, `2001-01-31`, as an i32. */
export function readDate(start: usize, end: usize): u64 {
  const day = end - start == 10 ? dayAt(start) : NOTHING;
  return day == NOTHING ? fail() : day;
}

/** What `readClock` and `readZone` have found. */
let seconds: i32 = 0;
let fraction: u64 = 0;
let offset: i32 = 0;

/** hh:mm, and perhaps :ss and a fraction, cut to `digits`. Returns where it ends, or 0. */
function readClock(at: usize, end: usize, digits: i32): usize {
  fraction = 0;
  if (end - at < 5 || load<u8>(at, 2) != 0x3a) return 0;
  const hour = twoDigits(at);
  const minute = twoDigits(at + 3);
  if (hour > 23 || minute > 59) return 0;
  seconds = hour * 3600 + minute * 60;
  at += 5;
  if (at == end || load<u8>(at) != 0x3a) return at;
  if (end - at < 3) return 0;
  const second = twoDigits(at + 1);
  if (second > 59) return 0;
  seconds += second;
  at += 3;
  if (at == end || load<u8>(at) != 0x2e) return at;
  const run = digitRun(at + 1, end);
  if (run == 0) return 0;
  const kept = min(run, digits);
  fraction = digitsAt(at + 1, kept) * powerOfTen(digits - kept);
  return at + 1 + run;
}

/** Z, +hh, +hhmm or +hh:mm, up to the end. */
function readZone(at: usize, end: usize): bool {
  const sign = load<u8>(at);
  const length = end - at;
  offset = 0;
  if ((sign | 0x20) == 0x7a) return length == 1;
  if ((sign != 0x2b && sign != 0x2d) || length < 3) return false;
  const hours = twoDigits(at + 1);
  let minutes = 0;
  if (length == 5) minutes = twoDigits(at + 3);
  else if (length == 6 && load<u8>(at, 3) == 0x3a) minutes = twoDigits(at + 4);
  else if (length != 3) return false;
  if (hours > 23 || minutes > 59) return false;
  offset = (hours * 60 + minutes) * (sign == 0x2d ? -60 : 60);
  return true;
}

/**
 * A timestamp whose unit has `digits` behind the second: 0, 3, 6 or 9; finer digits are cut. An offset is let go of where
 * `zone` is 0; where it is 1 a text without one is of UTC, and where it is 2 it fails.
 */
export function readTimestamp(start: usize, end: usize, digits: i32, zone: i32): u64 {
  if (end - start < 10) return fail();
  const day = dayAt(start);
  if (day == NOTHING) return fail();
  seconds = 0;
  fraction = 0;
  offset = 0;
  let isZoned = false;
  let at = start + 10;
  if (at < end) {
    const between = load<u8>(at);
    if (between != 0x20 && (between | 0x20) != 0x74) return fail();
    at = readClock(at + 1, end, digits);
    if (at == 0) return fail();
    isZoned = at < end;
    if (isZoned && !readZone(at, end)) return fail();
  }
  if (zone == 2 && !isZoned) return fail();
  const moment = <i64>day * 86400 + seconds - (zone == 0 ? 0 : offset);
  // Nanoseconds reach into the years 1677 and 2262; other units beyond the year 9999.
  if (digits == 9 && (moment < -9223372036 || moment > 9223372035)) return fail();
  return moment * <i64>powerOfTen(digits) + <i64>fraction;
}
