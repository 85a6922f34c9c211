/**
 * Which type two operands meet in, and which casts there are.
 *
 *     int ∘ int            the smallest type that holds both: int8 ∘ uint8 → int16; any signed ∘ uint64 → float64
 *     int ∘ decimal        decimal, the integer having the 3, 5, 10, 19 or 20 digits of its type
 *     int, decimal ∘ float float64; integers of up to 16 bits with float32 stay float32
 *     bool ∘ number        the number
 *     timestamp ∘ timestamp  the finer unit, so that nothing is cut off; both with a zone, or both without
 *     date ∘ timestamp     timestamp between branches; in comparisons the timestamp is cut to its date
 *
 * A literal adapts to the operand beside it where that loses nothing: null takes any type, text beside a date or
 * timestamp is read as one, an integer beside a decimal has only its own digits, beside uint64 it is one if it can be.
 */

import assert from 'node:assert/strict';
import {
  type DataType,
  type DecimalType,
  date,
  decimal,
  float32,
  float64,
  integerBits,
  isFloat,
  isInteger,
  isNumeric,
  isUnsigned,
  sameType,
  timestamp,
  uint64,
} from '../columnar/data-type.ts';
import type { Value } from '../columnar/value.ts';
import { wholeOf } from '../columnar/value.ts';
import type { TypedExpression } from './expression.ts';
import { digitCount, integerRange, integerValue, rescaled, valueFromJson } from './literal.ts';
import { TICKS_PER_SECOND, ticksPerDay } from './temporal-text.ts';

/** The greatest precision of a decimal. */
export const MAX_DECIMAL_DIGITS = 38;

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

/**
 * The type that holds the values of both, as the branches of an if-else need it; undefined where there is none. Of
 * decimals it may have more than 38 digits: whoever asks checks that, to say what to do about it.
 */
export function commonType(a: DataType, b: DataType): DataType | undefined {
  if (sameType(a, b)) return a;
  if (a.kind === 'timestamp' || b.kind === 'timestamp') return commonTimestamp(a, b);
  if (a.kind === 'bool' && (isInteger(b) || isFloat(b))) return b;
  if (b.kind === 'bool' && (isInteger(a) || isFloat(a))) return a;
  if (!isNumeric(a) || !isNumeric(b)) return undefined;
  if (isFloat(a) || isFloat(b)) return commonFloat(a, b);
  if (a.kind === 'decimal' || b.kind === 'decimal') return commonDecimal(asDecimal(a), asDecimal(b));
  return commonInteger(a, b);
}

