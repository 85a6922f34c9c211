/**
 * Dates and times as ISO 8601 text and back, to the last tick.
 *
 *     date        2001-01-31                     time        08:00:00.5
 *     timestamp   2001-01-31T08:00:00.5Z         duration    PT90.5S, -P1DT2H
 *     interval    P1Y2M3DT4H5M6.7S, each part with a sign of its own: P1M-3D
 */

import type { DataType, TimeUnit } from '../columnar/data-type.ts';
import type { Interval } from '../columnar/value.ts';
import { calendarDay, daysOf, isCalendarDay } from './calendar.ts';

/** Ticks of a second. */
export const TICKS_PER_SECOND: Readonly<Record<TimeUnit, bigint>> = {
  s: 1n,
  ms: 1_000n,
  us: 1_000_000n,
  ns: 1_000_000_000n,
};
const SECONDS_PER_DAY = 86_400n;
const NANOSECONDS_PER_SECOND = 1_000_000_000n;

/** Ticks of a day. */
export const ticksPerDay = (unit: TimeUnit): bigint => TICKS_PER_SECOND[unit] * SECONDS_PER_DAY;

// ISO 8601: four digits, or a sign and at least six (its "expanded" years): as many as a timestamp of seconds has.
const DATE = /^(\d{4}|[+-]\d{6,12})-(\d\d)-(\d\d)$/;
const TIME = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z?)$/;
const INT32_MAX = 2 ** 31 - 1;

/** Days since 1970-01-01, or undefined where the text is no date, or one that 32 bits cannot count. */
export function dateFromText(text: string): number | undefined {
  const days = daysFromText(text);
  return days !== undefined && days >= -INT32_MAX - 1 && days <= INT32_MAX ? days : undefined;
}

function daysFromText(text: string): number | undefined {
  const parts = DATE.exec(text);
  if (parts === null) return undefined;
  const day = { year: Number(parts[1]), month: Number(parts[2]), day: Number(parts[3]) };
  return isCalendarDay(day) ? daysOf(day) : undefined;
}

