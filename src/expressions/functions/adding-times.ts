/** Adding to dates, times and timestamps, and taking from them: `+` and `-` where no machine instruction does it. */

import { type DataType, date, type TimeUnit, time, timestamp, typeName } from '../../columnar/data-type.ts';
import { type Interval, type Value, wholeOf } from '../../columnar/value.ts';
import { calendarDay } from '../calendar.ts';
import { addMonths, intervalAdder, lastDayOf, negated, withinDay } from '../calendar-arithmetic.ts';
import { dayOf, floorDivide } from '../clock.ts';
import { TICKS_PER_SECOND, ticksPerDay } from '../temporal-text.ts';
import {
  type Call,
  define,
  type Evaluate,
  type Example,
  type FunctionDefinition,
  parameter,
} from './function-definition.ts';
import { DATE_OR_TIMESTAMP, INTEGER, TEXT } from './parameter-kinds.ts';
import {
  AMOUNT,
  aDate,
  anInterval,
  aTime,
  aTimestamp,
  DATE_OR_TIME_OR_TIMESTAMP,
  inBerlin,
  inKnownZones,
  knownText,
} from './temporal-kinds.ts';

const finer = (a: TimeUnit, b: TimeUnit): TimeUnit => (TICKS_PER_SECOND[a] >= TICKS_PER_SECOND[b] ? a : b);

/** The type of `value` when an amount has been added: durations may be finer than times. */
function sumType({ types: [type, amount] }: Call): DataType | string {
  if (type === undefined || amount === undefined) return 'a date or time, and what is added to it, are needed.';
  if (type.kind === 'time') {
    if (amount.kind === 'int64') return `Days are not added to ${typeName(type)}, which has none.`;
    return amount.kind === 'duration' && amount.unit === 'ns' ? time('ns') : type;
  }
  return type.kind === 'timestamp' && amount.kind === 'duration'
    ? timestamp(finer(type.unit, amount.unit), type.timezone)
    : type;
}

/** How many ticks of the finer unit one of this has. */
const ticksIn = (unit: TimeUnit, fine: TimeUnit): bigint => TICKS_PER_SECOND[fine] / TICKS_PER_SECOND[unit];

/** `sign` is 1 or -1. */
function adder({ types: [type, amount], result }: Call & { readonly result: DataType }, sign: bigint): Evaluate {
  if (type === undefined || amount === undefined) throw new TypeError('nothing to add');
  if (amount.kind === 'duration') return durationAdder(type, amount.unit, result, sign);
  const add = intervalAdder(type);
  if (amount.kind === 'interval') {
    return (value, interval) =>
      add(value as number | bigint, sign < 0n ? negated(interval as Interval) : (interval as Interval));
  }
  if (type.kind === 'date') return (days, more) => wholeOf(days) + sign * wholeOf(more);
  return (ticks, days) => add(wholeOf(ticks), { months: 0, days: Number(sign * wholeOf(days)), nanoseconds: 0n });
}

function durationAdder(type: DataType, unit: TimeUnit, result: DataType, sign: bigint): Evaluate {
  if (type.kind === 'date') {
    const perDay = ticksPerDay(unit);
    return (days, ticks) => wholeOf(days) + floorDivide(sign * wholeOf(ticks), perDay);
  }
  if ((type.kind !== 'time' && type.kind !== 'timestamp') || type.kind !== result.kind) throw new TypeError(type.kind);
  // A time in microseconds takes coarser durations.
  const [own, added] = [ticksIn(type.unit, result.unit), ticksIn(unit, result.unit)];
  const sum = (ticks: Value | undefined, more: Value | undefined): bigint =>
    wholeOf(ticks) * own + sign * wholeOf(more) * added;
  if (type.kind === 'timestamp') return sum;
  const perDay = ticksPerDay(result.unit);
  return (ticks, more) => withinDay(sum(ticks, more), perDay);
}

const adding = (name: string, sign: bigint, doc: string, ...examples: readonly Example[]): FunctionDefinition =>
  define({
    name,
    family: 'dates and times',
    doc,
    parameters: [parameter('time', DATE_OR_TIME_OR_TIMESTAMP), parameter('amount', AMOUNT)],
    result: inKnownZones(sumType),
    canFail: true,
    prepare: (call) => adder(call, sign),
    examples,
  });

