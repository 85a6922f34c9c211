/** Dates and times made of their parts, and those of now. */

import { type DataType, date, time, timestamp, utf8 } from '../../columnar/data-type.ts';
import { InvalidValue } from '../../errors.ts';
import { daysOf, isCalendarDay } from '../calendar.ts';
import { knownClockIn } from '../clock.ts';
import { literal } from '../coerce.ts';
import { timeZoneProblem } from '../time-zone.ts';
import { type Call, define, defineAs, type FunctionDefinition, optional, parameter } from './function-definition.ts';
import { FLOAT, INTEGER, TEXT } from './parameter-kinds.ts';
import { knownText } from './temporal-kinds.ts';

const family = 'dates and times';
const MICROS = 1_000_000n;
const DAY_MICROS = 86_400n * MICROS;

/** Days since 1970. @throws InvalidValue where the calendar has no such day, or it is too far away for a timestamp */
function dayFrom(year: bigint, month: bigint, day: bigint): number {
  const date = { year: Number(year), month: Number(month), day: Number(day) };
  if (Math.abs(date.year) < 10_000_000 && isCalendarDay(date)) return daysOf(date);
  throw new InvalidValue(`there is no day ${day} of month ${month} of year ${year}`);
}

/** Microseconds since midnight. @throws InvalidValue where clocks do not show it */
function microsFrom(hour: bigint, minute: bigint, second: number): bigint {
  const isShown = hour >= 0n && hour < 24n && minute >= 0n && minute < 60n && second >= 0 && second < 60;
  if (!isShown) throw new InvalidValue(`no clock shows ${hour} h ${minute} min ${second} s`);
  return (hour * 3_600n + minute * 60n) * MICROS + BigInt(Math.round(second * 1e6));
}

const PARTS = [
  parameter('year', INTEGER),
  parameter('month', INTEGER),
  parameter('day', INTEGER),
  parameter('hour', INTEGER),
  parameter('minute', INTEGER),
  parameter('second', FLOAT),
  optional('timezone', TEXT, ''),
] as const;

/** Of a call with PARTS, a timestamp in the zone that `result` says. */
const makeTimestamp = (
  name: string,
  doc: string,
  resultZone: (given: string | null) => string | null,
  examples: FunctionDefinition['examples'],
): FunctionDefinition =>
  define({
    name,
    family,
    doc: `${doc} Seconds may have a fraction, which is rounded to the microsecond. What no calendar or clock shows is an error. The zone is a literal.`,
    parameters: PARTS,
    result: (call) => {
      const zone = knownText(call, 6);
      if (zone === undefined) return `${name} needs the time zone as a literal.`;
      return (
        (zone === '' ? undefined : timeZoneProblem(zone)) ?? timestamp('us', resultZone(zone === '' ? null : zone))
      );
    },
    canFail: true,
    prepare: (call: Call) => {
      const clock = knownClockIn(knownText(call, 6) || null, MICROS);
      return (year, month, day, hour, minute, second) =>
        clock.moment(BigInt(dayFrom(year, month, day)) * DAY_MICROS + microsFrom(hour, minute, second));
    },
    examples,
  });

/** The moment of binding, the same for all that is bound in one go. */
let bindingMicros: bigint | undefined;
function nowMicros(): bigint {
  if (bindingMicros === undefined) {
    bindingMicros = BigInt(Date.now()) * 1_000n;
    queueMicrotask(() => {
      bindingMicros = undefined;
    });
  }
  return bindingMicros;
}

const now = (
  name: string,
  aliases: readonly string[],
  doc: string,
  type: DataType,
  value: () => number | bigint | string,
) =>
  defineAs({
    name,
    aliases,
    family,
    doc: `${doc} It is that of the moment at which the task's plan is bound, for all of its rows.`,
    isVolatile: true,
    parameters: [],
    means: () => literal(value(), type),
    examples: [],
  });

export const MAKING_TIME_FUNCTIONS: readonly FunctionDefinition[] = [
  define({
    name: 'make_date',
    family,
    doc: 'The date of a year, a month and a day. One that the calendar has not is an error.',
    parameters: [parameter('year', INTEGER), parameter('month', INTEGER), parameter('day', INTEGER)],
    result: date,
    canFail: true,
    evaluate: dayFrom,
    examples: [
      [[2024n, 2n, 29n], '2024-02-29'],
      [[0n, 1n, 1n], '0000-01-01'],
    ],
  }),
  define({
    name: 'make_time',
    family,
    doc: 'The time of day of an hour, a minute and a second, which may have a fraction. One that no clock shows is an error.',
    parameters: [parameter('hour', INTEGER), parameter('minute', INTEGER), parameter('second', FLOAT)],
    result: time('us'),
    canFail: true,
    evaluate: microsFrom,
    examples: [[[8n, 30n, 59.9], '08:30:59.9']],
  }),
  makeTimestamp(
    'make_timestamp',
    'The timestamp in microseconds of a date and a time of day; where a time zone is given, on its clock and in that zone.',
    (zone) => zone,
    [
      [[2024n, 7n, 1n, 12n, 30n, 1.5], '2024-07-01T12:30:01.5'],
      [[2024n, 7n, 1n, 12n, 30n, 1.5, 'Europe/Berlin'], '2024-07-01T10:30:01.5Z'],
    ],
  ),
  makeTimestamp(
    'make_timestamp_ltz',
    'The timestamp in microseconds of a date and a time of day, on the clock of the time zone that is given, or of that of the session, in which it is: UTC where it says none.',
    () => 'UTC',
    [
      [[2024n, 7n, 1n, 12n, 30n, 0], '2024-07-01T12:30:00Z'],
      [[2024n, 7n, 1n, 12n, 30n, 0, 'Europe/Berlin'], '2024-07-01T10:30:00Z'],
    ],
  ),
  now('current_date', ['today'], 'The date in the time zone of the session: UTC where it says none.', date, () =>
    Number(nowMicros() / DAY_MICROS),
  ),
  now(
    'current_timestamp',
    ['now'],
    'The timestamp in microseconds, in the time zone of the session: UTC where it says none.',
    timestamp('us', 'UTC'),
    nowMicros,
  ),
  now('current_timezone', [], "The time zone of the session: `'UTC'` where it says none.", utf8, () => 'UTC'),
];