/** The type in which two operands are compared: `commonType`, but a date and a timestamp meet as dates. */
export function comparisonType(a: DataType, b: DataType): DataType | undefined {
  const isDateAndTimestamp = (x: DataType, y: DataType): boolean =>
    x.kind === 'date' && y.kind === 'timestamp' && hasPlainDays(y);
  return isDateAndTimestamp(a, b) || isDateAndTimestamp(b, a) ? date : commonType(a, b);
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

/** float32 has 24 bits of mantissa: enough for every integer of 16. */
function commonFloat(a: DataType, b: DataType): DataType {
  const fits = (type: DataType): boolean => type.kind === 'float32' || (integerBits(type) ?? 64) <= 16;
  return fits(a) && fits(b) ? float32 : float64;
}

function commonInteger(a: DataType, b: DataType): DataType {
  const [aBits, bBits] = [integerBits(a) ?? 0, integerBits(b) ?? 0];
  if (isUnsigned(a) === isUnsigned(b)) return aBits >= bBits ? a : b;
  const [unsigned, signed] = isUnsigned(a) ? [aBits, bBits] : [bBits, aBits];
  return SIGNED.find((type) => (integerBits(type) ?? 0) >= Math.max(signed, unsigned * 2)) ?? float64;
}

function commonTimestamp(a: DataType, b: DataType): DataType | undefined {
  if (a.kind === 'timestamp' && b.kind === 'timestamp') {
    if ((a.timezone === null) !== (b.timezone === null)) return undefined;
    return timestamp(TICKS_PER_SECOND[a.unit] >= TICKS_PER_SECOND[b.unit] ? a.unit : b.unit, a.timezone);
  }
  const [other, time] = a.kind === 'timestamp' ? [b, a] : [a, b];
  return other.kind === 'date' && hasPlainDays(time) ? time : undefined;
}

const UTC_NAMES: ReadonlySet<string> = new Set(['UTC', 'utc', 'Z', '+00:00', 'Etc/UTC', 'GMT']);

/** Whether a day of the type's clock is a day of its ticks: clocks without a zone, and UTC. */
export const hasPlainDays = (type: DataType): boolean =>
  type.kind === 'timestamp' && (type.timezone === null || UTC_NAMES.has(type.timezone));

/** Whether a plan may ask for this cast. */
export function canCast(from: DataType, to: DataType): boolean {
  if (sameType(from, to)) return true;
  if (isNumeric(from)) return isNumeric(to) || (to.kind === 'bool' && isInteger(from));
  if (from.kind === 'bool') return isInteger(to) || isFloat(to);
  if (from.kind === 'date') return to.kind === 'timestamp' && hasPlainDays(to);
  if (from.kind !== 'timestamp') return false;
  if (to.kind === 'date') return hasPlainDays(from);
  return to.kind === 'timestamp' && (from.timezone === null) === (to.timezone === null);
}

/** `e` as `type`: itself, a literal of that type where its value is kept exactly, or a cast. */
export function castTo(e: TypedExpression, type: DataType): TypedExpression {
  if (sameType(e.type, type)) return e;
  if (e.kind === 'literal') {
    const value = castLiteral(e.value, e.type, type);
    if (value !== undefined) return literal(value, type);
  }
  return { kind: 'cast', input: e, type, nullable: e.nullable };
}

/** `e` as `type`, null where its value does not fit. */
export function tryCastTo(e: TypedExpression, type: DataType): TypedExpression {
  const cast = castTo(e, type);
  return cast.kind === 'cast' && cast.input === e ? { ...cast, try: true, nullable: true } : cast;
}

/** A typed literal. */
export const literal = (value: Value, type: DataType): TypedExpression => ({
  kind: 'literal',
  value,
  type,
  nullable: value === null,
});

/**
 * The value that a cast gives at run time, worked out now; undefined where that is left to the run: because it fails,
 * or rounds.
 */
export function castLiteral(value: Value, from: DataType, to: DataType): Value | undefined {
  if (value === null) return null;
  if (from.kind === 'date' && to.kind === 'timestamp') return int64Value(BigInt(Number(value)) * ticksPerDay(to.unit));
  if (from.kind === 'timestamp') return castTimestamp(wholeOf(value), from, to);
  if (from.kind === 'bool' && (isInteger(to) || isFloat(to))) {
    return isInteger(to) ? integerValue(value === true ? 1n : 0n, to) : Number(value);
  }
  if (isFloat(from)) return castFloat(Number(value), to);
  if (!isInteger(from) && from.kind !== 'decimal') return undefined;

  const exact = wholeOf(value);
  const scale = from.kind === 'decimal' ? from.scale : 0;
  if (to.kind === 'decimal') return rescaled(exact, scale, to);
  if (isInteger(to)) return integerValue(exact / 10n ** BigInt(scale), to);
  if (to.kind === 'bool' && scale === 0) return exact !== 0n;
  // Both operands of the division are exact, so it rounds once, as it should.
  const isExact = Number.isSafeInteger(Number(exact)) && scale <= 22;
  return to.kind === 'float64' && isExact ? Number(exact) / 10 ** scale : undefined;
}

function castFloat(value: number, to: DataType): Value | undefined {
  if (to.kind === 'float64') return value;
  if (to.kind === 'float32') return Number.isFinite(Math.fround(value)) ? Math.fround(value) : undefined;
  return isInteger(to) && Number.isFinite(value) ? integerValue(BigInt(Math.trunc(value)), to) : undefined;
}

function castTimestamp(ticks: bigint, from: DataType, to: DataType): Value | undefined {
  if (from.kind !== 'timestamp') return undefined;
  if (to.kind === 'date') {
    const perDay = ticksPerDay(from.unit);
    const days = Number((ticks - (((ticks % perDay) + perDay) % perDay)) / perDay);
    return Math.abs(days) < 2 ** 31 ? days : undefined;
  }
  if (to.kind !== 'timestamp') return undefined;
  const [fromTicks, toTicks] = [TICKS_PER_SECOND[from.unit], TICKS_PER_SECOND[to.unit]];
  return (ticks * toTicks) % fromTicks === 0n ? int64Value((ticks * toTicks) / fromTicks) : undefined;
}

const int64Value = (exact: bigint): bigint | undefined => (BigInt.asIntN(64, exact) === exact ? exact : undefined);

/**
 * `e` with the type that suits the operand beside it, where `e` is a literal that can take it; else `e` itself. A text
 * that should be a date or a timestamp and is none stays text, which no comparison with them takes.
 */
export function adapted(e: TypedExpression, beside: DataType): TypedExpression {
  if (e.kind !== 'literal' || sameType(e.type, beside)) return e;
  if (e.value === null) return literal(null, beside);
  if (typeof e.value === 'string' && (beside.kind === 'date' || beside.kind === 'timestamp')) {
    const value = valueFromJson(e.value, beside);
    return value === undefined ? e : literal(value, beside);
  }
  if (e.type.kind === 'timestamp' && beside.kind === 'timestamp' && canCast(e.type, beside)) {
    const value = castLiteral(e.value, e.type, beside);
    return value === undefined ? e : literal(value, beside);
  }
  if (!isInteger(e.type)) return e;
  const exact = wholeOf(e.value);
  if (beside.kind === 'decimal') return literal(exact, decimal(digitCount(exact), 0));
  return isInteger(beside) ? adaptedInteger(e, exact, beside) : e;
}

/** Keeps uint64 beside a signed integer from becoming a float, where one of both is a literal. */
function adaptedInteger(e: TypedExpression, exact: bigint, beside: DataType): TypedExpression {
  if (beside.kind === 'uint64' && exact >= 0n) return literal(exact, uint64);
  const int64Type: DataType = { kind: 'int64' };
  const fitsSigned = exact <= (integerRange(int64Type)?.greatest ?? 0n);
  return e.type.kind === 'uint64' && !isUnsigned(beside) && fitsSigned ? literal(exact, int64Type) : e;
}
