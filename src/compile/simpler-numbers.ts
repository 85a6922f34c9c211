/**
 * Calls over numbers as others that mean the same, and have code:
 *
 *     is_nan(x)                x > infinity                     NaN is the greatest
 *     is_inf(x)                abs(x) = infinity
 *     negate(x)                0 - x                            where x is a whole number
 *     radians(x)               x * pi / 180
 *     columns_sum, try_divide  with arguments of the type that they work in
 */

import { type DataType, float64, isFloat, isInteger, sameType } from '../columnar/data-type.ts';
import { literal } from '../expressions/coerce.ts';
import type { ArithmeticOperator, ComparisonOperator, TypedExpression } from '../expressions/expression.ts';
import type { FunctionCall } from './lane-function.ts';
import { isWhole, machineOf } from './machine.ts';

/** Undefined where `e` itself is to be computed. */
export function simplerNumber(e: TypedExpression): TypedExpression | undefined {
  if (e.kind !== 'function' || !e.arguments.every(({ type }) => machineOf(type) !== undefined)) return undefined;
  const [x] = e.arguments;
  if (x === undefined) return undefined;
  switch (e.name) {
    case 'is_nan':
      return compared(e, x, '>');
    case 'not_nan':
      return compared(e, x, '<=');
    case 'is_inf':
      return compared(e, { ...e, name: 'abs', type: x.type }, '=');
    case 'negate':
      return isWhole(e.type) ? { ...arithmetic('-', literal(zeroOf(e.type), e.type), x), wraps: e.wraps } : undefined;
    case 'radians':
      return inFloat64(e.type, x, (wide) => scaled(wide, Math.PI, 180));
    case 'degrees':
      return inFloat64(e.type, x, (wide) => scaled(wide, 180, Math.PI));
    case 'columns_sum':
      return withArgumentsOf(e, e.type);
    case 'try_divide':
      return e.arguments.every(({ type }) => isInteger(type) || isFloat(type))
        ? withArgumentsOf(e, float64)
        : undefined;
    default:
      return undefined;
  }
}

function compared(e: FunctionCall, left: TypedExpression, operator: ComparisonOperator): TypedExpression {
  const right = literal(Number.POSITIVE_INFINITY, left.type);
  return { kind: 'compare', operator, left, right, type: e.type, nullable: e.nullable };
}

function arithmetic(
  operator: ArithmeticOperator,
  left: TypedExpression,
  right: TypedExpression,
): TypedExpression & { readonly kind: 'arithmetic' } {
  const { type } = left;
  return { kind: 'arithmetic', operator, left, right, type, nullable: left.nullable || right.nullable };
}

const zeroOf = (type: DataType): number | bigint => (machineOf(type)?.type === 'i64' ? 0n : 0);

/** What is worked out in float64 and rounded once. */
const inFloat64 = (
  type: DataType,
  x: TypedExpression,
  compute: (x: TypedExpression) => TypedExpression,
): TypedExpression => cast(compute(cast(x, float64)), type);

const scaled = (x: TypedExpression, factor: number, divisor: number): TypedExpression =>
  arithmetic('/', arithmetic('*', x, literal(factor, float64)), literal(divisor, float64));

const cast = (input: TypedExpression, type: DataType): TypedExpression =>
  sameType(input.type, type) ? input : { kind: 'cast', input, type, nullable: input.nullable };

/** Undefined where they already are. */
function withArgumentsOf(e: FunctionCall, type: DataType): TypedExpression | undefined {
  if (e.arguments.every((argument) => sameType(argument.type, type))) return undefined;
  return { ...e, arguments: e.arguments.map((argument) => cast(argument, type)) };
}
