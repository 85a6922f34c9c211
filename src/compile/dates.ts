/**
 * Functions of dates and times in emitted code, one row at a time, but parts of dates that are known not to lie ages away. Days before 1970 and ticks before it floor, so that the
 * last tick of 1969 is on 31 December 1969, 23:59:59. What a type cannot hold raises a flag.
 *
 *     year … day_of_year            of the day          calendar-code.ts
 *     hour … nanosecond             of the ticks since midnight
 *     last_day, next_day, add_months, date_add and date_sub of an interval that is a literal
 *     partition_…                   of the ticks, whatever the zone
 *
 * Clocks are those without a zone; how zones come to them, zoned-times.ts says. Truncation is in truncation-code.ts.
 */

import { type DataType, int64, type TimeUnit } from '../columnar/data-type.ts';
import type { Interval } from '../columnar/value.ts';
import { negated } from '../expressions/calendar-arithmetic.ts';
import { floorDivide } from '../expressions/clock.ts';
import { weekdayNamed } from '../expressions/functions/adding-times.ts';
import { TICKS_PER_SECOND, ticksPerDay } from '../expressions/temporal-text.ts';
import { hasPlainDays } from '../expressions/whole-conversion.ts';
import {
  dayOfMonth,
  dayOfYear,
  firstOfMonth,
  keep32,
  keep64,
  MOST_MONTHS,
  marchDay,
  monthCount,
  monthOf,
  weekday,
  yearOf,
} from './calendar-code.ts';
import { FOUR_DAY_PARTS, LANE_DAYS } from './calendar-lanes.ts';
import { type Code, get, type Local, select } from './emit.ts';
import { i32, i64 } from './instructions.ts';
import type { LaneCode } from './lane-code.ts';
import { type FunctionCall, type LaneFunction, laneFunction, literalAt, typeAt } from './lane-function.ts';
import { INT64, machineOf } from './machine.ts';
import { wholeArithmetic } from './overflow.ts';
import { within } from './ranges.ts';
import { isTruncationCompilable, truncated } from './truncation-code.ts';

/** The value of the argument at a position. */
type ValueAt = (position: number) => Local;

interface TimeFunction {
  /** Whether there is code for the call. */
  readonly takes: (call: FunctionCall) => boolean;
  readonly emit: (lanes: LaneCode, call: FunctionCall, value: ValueAt) => Code;
}

const hasDays = (type: DataType): boolean => type.kind === 'date' || hasPlainDays(type);

/** Of the day in which the first argument lies. */
const ofDay = (
  make: (lanes: LaneCode, days: Local<'i64'>, call: FunctionCall, value: ValueAt) => Code<'i32'>,
  takes: (call: FunctionCall) => boolean = (call) => hasDays(typeAt(call, 0)),
): TimeFunction => ({
  takes,
  emit: (lanes, call, value) => make(lanes, daysOf(lanes, typeAt(call, 0), value(0)), call, value),
});

/** Of a type that has ticks. */
export const unitOf = (type: DataType): TimeUnit => {
  if (type.kind === 'timestamp' || type.kind === 'time' || type.kind === 'duration') return type.unit;
  throw new Error(`${type.kind} has no unit`);
};

/** Of the ticks since midnight. */
const ofClock = (
  make: (
    lanes: LaneCode,
    value: Code<'i64'>,
    call: { readonly isTime: boolean; readonly perSecond: bigint },
  ) => Code<'i64'>,
): TimeFunction => ({
  takes: (call) => typeAt(call, 0).kind === 'time' || hasPlainDays(typeAt(call, 0)),
  emit(lanes, call, value) {
    const type = typeAt(call, 0);
    const perSecond = TICKS_PER_SECOND[unitOf(type)];
    return i32.wrap(make(lanes, get(value(0) as Local<'i64'>), { isTime: type.kind === 'time', perSecond }));
  },
});

/** How many of `per` seconds there are, without those that are a whole `of` seconds. */
const seconds = (per: bigint, of: bigint): TimeFunction =>
  ofClock((lanes, value, { isTime, perSecond }) => {
    const turn = of * perSecond;
    const rest = isTime ? i64.remU(value, i64.const(turn)) : floorRemainder(lanes, value, turn);
    return i64.divU(rest, i64.const(per * perSecond));
  });

const SECONDS_PER_DAY = 86_400n;

/** The fraction of the second, in this many parts of it. */
const fraction = (parts: bigint): TimeFunction =>
  ofClock((lanes, value, { perSecond }) => {
    const rest = floorRemainder(lanes, value, perSecond);
    return parts >= perSecond
      ? i64.mul(rest, i64.const(parts / perSecond))
      : i64.divU(rest, i64.const(perSecond / parts));
  });

