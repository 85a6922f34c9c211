/** Texts read as dates and times by a format. */

import { type DataType, date, type TimeUnit, timestamp } from '../../columnar/data-type.ts';
import { InvalidValue } from '../../errors.ts';
import { TICKS_PER_SECOND } from '../temporal-text.ts';
import { timeZone, timeZoneProblem } from '../time-zone.ts';
import {
  type Call,
  define,
  type Example,
  type FunctionDefinition,
  optional,
  parameter,
} from './function-definition.ts';
import { TEXT } from './parameter-kinds.ts';
import { problemOf, recentlyMade } from './recently-made.ts';
import { type TimeFormat, timeFormat } from './strptime.ts';
import type { ReadTime } from './time-parts.ts';

const REMEMBERED_FORMATS = 16;
const UTC = 'UTC';
const SECONDS_PER_DAY = 86_400;
const NANOSECONDS_PER_SECOND = 1_000_000_000n;

const FORMAT_DOC =
  "A format has the directives of C's strptime, as in `%Y-%m-%d %H:%M:%S`: also `%f`, `%3f`, `%n` for up to 6, for 3, and for up to 9 digits of a second, `%z` and `%Z` for an offset from UTC and the name of a zone.";

/** What a text that is not of the format becomes. */
type Otherwise = (text: string, format: string) => null;
const refuse: Otherwise = (text, format) => {
  throw new InvalidValue(`'${text.slice(0, 60)}' is no time of the format '${format}'`);
};
const giveNull: Otherwise = () => null;

function toDate(name: string, doc: string, otherwise: Otherwise, ...examples: readonly Example[]): FunctionDefinition {
  return define({
    name,
    family: 'dates and times',
    doc: `${doc} ${FORMAT_DOC}`,
    parameters: [parameter('text', TEXT), parameter('format', TEXT)],
    result: ({ literals: [, format] }) =>
      (typeof format === 'string' ? problemOf(name, () => timeFormat(format)) : undefined) ?? date,
    mayBeNull: otherwise === giveNull,
    canFail: true,
    prepare: () => {
      const formatOf = recentlyMade(REMEMBERED_FORMATS, timeFormat);
      return (text: string, format: string) => formatOf(format).read(text)?.days ?? otherwise(text, format);
    },
    examples,
  });
}

/** Thousandths and billionths of a second where the format says that it has such digits; else microseconds. */
const unitOf = ({ digits }: TimeFormat): TimeUnit => (digits === 9 ? 'ns' : digits === 3 ? 'ms' : 'us');

/** The type of the result: with the zone that is given, or UTC where the format reads an offset. */
function timestampType(name: string, { literals: [, format, zone] }: Call): DataType | string {
  if (typeof format !== 'string') return `${name} needs its format as a literal: the type of the result depends on it.`;
  if (typeof zone !== 'string')
    return `${name} needs its time zone as a literal: it is part of the type of the result.`;
  const problem = problemOf(name, () => timeFormat(format)) ?? (zone === '' ? undefined : timeZoneProblem(zone));
  if (problem !== undefined) return problem;
  const read = timeFormat(format);
  return timestamp(unitOf(read), zone !== '' ? zone : read.hasOffset ? UTC : null);
}

/** Since 1970 in UTC; on the clock of the zone where the text itself does not say how far it is from UTC. */
function ticksOf(
  { days, secondOfDay, nanosecond, offset }: ReadTime,
  unit: TimeUnit,
  zone: string,
): bigint | undefined {
  const shown = days * SECONDS_PER_DAY + secondOfDay;
  const place = offset ?? zone;
  const second = typeof place === 'number' ? shown - place : place === '' ? shown : timeZone(place)?.momentOf(shown);
  if (second === undefined) return undefined;
  const perSecond = TICKS_PER_SECOND[unit];
  const ticks = BigInt(second) * perSecond + BigInt(nanosecond) / (NANOSECONDS_PER_SECOND / perSecond);
  return BigInt.asIntN(64, ticks) === ticks ? ticks : undefined;
}

function toDatetime(
  name: string,
  aliases: readonly string[],
  doc: string,
  otherwise: Otherwise,
  ...examples: readonly Example[]
): FunctionDefinition {
  return define({
    name,
    aliases,
    family: 'dates and times',
    doc: `${doc} The clock is that of the time zone, if one is given and the text has no offset. ${FORMAT_DOC}`,
    parameters: [parameter('text', TEXT), parameter('format', TEXT), optional('timezone', TEXT, '')],
    result: (call) => timestampType(name, call),
    mayBeNull: otherwise === giveNull,
    canFail: true,
    prepare: ({ literals: [, literal] }) => {
      const format = timeFormat(String(literal));
      const unit = unitOf(format);
      return (text: string, given: string, zone: string) => {
        const time = format.read(text);
        return (time && ticksOf(time, unit, zone)) ?? otherwise(text, given);
      };
    },
    examples,
  });
}

export const TEXT_TO_TIME_FUNCTIONS: readonly FunctionDefinition[] = [
  toDate('to_date', 'The date that the text gives in the format. Any other text is refused.', refuse, [
    ['15.05.2024', '%d.%m.%Y'],
    '2024-05-15',
  ]),
  toDate('try_to_date', 'As `to_date`, but null where that refuses.', giveNull, [['30.02.2024', '%d.%m.%Y'], null]),
  toDatetime(
    'to_datetime',
    ['strptime'],
    'The timestamp that the text gives in the format: in UTC where that reads an offset. Any other text is refused.',
    refuse,
    [['2024-05-15 08:30:00', '%Y-%m-%d %H:%M:%S'], '2024-05-15T08:30:00'],
    [['2024-05-15 08:30 +02:00', '%Y-%m-%d %H:%M %z'], '2024-05-15T06:30:00Z'],
    [['2024-05-15 08:30', '%Y-%m-%d %H:%M', 'Europe/Berlin'], '2024-05-15T06:30:00Z'],
  ),
  toDatetime('try_to_datetime', ['try_strptime'], 'As `to_datetime`, but null where that refuses.', giveNull, [
    ['25:00', '%H:%M'],
    null,
  ]),
];
