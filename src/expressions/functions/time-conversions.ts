/** Dates, times and numbers of units made of each other: names for casts and arithmetic, which compile. */

import {
  type DataType,
  date,
  decimal,
  duration,
  float64,
  int32,
  int64,
  isInteger,
  type TimeUnit,
  time,
  timestamp,
} from '../../columnar/data-type.ts';
import { arithmetic, castTo, literal } from '../coerce.ts';
import type { TypedExpression } from '../expression.ts';
import { TICKS_PER_SECOND } from '../temporal-text.ts';
import { timeZoneProblem } from '../time-zone.ts';
import { defineAs, type Example, type FunctionDefinition, optional, parameter } from './function-definition.ts';
import { DATE_OR_TIMESTAMP, INTEGER, TEXT } from './parameter-kinds.ts';
import {
  aDate,
  aDuration,
  aTimestamp,
  COUNT_OR_FLOAT,
  DURATION,
  inBerlin,
  TIME_OR_TIMESTAMP,
} from './temporal-kinds.ts';

/** What is made of the arguments, whose zones there are. */
export const inZones =
  (of: (...given: readonly [TypedExpression, ...TypedExpression[]]) => TypedExpression | string) =>
  (given: readonly TypedExpression[]): TypedExpression | string => {
    for (const { type } of given) {
      const problem = type.kind === 'timestamp' && type.timezone !== null && timeZoneProblem(type.timezone);
      if (problem) return problem;
    }
    const [first, ...more] = given;
    return first === undefined ? 'An argument is missing.' : of(first, ...more);
  };

const family = 'dates and times';

const UNITS: Readonly<Record<string, TimeUnit>> = {
  s: 's',
  second: 's',
  seconds: 's',
  ms: 'ms',
  millisecond: 'ms',
  milliseconds: 'ms',
  us: 'us',
  microsecond: 'us',
  microseconds: 'us',
  ns: 'ns',
  nanosecond: 'ns',
  nanoseconds: 'ns',
};

const zoneOf = (type: DataType): string | null => (type.kind === 'timestamp' ? type.timezone : null);

const CONVERSIONS: readonly FunctionDefinition[] = [
  defineAs({
    name: 'date',
    family,
    doc: 'The date of a timestamp, on the clock of its zone; a date itself.',
    parameters: [parameter('time', DATE_OR_TIMESTAMP)],
    means: inZones((given) => castTo(given, date)),
    examples: [
      [[aTimestamp('1969-12-31T23:59:59.9')], '1969-12-31'],
      [[inBerlin('1999-12-31T23:30:00Z')], '2000-01-01'],
    ],
  }),
  defineAs({
    name: 'time',
    family,
    doc: 'The time of day of a timestamp, on the clock of its zone; a time itself.',
    parameters: [parameter('time', TIME_OR_TIMESTAMP)],
    means: inZones((given) =>
      given.type.kind === 'timestamp' ? castTo(given, time(given.type.unit === 'ns' ? 'ns' : 'us')) : given,
    ),
    examples: [[[inBerlin('1999-12-31T23:30:00Z')], '00:30:00']],
  }),
  defineAs({
    name: 'unix_date',
    family,
    doc: 'Days since 1970-01-01, an int32 of either sign, on the clock of the zone.',
    parameters: [parameter('time', DATE_OR_TIMESTAMP)],
    means: inZones((given) => castTo(castTo(given, date), int32)),
    examples: [
      [[aDate('1970-01-02')], 1],
      [[aTimestamp('1969-12-31T23:59:59')], -1],
    ],
  }),
  defineAs({
    name: 'date_from_unix_date',
    family,
    doc: 'The date so many days after 1970-01-01.',
    parameters: [parameter('days', INTEGER)],
    means: inZones((days) => castTo(days, date)),
    examples: [[[-1n], '1969-12-31']],
  }),
  defineAs({
    name: 'to_unix_epoch',
    family,
    doc: "Seconds since 1970-01-01T00:00:00 in UTC, an int64; or, where the unit says so, milliseconds (`'ms'`), microseconds (`'us'`) or nanoseconds (`'ns'`). What is finer is rounded down.",
    parameters: [parameter('time', DATE_OR_TIMESTAMP), optional('unit', TEXT, 's')],
    means: inZones((given, unit) => {
      const name = unit?.kind === 'literal' ? UNITS[String(unit.value)] : undefined;
      if (name === undefined) return "The unit of to_unix_epoch is one of the literals 's', 'ms', 'us' and 'ns'.";
      return castTo(castTo(given, timestamp(name, zoneOf(given.type))), int64);
    }),
    examples: [
      [[aTimestamp('1969-12-31T23:59:59.5')], '-1'],
      [[aDate('1970-01-02'), 'ms'], '86400000'],
    ],
  }),
];