const isTimestampOrDate = ({ kind }: DataType): boolean => kind === 'date' || kind === 'timestamp';
/** Of the day in UTC. */
const partition = (make: (lanes: LaneCode, days: Local<'i64'>) => Code<'i32'>): TimeFunction =>
  ofDay(make, (call) => isTimestampOrDate(typeAt(call, 0)));

const thursdayOf = (lanes: LaneCode, days: Local<'i64'>): Local<'i64'> =>
  keep64(lanes, i64.add(i64.sub(get(days), weekday(get(days))), i64.const(3n)));

const TIME_FUNCTIONS: Readonly<Record<string, TimeFunction>> = {
  year: ofDay((lanes, days) => yearOf(marchDay(lanes, days))),
  quarter: ofDay((lanes, days) => i32.divU(i32.add(monthOf(marchDay(lanes, days)), i32.const(2)), i32.const(3))),
  month: ofDay((lanes, days) => monthOf(marchDay(lanes, days))),
  day: ofDay((lanes, days) => dayOfMonth(marchDay(lanes, days))),
  day_of_week: ofDay((_, days) => i32.wrap(weekday(get(days)))),
  day_of_year: ofDay((lanes, days) => dayOfYear(lanes, marchDay(lanes, days))),
  // The week belongs to the year in which its Thursday lies.
  iso_year: ofDay((lanes, days) => yearOf(marchDay(lanes, thursdayOf(lanes, days)))),
  week_of_year: ofDay((lanes, days) => {
    const ofYear = dayOfYear(lanes, marchDay(lanes, thursdayOf(lanes, days)));
    return i32.divU(i32.add(ofYear, i32.const(6)), i32.const(7));
  }),
  hour: seconds(3_600n, SECONDS_PER_DAY),
  minute: seconds(60n, 3_600n),
  second: seconds(1n, 60n),
  millisecond: fraction(1_000n),
  microsecond: fraction(1_000_000n),
  nanosecond: fraction(1_000_000_000n),
  last_day: ofDay((lanes, days) => {
    const next = i32.add(monthCount(marchDay(lanes, days)), i32.const(1));
    return in32Bits(lanes, i64.sub(firstOfMonth(lanes, next), i64.const(1n)));
  }),
  next_day: ofDay((lanes, days, call) => {
    const wanted = weekdayNamed(String(literalAt(call, 1)));
    const behind = i64.remU(i64.sub(i64.const(BigInt(wanted) + 6n), weekday(get(days))), i64.const(7n));
    return in32Bits(lanes, i64.add(i64.add(get(days), i64.const(1n)), behind));
  }),
  add_months: ofDay((lanes, days, _, value) =>
    in32Bits(lanes, monthsLater(lanes, days, get(value(1) as Local<'i64'>))),
  ),
  partition_years: partition((lanes, days) => i32.sub(yearOf(marchDay(lanes, days)), i32.const(1970))),
  partition_months: partition((lanes, days) => i32.sub(monthCount(marchDay(lanes, days)), i32.const(1970 * 12))),
  partition_days: partition((_, days) => i32.wrap(get(days))),
  partition_hours: {
    takes: (call) => typeAt(call, 0).kind === 'timestamp',
    emit(lanes, call, value) {
      const { unit } = typeAt(call, 0) as DataType & { kind: 'timestamp' };
      return in32Bits(lanes, floorQuotient(lanes, get(value(0) as Local<'i64'>), 3_600n * TICKS_PER_SECOND[unit]));
    },
  },
  date_add: adding(1n),
  date_sub: adding(-1n),
  date_trunc: {
    takes: (call) => isTruncationCompilable(literalAt(call, 0), typeAt(call, 1)),
    emit(lanes, call, value) {
      const type = typeAt(call, 1);
      const days = (): Local<'i64'> => daysOf(lanes, type, value(1));
      return truncated(lanes, { unit: String(literalAt(call, 0)), type, value: value(1), days });
    },
  },
};

/** By the name of the function. */
export const TIME_LANE_FUNCTIONS: Readonly<Record<string, LaneFunction>> = Object.fromEntries(
  Object.entries(TIME_FUNCTIONS).map(([name, { takes, emit }]) => [
    name,
    laneFunction({
      takes,
      isWide: (call, bounds) => {
        const [day] = call.arguments;
        return day?.type.kind === 'date' && FOUR_DAY_PARTS.has(name) && within(bounds.held(day), LANE_DAYS);
      },
      emit: ({ lanes, e, value }) => {
        if (lanes.wide) return [FOUR_DAY_PARTS.get(name)!(lanes, value(0)[0] as Local<'v128'>)];
        return [emit(lanes, e, (position) => value(position)[0]!)];
      },
    }),
  ]),
);