/** ISO: years beyond four digits with a sign and at least six. */
export function dateText(days: number): string {
  const { year, month, day } = calendarDay(days);
  const fourDigits = year >= 0 && year <= 9_999;
  const yearText = fourDigits
    ? String(year).padStart(4, '0')
    : `${year < 0 ? '-' : '+'}${String(Math.abs(year)).padStart(6, '0')}`;
  return `${yearText}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

type TimestampType = Extract<DataType, { kind: 'timestamp' }>;

/** Ticks, or undefined where the text is none of the type. A date alone is its midnight; between date and time stands a T or, as SQL writes it, a space. */
export function timestampFromText(text: string, type: TimestampType): bigint | undefined {
  const split = /^([^T ]{1,24})(?:[T ](.{1,30}))?$/.exec(text);
  const days = split === null ? undefined : daysFromText(split[1] ?? '');
  const time = TIME.exec(split?.[2] ?? '00:00:00');
  if (days === undefined || time === null) return undefined;
  if (time[5] === 'Z' && type.timezone === null) return undefined;
  const inDay = ticksOfClock(time, type.unit);
  if (inDay === undefined) return undefined;
  const ticks = BigInt(days) * ticksPerDay(type.unit) + inDay;
  return BigInt.asIntN(64, ticks) === ticks ? ticks : undefined;
}

/** Ticks since midnight of what TIME has found; undefined beyond the last of a day, or where digits would be lost. */
function ticksOfClock(time: RegExpExecArray, unit: TimeUnit): bigint | undefined {
  const [hour, minute, second] = [Number(time[1]), Number(time[2]), Number(time[3])];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const nanoseconds = BigInt((time[4] ?? '').padEnd(9, '0'));
  const perSecond = TICKS_PER_SECOND[unit];
  const nanosecondsPerTick = NANOSECONDS_PER_SECOND / perSecond;
  if (nanoseconds % nanosecondsPerTick !== 0n) return undefined;
  return BigInt(hour * 3_600 + minute * 60 + second) * perSecond + nanoseconds / nanosecondsPerTick;
}

/** Ticks since midnight, or undefined where the text is no time of day. */
export function timeFromText(text: string, unit: TimeUnit): bigint | undefined {
  const time = TIME.exec(text);
  return time === null || time[5] === 'Z' ? undefined : ticksOfClock(time, unit);
}

/** ISO, with only as many digits behind the second as are needed, and `Z` where the type has a zone. */
export function timestampText(ticks: bigint, { unit, timezone }: TimestampType): string {
  const perDay = ticksPerDay(unit);
  const inDay = ((ticks % perDay) + perDay) % perDay;
  const day = dateText(Number((ticks - inDay) / perDay));
  return `${day}T${timeText(inDay, unit)}${timezone === null ? '' : 'Z'}`;
}

/** Ticks since midnight as `08:00:00.5`, with only as many digits behind the second as are needed. */
export function timeText(ticks: bigint, unit: TimeUnit): string {
  const second = Number(ticks / TICKS_PER_SECOND[unit]);
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const fraction = fractionText(ticks % TICKS_PER_SECOND[unit], unit);
  return `${two(second / 3_600)}:${two((second / 60) % 60)}:${two(second % 60)}${fraction}`;
}

/** `.5`, or nothing where there is no fraction of a second. */
export function fractionText(ticks: bigint, unit: TimeUnit): string {
  const digits = TICKS_PER_SECOND[unit].toString().length - 1;
  const fraction = digits === 0 ? '' : ticks.toString().padStart(digits, '0').replace(/0+$/, '');
  return fraction === '' ? '' : `.${fraction}`;
}

/** Ticks as `PT1H30M0.5S`: hours are not carried into days, so that what is read is what was written. */
export function durationText(ticks: bigint, unit: TimeUnit): string {
  const perSecond = TICKS_PER_SECOND[unit];
  const magnitude = ticks < 0n ? -ticks : ticks;
  const [seconds, rest] = [magnitude / perSecond, magnitude % perSecond];
  return `${ticks < 0n ? '-' : ''}PT${clockParts(seconds, fractionText(rest, unit))}`;
}

/** `1H2M3.5S`, parts of zero left out; `0S` where all are. */
function clockParts(seconds: bigint, fraction: string): string {
  const parts = [seconds / 3_600n, (seconds / 60n) % 60n].map((part, n) => (part === 0n ? '' : `${part}${'HM'[n]}`));
  const rest = `${seconds % 60n}${fraction}`;
  return `${parts.join('')}${rest === '0' && parts.join('') !== '' ? '' : `${rest}S`}`;
}

/** `P1Y2M3DT4.5S`; `PT0S` where nothing is. */
export function intervalText({ months, days, nanoseconds }: Interval): string {
  const years = Math.trunc(months / 12);
  const dayPart = [
    [years, 'Y'],
    [months - years * 12, 'M'],
    [days, 'D'],
  ].map(([count, letter]) => (count === 0 ? '' : `${count}${letter}`));
  if (nanoseconds === 0n && dayPart.join('') !== '') return `P${dayPart.join('')}`;
  const clock = durationText(nanoseconds, 'ns').replace('PT', '');
  // A negative clock has its sign at every part.
  const signed = clock.startsWith('-') ? clock.slice(1).replaceAll(/(\d+(?:\.\d+)?[HMS])/g, '-$1') : clock;
  return `P${dayPart.join('')}T${signed}`;
}

const PART = '([+-]?\\d{1,10})';
const HOURS = '([+-]?\\d{1,16})';
const ISO_INTERVAL = new RegExp(
  `^([+-]?)P(?:${PART}Y)?(?:${PART}M)?(?:${PART}W)?(?:${PART}D)?(?:T(?:${HOURS}H)?(?:${PART}M)?(?:([+-]?)(\\d{1,12})(?:\\.(\\d{1,9}))?S)?)?$`,
);

/** The parts of an interval, whether or not it can hold them. */
export interface IntervalParts {
  readonly months: bigint;
  readonly days: bigint;
  readonly nanoseconds: bigint;
}

/** What ISO 8601 text stands for, or undefined where it is no interval, or has no part at all. */
export function intervalPartsFromText(text: string): IntervalParts | undefined {
  const found = ISO_INTERVAL.exec(text);
  if (found === null || /[PT]$/.test(text)) return undefined;
  const [, sign, years, months, weeks, days, hours, minutes, secondSign, seconds, fraction] = found;
  const all = sign === '-' ? -1n : 1n;
  const count = (part: string | undefined): bigint => all * BigInt(part ?? 0);
  const nanoseconds = BigInt(seconds ?? 0) * NANOSECONDS_PER_SECOND + BigInt((fraction ?? '').padEnd(9, '0'));
  const clock = (count(hours) * 3_600n + count(minutes) * 60n) * NANOSECONDS_PER_SECOND;
  return {
    months: count(years) * 12n + count(months),
    days: count(weeks) * 7n + count(days),
    nanoseconds: clock + all * (secondSign === '-' ? -nanoseconds : nanoseconds),
  };
}

/** The parts as an interval, or undefined where one is out of range. */
export function intervalOfParts({ months, days, nanoseconds }: IntervalParts): Interval | undefined {
  const fits = (value: bigint, bits: number): boolean => BigInt.asIntN(bits, value) === value;
  if (!fits(months, 32) || !fits(days, 32) || !fits(nanoseconds, 64)) return undefined;
  return { months: Number(months), days: Number(days), nanoseconds };
}

/** The interval that ISO 8601 text stands for, or undefined where it is none, or has no part at all. */
export function intervalFromText(text: string): Interval | undefined {
  const parts = intervalPartsFromText(text);
  return parts && intervalOfParts(parts);
}

/** Ticks of an ISO 8601 duration without months, or undefined where the text is none or is finer than the unit. */
export function durationFromText(text: string, unit: TimeUnit): bigint | undefined {
  const parts = intervalPartsFromText(text);
  if (parts === undefined || parts.months !== 0n) return undefined;
  const nanoseconds = parts.days * ticksPerDay('ns') + parts.nanoseconds;
  const nanosecondsPerTick = NANOSECONDS_PER_SECOND / TICKS_PER_SECOND[unit];
  const ticks = nanoseconds / nanosecondsPerTick;
  return nanoseconds % nanosecondsPerTick === 0n && BigInt.asIntN(64, ticks) === ticks ? ticks : undefined;
}
