/**
 * The proleptic Gregorian calendar in emitted code, one row at a time: what `expressions/calendar.ts` computes.
 *
 *     day      │ century │ year of century │ day of year │     years begin in March: the leap day is the last of its year
 *
 * Days are biased by whole eras to be positive, and 64 bits wide, so that every 32-bit day is exact. A year takes one
 * division. After Neri and Schneider, "Euclidean affine functions and their application to calendar algorithms" (2022).
 */

import { type Code, get, type Local, select } from './emit.ts';
import { i32, i64 } from './instructions.ts';
import type { LaneCode } from './lane-code.ts';

const ERA_DAYS = 146_097;
const ERA_YEARS = 400;
/** Eras added to make every 32-bit day positive. */
const BIAS = 14_700;
/** Days from 0000-03-01, where an era begins, to 1970-01-01, a Thursday. */
const EPOCH_DAY = 719_468;
/** 2 ** 32 ÷ 1,461, rounded up: four times the days of the century times this count its years in the high half. */
const YEAR_FACTOR = 2_939_745;
/** What has passed of 2 ** 32 when the 306 days from March to December have. */
const JANUARY_PASSED = 306 * 4 * YEAR_FACTOR;

/** A day in a year that begins in March. */
export interface MarchDay {
  readonly marchYear: Local<'i32'>;
  /** From 0 on. */
  readonly dayOfYear: Local<'i32'>;
  /** 1 in January and February, which belong to the next calendar year. */
  readonly isNextYear: Local<'i32'>;
}

/** Of days since 1970 that 32 bits hold, or that are within a week of such. */
export function marchDay(lanes: LaneCode, days: Local<'i64'>): MarchDay {
  // Of the centuries: n1 = 4 × days + 3, whose quotient by the days of an era counts them.
  const shifted = i64.add(get(days), i64.const(BigInt(EPOCH_DAY + BIAS * ERA_DAYS)));
  const n1 = keep64(lanes, i64.add(i64.shl(shifted, i64.const(2n)), i64.const(3n)));
  const century = keep64(lanes, i64.divU(get(n1), i64.const(BigInt(ERA_DAYS))));
  const rest = i64.sub(get(n1), i64.mul(get(century), i64.const(BigInt(ERA_DAYS))));
  // Of the years of the century: the high half of a product counts them, the low half is how far the year has come.
  const product = keep64(lanes, i64.mul(i64.or(rest, i64.const(3n)), i64.const(BigInt(YEAR_FACTOR))));
  const marchYear = i32.add(
    i32.mul(i32.wrap(get(century)), i32.const(100)),
    i32.sub(i32.wrap(i64.shrU(get(product), i64.const(32n))), i32.const(BIAS * ERA_YEARS)),
  );
  const passed = keep32(lanes, i32.wrap(get(product)));
  return {
    marchYear: keep32(lanes, marchYear),
    dayOfYear: keep32(lanes, i32.divU(get(passed), i32.const(4 * YEAR_FACTOR))),
    isNextYear: keep32(lanes, i32.geU(get(passed), i32.const(JANUARY_PASSED))),
  };
}

export const yearOf = ({ marchYear, isNextYear }: MarchDay): Code<'i32'> => i32.add(get(marchYear), get(isNextYear));

/** March is 3 here, and February 14: the lengths of the months follow one line. */
const lineOf = ({ dayOfYear }: MarchDay): Code<'i32'> =>
  i32.add(i32.mul(get(dayOfYear), i32.const(2141)), i32.const(197_913));

export const dayOfMonth = (day: MarchDay): Code<'i32'> =>
  i32.add(i32.divU(i32.and(lineOf(day), i32.const(0xffff)), i32.const(2141)), i32.const(1));

export const monthOf = (day: MarchDay): Code<'i32'> =>
  i32.sub(i32.shrU(lineOf(day), i32.const(16)), i32.mul(get(day.isNextYear), i32.const(12)));

/** Months since January of the year 0, which is `monthCount` 0. */
export const monthCount = (day: MarchDay): Code<'i32'> =>
  i32.add(i32.mul(get(day.marchYear), i32.const(12)), i32.sub(i32.shrU(lineOf(day), i32.const(16)), i32.const(1)));

/** From 1 in January: 1 March is the 60th, in leap years the 61st; January and February lie behind 306 days. */
export function dayOfYear(lanes: LaneCode, day: MarchDay): Code<'i32'> {
  const year = keep32(lanes, yearOf(day));
  const multipleOf = (n: number): Code<'i32'> => i32.eqz(i32.rem(get(year), i32.const(n)));
  const isLeap = keep32(lanes, i32.or(i32.and(multipleOf(4), i32.eqz(multipleOf(100))), multipleOf(400)));
  const fromMarch = i32.add(get(day.dayOfYear), i32.add(i32.const(60), get(isLeap)));
  return select(i32.sub(get(day.dayOfYear), i32.const(305)), fromMarch, get(day.isNextYear));
}

/** Eras added to make every month below positive. */
const MONTH_BIAS = 15_000;
/** Months from the year 0 within which all are that a 32-bit day lies in, and `firstOfMonth` is exact. */
export const MOST_MONTHS = 71_000_000;

/** Days since 1970 of the first of a month that is counted from January of the year 0. */
export function firstOfMonth(lanes: LaneCode, months: Code<'i32'>): Code<'i64'> {
  const march = keep32(lanes, i32.add(months, i32.const(MONTH_BIAS * ERA_YEARS * 12 - 2)));
  const year = keep32(lanes, i32.divU(get(march), i32.const(12)));
  const monthOfYear = i32.sub(get(march), i32.mul(get(year), i32.const(12)));
  const century = keep32(lanes, i32.divU(get(year), i32.const(100)));
  const leapDays = i32.add(
    i32.sub(i32.shrU(get(year), i32.const(2)), get(century)),
    i32.shrU(get(century), i32.const(2)),
  );
  const inYear = i32.divU(i32.add(i32.mul(monthOfYear, i32.const(153)), i32.const(2)), i32.const(5));
  const days = i64.add(i64.mul(i64.extendU(get(year)), i64.const(365n)), i64.extendU(i32.add(leapDays, inYear)));
  return i64.sub(days, i64.const(BigInt(EPOCH_DAY + MONTH_BIAS * ERA_DAYS)));
}

/** 0 for Monday: 1 January 1970 was a Thursday. */
export function weekday(days: Code<'i64'>): Code<'i64'> {
  return i64.remU(i64.add(days, i64.const(3n + 7n * 2n ** 30n)), i64.const(7n));
}

export const keep32 = (lanes: LaneCode, code: Code<'i32'>): Local<'i32'> =>
  lanes.keep([code], 'i32')[0] as Local<'i32'>;
export const keep64 = (lanes: LaneCode, code: Code<'i64'>): Local<'i64'> =>
  lanes.keep([code], 'i64')[0] as Local<'i64'>;
