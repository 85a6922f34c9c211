/** What lies between two dates or times: how many boundaries of a unit, and the age in years, months and days. */

import { type DataType, date, int32, int64, interval, time, timestamp } from '../../columnar/data-type.ts';
import { type Interval, wholeOf } from '../../columnar/value.ts';
import { calendarDay, daysOf as dayNumber } from '../calendar.ts';
import { lastDayOf, multipliedInterval } from '../calendar-arithmetic.ts';
import { dayAndTicks, knownClockOf } from '../clock.ts';
import { adapted, arithmetic, castTo, literal } from '../coerce.ts';
import { commonType } from '../common-type.ts';
import type { TypedExpression } from '../expression.ts';
import { TICKS_PER_SECOND, ticksPerDay } from '../temporal-text.ts';
import { callNode } from './call-node.ts';
import { datePartNamed } from './date-parts.ts';
import {
  type Call,
  define,
  defineAs,
  type FunctionDefinition,
  optional,
  type ParameterKind,
  parameter,
} from './function-definition.ts';
import { DATE_OR_TIMESTAMP } from './parameter-kinds.ts';
import { aDate, aTime, aTimestamp, DATE_OR_TIME_OR_TIMESTAMP, inKnownZones } from './temporal-kinds.ts';
import { inZones } from './time-conversions.ts';
import { DATE_TRUNC } from './truncating.ts';

const family = 'dates and times';

const UNIT_OR_DATE: ParameterKind<number | bigint | string> = {
  takes: 'a literal unit, a date or a timestamp',
  preferred: date,
  accept: (type) => (['utf8', 'date', 'timestamp'].includes(type.kind) ? type : undefined),
};

/** A number of each date or time that grows by one, or by `per`, where a unit ends. */
interface Count {
  readonly of: (e: TypedExpression) => TypedExpression | string;
  readonly per?: bigint;
}

const zoneOf = (type: DataType): string | null => (type.kind === 'timestamp' ? type.timezone : null);
const whole = (value: bigint): TypedExpression => literal(value, int64);
const daysOf = (e: TypedExpression): TypedExpression | string =>
  e.type.kind === 'time' ? 'A time has no day.' : castTo(castTo(castTo(e, date), int32), int64);

/** The part of that name, as an int64. */
function part(name: string, e: TypedExpression): TypedExpression | string {
  const definition = datePartNamed(name);
  if (definition?.parameters[0]?.accept(e.type) === undefined) return `A ${e.type.kind} has no ${name}.`;
  const found = callNode(definition, [e]);
  return typeof found === 'string' ? found : castTo(found, int64);
}

/** So many of the larger unit, and what is left in the smaller. */
function inYears(perYear: bigint, name: string): (e: TypedExpression) => TypedExpression | string {
  return (e) => {
    const [year, rest] = [part('year', e), part(name, e)];
    if (typeof year === 'string' || typeof rest === 'string') return typeof year === 'string' ? year : `${rest}`;
    return arithmetic('+', arithmetic('*', year, whole(perYear), int64), rest, int64);
  };
}

/** Ticks since 1970, or since midnight, of so many in a second: after the beginning of the unit, if it is named. */
function ticks(unit: 's' | 'ms' | 'us' | 'ns', beginning?: string): (e: TypedExpression) => TypedExpression | string {
  return (e) => {
    const exact = e.type.kind === 'date' ? castTo(e, timestamp('us')) : e;
    const begun = beginning === undefined ? exact : callNode(DATE_TRUNC, [literal(beginning, { kind: 'utf8' }), exact]);
    if (typeof begun === 'string') return begun;
    if (begun.type.kind !== 'time') return castTo(castTo(begun, timestamp(unit, zoneOf(begun.type))), int64);
    if (unit === 'us' || unit === 'ns') return castTo(castTo(begun, time(unit)), int64);
    const perTick = TICKS_PER_SECOND[begun.type.unit] / TICKS_PER_SECOND[unit];
    return arithmetic('//', castTo(begun, int64), whole(perTick), int64);
  };
}

const COUNTS: Readonly<Record<string, Count>> = {
  year: { of: (e) => part('year', e) },
  iso_year: { of: (e) => part('iso_year', e) },
  quarter: { of: inYears(4n, 'quarter') },
  month: { of: inYears(12n, 'month') },
  week: { of: daysOf, per: 7n },
  day: { of: daysOf },
  hour: { of: ticks('s', 'hour'), per: 3_600n },
  minute: { of: ticks('s', 'minute'), per: 60n },
  second: { of: ticks('s') },
  millisecond: { of: ticks('ms') },
  microsecond: { of: ticks('us') },
  nanosecond: { of: ticks('ns') },
};

const UNIT_NAMES = Object.keys(COUNTS);

/** In any case, and as a plural too. */
const countNamed = (name: string): Count | undefined => {
  const singular = name
    .toLowerCase()
    .replace(/s$/, '')
    .replace(/^isoyear$/, 'iso_year');
  return Object.hasOwn(COUNTS, singular) ? COUNTS[singular] : undefined;
};

function difference({ of, per }: Count, start: TypedExpression, end: TypedExpression): TypedExpression | string {
  const type = commonType(start.type, end.type);
  if (type === undefined)
    return 'date_diff needs both as dates, both as times or both as timestamps. Cast one of them.';
  const [from, to] = [of(castTo(start, type)), of(castTo(end, type))];
  if (typeof from === 'string' || typeof to === 'string') return typeof from === 'string' ? from : `${to}`;
  const between = arithmetic('-', to, from, int64);
  return per === undefined ? between : arithmetic('//', between, whole(per), int64);
}

