/**
 * Dates and times as a cast writes and reads them: as SQL does, which is ISO 8601 with a space for the T.
 *
 *     date        2001-01-31                      read also 12001-01-31
 *     time        08:00:00.5                      read also 08:00
 *     timestamp   2001-01-31 08:00:00.5           read also with a T, without seconds, as a date alone
 *       zoned     2001-01-31 08:00:00.5+01        read also Z, +0100, +01:00, or none: the clock of the zone
 *
 * What the type has no room for is let go of as other casts do: the offset where the type has no zone, the time of day
 * of a date, digits finer than the unit.
 */

import type { ClockUnit } from '../../columnar/data-type.ts';
import { daysOf, isCalendarDay } from '../calendar.ts';
import { clockOf, floorDivide, type TimestampType } from '../clock.ts';
import { dateText, TICKS_PER_SECOND, ticksPerDay, timeText } from '../temporal-text.ts';

const CLOCK = String.raw`(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?`;
const OFFSET = String.raw`(?: ?(Z|UTC)|([+-])(\d\d)(?::?(\d\d)(?::?(\d\d))?)?)`;
const TIMESTAMP = new RegExp(String.raw`^(\d{4,12}|[+-]\d{6,12})-(\d\d)-(\d\d)(?:[T ] *${CLOCK}${OFFSET}?)?$`, 'i');
const TIME = new RegExp(`^${CLOCK}${OFFSET}?$`, 'i');

const NANOSECOND_DIGITS = 9;
const LAST_MINUTE = 59;

/** What a text says: the day, the nanoseconds of its clock, and how far that is ahead of UTC. */
interface Written {
  readonly day: number;
  readonly nanoseconds: bigint;
  readonly offset: number | undefined;
}

function writtenIn(text: string): Written | undefined {
  const parts = TIMESTAMP.exec(text);
  if (parts === null) return undefined;
  const date = { year: Number(parts[1]), month: Number(parts[2]), day: Number(parts[3]) };
  if (!isCalendarDay(date)) return undefined;
  const day = daysOf(date);
  if (parts[4] === undefined) return { day, nanoseconds: 0n, offset: undefined };
  const nanoseconds = clockNanoseconds(parts.slice(4, 8), 24);
  const offset = offsetSeconds(parts.slice(8));
  return nanoseconds === undefined || offset === null ? undefined : { day, nanoseconds, offset };
}

/** Of hour, minute, second and fraction; the greatest hour has no minutes. */
function clockNanoseconds(parts: readonly (string | undefined)[], greatestHour: number): bigint | undefined {
  const [hour, minute, second = 0] = [Number(parts[0]), Number(parts[1]), Number(parts[2] ?? 0)];
  const fraction = BigInt((parts[3] ?? '').slice(0, NANOSECOND_DIGITS).padEnd(NANOSECOND_DIGITS, '0'));
  if (hour > greatestHour || minute > LAST_MINUTE || second > LAST_MINUTE) return undefined;
  if (hour === 24 && (minute > 0 || second > 0 || fraction > 0n)) return undefined;
  return BigInt(hour * 3_600 + minute * 60 + second) * TICKS_PER_SECOND.ns + fraction;
}

/** Seconds; undefined where none is written, null where it is none. */
function offsetSeconds(parts: readonly (string | undefined)[]): number | undefined | null {
  const [utc, sign, hours, minutes, seconds] = parts;
  if (utc !== undefined) return 0;
  if (sign === undefined) return undefined;
  const [h, m, s] = [Number(hours), Number(minutes ?? 0), Number(seconds ?? 0)];
  if (h > 23 || m > LAST_MINUTE || s > LAST_MINUTE) return null;
  return (h * 3_600 + m * 60 + s) * (sign === '-' ? -1 : 1);
}

/** Days since 1970-01-01. */
export function dayFromText(text: string): number | undefined {
  const day = writtenIn(text)?.day;
  return day !== undefined && day >= -(2 ** 31) && day < 2 ** 31 ? day : undefined;
}

/** Ticks since midnight, also of the time in a timestamp. */
export function timeReader(unit: ClockUnit): (text: string) => bigint | undefined {
  const nanosecondsPerTick = TICKS_PER_SECOND.ns / TICKS_PER_SECOND[unit];
  return (text) => {
    const parts = TIME.exec(text);
    const nanoseconds = parts === null ? writtenIn(text)?.nanoseconds : clockNanoseconds(parts.slice(1, 5), 23);
    if (nanoseconds === undefined || nanoseconds >= ticksPerDay('ns')) return undefined;
    if (parts !== null && offsetSeconds(parts.slice(5)) === null) return undefined;
    return nanoseconds / nanosecondsPerTick;
  };
}

/** Ticks; undefined where there is no such zone. */
export function timestampReader(type: TimestampType): ((text: string) => bigint | undefined) | undefined {
  const clock = clockOf(type);
  if (clock === undefined) return undefined;
  const perSecond = TICKS_PER_SECOND[type.unit];
  const nanosecondsPerTick = TICKS_PER_SECOND.ns / perSecond;
  return (text) => {
    const written = writtenIn(text);
    if (written === undefined) return undefined;
    const shown = BigInt(written.day) * ticksPerDay(type.unit) + written.nanoseconds / nanosecondsPerTick;
    const isPlain = type.timezone === null || written.offset === undefined;
    const ticks = isPlain ? clock.moment(shown) : shown - BigInt(written.offset ?? 0) * perSecond;
    return BigInt.asIntN(64, ticks) === ticks ? ticks : undefined;
  };
}

/** Undefined where there is no such zone. */
export function timestampWriter(type: TimestampType): ((ticks: bigint) => string) | undefined {
  const clock = clockOf(type);
  if (clock === undefined) return undefined;
  const perDay = ticksPerDay(type.unit);
  return (ticks) => {
    const shown = clock.shown(ticks);
    const day = floorDivide(shown, perDay);
    const text = `${dateText(Number(day))} ${timeText(shown - day * perDay, type.unit)}`;
    return type.timezone === null ? text : text + offsetText(clock.offset(ticks));
  };
}

/** How far a clock is ahead of UTC: `+00`, `-03:30`, with seconds where there are any: `+00:53:28`. */
export function offsetText(seconds: number): string {
  const magnitude = Math.abs(seconds);
  const parts = [Math.floor(magnitude / 3_600), Math.floor(magnitude / 60) % 60, magnitude % 60];
  while (parts.length > 1 && parts.at(-1) === 0) parts.pop();
  return `${seconds < 0 ? '-' : '+'}${parts.map((part) => String(part).padStart(2, '0')).join(':')}`;
}