/** Days since 1970 in 64 bits; a timestamp beyond 32 bits of days raises a flag. */
function daysOf(lanes: LaneCode, type: DataType, value: Local): Local<'i64'> {
  if (type.kind !== 'timestamp') return keep64(lanes, i64.extend(get(value as Local<'i32'>)));
  const perDay = ticksPerDay(type.unit);
  const days = keep64(lanes, floorQuotient(lanes, get(value as Local<'i64'>), perDay));
  if (2n ** 63n / perDay >= 2n ** 31n) flagBeyond32(lanes, days);
  return days;
}

function flagBeyond32(lanes: LaneCode, value: Local<'i64'>): void {
  lanes.flagNonZero([i64.ne(i64.extend(i32.wrap(get(value))), get(value))], 'i32');
}

/** A magnitude above `most`, by one comparison: what is below wraps around to above. */
function flagBeyond(lanes: LaneCode, value: Local<'i64'>, most: bigint): void {
  lanes.flagNonZero([i64.gtU(i64.add(get(value), i64.const(most)), i64.const(2n * most))], 'i32');
}

/** In 32 bits; what does not fit raises a flag. */
function in32Bits(lanes: LaneCode, days: Code<'i64'>): Code<'i32'> {
  const kept = keep64(lanes, days);
  flagBeyond32(lanes, kept);
  return i32.wrap(get(kept));
}

/** The same day so many months later, or the last that the month has. Months that no date has raise a flag. */
function monthsLater(lanes: LaneCode, days: Local<'i64'>, months: Code<'i64'>): Code<'i64'> {
  const day = marchDay(lanes, days);
  const count = keep64(lanes, i64.add(i64.extend(monthCount(day)), months));
  flagBeyond(lanes, count, BigInt(MOST_MONTHS));
  const month = keep32(lanes, i32.wrap(get(count)));
  const first = keep64(lanes, firstOfMonth(lanes, get(month)));
  const last = keep64(lanes, i64.sub(firstOfMonth(lanes, i32.add(get(month), i32.const(1))), i64.const(1n)));
  const same = keep64(lanes, i64.add(get(first), i64.extendU(i32.sub(dayOfMonth(day), i32.const(1)))));
  return select(get(same), get(last), i64.lt(get(same), get(last)));
}

/** `date_add`, or, with a sign of -1, `date_sub`: of intervals that are literals, and of durations beside dates and times. */
function adding(sign: bigint): TimeFunction {
  return {
    takes: (call) => {
      const type = typeAt(call, 0);
      if (typeAt(call, 1).kind === 'duration') return type.kind === 'date' || type.kind === 'time';
      if (typeAt(call, 1).kind === 'int64') return hasPlainDays(type);
      const interval = intervalOf(call, sign);
      return interval !== undefined && isIntervalAddable(type, interval);
    },
    emit(lanes, call, value) {
      const type = typeAt(call, 0);
      if (typeAt(call, 1).kind === 'duration') return durationAdded(lanes, call, sign, value);
      if (typeAt(call, 1).kind === 'int64') return daysAdded(lanes, type, sign, value);
      return intervalAdded(lanes, type, value(0), intervalOf(call, sign)!);
    },
  };
}

function intervalOf(call: FunctionCall, sign: bigint): Interval | undefined {
  const value = literalAt(call, 1);
  if (value === null || typeAt(call, 1).kind !== 'interval' || typeof value !== 'object') return undefined;
  return sign < 0n ? negated(value as Interval) : (value as Interval);
}

function isIntervalAddable(type: DataType, { months, days, nanoseconds }: Interval): boolean {
  if (type.kind === 'date') return true;
  if (type.kind !== 'time' && type.kind !== 'timestamp') return false;
  const perTick = TICKS_PER_SECOND.ns / TICKS_PER_SECOND[type.unit];
  if (nanoseconds % perTick !== 0n) return false;
  if (type.kind === 'time') return true;
  const ticks = BigInt(days) * ticksPerDay(type.unit) + nanoseconds / perTick;
  return BigInt.asIntN(64, ticks) === ticks && (hasPlainDays(type) || (months === 0 && days === 0));
}

