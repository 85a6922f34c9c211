/**
 * Steps into which time is cut, and the beginning of the one that a moment lies in, on a clock.
 *
 *     up to hours   counted from midnight of 1970-01-01           '15 minutes'
 *     days          from 1970-01-01; weeks from a Monday          'day', '2 weeks'
 *     months, …     from January of the year 0                    'quarter', '10 years' is 'decade'
 *
 * or, where it is asked for, from another moment. On the clock of a place a step begins when the clock first shows its
 * beginning, or what comes behind that; hours and less that the clock shows twice are two steps.
 */

import type { DataType } from '../columnar/data-type.ts';
import { wholeOf } from '../columnar/value.ts';
import { calendarDay, daysOf } from './calendar.ts';
import { addMonths } from './calendar-arithmetic.ts';
import { dayAndTicks, floorDivide, knownClockOf } from './clock.ts';
import { TICKS_PER_SECOND, ticksPerDay } from './temporal-text.ts';

export type Step =
  | { readonly kind: 'clock'; readonly nanoseconds: bigint }
  | { readonly kind: 'days'; readonly days: number; readonly origin: number }
  | { readonly kind: 'months'; readonly months: number };

const UNITS: Readonly<Record<string, (count: number) => Step>> = {
  nanosecond: clockStep(1n),
  microsecond: clockStep(1_000n),
  millisecond: clockStep(1_000_000n),
  second: clockStep(1_000_000_000n),
  minute: clockStep(60_000_000_000n),
  hour: clockStep(3_600_000_000_000n),
  day: (days) => ({ kind: 'days', days, origin: 0 }),
  // Three days before 1970 it was Monday.
  week: (weeks) => ({ kind: 'days', days: weeks * 7, origin: -3 }),
  month: monthStep(1),
  quarter: monthStep(3),
  year: monthStep(12),
  decade: monthStep(120),
  century: monthStep(1_200),
  millennium: monthStep(12_000),
};

const OTHER_NAMES: Readonly<Record<string, string>> = {
  ns: 'nanosecond',
  us: 'microsecond',
  ms: 'millisecond',
  s: 'second',
  sec: 'second',
  min: 'minute',
  h: 'hour',
  d: 'day',
  w: 'week',
  mon: 'month',
  y: 'year',
  centurie: 'century',
  millennia: 'millennium',
};

function clockStep(nanoseconds: bigint): (count: number) => Step {
  return (count) => ({ kind: 'clock', nanoseconds: nanoseconds * BigInt(count) });
}

function monthStep(months: number): (count: number) => Step {
  return (count) => ({ kind: 'months', months: months * count });
}

/** `hour`, `15 minutes`, `1 week`; undefined of other texts. */
export function stepFromText(text: string): Step | undefined {
  const [, count = '1', name = ''] = /^\s*(\d{1,6})?\s*([a-z]+)\s*$/i.exec(text) ?? [];
  const word = name.toLowerCase();
  const known = [word, word.replace(/s$/, '')].map((one) => UNITS[OTHER_NAMES[one] ?? one]).find((made) => made);
  return Number(count) > 0 ? known?.(Number(count)) : undefined;
}

/** What is wrong with steps of this length for values of the type, as a sentence. */
export function stepProblem(step: Step, type: DataType): string | undefined {
  if (type.kind === 'time' && step.kind !== 'clock') return 'A time of day has hours, minutes and seconds only.';
  if (step.kind !== 'clock' || (type.kind !== 'time' && type.kind !== 'timestamp')) return undefined;
  const perTick = TICKS_PER_SECOND.ns / TICKS_PER_SECOND[type.unit];
  const fits = step.nanoseconds % perTick === 0n || perTick % step.nanoseconds === 0n;
  return fits ? undefined : `Steps of ${step.nanoseconds} ns do not begin at whole ticks of ${type.unit}.`;
}

