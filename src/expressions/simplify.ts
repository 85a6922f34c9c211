/**
 * Rewrites that leave the meaning of an expression and make it cheaper.
 *
 *     1 < 2, upper('a')                    true, 'A'
 *     x and true · x or true              x · true
 *     cast(i as int64) < 5                i < 5 in i's own type, where 5 fits it
 *     year(d) = 1995                      d >= date '1995-01-01' and d < date '1996-01-01'
 *     cast(t as date) <= date '1995-03-17'   t < timestamp '1995-03-18T00:00:00'
 *     date_trunc('month', d) = '1995-03-01'  d >= date '1995-03-01' and d < date '1995-04-01'
 *
 * A range over the column itself is an order of magnitude faster than computing each year, and lets scans skip files by
 * their statistics. Only what is exact is worked out here; what may overflow or round is left to the run.
 */

import { bool, type DataType, integerBits, isInteger, isUnsigned } from '../columnar/data-type.ts';
import type { Value } from '../columnar/value.ts';
import { MillraceError } from '../errors.ts';
import { castLiteral, castTo, literal, tryCastTo } from './coerce.ts';
import { operandsOf, withOperands } from './columns.ts';
import { type ComparisonOperator, MIRRORED, type TypedExpression } from './expression.ts';
import { functionNamed } from './functions/registry.ts';
import { interpreter } from './interpret.ts';
import { asRange } from './period-range.ts';
import { ticksPerDay } from './temporal-text.ts';
import { isWholeCast } from './whole-conversion.ts';

type OfKind<Kind extends TypedExpression['kind']> = Extract<TypedExpression, { kind: Kind }>;

/** An expression with the same value for every row, of the same type. An error it would raise may be gone. */
export function simplified(e: TypedExpression): TypedExpression {
  const inner = withOperands(e, simplified);
  switch (inner.kind) {
    case 'arithmetic':
      return simplifiedArithmetic(inner);
    case 'compare':
      return simplifiedComparison(inner);
    case 'logic':
      return simplifiedLogic(inner);
    case 'not':
      return simplifiedNot(inner);
    case 'is-null':
      if (inner.input.kind === 'literal') return truth(inner.input.value === null);
      return inner.input.nullable ? inner : truth(false);
    case 'cast':
      return inner.try === true ? tryCastTo(inner.input, inner.type) : castTo(inner.input, inner.type);
    case 'coalesce':
      return simplifiedCoalesce(inner);
    case 'if-else':
      return simplifiedIfElse(inner);
    case 'function':
      if (functionNamed(inner.name).nulls === 'strict' && inner.arguments.some(isNull))
        return literal(null, inner.type);
      return folded(inner);
    case 'is-in':
    case 'list':
      return folded(inner);
    default:
      return inner;
  }
}

/** Literals alone give a literal; what fails, or is large, is left to the run, and so is what differs from row to row. */
function folded(e: OfKind<'arithmetic' | 'function' | 'is-in' | 'list'>): TypedExpression {
  const isVolatile = e.kind === 'function' && functionNamed(e.name).isVolatile;
  if (isVolatile || !operandsOf(e).every((operand) => operand.kind === 'literal')) return e;
  try {
    const value = interpreter(e)({ value: () => null, where: () => '' });
    return isSmall(value) ? literal(value, e.type) : e;
  } catch (error) {
    if (error instanceof MillraceError) return e;
    throw error;
  }
}

/** Whether a value is worth being in a plan. */
function isSmall(value: Value): boolean {
  if (typeof value === 'string') return value.length <= MAX_FOLDED;
  if (value instanceof Uint8Array) return value.byteLength <= MAX_FOLDED;
  return !Array.isArray(value) || (value.length <= MAX_FOLDED && value.every(isSmall));
}
const MAX_FOLDED = 1_000;

const truth = (value: boolean): TypedExpression => literal(value, bool);
const isNull = (e: TypedExpression): boolean => e.kind === 'literal' && e.value === null;
const isTruth = (e: TypedExpression, value: boolean): boolean => e.kind === 'literal' && e.value === value;

function simplifiedLogic(e: OfKind<'logic'>): TypedExpression {
  const decisive = e.operator === 'or';
  if (isTruth(e.left, decisive) || isTruth(e.right, decisive)) return truth(decisive);
  if (isTruth(e.left, !decisive)) return e.right;
  if (isTruth(e.right, !decisive)) return e.left;
  return isNull(e.left) && isNull(e.right) ? e.left : e;
}

