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
 *     binary, fixed-size-…     "aGVsbG8=", base64                       Uint8Array
 *     uuid                     "0190a1b2-…"                             string
 *     date                     "2001-01-31"                             number of days
 *     timestamp(us)            "2001-01-31T08:00:00.5"                  bigint of ticks
 *     timestamp(us, UTC)       "2001-01-31T08:00:00.5Z"
 *     time(us)                 "08:00:00.5"                             bigint of ticks
 *     duration(us)             "PT90.5S"                                bigint of ticks
 *     interval                 "P1Y2M3DT4.5S"                           Interval
 *     list, fixed-size-list …  [1, 2, null]                             array
 *     struct, file, tensor     { "a": 1, "b": "x" }                     array of the fields' values
 *     map                      [["key", 1], ["other", 2]]               array of [key, value]
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
  storageType,
} from '../columnar/data-type.ts';
import { uuidBytes, uuidText } from '../columnar/uuid-text.ts';
import { type Interval, type Value, wholeOf } from '../columnar/value.ts';
import {
  dateFromText,
  dateText,
  durationFromText,
  durationText,
  intervalFromText,
  intervalText,
  timeFromText,
  timestampFromText,
  timestampText,
  timeText,
} from './temporal-text.ts';

/** What a literal in JSON may be. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** The value that `json` stands for, or undefined where it is none of the type. Null is of every type. */
export function valueFromJson(json: JsonValue, type: DataType): Value | undefined {
  if (json === null) return null;
  if (typeof json === 'object') return nestedFromJson(json, storageType(type));
  if (type.kind === 'bool') return typeof json === 'boolean' ? json : undefined;
  if (typeof json === 'boolean') return undefined;
  if (isFloat(type)) return floatFromJson(json, type);
  if (type.kind === 'decimal') return decimalFromText(integerText(json) ?? json, type);
  if (isInteger(type)) {
    const text = integerText(json);
    return text === undefined ? undefined : integerValue(BigInt(text), type);
  }
  return typeof json === 'number' ? undefined : valueFromText(json, type);
}

function valueFromText(text: string, type: DataType): Value | undefined {
  switch (type.kind) {
    case 'utf8':
      return text.isWellFormed() ? text : undefined;
    case 'date':
      return dateFromText(text);
    case 'time':
      return timeFromText(text, type.unit);
    case 'timestamp':
      return timestampFromText(text, type);
    case 'duration':
      return durationFromText(text, type.unit);
    case 'interval':
      return intervalFromText(text);
    case 'binary':
      return bytesFromText(text);
    case 'fixed-size-binary': {
      const bytes = bytesFromText(text);
      return bytes?.byteLength === type.size ? bytes : undefined;
    }
    case 'uuid': {
      const bytes = uuidBytes(text);
      return bytes && uuidText(bytes);
    }
    default:
      return undefined;
  }
}

function bytesFromText(text: string): Uint8Array | undefined {
  const isBase64 = text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
  return isBase64 ? Uint8Array.from(Buffer.from(text, 'base64')) : undefined;
}

const isArray = (json: JsonValue): json is readonly JsonValue[] => Array.isArray(json);

/** All parts, or undefined where one is none. */
function allOf(parts: readonly (Value | undefined)[]): readonly Value[] | undefined {
  return parts.includes(undefined) ? undefined : (parts as readonly Value[]);
}

function nestedFromJson(json: Exclude<JsonValue, null | boolean | number | string>, type: DataType): Value | undefined {
  if (isArray(json)) {
    switch (type.kind) {
      case 'list':
        return allOf(json.map((item) => valueFromJson(item, type.item)));
      case 'fixed-size-list':
        return json.length === type.size ? allOf(json.map((item) => valueFromJson(item, type.item))) : undefined;
      case 'map':
        return allOf(json.map((entry) => entryFromJson(entry, type.key, type.value)));
      default:
        return undefined;
    }
  }
  if (type.kind !== 'struct') return undefined;
  const names = new Set(type.fields.map(({ name }) => name));
  if (!Object.keys(json).every((name) => names.has(name))) return undefined;
  return allOf(
    type.fields.map((f) => valueFromJson(Object.hasOwn(json, f.name) ? (json[f.name] ?? null) : null, f.type)),
  );
}

function entryFromJson(json: JsonValue, key: DataType, value: DataType): Value | undefined {
  if (!isArray(json) || json.length !== 2) return undefined;
  const parts = allOf([valueFromJson(json[0] ?? null, key), valueFromJson(json[1] ?? null, value)]);
  return parts?.[0] === null ? undefined : parts;
}

