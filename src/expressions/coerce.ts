/**
 * Making every coercion explicit: casts, and literals that take the type of what stands beside them.
 *
 * A literal adapts to the operand beside it where that loses nothing: null takes any type, text beside a date, a time, a
 * timestamp, a duration, an interval or a uuid is read as one, an integer beside a decimal has only its own digits, beside
 * uint64 it is one if it can be.
 */

import { bool, type DataType, decimal, isInteger, isUnsigned, sameType, uint64 } from '../columnar/data-type.ts';
import type { Value } from '../columnar/value.ts';
import { wholeOf } from '../columnar/value.ts';
import { castBetween } from './cast-value.ts';
import type { ArithmeticOperator, TypedExpression } from './expression.ts';
import { digitCount, integerRange, valueFromJson } from './literal.ts';

/** Whether a plan may ask for this cast. */
export const canCast = (from: DataType, to: DataType): boolean => castBetween(from, to) !== undefined;

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
  if (sameType(e.type, type)) return e;
  if (e.kind === 'literal') return literal(castLiteral(e.value, e.type, type, true) ?? null, type);
  if (castBetween(e.type, type)?.canFail === false) return castTo(e, type);
  return { kind: 'cast', input: e, type, nullable: true, try: true };
}

/** A typed literal. */
export const literal = (value: Value, type: DataType): TypedExpression => ({
  kind: 'literal',
  value,
  type,
  nullable: value === null,
});

/** Both, or one of them, as SQL has it. */
export const logic = (operator: 'and' | 'or', left: TypedExpression, right: TypedExpression): TypedExpression => ({
  kind: 'logic',
  operator,
  left,
  right,
  type: bool,
  nullable: left.nullable || right.nullable,
});

/** Arithmetic that is never null by itself, of operands of one machine type. */
export const arithmetic = (
  operator: ArithmeticOperator,
  left: TypedExpression,
  right: TypedExpression,
  type: DataType,
): TypedExpression => ({ kind: 'arithmetic', operator, left, right, type, nullable: left.nullable || right.nullable });

/** The value that a cast gives at run time, worked out now; undefined where it fails, which is left to the run. */
export function castLiteral(value: Value, from: DataType, to: DataType, isTry: boolean = false): Value | undefined {
  return value === null ? null : castBetween(from, to, isTry)?.convert(value);
}

/**
 * `e` with the type that suits the operand beside it, where `e` is a literal that can take it; else `e` itself. A text
 * that should be a date or a time and is none stays text, which no comparison with them takes.
 */
export function adapted(e: TypedExpression, beside: DataType): TypedExpression {
  if (e.kind !== 'literal' || sameType(e.type, beside)) return e;
  if (e.value === null) return literal(null, beside);
  if (e.type.kind === 'utf8' && READ_FROM_TEXT.has(beside.kind)) {
    const value = valueFromJson(e.value as string, beside);
    return value === undefined ? e : literal(value, beside);
  }
  if (e.type.kind === 'timestamp' && beside.kind === 'timestamp') return adaptedTimestamp(e, e.type, beside);
  if (!isInteger(e.type)) return e;
  const exact = wholeOf(e.value);
  if (beside.kind === 'decimal') return literal(exact, decimal(digitCount(exact), 0));
  return isInteger(beside) ? adaptedInteger(e, exact, beside) : e;
}

type Literal = Extract<TypedExpression, { kind: 'literal' }>;

/** Types whose literals are text. */
const READ_FROM_TEXT: ReadonlySet<string> = new Set([
  'date',
  'time',
  'timestamp',
  'duration',
  'interval',
  'uuid',
] satisfies DataType['kind'][]);

type Timestamp = Extract<DataType, { kind: 'timestamp' }>;

/** In the other unit, where no digit is lost. */
function adaptedTimestamp(e: Literal, from: Timestamp, to: Timestamp): TypedExpression {
  if ((from.timezone === null) !== (to.timezone === null)) return e;
  const value = castLiteral(e.value, from, to);
  const isExact = value !== undefined && castLiteral(value, to, from) === e.value;
  return isExact ? literal(value, to) : e;
}

/** Keeps uint64 beside a signed integer from becoming a float, where one of both is a literal. */
function adaptedInteger(e: TypedExpression, exact: bigint, beside: DataType): TypedExpression {
  if (beside.kind === 'uint64' && exact >= 0n) return literal(exact, uint64);
  const int64Type: DataType = { kind: 'int64' };
  const fitsSigned = exact <= (integerRange(int64Type)?.greatest ?? 0n);
  return e.type.kind === 'uint64' && !isUnsigned(beside) && fitsSigned ? literal(exact, int64Type) : e;
}