const OPPOSITE: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  '=': '!=',
  '!=': '=',
  '<': '>=',
  '>=': '<',
  '>': '<=',
  '<=': '>',
};

/** A comparison has an opposite because the order is total: NaN equals itself and is the greatest. */
function simplifiedNot(e: OfKind<'not'>): TypedExpression {
  const { input } = e;
  if (input.kind === 'literal') return input.value === null ? input : truth(input.value === false);
  if (input.kind === 'not') return input.input;
  return input.kind === 'compare' ? simplifiedComparison({ ...input, operator: OPPOSITE[input.operator] }) : e;
}

function simplifiedIfElse(e: OfKind<'if-else'>): TypedExpression {
  const { condition, then, otherwise, type } = e;
  if (condition.kind !== 'literal') return e;
  if (condition.value === null) return literal(null, type);
  return castTo(condition.value === true ? then : otherwise, type);
}

/** Without inputs that are never reached, and those that are always null. */
function simplifiedCoalesce(e: OfKind<'coalesce'>): TypedExpression {
  const given = e.inputs.filter((input) => !isNull(input));
  const first = given.findIndex((input) => !input.nullable);
  const inputs = first < 0 ? given : given.slice(0, first + 1);
  const [only] = inputs;
  if (only === undefined) return literal(null, e.type);
  return inputs.length === 1 ? castTo(only, e.type) : { ...e, inputs };
}

function simplifiedArithmetic(e: OfKind<'arithmetic'>): TypedExpression {
  const { left, right, type } = e;
  if (isNull(left) || isNull(right)) return literal(null, type);
  return folded(e);
}

function simplifiedComparison(e: OfKind<'compare'>): TypedExpression {
  const { operator, left, right } = e;
  if (isNull(left) || isNull(right)) return literal(null, bool);
  if (left.kind === 'literal' && right.kind === 'literal') {
    return isMinusZero(left) || isMinusZero(right) ? e : truth(holds(operator, order(left, right)));
  }
  if (left.kind === 'literal')
    return simplifiedComparison({ ...e, operator: MIRRORED[operator], left: right, right: left });
  if (right.kind !== 'literal') return e;
  return withoutWidening(e, right) ?? asRange(e, right) ?? e;
}

/** How it stands to 0 is left to those who execute comparisons. */
const isMinusZero = (e: OfKind<'literal'>): boolean => Object.is(e.value, -0);

/** NaN is equal to itself and the greatest; text goes by its bytes. */
function order(a: OfKind<'literal'>, b: OfKind<'literal'>): number {
  const [x, y] = [a.value, b.value];
  if (typeof x === 'string' && typeof y === 'string') return Buffer.compare(Buffer.from(x), Buffer.from(y));
  if (typeof x === 'number' && typeof y === 'number') {
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
  }
  if (x === null || y === null || x === y) return 0;
  return x < y ? -1 : 1;
}

function holds(operator: ComparisonOperator, sign: number): boolean {
  if (operator === '=' || operator === '!=') return (sign === 0) === (operator === '=');
  if (operator === '<' || operator === '<=') return sign < 0 || (operator === '<=' && sign === 0);
  return sign > 0 || (operator === '>=' && sign === 0);
}

/** Compares in the type of the operand instead of casting every value to that of the literal. */
function withoutWidening(e: OfKind<'compare'>, right: OfKind<'literal'>): TypedExpression | undefined {
  const { left } = e;
  if (left.kind !== 'cast' || left.try === true || !widens(left.input.type, left.type)) return undefined;
  const value = castLiteral(right.value, right.type, left.input.type);
  if (value === undefined || castLiteral(value, left.input.type, right.type) !== right.value) return undefined;
  return simplifiedComparison({ ...e, left: left.input, right: literal(value, left.input.type) });
}

/** Whether the cast keeps every value and their order. */
function widens(from: DataType, to: DataType): boolean {
  if (isInteger(from) && isInteger(to)) {
    const [bits, wider] = [integerBits(from) ?? 0, integerBits(to) ?? 0];
    return isUnsigned(from) === isUnsigned(to) ? bits <= wider : isUnsigned(from) && bits < wider;
  }
  if (from.kind === 'timestamp' && to.kind === 'timestamp') {
    return isWholeCast(from, to) && ticksPerDay(from.unit) <= ticksPerDay(to.unit);
  }
  if (to.kind !== 'decimal') return false;
  // An overflow that the cast would raise is not kept, which is as it should be: the comparison itself has an answer.
  return isInteger(from) || (from.kind === 'decimal' && from.scale <= to.scale);
}
