/**
 * Literals: values as JSON writes them, and back, exactly.
 *
 *     type                     in JSON                                  as a Value
 *     bool                     true                                     boolean
 *     int8 … int32, uint8 …    12                                       number
 *     int64, uint64            "9007199254740993", or 12 up to 2 ** 53  bigint
 *     float32, float64         1.5, "NaN", "Infinity", "-Infinity"      number
 *     decimal(5, 2)            "1.50", or 1                             bigint 150n, unscaled
 *     utf8                     "text"                                   string
 *     date                     "2001-01-31"                             number of days
 *     timestamp(us)            "2001-01-31T08:00:00.5"                  bigint of ticks
 *     timestamp(us, UTC)       "2001-01-31T08:00:00.5Z"
 *
 * A value that its type cannot hold to the last digit is refused, never rounded; only a float takes the nearest value
 * to its decimal digits, as everywhere.
 */

import {
  type DataType,
  type DecimalType,
  integerBits,
  isFloat,
  isInteger,
  isUnsigned,
  type TimeUnit,
} from '../columnar/data-type.ts';
import { calendarDay, daysOf, isCalendarDay } from './calendar.ts';
import type { Value } from './expression.ts';

/** What a literal in JSON may be. */
export type JsonScalar = null | boolean | number | string;

/** Ticks of a second. */
export const TICKS_PER_SECOND: Readonly<Record<TimeUnit, bigint>> = {
  s: 1n,
  ms: 1_000n,
  us: 1_000_000n,
  ns: 1_000_000_000n,
};
const SECONDS_PER_DAY = 86_400n;

/** Ticks of a day. */
export const ticksPerDay = (unit: TimeUnit): bigint => TICKS_PER_SECOND[unit] * SECONDS_PER_DAY;

/** The value that `json` stands for, or undefined where it is none of the type. Null is of every type. */
export function valueFromJson(json: JsonScalar, type: DataType): Value | undefined {
  if (json === null) return null;
  if (type.kind === 'bool') return typeof json === 'boolean' ? json : undefined;
  if (typeof json === 'boolean') return undefined;
  if (isFloat(type)) return floatFromJson(json, type);
  if (type.kind === 'decimal') return decimalFromText(integerText(json) ?? json, type);
  if (isInteger(type)) {
    const text = integerText(json);
    return text === undefined ? undefined : integerValue(BigInt(text), type);
  }
  if (typeof json === 'number') return undefined;
  if (type.kind === 'date') return dateFromText(json);
  if (type.kind === 'timestamp') return timestampFromText(json, type);
  return json.isWellFormed() ? json : undefined;
}

/** The value in JSON: `valueFromJson` gives it back. */
export function valueToJson(value: Value, type: DataType): JsonScalar {
  if (value === null) return null;
  if (type.kind === 'decimal') return decimalText(BigInt(value), type.scale);
  if (type.kind === 'date') return dateText(Number(value));
  if (type.kind === 'timestamp') return timestampText(BigInt(value), type);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return Object.is(value, -0) ? '-0' : value;
}

/** What a literal of the type looks like, for messages: `a whole number from -128 to 127`. */
export function literalForm(type: DataType): string {
  const range = integerRange(type);
  if (range !== undefined) {
    const exact = integerBits(type) === 64 ? ', as text where it is beyond 2 ** 53' : '';
    return `a whole number from ${range.least} to ${range.greatest}${exact}`;
  }
  switch (type.kind) {
    case 'bool':
      return 'true or false';
    case 'decimal':
      return `a number as text with at most ${type.precision - type.scale} digits before the point and ${type.scale} behind it`;
    case 'date':
      return 'a date that exists, such as "2001-01-31"';
    case 'timestamp':
      return `a time such as "2001-01-31T08:00:00${type.timezone === null ? '" without a zone' : 'Z"'}, no finer than ${type.unit}`;
    case 'utf8':
      return 'text in well-formed Unicode';
    default:
      return 'a number that the type can hold, or "NaN", "Infinity" or "-Infinity"';
  }
}

/** Bounds of an integer type, both inclusive; undefined for other types. */
export function integerRange(type: DataType): { readonly least: bigint; readonly greatest: bigint } | undefined {
  const bits = integerBits(type);
  if (bits === undefined) return undefined;
  if (isUnsigned(type)) return { least: 0n, greatest: (1n << BigInt(bits)) - 1n };
  return { least: -(1n << BigInt(bits - 1)), greatest: (1n << BigInt(bits - 1)) - 1n };
}

/** `exact` as a value of the integer type, or undefined where it is out of range. */
export function integerValue(exact: bigint, type: DataType): Value | undefined {
  const range = integerRange(type);
  if (range === undefined || exact < range.least || exact > range.greatest) return undefined;
  return integerBits(type) === 64 ? exact : Number(exact);
}

/** An unscaled integer rescaled without losing digits: undefined where digits would be lost, or do not fit. */
export function rescaled(unscaled: bigint, fromScale: number, type: DecimalType): bigint | undefined {
  const shift = 10n ** BigInt(Math.abs(type.scale - fromScale));
  if (type.scale < fromScale && unscaled % shift !== 0n) return undefined;
  const value = type.scale < fromScale ? unscaled / shift : unscaled * shift;
  return digitCount(value) <= type.precision ? value : undefined;
}