/** The value in JSON: `valueFromJson` gives it back. */
export function valueToJson(value: Value, type: DataType): JsonValue {
  if (value === null) return null;
  switch (type.kind) {
    case 'decimal':
      return decimalText(wholeOf(value), type.scale);
    case 'date':
      return dateText(Number(value));
    case 'time':
      return timeText(wholeOf(value), type.unit);
    case 'timestamp':
      return timestampText(wholeOf(value), type);
    case 'duration':
      return durationText(wholeOf(value), type.unit);
    case 'interval':
      return intervalText(value as Interval);
    case 'binary':
    case 'fixed-size-binary':
      return Buffer.from(value as Uint8Array).toString('base64');
    default:
  }
  if (Array.isArray(value)) return nestedToJson(value, storageType(type));
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return Object.is(value, -0) ? '-0' : (value as string | number | boolean);
}

function nestedToJson(parts: readonly Value[], type: DataType): JsonValue {
  switch (type.kind) {
    case 'struct':
      return Object.fromEntries(type.fields.map((f, n) => [f.name, valueToJson(parts[n] ?? null, f.type)]));
    case 'map':
      return parts.map((entry) => {
        const [key = null, value = null] = entry as readonly Value[];
        return [valueToJson(key, type.key), valueToJson(value, type.value)];
      });
    case 'list':
    case 'fixed-size-list':
      return parts.map((part) => valueToJson(part, type.item));
    default:
      throw new TypeError(`${type.kind} has no parts`);
  }
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
    case 'float16':
    case 'float32':
    case 'float64':
      return 'a number that the type can hold, or "NaN", "Infinity" or "-Infinity"';
    default:
      return LITERAL_FORMS[type.kind] ?? 'null';
  }
}

const LITERAL_FORMS: Readonly<Partial<Record<DataType['kind'], string>>> = {
  binary: 'bytes in base64',
  'fixed-size-binary': 'as many bytes as the type has, in base64',
  uuid: 'a uuid such as "0190a1b2-0000-7000-8000-000000000000"',
  time: 'a time of day such as "08:00:00.5"',
  duration: 'an ISO 8601 duration such as "PT90.5S"',
  interval: 'an ISO 8601 interval such as "P1Y2M3DT4.5S"',
  list: 'an array',
  'fixed-size-list': 'an array with as many values as the type has',
  embedding: 'an array with as many numbers as the type has',
  struct: 'an object with no other keys than the fields',
  map: 'an array of [key, value]',
  tensor: 'an object with data and shape, or an array where the type has a shape',
  file: 'an object with uri or data',
};

/** Bounds of an integer type, both inclusive; undefined for other types. */
export function integerRange(type: DataType): { readonly least: bigint; readonly greatest: bigint } | undefined {
  const bits = integerBits(type);
  if (bits === undefined) return undefined;
  if (isUnsigned(type)) return { least: 0n, greatest: (1n << BigInt(bits)) - 1n };
  return { least: -(1n << BigInt(bits - 1)), greatest: (1n << BigInt(bits - 1)) - 1n };
}

/** `exact` as a value of the integer type, or undefined where it is out of range. */
function integerValue(exact: bigint, type: DataType): Value | undefined {
  const range = integerRange(type);
  if (range === undefined || exact < range.least || exact > range.greatest) return undefined;
  return integerBits(type) === 64 ? exact : Number(exact);
}

/** An unscaled integer rescaled without losing digits: undefined where digits would be lost, or do not fit. */
function rescaled(unscaled: bigint, fromScale: number, type: DecimalType): bigint | undefined {
  const shift = 10n ** BigInt(Math.abs(type.scale - fromScale));
  if (type.scale < fromScale && unscaled % shift !== 0n) return undefined;
  const value = type.scale < fromScale ? unscaled / shift : unscaled * shift;
  return digitCount(value) <= type.precision ? value : undefined;
}

/** Decimal digits of the magnitude; of 0 one. */
export const digitCount = (value: bigint): number => (value < 0n ? -value : value).toString().length;

/** The nearest value that a float type has. */
export const roundedTo = ({ kind }: DataType, value: number): number =>
  kind === 'float32' ? Math.fround(value) : kind === 'float16' ? Math.f16round(value) : value;

/** Text of at most 40 characters that is a whole number, else undefined. */
function integerText(json: number | string): string | undefined {
  if (typeof json === 'number') return Number.isSafeInteger(json) ? BigInt(json).toString() : undefined;
  return /^-?(0|[1-9]\d{0,38})$/.test(json) ? json : undefined;
}

function floatFromJson(json: number | string, type: DataType): number | undefined {
  if (typeof json === 'string') {
    return ['NaN', 'Infinity', '-Infinity', '-0'].includes(json) ? Number(json) : undefined;
  }
  const value = roundedTo(type, json);
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
