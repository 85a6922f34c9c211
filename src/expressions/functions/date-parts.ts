/**
 * Parts of dates and times as whole numbers, on the clock of the timestamp's zone. What lies before 1970 floors: its
 * seconds and their fractions count upwards like all others. Parts of an interval are those of its months, of its days
 * and of its nanoseconds, which are not carried into each other, truncated towards zero.
 */

import { type DataType, int32, int64, uint32 } from '../../columnar/data-type.ts';
import { type Interval, type Value, wholeOf } from '../../columnar/value.ts';
import { calendarDay, daysOf, isoWeek } from '../calendar.ts';
import { dayAndTicks, dayOf, knownClockOf } from '../clock.ts';
import { arithmetic, castTo, literal } from '../coerce.ts';
import { TICKS_PER_SECOND, ticksPerDay } from '../temporal-text.ts';
import { callNode } from './call-node.ts';
import {
  type Call,
  define,
  defineAs,
  type Evaluate,
  type Example,
  type FunctionDefinition,
  type ParameterKind,
  parameter,
} from './function-definition.ts';
import { DATE_OR_TIMESTAMP, TEXT } from './parameter-kinds.ts';
import {
  aDate,
  anInterval,
  aTime,
  aTimestamp,
  DATE_OR_TIME_OR_TIMESTAMP_OR_INTERVAL,
  DATE_OR_TIMESTAMP_OR_INTERVAL,
  inBerlin,
  inKnownZones,
  TIME_OR_TIMESTAMP_OR_INTERVAL,
} from './temporal-kinds.ts';

/** Of a day, and of an interval where it has such a part. */
interface DayPart {
  readonly day: (days: number) => number;
  readonly interval?: (value: Interval) => number;
}
/** Of ticks since midnight, or of the ticks of an interval. */
type ClockPart = (ticks: bigint, perSecond: bigint) => bigint;

const dayPart =
  ({ day, interval }: DayPart) =>
  ({ types: [type] }: Call): Evaluate => {
    if (type?.kind === 'interval' && interval !== undefined) return (value) => interval(value as Interval);
    const ofValue = dayOf(type);
    return (value) => day(ofValue(value as number | bigint));
  };

const clockPart =
  (part: ClockPart) =>
  ({ types: [type] }: Call): Evaluate => {
    if (type?.kind === 'interval') return (value) => part((value as Interval).nanoseconds, TICKS_PER_SECOND.ns);
    if (type?.kind === 'time') return (ticks) => part(wholeOf(ticks), TICKS_PER_SECOND[type.unit]);
    if (type?.kind !== 'timestamp') throw new TypeError('no clock');
    const [clock, perSecond, perDay] = [knownClockOf(type), TICKS_PER_SECOND[type.unit], ticksPerDay(type.unit)];
    return (moment) => part(dayAndTicks(clock.shown(wholeOf(moment)), perDay)[1], perSecond);
  };

/** How many of `per` seconds there are, without those that are a whole `of` seconds. */
const seconds =
  (per: bigint, of: bigint): ClockPart =>
  (ticks, perSecond) =>
    (ticks % (of * perSecond)) / (per * perSecond);

/** The fraction of the second, in this many parts of it. */
const fraction =
  (parts: bigint): ClockPart =>
  (ticks, perSecond) =>
    ((ticks % perSecond) * parts) / perSecond;

interface Part {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly kind: ParameterKind<Value & {}>;
  readonly result?: DataType;
  readonly doc: string;
  readonly prepare: (call: Call) => Evaluate;
  readonly examples: readonly Example[];
}

/** Parts of an interval have a sign, and are of any size. Timestamps in seconds alone reach years beyond an int32. */
const part = ({ name, aliases = [], kind, result = uint32, doc, prepare, examples }: Part): FunctionDefinition =>
  define({
    name,
    aliases,
    family: 'dates and times',
    doc,
    parameters: [parameter('time', kind)],
    result: inKnownZones(({ types: [type] }) => (type?.kind === 'interval' ? int64 : result)),
    canFail: ([type]) => result === int32 && type?.kind === 'timestamp' && type.unit === 's',
    prepare,
    examples,
  });

