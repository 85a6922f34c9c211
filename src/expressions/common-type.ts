/**
 * Which type two operands meet in.
 *
 *     int ∘ int            the smallest type that holds both: int8 ∘ uint8 → int16; any signed ∘ uint64 → float64
 *     int ∘ decimal        decimal, the integer having the 3, 5, 10, 19 or 20 digits of its type
 *     int, decimal ∘ float float64; the smaller float where it holds every integer of the type: int8 ∘ float16 → float16
 *     bool ∘ number        the number
 *     timestamp ∘ timestamp  the finer unit, so that nothing is cut off; both with a zone, or both without
 *     date ∘ timestamp     timestamp between branches; in comparisons the timestamp is cut to its date
 *     time ∘ time, duration ∘ duration   the finer unit
 *     binary ∘ fixed-size binary         binary
 *     list ∘ list, map ∘ map, struct ∘ struct   part by part; lists of different sizes meet in a list
 *     null ∘ T             T
 *
 * Branches, inputs of coalesce and items of a list also meet where comparisons do not:
 *
 *     utf8 ∘ flat          utf8, but for bytes
 *     date ∘ int           the integer that holds both, the date being its days
 *     struct ∘ struct      one with the fields of both, null where a side has none of that name
 */

import assert from 'node:assert/strict';
import {
  binary,
  childTypes,
  type DataType,
  type DecimalType,
  date,
  decimal,
  duration,
  embedding,
  fixedSizeList,
  float16,
  float32,
  float64,
  int32,
  integerBits,
  isBytes,
  isFloat,
  isInteger,
  isNested,
  isNumeric,
  isUnsigned,
  list,
  map,
  sameType,
  storageType,
  struct,
  tensor,
  time,
  timestamp,
  utf8,
} from '../columnar/data-type.ts';
import type { Field } from '../columnar/schema.ts';
import { castBetween } from './cast-value.ts';
import { TICKS_PER_SECOND } from './temporal-text.ts';

const SIGNED: readonly DataType[] = [{ kind: 'int8' }, { kind: 'int16' }, { kind: 'int32' }, { kind: 'int64' }];
const INTEGER_DIGITS: Partial<Record<DataType['kind'], number>> = {
  int8: 3,
  uint8: 3,
  int16: 5,
  uint16: 5,
  int32: 10,
  uint32: 10,
  int64: 19,
  uint64: 20,
};

/** The greatest precision of a decimal. */
export const MAX_DECIMAL_DIGITS = 38;

/** A decimal of so many digits, or of all that there are: a value that needs more is an overflow. */
export const cappedDecimal = (precision: number, scale: number): DecimalType =>
  decimal(Math.min(precision, MAX_DECIMAL_DIGITS), scale);

/**
 * The type that holds the values of both, where they are of one sort: what functions and comparisons ask for. Undefined
 * where there is none. Of decimals it may have more than 38 digits: whoever asks checks that, to say what to do about it.
 */
export const commonType = (a: DataType, b: DataType): DataType | undefined => meet(a, b, commonType) ?? sameParts(a, b);

/** `commonType`, and where there is none, a type that both can be cast to without losing anything: of branches. */
export const superType = (a: DataType, b: DataType): DataType | undefined =>
  meet(a, b, superType) ?? allParts(a, b) ?? asText(a, b) ?? asDays(a, b);

/** The type in which two operands are compared: `commonType`, but a date and a timestamp meet as dates. */
export function comparisonType(a: DataType, b: DataType): DataType | undefined {
  const isDateAndTimestamp = (x: DataType, y: DataType): boolean =>
    x.kind === 'date' && y.kind === 'timestamp' && castBetween(y, x) !== undefined;
  return isDateAndTimestamp(a, b) || isDateAndTimestamp(b, a) ? date : commonType(a, b);
}

/** The digits of a decimal in the type that has more than there are; undefined where there is none. */
export function excessDigits(type: DataType): number | undefined {
  if (type.kind === 'decimal') return type.precision > MAX_DECIMAL_DIGITS ? type.precision : undefined;
  return childTypes(type)
    .map(excessDigits)
    .find((digits) => digits !== undefined);
}

type Meet = (a: DataType, b: DataType) => DataType | undefined;

/**
 * Two nested types, whose parts meet by `parts`; undefined where some do not, or the types are of different sorts. A struct has the fields
 * of both.
 */
export const meetParts = (a: DataType, b: DataType, parts: Meet): DataType | undefined =>
  a.kind === 'struct' && b.kind === 'struct' ? joined(a.fields, b.fields, parts) : commonNested(a, b, parts);

function meet(a: DataType, b: DataType, parts: Meet): DataType | undefined {
  if (sameType(a, b) || b.kind === 'null') return a;
  if (a.kind === 'null') return b;
  if (isNested(a) || isNested(b)) return isNested(a) && isNested(b) ? commonNested(a, b, parts) : undefined;
  if (a.kind === 'timestamp' || b.kind === 'timestamp') return commonTimestamp(a, b);
  if (a.kind === 'time' && b.kind === 'time') return time('ns');
  if (a.kind === 'duration' && b.kind === 'duration') return duration(finer(a.unit, b.unit));
  if (isBinary(a) && isBinary(b)) return binary;
  return commonNumber(a, b);
}

const isBinary = ({ kind }: DataType): boolean => kind === 'binary' || kind === 'fixed-size-binary';

function commonNumber(a: DataType, b: DataType): DataType | undefined {
  if (a.kind === 'bool' && (isInteger(b) || isFloat(b))) return b;
  if (b.kind === 'bool' && (isInteger(a) || isFloat(a))) return a;
  if (!isNumeric(a) || !isNumeric(b)) return undefined;
  if (isFloat(a) || isFloat(b)) return commonFloat(a, b);
  if (a.kind === 'decimal' || b.kind === 'decimal') return commonDecimal(asDecimal(a), asDecimal(b));
  return commonInteger(a, b);
}