function intervalAdded(lanes: LaneCode, type: DataType, value: Local, interval: Interval): Code {
  const { months, days, nanoseconds } = interval;
  if (type.kind === 'date') {
    const from = daysOf(lanes, type, value);
    const shifted = months === 0 ? get(from) : monthsLater(lanes, from, i64.const(BigInt(months)));
    const more = BigInt(days) + floorDivide(nanoseconds, ticksPerDay('ns'));
    return in32Bits(lanes, i64.add(shifted, i64.const(more)));
  }
  const unit = unitOf(type);
  const perDay = ticksPerDay(unit);
  const ticks = nanoseconds / (TICKS_PER_SECOND.ns / TICKS_PER_SECOND[unit]);
  if (type.kind === 'time') {
    const more = ((ticks % perDay) + perDay) % perDay;
    return i64.remU(i64.add(get(value as Local<'i64'>), i64.const(more)), i64.const(perDay));
  }
  const from = months === 0 ? (value as Local<'i64'>) : monthsAddedToTicks(lanes, type, value as Local<'i64'>, months);
  const more = keep64(lanes, i64.const(BigInt(days) * perDay + ticks));
  return wholeArithmetic(lanes, '+', machineOf(int64)!, [from], [more], 'flag')[0]!;
}

/** To a timestamp. */
function daysAdded(lanes: LaneCode, type: DataType, sign: bigint, value: ValueAt): Code {
  const perDay = ticksPerDay(unitOf(type));
  const days = value(1) as Local<'i64'>;
  flagBeyond(lanes, days, INT64.greatest / perDay);
  const more = keep64(lanes, i64.mul(get(days), i64.const(perDay)));
  return wholeArithmetic(lanes, sign > 0n ? '+' : '-', machineOf(int64)!, [value(0)], [more], 'flag')[0]!;
}

function monthsAddedToTicks(lanes: LaneCode, type: DataType, value: Local<'i64'>, months: number): Local<'i64'> {
  const perDay = ticksPerDay(unitOf(type));
  const days = daysOf(lanes, type, value);
  const inDay = i64.sub(get(value), i64.mul(get(days), i64.const(perDay)));
  const later = keep64(lanes, monthsLater(lanes, days, i64.const(BigInt(months))));
  // One day short of what 64 bits can hold, so that the ticks of the day fit.
  flagBeyond(lanes, later, INT64.greatest / perDay - 1n);
  return keep64(lanes, i64.add(i64.mul(get(later), i64.const(perDay)), inDay));
}

/** A date is the day in which its midnight then lies; a time goes round. */
function durationAdded(lanes: LaneCode, call: FunctionCall, sign: bigint, value: ValueAt): Code {
  const [type, unit] = [typeAt(call, 0), unitOf(typeAt(call, 1))];
  const perDay = ticksPerDay(unit);
  const more = value(1) as Local<'i64'>;
  if (type.kind === 'date') {
    const days = i64.extend(get(value(0) as Local<'i32'>));
    const whole = keep64(lanes, floorQuotient(lanes, get(more), perDay));
    if (sign > 0n) return in32Bits(lanes, i64.add(days, get(whole)));
    const isPartial = i64.extendU(i64.ne(i64.mul(get(whole), i64.const(perDay)), get(more)));
    return in32Bits(lanes, i64.sub(i64.sub(days, get(whole)), isPartial));
  }
  const resultUnit = unitOf(call.type);
  const resultDay = ticksPerDay(resultUnit);
  const ticksIn = (fine: TimeUnit): bigint => TICKS_PER_SECOND[resultUnit] / TICKS_PER_SECOND[fine];
  const own = i64.mul(get(value(0) as Local<'i64'>), i64.const(ticksIn(unitOf(type))));
  const added = i64.mul(floorRemainder(lanes, get(more), perDay), i64.const(ticksIn(unit)));
  const sum = sign > 0n ? i64.add(own, added) : i64.sub(i64.add(own, i64.const(resultDay)), added);
  return i64.remU(sum, i64.const(resultDay));
}

/** Divided by a positive constant, rounded down. */
function floorQuotient(lanes: LaneCode, value: Code<'i64'>, divisor: bigint): Code<'i64'> {
  if (divisor === 1n) return value;
  const kept = keep64(lanes, value);
  const rest = i64.rem(get(kept), i64.const(divisor));
  return i64.sub(i64.div(get(kept), i64.const(divisor)), i64.extendU(i64.lt(rest, i64.const(0n))));
}

/** What that leaves. */
export function floorRemainder(lanes: LaneCode, value: Code<'i64'>, divisor: bigint): Code<'i64'> {
  const rest = keep64(lanes, i64.rem(value, i64.const(divisor)));
  return i64.add(get(rest), i64.and(i64.shr(get(rest), i64.const(63n)), i64.const(divisor)));
}
