/**
 * Parts of dates and times, one row at a time. Days before 1970 and ticks before it floor, so that the last tick of 1969
 * is on 31 December 1969, 23:59:59.
 *
 *     day      │ century │ year of century │ day of year │     years begin in March: the leap day is the last of its year
 *
 * Days are biased by whole eras to be positive, and 64 bits wide, so that every 32-bit day is exact. A year takes one
 * division. After Neri and Schneider, "Euclidean affine functions and their application to calendar algorithms" (2022).
 */

import type { DataType, TimeUnit } from '../columnar/data-type.ts';
import { TICKS_PER_SECOND, ticksPerDay } from '../expressions/temporal-text.ts';
import { hasPlainDays } from '../expressions/whole-conversion.ts';
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

const DAY_PARTS = ['year', 'quarter', 'month', 'day', 'day_of_week', 'day_of_year'];
const CLOCK_PARTS: Readonly<Record<string, (unit: TimeUnit) => { per: bigint; of: bigint }>> = {
  hour: (unit) => ({ per: 3_600n * TICKS_PER_SECOND[unit], of: ticksPerDay(unit) }),
  minute: (unit) => ({ per: 60n * TICKS_PER_SECOND[unit], of: 3_600n * TICKS_PER_SECOND[unit] }),
  second: (unit) => ({ per: TICKS_PER_SECOND[unit], of: 60n * TICKS_PER_SECOND[unit] }),
};

/** Whether a function is a part of a date or time that compiles. */
export const isDatePart = (name: string): boolean => DAY_PARTS.includes(name) || name in CLOCK_PARTS;

/** Whether the part `name` of values of this type compiles: not on the clocks of places. */
export const isDatePartOf = (name: string, type: DataType | undefined): boolean =>
  type !== undefined &&
  ((DAY_PARTS.includes(name) && type.kind === 'date') || (isDatePart(name) && hasPlainDays(type)));

/** The part `name` of a date or timestamp, as 32 bits. */
export function datePart(lanes: LaneCode, name: string, type: DataType, value: Local): Code<'i32'> {
  const clock = CLOCK_PARTS[name];
  if (clock === undefined) return dayPart(lanes, name, daysOf(lanes, type, value));
  if (type.kind !== 'timestamp') throw new Error(`${name} of a ${type.kind}`);
  const { per, of } = clock(type.unit);
  const withinTurn = floorRemainder(lanes, get(value as Local<'i64'>), of);
  return i32.wrap(i64.divU(withinTurn, i64.const(per)));
}

/** Days since 1970 in 64 bits; a timestamp beyond 32 bits of days raises a flag. */
function daysOf(lanes: LaneCode, type: DataType, value: Local): Local<'i64'> {
  if (type.kind !== 'timestamp') return keep64(lanes, i64.extend(get(value as Local<'i32'>)));
  const perDay = ticksPerDay(type.unit);
  const ticks = get(value as Local<'i64'>);
  const days = keep64(lanes, i64.sub(i64.div(ticks, i64.const(perDay)), negativeRest(ticks, perDay)));
  if (2n ** 63n / perDay >= 2n ** 31n) {
    lanes.flagNonZero([i64.ne(i64.extend(i32.wrap(get(days))), get(days))], 'i32');
  }
  return days;
}

function dayPart(lanes: LaneCode, name: string, days: Local<'i64'>): Code<'i32'> {
  if (name === 'day_of_week') {
    const fromMonday = i64.add(get(days), i64.const(3n + 7n * 2n ** 30n));
    return i32.wrap(i64.remU(fromMonday, i64.const(7n)));
  }
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
  const isNextYear = keep32(lanes, i32.geU(get(passed), i32.const(JANUARY_PASSED)));
  if (name === 'year') return i32.add(marchYear, get(isNextYear));
  const dayOfYear = keep32(lanes, i32.divU(get(passed), i32.const(4 * YEAR_FACTOR)));
  if (name === 'day_of_year') {
    return dayOfCalendarYear(lanes, keep32(lanes, marchYear), dayOfYear, isNextYear);
  }
  // March is 3 here, and February 14: the lengths of the months follow one line.
  const line = keep32(lanes, i32.add(i32.mul(get(dayOfYear), i32.const(2141)), i32.const(197_913)));
  if (name === 'day') {
    return i32.add(i32.divU(i32.and(get(line), i32.const(0xffff)), i32.const(2141)), i32.const(1));
  }
  const march = i32.shrU(get(line), i32.const(16));
  const month = i32.sub(march, i32.mul(get(isNextYear), i32.const(12)));
  return name === 'month' ? month : i32.divU(i32.add(month, i32.const(2)), i32.const(3));
}

/** From 1 in January: 1 March is the 60th, in leap years the 61st; January and February lie behind 306 days. */
function dayOfCalendarYear(
  lanes: LaneCode,
  year: Local<'i32'>,
  dayOfYear: Local<'i32'>,
  isNextYear: Local<'i32'>,
): Code<'i32'> {
  const multipleOf = (n: number): Code<'i32'> => i32.eqz(i32.rem(get(year), i32.const(n)));
  const isLeap = keep32(lanes, i32.or(i32.and(multipleOf(4), i32.eqz(multipleOf(100))), multipleOf(400)));
  const fromMarch = i32.add(get(dayOfYear), i32.add(i32.const(60), get(isLeap)));
  return select(i32.sub(get(dayOfYear), i32.const(305)), fromMarch, get(isNextYear));
}

function floorRemainder(lanes: LaneCode, value: Code<'i64'>, divisor: bigint): Code<'i64'> {
  const rest = keep64(lanes, i64.rem(value, i64.const(divisor)));
  return i64.add(get(rest), i64.and(i64.shr(get(rest), i64.const(63n)), i64.const(divisor)));
}

const negativeRest = (value: Code<'i64'>, divisor: bigint): Code<'i64'> =>
  i64.extendU(i64.lt(i64.rem(value, i64.const(divisor)), i64.const(0n)));

const keep32 = (lanes: LaneCode, code: Code<'i32'>): Local<'i32'> => lanes.keep([code], 'i32')[0] as Local<'i32'>;
const keep64 = (lanes: LaneCode, code: Code<'i64'>): Local<'i64'> => lanes.keep([code], 'i64')[0] as Local<'i64'>;