const yearOf = (days: number): number => calendarDay(days).year;
/** 0 for Monday: 1 January 1970 was a Thursday. */
const weekdayOf = (days: number): number => (((days + 3) % 7) + 7) % 7;
const dayOfYear = (days: number): number => days - daysOf({ year: yearOf(days), month: 1, day: 1 }) + 1;
const MOMENT = aTimestamp('1995-03-17T08:30:59.987654');

const DAY_PARTS: readonly FunctionDefinition[] = [
  part({
    name: 'year',
    kind: DATE_OR_TIMESTAMP_OR_INTERVAL,
    result: int32,
    doc: 'The calendar year; 0 is 1 BC. Of an interval its whole years.',
    prepare: dayPart({ day: yearOf, interval: ({ months }) => Math.trunc(months / 12) }),
    examples: [
      [[aDate('1995-03-17')], 1995],
      [[inBerlin('1999-12-31T23:30:00Z')], 2000],
      [[anInterval('P1Y14M')], '2'],
    ],
  }),
  part({
    name: 'iso_year',
    aliases: ['isoyear'],
    kind: DATE_OR_TIMESTAMP,
    result: int32,
    doc: 'The year that the ISO week of the day belongs to: the one its Thursday lies in.',
    prepare: dayPart({ day: (days) => isoWeek(days).year }),
    examples: [[[aDate('2024-12-31')], 2025]],
  }),
  part({
    name: 'quarter',
    kind: DATE_OR_TIMESTAMP,
    doc: 'The quarter of the year, 1 to 4.',
    prepare: dayPart({ day: (days) => Math.ceil(calendarDay(days).month / 3) }),
    examples: [[[aDate('1995-03-17')], 1]],
  }),
  part({
    name: 'month',
    kind: DATE_OR_TIMESTAMP_OR_INTERVAL,
    doc: 'The month, 1 to 12. Of an interval its months without whole years.',
    prepare: dayPart({ day: (days) => calendarDay(days).month, interval: ({ months }) => months % 12 }),
    examples: [
      [[aDate('1995-03-17')], 3],
      [[anInterval('P1Y14M')], '2'],
    ],
  }),
  part({
    name: 'week_of_year',
    aliases: ['week', 'weekofyear'],
    kind: DATE_OR_TIMESTAMP,
    doc: 'The ISO week, 1 to 53: weeks begin on Monday, the first is the one with the first Thursday of the year.',
    prepare: dayPart({ day: (days) => isoWeek(days).week }),
    examples: [
      [[aDate('2024-12-31')], 1],
      [[aDate('2023-12-31')], 52],
    ],
  }),
  part({
    name: 'day',
    aliases: ['day_of_month', 'dayofmonth'],
    kind: DATE_OR_TIMESTAMP_OR_INTERVAL,
    doc: 'The day of the month, 1 to 31. Of an interval its days.',
    prepare: dayPart({ day: (days) => calendarDay(days).day, interval: ({ days }) => days }),
    examples: [
      [[aDate('1995-03-17')], 17],
      [[anInterval('P1M40DT50H')], '40'],
    ],
  }),
  part({
    name: 'day_of_week',
    kind: DATE_OR_TIMESTAMP,
    doc: 'The day of the week, from 0 for Monday to 6 for Sunday.',
    prepare: dayPart({ day: weekdayOf }),
    examples: [[[aDate('1995-03-17')], 4]],
  }),
  part({
    name: 'day_of_year',
    aliases: ['dayofyear'],
    kind: DATE_OR_TIMESTAMP,
    doc: 'The day of the year, 1 to 366.',
    prepare: dayPart({ day: dayOfYear }),
    examples: [[[aDate('1995-03-17')], 76]],
  }),
];

const clock = (name: string, doc: string, compute: ClockPart, ...examples: readonly Example[]): FunctionDefinition =>
  part({ name, kind: TIME_OR_TIMESTAMP_OR_INTERVAL, doc, prepare: clockPart(compute), examples });