/** A timestamp from a count of a unit; fractions are rounded to microseconds, half away from zero. */
const fromCount = (name: string, unit: 's' | 'ms' | 'us', ...examples: readonly Example[]): FunctionDefinition =>
  defineAs({
    name,
    family,
    doc: `The timestamp in microseconds so many ${UNIT_NAMES[unit]} after 1970-01-01T00:00:00. Fractions are rounded to the microsecond.`,
    parameters: [parameter('count', COUNT_OR_FLOAT)],
    means: inZones((count) => {
      if (isInteger(count.type)) return castTo(castTo(count, timestamp(unit)), timestamp('us'));
      const factor = Number(TICKS_PER_SECOND.us / TICKS_PER_SECOND[unit]);
      const micros = factor === 1 ? count : arithmetic('*', count, literal(factor, float64), float64);
      return castTo(castTo(castTo(micros, decimal(19, 0)), int64), timestamp('us'));
    }),
    examples,
  });

const UNIT_NAMES = { s: 'seconds', ms: 'milliseconds', us: 'microseconds', ns: 'nanoseconds' } as const;

export const TIMESTAMP_SECONDS: FunctionDefinition = fromCount(
  'timestamp_seconds',
  's',
  [[-1n], '1969-12-31T23:59:59'],
  [[1230219000.123], '2008-12-25T15:30:00.123'],
);

const COUNTS: readonly FunctionDefinition[] = [
  TIMESTAMP_SECONDS,
  fromCount('timestamp_millis', 'ms', [[1230219000123n], '2008-12-25T15:30:00.123']),
  fromCount('timestamp_micros', 'us', [[-1n], '1969-12-31T23:59:59.999999']),
];

/** Of a duration, in whole units of so many seconds: of its ticks, or in finer ones. */
const total = (unit: string, seconds: bigint, ...examples: readonly Example[]): FunctionDefinition =>
  defineAs({
    name: `total_${unit}`,
    family,
    doc: `The ${unit} of a duration, an int64, truncated towards zero.`,
    parameters: [parameter('duration', DURATION)],
    means: inZones((given) => {
      if (given.type.kind !== 'duration') return 'A duration is needed.';
      const perUnit = literal(TICKS_PER_SECOND[given.type.unit] * seconds, int64);
      return arithmetic('//', castTo(given, int64), perUnit, int64);
    }),
    examples,
  });

const totalTicks = (unit: 'ms' | 'us' | 'ns', ...examples: readonly Example[]): FunctionDefinition =>
  defineAs({
    name: `total_${UNIT_NAMES[unit]}`,
    family,
    doc: `The ${UNIT_NAMES[unit]} of a duration, an int64, truncated towards zero.`,
    parameters: [parameter('duration', DURATION)],
    means: inZones((given) => castTo(castTo(given, duration(unit)), int64)),
    examples,
  });

const LONG = aDuration('-P1DT1H1M1.5S');
const TOTALS: readonly FunctionDefinition[] = [
  total('days', 86_400n, [[LONG], '-1']),
  total('hours', 3_600n, [[LONG], '-25']),
  total('minutes', 60n, [[LONG], '-1501']),
  total('seconds', 1n, [[LONG], '-90061']),
  totalTicks('ms', [[LONG], '-90061500']),
  totalTicks('us', [[LONG], '-90061500000']),
  totalTicks('ns', [[LONG], '-90061500000000']),
];

export const TIME_CONVERSION_FUNCTIONS: readonly FunctionDefinition[] = [...CONVERSIONS, ...COUNTS, ...TOTALS];
