/** Texts read as dates and times by a format. */

import { type DataType, date, list, type TimeUnit, timestamp, utf8 } from '../../columnar/data-type.ts';
import type { Value } from '../../columnar/value.ts';
import { InvalidValue } from '../../errors.ts';
import { TICKS_PER_SECOND } from '../temporal-text.ts';
import { timeZone, timeZoneProblem } from '../time-zone.ts';
import {
  type Call,
  define,
  type Example,
  type FunctionDefinition,
  optional,
  type ParameterKind,
  parameter,
} from './function-definition.ts';
import { itemType, TEXT } from './parameter-kinds.ts';
import { problemOf, recentlyMade } from './recently-made.ts';
import { type TimeFormat, timeFormat } from './strptime.ts';
import type { ReadTime } from './time-parts.ts';

const REMEMBERED_FORMATS = 16;
const UTC = 'UTC';
const SECONDS_PER_DAY = 86_400;
const NANOSECONDS_PER_SECOND = 1_000_000_000n;

const FORMAT_DOC =
  "A format has the directives of C's strptime, as in `%Y-%m-%d %H:%M:%S`: also `%f`, `%3f`, `%n` for up to 6, for 3, and for up to 9 digits of a second, `%z` and `%Z` for an offset from UTC and the name of a zone. Of a list of formats the first that reads the text counts.";

/** One format, or several, of which the first that reads a text counts. */
type Formats = string | readonly Value[];
const FORMATS: ParameterKind<Formats> = {
  takes: 'a format, or a list of formats',
  preferred: utf8,
  accept: (type) =>
    type.kind === 'utf8' || (type.kind === 'list' && itemType(type).kind === 'utf8') ? type : undefined,
};

const listed = (formats: Formats): readonly string[] =>
  typeof formats === 'string' ? [formats] : formats.map((format) => String(format));

/** @throws InvalidValue where one is no format, or there is none */
function readFormats(formats: Formats): readonly TimeFormat[] {
  if (formats.length === 0 && typeof formats !== 'string') throw new InvalidValue('at least one format is needed');
  if (formats.includes(null as never)) throw new InvalidValue('a format is null');
  return listed(formats).map(timeFormat);
}

/** What a literal has, where it is a format or a list of them. */
const knownFormats = (literal: Value | undefined): Formats | undefined =>
  typeof literal === 'string' || Array.isArray(literal) ? literal : undefined;

/** What a text that is of no format becomes. */
type Otherwise = (text: string, formats: Formats) => null;
const refuse: Otherwise = (text, formats) => {
  const names = listed(formats).map((format) => `'${format}'`);
  const what = names.length === 1 ? `the format ${names[0]}` : `the formats ${names.join(', ')}`;
  throw new InvalidValue(`'${text.slice(0, 60)}' is no time of ${what}`);
};
const giveNull: Otherwise = () => null;

function firstRead(formats: readonly TimeFormat[], text: string): ReadTime | undefined {
  for (const { read } of formats) {
    const found = read(text);
    if (found !== undefined) return found;
  }
  return undefined;
}

function toDate(name: string, doc: string, otherwise: Otherwise, ...examples: readonly Example[]): FunctionDefinition {
  return define({
    name,
    family: 'dates and times',
    doc: `${doc} ${FORMAT_DOC}`,
    parameters: [parameter('text', TEXT), parameter('format', FORMATS)],
    result: ({ literals: [, literal] }) => {
      const known = knownFormats(literal);
      return (known === undefined ? undefined : problemOf(name, () => readFormats(known))) ?? date;
    },
    mayBeNull: otherwise === giveNull,
    canFail: true,
    prepare: ({ literals: [, literal] }) => {
      const known = knownFormats(literal);
      const read = known === undefined ? undefined : readFormats(known);
      const recent = recentlyMade(REMEMBERED_FORMATS, (...formats: readonly string[]) => readFormats(formats));
      return (text: string, formats: Formats) =>
        firstRead(read ?? recent(...listed(formats)), text)?.days ?? otherwise(text, formats);
    },
    examples,
  });
}

/** Thousandths and billionths of a second where a format says that it has such digits; else microseconds. */
function unitOf(formats: readonly TimeFormat[]): TimeUnit {
  const digits = Math.max(...formats.map((format) => format.digits));
  return digits === 9 ? 'ns' : digits === 3 ? 'ms' : 'us';
}

/** The type of the result: with the zone that is given, or UTC where a format reads an offset. */
function timestampType(name: string, { literals: [, literal, zone] }: Call): DataType | string {
  const known = knownFormats(literal);
  if (known === undefined) return `${name} needs its format as a literal: the type of the result depends on it.`;
  if (typeof zone !== 'string')
    return `${name} needs its time zone as a literal: it is part of the type of the result.`;
  const problem = problemOf(name, () => readFormats(known)) ?? (zone === '' ? undefined : timeZoneProblem(zone));
  if (problem !== undefined) return problem;
  const formats = readFormats(known);
  return timestamp(unitOf(formats), zone !== '' ? zone : formats.some(({ hasOffset }) => hasOffset) ? UTC : null);
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
    parameters: [parameter('text', TEXT), parameter('format', FORMATS), optional('timezone', TEXT, '')],
    result: (call) => timestampType(name, call),
    mayBeNull: otherwise === giveNull,
    canFail: true,
    prepare: ({ literals: [, literal] }) => {
      const formats = readFormats(knownFormats(literal) ?? '');
      const unit = unitOf(formats);
      return (text: string, given: Formats, zone: string) => {
        const time = firstRead(formats, text);
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
    [['15.05.2024', { kind: 'literal', type: list(utf8), value: ['%Y-%m-%d', '%d.%m.%Y'] }], '2024-05-15T00:00:00'],
  ),
  toDatetime('try_to_datetime', ['try_strptime'], 'As `to_datetime`, but null where that refuses.', giveNull, [
    ['25:00', '%H:%M'],
    null,
  ]),
];