/** As long as no day: hours of an interval are not turned into days. */
const EVER = 2n ** 40n * 3_600n;

const CLOCK_PARTS: readonly FunctionDefinition[] = [
  clock(
    'hour',
    'The hour, 0 to 23. Of an interval all of its hours.',
    seconds(3_600n, EVER),
    [[MOMENT], 8],
    [[inBerlin('1995-03-17T08:30:59Z')], 9],
    [[anInterval('P1DT-50H')], '-50'],
  ),
  clock('minute', 'The minute, 0 to 59.', seconds(60n, 3_600n), [[MOMENT], 30], [[aTime('23:59:00')], 59]),
  clock('second', 'The whole second, 0 to 59.', seconds(1n, 60n), [[MOMENT], 59]),
  clock(
    'millisecond',
    'The milliseconds of the second, 0 to 999. (Those of DuckDB include the seconds.)',
    fraction(1_000n),
    [[MOMENT], 987],
  ),
  clock(
    'microsecond',
    'The microseconds of the second, 0 to 999999. (Those of DuckDB include the seconds.)',
    fraction(1_000_000n),
    [[MOMENT], 987_654],
  ),
  clock(
    'nanosecond',
    'The nanoseconds of the second, 0 to 999999999. (Those of DuckDB include the seconds.)',
    fraction(1_000_000_000n),
    [[MOMENT], 987_654_000],
  ),
];

const PARTS: readonly FunctionDefinition[] = [...DAY_PARTS, ...CLOCK_PARTS];

/** SQL's names for parts that are another number here, or called otherwise; to `day_of_week` is added, and 7 is 0. */
const SQL_PARTS: Readonly<Record<string, { readonly name: string; readonly plus?: bigint; readonly modulo?: bigint }>> =
  {
    dow: { name: 'day_of_week', plus: 1n, modulo: 7n },
    isodow: { name: 'day_of_week', plus: 1n },
    doy: { name: 'day_of_year' },
  };

/** The function of a part by any of its names. */
export const datePartNamed = (name: string): FunctionDefinition | undefined =>
  PARTS.find((one) => one.name === name || one.aliases.includes(name));

const PART_NAMES = [...PARTS.map(({ name }) => name), ...Object.keys(SQL_PARTS)].join(', ');

const DATE_PART = defineAs({
  name: 'date_part',
  aliases: ['datepart'],
  family: 'dates and times',
  doc: `The part of that name, a literal in any case, also as a plural: what the function of the name gives (${PART_NAMES}). \`dow\` counts from 0 for Sunday, \`isodow\` from 1 for Monday, \`doy\` is the day of the year.`,
  parameters: [parameter('part', TEXT), parameter('time', DATE_OR_TIME_OR_TIMESTAMP_OR_INTERVAL)],
  means: ([part, time]) => {
    const text = part?.kind === 'literal' && typeof part.value === 'string' ? part.value.toLowerCase() : '';
    const known = SQL_PARTS[text] ?? { name: text };
    const found = datePartNamed(known.name) ?? datePartNamed(known.name.replace(/s$/, ''));
    if (found === undefined || time === undefined) return `The part is a literal: one of ${PART_NAMES}.`;
    const kind = found.parameters[0];
    if (kind?.accept(time.type) === undefined) return `${found.name} takes ${kind?.takes}, and not ${time.type.kind}.`;
    const value = callNode(found, [time]);
    if (typeof value === 'string' || known.plus === undefined) return value;
    const type = value.type;
    const sum = arithmetic('+', value, castTo(literal(known.plus, int64), type), type);
    return known.modulo === undefined ? sum : arithmetic('%', sum, castTo(literal(known.modulo, int64), type), type);
  },
  examples: [
    [['year', aDate('1995-03-17')], 1995],
    [['dow', aDate('1995-03-19')], 0],
    [['hours', MOMENT], 8],
  ],
});

export const DATE_PART_FUNCTIONS: readonly FunctionDefinition[] = [...PARTS, DATE_PART];