/** By their first two letters, from Monday on. */
const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

/** 0 for Monday; -1 where the text names no day: by its name, or the first two or three letters of it. */
export function weekdayNamed(text: string): number {
  const name = text.toLowerCase();
  return WEEKDAYS.findIndex(
    (day) => day === name || ((name.length === 2 || name.length === 3) && day.startsWith(name)),
  );
}

/** What becomes of the day in which a date or timestamp lies. */
const ofDay = (step: (days: number, ...more: readonly bigint[]) => number) => (call: Call) => {
  const day = dayOf(call.types[0]);
  return (value: number | bigint, ...more: readonly (bigint | string)[]): number =>
    step(day(value), ...(more as readonly bigint[]));
};

export const ADDING_FUNCTIONS: readonly FunctionDefinition[] = [
  adding(
    'date_add',
    1n,
    'The date, time or timestamp that is so many days, a duration or an interval later, as `+` gives it. A date remains one (that of DuckDB becomes a timestamp), a time goes round at midnight. Months and days of an interval are steps on the calendar of the time zone.',
    [[aDate('2024-01-31'), 1n], '2024-02-01'],
    [[aDate('2024-01-31'), anInterval('P1M')], '2024-02-29'],
    [[aTime('23:00:00'), anInterval('PT2H')], '01:00:00'],
    [[inBerlin('2024-03-30T11:00:00Z'), anInterval('P1D')], '2024-03-31T10:00:00Z'],
  ),
  adding(
    'date_sub',
    -1n,
    'The date, time or timestamp that is so many days, a duration or an interval earlier, as `-` gives it.',
    [[aDate('2024-03-01'), 1n], '2024-02-29'],
    [[aTimestamp('2024-03-31T12:00:00'), anInterval('P1M')], '2024-02-29T12:00:00'],
  ),
  define({
    name: 'add_months',
    family: 'dates and times',
    doc: 'The date so many months later, or earlier: the same day, or the last one of a month that has it not. Of a timestamp its date.',
    parameters: [parameter('time', DATE_OR_TIMESTAMP), parameter('months', INTEGER)],
    result: inKnownZones(date),
    canFail: true,
    prepare: ofDay((days, months = 0n) => addMonths(days, boundedMonths(months))),
    examples: [
      [[aDate('2024-01-31'), 1n], '2024-02-29'],
      [[aTimestamp('2024-03-31T12:00:00'), -13n], '2023-02-28'],
    ],
  }),
  define({
    name: 'last_day',
    family: 'dates and times',
    doc: 'The last day of the month.',
    parameters: [parameter('time', DATE_OR_TIMESTAMP)],
    result: inKnownZones(date),
    canFail: true,
    prepare: ofDay((days) => lastDayOf(calendarDay(days))),
    examples: [[[aDate('2024-02-01')], '2024-02-29']],
  }),
  define({
    name: 'next_day',
    family: 'dates and times',
    doc: "The first such day of the week behind the date: `'Monday'`, `'mon'`, `'mo'` in any case, as a literal.",
    parameters: [parameter('time', DATE_OR_TIMESTAMP), parameter('weekday', TEXT)],
    result: inKnownZones((call) => {
      const text = knownText(call, 1);
      if (text === undefined) return 'next_day needs the day of the week as a literal.';
      return weekdayNamed(text) < 0 ? `'${text.slice(0, 60)}' is no day of the week such as 'Monday' or 'mon'.` : date;
    }),
    canFail: true,
    prepare: (call) => {
      const weekday = weekdayNamed(knownText(call, 1) ?? '');
      return ofDay((days) => days + 1 + ((((weekday - days - 4) % 7) + 7) % 7))(call);
    },
    examples: [
      [[aDate('2024-02-28'), 'Thursday'], '2024-02-29'],
      [[aDate('2024-02-29'), 'thu'], '2024-03-07'],
    ],
  }),
];

/** More months than there are on the calendar are as good as any. */
const MOST_MONTHS = 2n ** 32n;
const boundedMonths = (months: bigint): number =>
  Number(months > MOST_MONTHS ? MOST_MONTHS : months < -MOST_MONTHS ? -MOST_MONTHS : months);