/** Decimal digits of the magnitude; of 0 one. */
export const digitCount = (value: bigint): number => (value < 0n ? -value : value).toString().length;

/** Text of at most 40 characters that is a whole number, else undefined. */
function integerText(json: number | string): string | undefined {
  if (typeof json === 'number') return Number.isSafeInteger(json) ? BigInt(json).toString() : undefined;
  return /^-?(0|[1-9]\d{0,38})$/.test(json) ? json : undefined;
}

function floatFromJson(json: number | string, type: DataType): number | undefined {
  if (typeof json === 'string') {
    return ['NaN', 'Infinity', '-Infinity', '-0'].includes(json) ? Number(json) : undefined;
  }
  const value = type.kind === 'float32' ? Math.fround(json) : json;
  return Number.isFinite(value) || !Number.isFinite(json) ? value : undefined;
}

function decimalFromText(text: number | string, type: DecimalType): bigint | undefined {
  if (typeof text === 'number') return undefined;
  const parts = /^(-?)(\d{1,40})(?:\.(\d{1,40}))?$/.exec(text);
  if (parts === null) return undefined;
  const [, sign = '', whole = '', fraction = ''] = parts;
  const digits = BigInt(whole + fraction);
  return rescaled(sign === '-' ? -digits : digits, fraction.length, type);
}

/** The shortest digits that keep the scale: 150n at scale 2 is `1.50`. */
export function decimalText(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const point = digits.length - scale;
  const text = scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return unscaled < 0n ? `-${text}` : text;
}

// ISO 8601: four digits, or a sign and six or seven (its "expanded" years).
const DATE = /^(\d{4}|[+-]\d{6,7})-(\d\d)-(\d\d)$/;
const TIME = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z?)$/;
const INT32_MAX = 2 ** 31 - 1;

function dateFromText(text: string): number | undefined {
  const parts = DATE.exec(text);
  if (parts === null) return undefined;
  const day = { year: Number(parts[1]), month: Number(parts[2]), day: Number(parts[3]) };
  if (!isCalendarDay(day)) return undefined;
  const days = daysOf(day);
  return days >= -INT32_MAX - 1 && days <= INT32_MAX ? days : undefined;
}

/** ISO, of any day that 32 bits can count: years beyond four digits with a sign and six or seven. */
export function dateText(days: number): string {
  const { year, month, day } = calendarDay(days);
  const fourDigits = year >= 0 && year <= 9_999;
  const yearText = fourDigits
    ? String(year).padStart(4, '0')
    : `${year < 0 ? '-' : '+'}${String(Math.abs(year)).padStart(6, '0')}`;
  return `${yearText}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

type TimestampType = Extract<DataType, { kind: 'timestamp' }>;

/** A date alone is its midnight; between date and time stands a T or, as SQL writes it, a space. */
function timestampFromText(text: string, type: TimestampType): bigint | undefined {
  const split = /^([^T ]{1,20})(?:[T ](.{1,30}))?$/.exec(text);
  const days = split === null ? undefined : dateFromText(split[1] ?? '');
  const time = TIME.exec(split?.[2] ?? '00:00:00');
  if (days === undefined || time === null) return undefined;
  const [hour, minute, second] = [Number(time[1]), Number(time[2]), Number(time[3])];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  if (time[5] === 'Z' && type.timezone === null) return undefined;

  const perSecond = TICKS_PER_SECOND[type.unit];
  const nanoseconds = BigInt((time[4] ?? '').padEnd(9, '0'));
  const nanosecondsPerTick = 1_000_000_000n / perSecond;
  if (nanoseconds % nanosecondsPerTick !== 0n) return undefined;
  const seconds = BigInt(days) * SECONDS_PER_DAY + BigInt(hour * 3_600 + minute * 60 + second);
  const ticks = seconds * perSecond + nanoseconds / nanosecondsPerTick;
  return BigInt.asIntN(64, ticks) === ticks ? ticks : undefined;
}

/** ISO, with only as many digits behind the second as are needed, and `Z` where the type has a zone. */
export function timestampText(ticks: bigint, { unit, timezone }: TimestampType): string {
  const perDay = ticksPerDay(unit);
  const inDay = ((ticks % perDay) + perDay) % perDay;
  const day = dateText(Number((ticks - inDay) / perDay));
  const perSecond = TICKS_PER_SECOND[unit];
  const second = Number(inDay / perSecond);
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const clock = `${two(second / 3_600)}:${two((second / 60) % 60)}:${two(second % 60)}`;
  const digits = perSecond === 1n ? '' : (inDay % perSecond).toString().padStart(perSecond.toString().length - 1, '0');
  const fraction = digits.replace(/0+$/, '');
  return `${day}T${clock}${fraction === '' ? '' : `.${fraction}`}${timezone === null ? '' : 'Z'}`;
}