/** The decimal that holds every value of an integer type; a decimal itself. */
export function asDecimal(type: DataType): DecimalType {
  if (type.kind === 'decimal') return type;
  const digits = INTEGER_DIGITS[type.kind];
  assert.ok(digits !== undefined);
  return decimal(digits, 0);
}

function commonDecimal(a: DecimalType, b: DecimalType): DecimalType {
  const scale = Math.max(a.scale, b.scale);
  return decimal(Math.max(a.precision - a.scale, b.precision - b.scale) + scale, scale);
}

/** Floats with the bits of the greatest integers that they hold every one of. */
const FLOATS = [
  [float16, 8],
  [float32, 16],
] as const;

function commonFloat(a: DataType, b: DataType): DataType {
  const fits = (type: DataType, float: DataType, bits: number): boolean =>
    isFloat(type) ? type.kind === 'float16' || type.kind === float.kind : (integerBits(type) ?? 64) <= bits;
  return FLOATS.find(([float, bits]) => fits(a, float, bits) && fits(b, float, bits))?.[0] ?? float64;
}

function commonInteger(a: DataType, b: DataType): DataType {
  const [aBits, bBits] = [integerBits(a) ?? 0, integerBits(b) ?? 0];
  if (isUnsigned(a) === isUnsigned(b)) return aBits >= bBits ? a : b;
  const [unsigned, signed] = isUnsigned(a) ? [aBits, bBits] : [bBits, aBits];
  return SIGNED.find((type) => (integerBits(type) ?? 0) >= Math.max(signed, unsigned * 2)) ?? float64;
}

type Unit = keyof typeof TICKS_PER_SECOND;
const finer = (a: Unit, b: Unit): Unit => (TICKS_PER_SECOND[a] >= TICKS_PER_SECOND[b] ? a : b);

function commonTimestamp(a: DataType, b: DataType): DataType | undefined {
  if (a.kind === 'timestamp' && b.kind === 'timestamp') {
    if ((a.timezone === null) !== (b.timezone === null)) return undefined;
    return timestamp(finer(a.unit, b.unit), a.timezone);
  }
  const [other, moment] = a.kind === 'timestamp' ? [b, a] : [a, b];
  return other.kind === 'date' && castBetween(other, moment) !== undefined ? moment : undefined;
}

function commonNested(a: DataType, b: DataType, parts: Meet): DataType | undefined {
  if (a.kind === 'map' && b.kind === 'map') {
    const [key, value] = [parts(a.key, b.key), parts(a.value, b.value)];
    return key && value && map(key, value);
  }
  if (a.kind === 'tensor' && b.kind === 'tensor') {
    const item = parts(a.item, b.item);
    const isOneShape = String(a.shape) === String(b.shape);
    return item && (isOneShape && a.shape !== undefined ? tensor(item, a.shape) : tensor(item));
  }
  const [x, y] = [storageType(a), storageType(b)];
  if (!isList(x) || !isList(y)) return undefined;
  const item = parts(x.item, y.item);
  if (item === undefined) return undefined;
  if (x.kind === 'list' || y.kind === 'list' || x.size !== y.size) return list(item);
  return a.kind === 'embedding' && b.kind === 'embedding' ? embedding(item, x.size) : fixedSizeList(item, x.size);
}

const isList = (type: DataType): type is Extract<DataType, { kind: 'list' | 'fixed-size-list' }> =>
  type.kind === 'list' || type.kind === 'fixed-size-list';

/** Of structs with the same fields. */
function sameParts(a: DataType, b: DataType): DataType | undefined {
  if (a.kind !== 'struct' || b.kind !== 'struct' || a.fields.length !== b.fields.length) return undefined;
  const isSame = a.fields.every(({ name }, index) => name === b.fields[index]?.name);
  return isSame ? joined(a.fields, b.fields, commonType) : undefined;
}

/** Of structs with any fields, of which they share one. */
function allParts(a: DataType, b: DataType): DataType | undefined {
  if (a.kind !== 'struct' || b.kind !== 'struct') return undefined;
  const shared = a.fields.some(({ name }) => b.fields.some((other) => other.name === name));
  return shared ? joined(a.fields, b.fields, superType) : undefined;
}

function joined(a: readonly Field[], b: readonly Field[], parts: Meet): DataType | undefined {
  const fields: Field[] = [];
  for (const { name, type, nullable } of a) {
    const other = b.find((field) => field.name === name);
    const common = other === undefined ? type : parts(type, other.type);
    if (common === undefined) return undefined;
    fields.push({ name, type: common, nullable: nullable || other?.nullable !== false });
  }
  const added = b.filter(({ name }) => !a.some((field) => field.name === name));
  return struct(...fields, ...added.map((field) => ({ ...field, nullable: true })));
}

/** Text beside what can always be written as text. */
function asText(a: DataType, b: DataType): DataType | undefined {
  const other = a.kind === 'utf8' ? b : b.kind === 'utf8' ? a : undefined;
  if (other === undefined || isNested(other) || isBytes(other)) return undefined;
  return castBetween(other, utf8)?.canFail === false ? utf8 : undefined;
}

/** A date beside an integer. No integer holds both a date and a uint64. */
function asDays(a: DataType, b: DataType): DataType | undefined {
  const other = a.kind === 'date' ? b : b.kind === 'date' ? a : undefined;
  return other !== undefined && isInteger(other) && other.kind !== 'uint64' ? commonInteger(int32, other) : undefined;
}
