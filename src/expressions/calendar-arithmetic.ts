/**
 * Adding intervals and durations to dates, times and timestamps.
 *
 * An interval is added part by part, months first: a day that the month has not becomes its last one. Months and days are
 * steps on the calendar of the clock that the value is read on, nanoseconds pass as time does:
 *
 *     2024-01-31          + P1M      2024-02-29
 *     2024-03-30T12:00+01 + P1D      2024-03-31T12:00+02    23 hours later, in Berlin
 *     2024-03-30T12:00+01 + PT24H    2024-03-31T13:00+02
 *     23:00               + P1DT2H   01:00                  a time of day goes round, and has no days
 *     2024-01-01          - PT1H     2023-12-31             a date is the day in which the moment lies, its midnight being moved
 */

import { type DataType, typeName } from '../columnar/data-type.ts';
import { type Interval, wholeOf } from '../columnar/value.ts';
import { InvalidValue } from '../errors.ts';
import { calendarDay, daysOf, isCalendarDay } from './calendar.ts';
import { type Clock, dayAndTicks, floorDivide, knownClockOf, type TimestampType } from './clock.ts';
import { TICKS_PER_SECOND, ticksPerDay } from './temporal-text.ts';

const PER_DAY = ticksPerDay('ns');

/** The whole number that is `interval` later: a bigint or number that its type may not hold. */
export type AddInterval = (value: number | bigint, interval: Interval) => number | bigint;

/** How intervals are added to values of the type. The sum is not checked to fit. */
export function intervalAdder(type: DataType): AddInterval {
  switch (type.kind) {
    case 'date':
      return (days, { months, days: more, nanoseconds }) =>
        addMonths(Number(days), months) + more + Number(floorDivide(nanoseconds, PER_DAY));
    case 'time': {
      const toTicks = ticksOfNanoseconds(type);
      const perDay = ticksPerDay(type.unit);
      return (ticks, { nanoseconds }) => withinDay(wholeOf(ticks) + toTicks(nanoseconds), perDay);
    }
    case 'timestamp':
      return timestampAdder(type);
    default:
      throw new TypeError(`no intervals are added to ${type.kind}`);
  }
}

function timestampAdder(type: TimestampType): AddInterval {
  const clock = knownClockOf(type);
  const perDay = ticksPerDay(type.unit);
  const toTicks = ticksOfNanoseconds(type);
  return (ticks, { months, days, nanoseconds }) => {
    let moment = wholeOf(ticks);
    if (months !== 0) moment = clock.moment(shiftedMonths(clock, moment, months, perDay));
    if (days !== 0) {
      const shown = clock.shown(moment) + BigInt(days) * perDay;
      moment = clock.momentNear(shown, moment) ?? clock.moment(shown);
    }
    return nanoseconds === 0n ? moment : moment + toTicks(nanoseconds);
  };
}

function shiftedMonths(clock: Clock, moment: bigint, months: number, perDay: bigint): bigint {
  const [day, ticks] = dayAndTicks(clock.shown(moment), perDay);
  return BigInt(addMonths(Number(day), months)) * perDay + ticks;
}

/** @throws InvalidValue where the type cannot count that finely */
function ticksOfNanoseconds(
  type: TimestampType | Extract<DataType, { kind: 'time' }>,
): (nanoseconds: bigint) => bigint {
  const perTick = TICKS_PER_SECOND.ns / TICKS_PER_SECOND[type.unit];
  return (nanoseconds) => {
    if (nanoseconds % perTick === 0n) return nanoseconds / perTick;
    throw new InvalidValue(`the interval is finer than ${typeName(type)}, which must be cast to a finer unit first`);
  };
}

/** The time of day that goes round at midnight. */
export const withinDay = (ticks: bigint, perDay: bigint): bigint => ((ticks % perDay) + perDay) % perDay;

/** The same day of the month, so many months later, or the last one that the month has. Days since 1970. */
export function addMonths(days: number, months: number): number {
  if (months === 0) return days;
  const { year, month, day } = calendarDay(days);
  const first = monthsLater({ year, month }, months);
  const found = { ...first, day };
  return isCalendarDay(found) ? daysOf(found) : lastDayOf(first);
}

interface Month {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
}

function monthsLater({ year, month }: Month, months: number): Month {
  const count = year * 12 + month - 1 + months;
  const later = Math.floor(count / 12);
  return { year: later, month: count - later * 12 + 1 };
}

/** The last day of a month, since 1970. */
export const lastDayOf = (month: Month): number => daysOf({ ...monthsLater(month, 1), day: 1 }) - 1;

export const negated = ({ months, days, nanoseconds }: Interval): Interval => ({
  months: 0 - months,
  days: 0 - days,
  nanoseconds: -nanoseconds,
});

/** The parts of both, each by itself. @throws InvalidValue where one does not fit */
export const addedIntervals = (a: Interval, b: Interval): Interval =>
  fitting(a.months + b.months, a.days + b.days, a.nanoseconds + b.nanoseconds);

/** @throws InvalidValue where a part does not fit */
export const multipliedInterval = ({ months, days, nanoseconds }: Interval, by: bigint): Interval =>
  fitting(Number(BigInt(months) * by), Number(BigInt(days) * by), nanoseconds * by);

function fitting(months: number, days: number, nanoseconds: bigint): Interval {
  const fits = (part: number): boolean => part >= -(2 ** 31) && part < 2 ** 31;
  if (fits(months) && fits(days) && BigInt.asIntN(64, nanoseconds) === nanoseconds)
    return { months, days, nanoseconds };
  throw new InvalidValue('a part of the interval would be greater than an interval can hold');
}