function daysBetween(end: TypedExpression, start: TypedExpression): TypedExpression | string {
  const [to, from] = [adapted(end, date), adapted(start, date)];
  if (to.type.kind === 'utf8') return `The unit of date_diff is a literal: one of ${UNIT_NAMES.join(', ')}.`;
  if (from.type.kind === 'time') return 'date_diff counts the days between dates and timestamps, and not of times.';
  const count = (e: TypedExpression): TypedExpression => castTo(castTo(e, date), int32);
  return arithmetic('-', count(to), count(from), int32);
}

/** A date or a timestamp as fields, with nanoseconds since midnight. */
interface Fields {
  readonly moment: bigint;
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly nanoseconds: bigint;
}

function fieldsOf(type: DataType | undefined): (value: number | bigint) => Fields {
  const unit = type?.kind === 'timestamp' ? type.unit : 's';
  const [perDay, perTick] = [ticksPerDay(unit), TICKS_PER_SECOND.ns / TICKS_PER_SECOND[unit]];
  const clock = type?.kind === 'timestamp' ? knownClockOf(type) : undefined;
  return (value) => {
    const shown = clock === undefined ? wholeOf(value) * perDay : clock.shown(wholeOf(value));
    const [count, ticksOfDay] = dayAndTicks(shown, perDay);
    return { ...calendarDay(Number(count)), nanoseconds: ticksOfDay * perTick, moment: shown * perTick };
  };
}

const NANOSECONDS_PER_DAY = ticksPerDay('ns');

const daysInMonth = ({ year, month }: Fields): number =>
  lastDayOf({ year, month }) - dayNumber({ year, month, day: 1 }) + 1;

/** Field by field, from the earlier to the later: a day is borrowed from the month of the earlier one. */
function elapsed(earlier: Fields, later: Fields): Interval {
  let months = (later.year - earlier.year) * 12 + later.month - earlier.month;
  let daysLeft = later.day - earlier.day;
  let nanoseconds = later.nanoseconds - earlier.nanoseconds;
  if (nanoseconds < 0n) {
    nanoseconds += NANOSECONDS_PER_DAY;
    daysLeft -= 1;
  }
  if (daysLeft < 0) {
    daysLeft += daysInMonth(earlier);
    months -= 1;
  }
  return { months, days: daysLeft, nanoseconds };
}

export const TIME_DIFFERENCE_FUNCTIONS: readonly FunctionDefinition[] = [
  defineAs({
    name: 'date_diff',
    aliases: ['datediff'],
    family,
    doc: `How many boundaries of a unit lie between \`start\` and \`end\`, an int64: of ${UNIT_NAMES.join(', ')}, on the clock of their zone; a week is any seven days. Called without a unit, as \`date_diff(end, start)\`, the days from \`start\` to \`end\`, an int32.`,
    parameters: [
      parameter('unit', UNIT_OR_DATE),
      parameter('start', DATE_OR_TIME_OR_TIMESTAMP),
      optional('end', DATE_OR_TIME_OR_TIMESTAMP, null),
    ],
    means: inZones((unit, start = unit, end = start) => {
      const count = unit.kind === 'literal' && typeof unit.value === 'string' ? countNamed(unit.value) : undefined;
      if (count !== undefined) return difference(count, start, end);
      const isGiven = end.kind !== 'literal' || end.value !== null;
      return isGiven
        ? `The unit of date_diff is a literal: one of ${UNIT_NAMES.join(', ')}.`
        : daysBetween(unit, start);
    }),
    examples: [
      [['month', aDate('2024-01-31'), aDate('2024-02-01')], '1'],
      [['hour', aTimestamp('2024-01-01T08:59:00'), aTimestamp('2024-01-01T10:01:00')], '2'],
      [['minute', aTime('08:59:59'), aTime('08:00:00')], '-59'],
      [[aDate('2021-01-10'), aDate('2021-01-01')], 9],
      [[aTimestamp('2021-01-10T00:00:00'), aTimestamp('2021-01-09T23:59:59')], 1],
    ],
  }),
  define({
    name: 'age',
    family,
    doc: 'From `start` to `end` as an interval of months, days and time, as a calendar counts them: a day that is borrowed is one of the month of the earlier. Negative where `end` is before `start`.',
    parameters: [parameter('end', DATE_OR_TIMESTAMP), parameter('start', DATE_OR_TIMESTAMP)],
    result: inKnownZones(({ types }) => {
      const [end, start] = types.map((type) => type.kind === 'timestamp' && type.timezone !== null);
      return end === start ? interval : 'age needs both on the clock of a zone, or neither. Cast one of them.';
    }),
    // Only seconds and milliseconds count so many years.
    canFail: (types) => types.some((type) => type.kind === 'timestamp' && (type.unit === 's' || type.unit === 'ms')),
    prepare: ({ types }: Call) => {
      const [endFields, startFields] = [fieldsOf(types[0]), fieldsOf(types[1])];
      return (end, start) => {
        const [to, from] = [endFields(end), startFields(start)];
        return to.moment >= from.moment
          ? multipliedInterval(elapsed(from, to), 1n)
          : multipliedInterval(elapsed(to, from), -1n);
      };
    },
    examples: [
      [[aDate('2024-03-01'), aDate('2024-01-31')], 'P1M1D'],
      [[aTimestamp('2024-02-29T00:00:00'), aTimestamp('2024-03-31T12:00:00')], 'P-1M-2DT-12H'],
    ],
  }),
];