/** The beginning of the step that a value lies in, as a value of the type, which it may be too early for. */
export type Truncate = (value: number | bigint, origin?: number | bigint) => number | bigint;

export function truncater(step: Step, type: DataType): Truncate {
  switch (type.kind) {
    case 'date':
      if (step.kind === 'clock') return (days) => days;
      return (days, origin) => dayTruncated(step, Number(days), origin === undefined ? undefined : Number(origin));
    case 'time':
      return clockTruncater(step, TICKS_PER_SECOND[type.unit]);
    case 'timestamp': {
      const clock = knownClockOf(type);
      if (step.kind === 'clock') {
        const truncate = clockTruncater(step, TICKS_PER_SECOND[type.unit]);
        return (ticks, origin) => {
          const from = origin === undefined ? undefined : clock.shown(wholeOf(origin));
          const shown = truncate(clock.shown(wholeOf(ticks)), from);
          return clock.momentNear(shown, wholeOf(ticks)) ?? clock.firstMoment(shown);
        };
      }
      const perDay = ticksPerDay(type.unit);
      return (ticks, origin) => {
        const shown = clock.shown(wholeOf(ticks));
        if (origin === undefined) {
          const [day] = dayAndTicks(shown, perDay);
          return clock.firstMoment(BigInt(dayTruncated(step, Number(day), undefined)) * perDay);
        }
        // Steps begin at the time of day at which the first one does.
        const [first, time] = dayAndTicks(clock.shown(wholeOf(origin)), perDay);
        const [day] = dayAndTicks(shown - time, perDay);
        return clock.firstMoment(BigInt(dayTruncated(step, Number(day), Number(first))) * perDay + time);
      };
    }
    default:
      throw new TypeError(`${type.kind} is not cut into steps`);
  }
}

/** The beginning of the step behind one, on a calendar or a clock without a zone. */
export function nextStep(step: Step, type: DataType, beginning: number | bigint): number | bigint {
  if (step.kind === 'clock') {
    if (type.kind !== 'timestamp' && type.kind !== 'time') return Number(beginning) + 1;
    return wholeOf(beginning) + ticksOf(step, TICKS_PER_SECOND[type.unit]);
  }
  const perDay = type.kind === 'timestamp' ? ticksPerDay(type.unit) : 1n;
  const day = Number(wholeOf(beginning) / perDay);
  const next = step.kind === 'days' ? day + step.days : addMonths(day, step.months);
  return BigInt(next) * perDay;
}

/** Steps shorter than a tick begin at each. */
function ticksOf(step: Step & { readonly kind: 'clock' }, perSecond: bigint): bigint {
  const length = (step.nanoseconds * perSecond) / TICKS_PER_SECOND.ns;
  return length === 0n ? 1n : length;
}

function clockTruncater(step: Step, perSecond: bigint): (ticks: number | bigint, origin?: number | bigint) => bigint {
  if (step.kind !== 'clock') throw new TypeError('a time of day has no days');
  const ticksOfStep = ticksOf(step, perSecond);
  return (ticks, origin = 0n) => {
    const from = BigInt(origin);
    return floorDivide(BigInt(ticks) - from, ticksOfStep) * ticksOfStep + from;
  };
}

/** The first day of the step. */
function dayTruncated(step: Step, day: number, origin: number | undefined): number {
  if (step.kind === 'clock') return day;
  if (step.kind === 'days') {
    const from = origin ?? step.origin;
    return Math.floor((day - from) / step.days) * step.days + from;
  }
  const { months } = step;
  const from = origin ?? YEAR_0;
  const steps = Math.floor((monthOf(day) - monthOf(from)) / months) * months;
  const found = addMonths(from, steps);
  return found <= day ? found : addMonths(from, steps - months);
}

const YEAR_0 = daysOf({ year: 0, month: 1, day: 1 });
function monthOf(days: number): number {
  const { year, month } = calendarDay(days);
  return year * 12 + month - 1;
}
