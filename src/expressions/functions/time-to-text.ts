/** Dates and times written as text. */

import { type DataType, isInteger, timestamp, typeName, utf8 } from '../../columnar/data-type.ts';
import { wholeOf } from '../../columnar/value.ts';
import { offsetText } from '../casts/time-text.ts';
import { dayAndTicks, knownClockOf } from '../clock.ts';
import { castTo } from '../coerce.ts';
import { dateText, TICKS_PER_SECOND, ticksPerDay, timeText } from '../temporal-text.ts';
import { callNode } from './call-node.ts';
import { type Call, define, defineAs, type FunctionDefinition, optional, parameter } from './function-definition.ts';
import { TEXT } from './parameter-kinds.ts';
import { problemOf, recentlyMade } from './recently-made.ts';
import { type Shown, type TimeWriter, timeWriter } from './strftime.ts';
import {
  aDate,
  aTime,
  aTimestamp,
  COUNT_OR_FLOAT,
  DATE_OR_TIME_OR_TIMESTAMP,
  inBerlin,
  inKnownZones,
  knownText,
} from './temporal-kinds.ts';
import { TIMESTAMP_SECONDS } from './time-conversions.ts';

const REMEMBERED_FORMATS = 16;
const NANOSECONDS = TICKS_PER_SECOND.ns;
const family = 'dates and times';

/** What is shown on the clock and calendar of a value. */
function shownBy(type: DataType): (value: number | bigint) => Shown {
  if (type.kind === 'date') {
    return (days) => ({ days: Number(days), secondOfDay: 0, nanosecond: 0, offset: 0, zone: '' });
  }
  if (type.kind !== 'time' && type.kind !== 'timestamp') throw new TypeError(`${type.kind} is not shown`);
  const perSecond = TICKS_PER_SECOND[type.unit];
  const perDay = ticksPerDay(type.unit);
  const clock = type.kind === 'timestamp' ? knownClockOf(type) : undefined;
  const zone = type.kind === 'timestamp' ? (type.timezone ?? '') : '';
  return (value) => {
    const ticks = wholeOf(value);
    const [days, inDay] = dayAndTicks(clock === undefined ? ticks : clock.shown(ticks), perDay);
    const fraction = ((inDay % perSecond) * NANOSECONDS) / perSecond;
    return {
      days: Number(days),
      secondOfDay: Number(inDay / perSecond),
      nanosecond: Number(fraction),
      offset: clock === undefined ? 0 : clock.offset(ticks),
      zone,
    };
  };
}

/** Undefined where a format asks for nothing that values of the type have not. */
function misplaced({ asksForDay }: TimeWriter, type: DataType): string | undefined {
  return type.kind === 'time' && asksForDay ? `the format asks for a date, which ${typeName(type)} has not` : undefined;
}

/** ISO 8601, with how far the clock is from UTC where the type has a zone. */
function isoText(type: DataType): (value: number | bigint) => string {
  if (type.kind === 'date') return (days) => dateText(Number(days));
  if (type.kind === 'time') return (ticks) => timeText(wholeOf(ticks), type.unit);
  if (type.kind !== 'timestamp') throw new TypeError(`${type.kind} is not written`);
  const perDay = ticksPerDay(type.unit);
  const clock = knownClockOf(type);
  return (ticks) => {
    const [days, inDay] = dayAndTicks(clock.shown(wholeOf(ticks)), perDay);
    const offset = clock.offset(wholeOf(ticks));
    const from = type.timezone === null ? '' : offset === 0 ? 'Z' : isoOffset(offset);
    return `${dateText(Number(days))}T${timeText(inDay, type.unit)}${from}`;
  };
}

/** With minutes even where they are zero. */
const isoOffset = (offset: number): string => {
  const text = offsetText(offset);
  return text.length === 3 ? `${text}:00` : text;
};

const typeOf = ({ types: [type] }: Call): DataType => {
  if (type === undefined) throw new TypeError('no type');
  return type;
};

const STRFTIME = define({
  name: 'strftime',
  aliases: ['to_string', 'date_format'],
  family,
  doc: "The date, time or timestamp as text, on the clock of its zone: in ISO 8601, or by a format with the directives of C's strftime, such as `%d.%m.%Y %H:%M:%S`. `%f`, `%g` and `%n` are microseconds, milliseconds and nanoseconds of the second, `%3f` as many digits of it, `%-d` a number without zeros before it, `%z` how far the clock is from UTC and `%Z` its zone.",
  parameters: [parameter('time', DATE_OR_TIME_OR_TIMESTAMP), optional('format', TEXT, '')],
  result: inKnownZones((call) => {
    const format = knownText(call, 1) ?? '';
    const type = typeOf(call);
    return problemOf('strftime', () => timeWriter(format)) ?? misplaced(timeWriter(format), type) ?? utf8;
  }),
  canFail: true,
  prepare: (call) => {
    const type = typeOf(call);
    if (knownText(call, 1) === '') {
      const iso = isoText(type);
      return (value) => iso(value);
    }
    const shown = shownBy(type);
    const writerOf = recentlyMade(REMEMBERED_FORMATS, timeWriter);
    return (value, format) => writerOf(format).write(shown(value));
  },
  examples: [
    [[aDate('2024-05-15'), '%d.%m.%Y'], '15.05.2024'],
    [[aTimestamp('2024-05-05T08:30:01.25'), '%-d %b %y, %I:%M %p and %3f'], '5 May 24, 08:30 AM and 250'],
    [[inBerlin('2024-05-15T08:30:00Z'), '%H:%M %z %Z'], '10:30 +02 Europe/Berlin'],
    [[inBerlin('2024-05-15T08:30:00Z')], '2024-05-15T10:30:00+02:00'],
    [[aTime('08:30:00'), '%Hh%M'], '08h30'],
  ],
});

export const TIME_TO_TEXT_FUNCTIONS: readonly FunctionDefinition[] = [
  STRFTIME,
  defineAs({
    name: 'from_unixtime',
    family,
    doc: 'The time so many seconds, of which fractions are rounded to the microsecond, after 1970-01-01T00:00:00 in UTC, written by a format as `strftime` has them.',
    parameters: [parameter('seconds', COUNT_OR_FLOAT), optional('format', TEXT, '%Y-%m-%d %H:%M:%S')],
    means: ([seconds, format]) => {
      if (seconds === undefined || format === undefined) return 'Seconds and a format are needed.';
      const moment = isInteger(seconds.type) ? castTo(seconds, timestamp('s')) : callNode(TIMESTAMP_SECONDS, [seconds]);
      return typeof moment === 'string' ? moment : callNode(STRFTIME, [moment, format]);
    },
    examples: [
      [[1609459200n], '2021-01-01 00:00:00'],
      [[-1n, '%T'], '23:59:59'],
      [[0.25, '%H:%M:%S.%f'], '00:00:00.250000'],
    ],
  }),
];
