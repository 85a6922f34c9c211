/**
 * Types of arithmetic.
 *
 *     + − *    in the common type; decimals grow, so that no digit is lost:
 *              + −  scale max(s1, s2), precision max(p1 − s1, p2 − s2) + scale + 1
 *              *    scale s1 + s2, precision p1 + p2
 *              of more than 38 digits 38 are declared, as DuckDB does: a value that needs more is an overflow, and no
 *              digit behind the point is ever given up for it
 *     /        float64
 *     // %     in the common type, not of decimals; null where an integer divisor is zero
 */

import {
  type DataType,
  type DecimalType,
  decimal,
  float64,
  isInteger,
  isNumeric,
  typeName,
} from '../columnar/data-type.ts';
import { asDecimal, castTo, commonType, MAX_DECIMAL_DIGITS } from './coerce.ts';
import type { ArithmeticOperator, TypedExpression } from './expression.ts';

/** The typed node, or what is wrong, as a sentence. */
export function bindArithmetic(
  operator: ArithmeticOperator,
  left: TypedExpression,
  right: TypedExpression,
): TypedExpression | string {
  const [a, b] = [left.type, right.type];
  const common = commonType(a, b);
  if (common === undefined || !isNumeric(common)) {
    const hint = a.kind === 'bool' && b.kind === 'bool' ? ' Cast one side to int64 to count.' : '';
    return `${typeName(a)} ${operator} ${typeName(b)} is not defined.${hint}`;
  }
  const nullable = left.nullable || right.nullable;
  if (common.kind === 'decimal') {
    const type = decimalResult(operator, asDecimal(a), asDecimal(b));
    if (typeof type === 'string') return type;
    const scale = operator === '*' ? undefined : type.scale;
    return { kind: 'arithmetic', operator, left: asScaled(left, scale), right: asScaled(right, scale), type, nullable };
  }
  if (operator === '/') {
    const hasDecimal = a.kind === 'decimal' || b.kind === 'decimal';
    if (hasDecimal) return decimalDivision(a, b);
    return {
      kind: 'arithmetic',
      operator,
      left: castTo(left, float64),
      right: castTo(right, float64),
      type: float64,
      nullable,
    };
  }
  const type = common;
  const divides = operator === '//' || operator === '%';
  const divisor = castTo(right, type);
  return {
    kind: 'arithmetic',
    operator,
    left: castTo(left, type),
    right: divisor,
    type,
    nullable: nullable || (divides && isInteger(type) && mayBeZero(divisor)),
  };
}

function decimalResult(operator: ArithmeticOperator, a: DecimalType, b: DecimalType): DecimalType | string {
  if (operator === '/') return decimalDivision(a, b);
  if (operator === '//' || operator === '%') {
    return `${operator} is not defined for decimals. Cast both sides to float64 or to an integer.`;
  }
  const scale = operator === '*' ? a.scale + b.scale : Math.max(a.scale, b.scale);
  const precision =
    operator === '*' ? a.precision + b.precision : Math.max(a.precision - a.scale, b.precision - b.scale) + scale + 1;
  if (scale > MAX_DECIMAL_DIGITS) {
    return `${typeName(a)} ${operator} ${typeName(b)} would need ${scale} digits behind the point, and 38 is the most. Cast a side to a decimal of fewer digits, or to float64.`;
  }
  return decimal(Math.min(precision, MAX_DECIMAL_DIGITS), scale);
}

const decimalDivision = (a: DataType, b: DataType): string =>
  `${typeName(a)} / ${typeName(b)} is not defined: decimals are not divided. Cast both sides to float64.`;

/** As a decimal, at the scale where one is asked for, with all of its digits. */
function asScaled(e: TypedExpression, scale: number | undefined): TypedExpression {
  const { precision, scale: own } = asDecimal(e.type);
  const wanted = scale ?? own;
  return castTo(e, decimal(Math.min(precision - own + wanted, MAX_DECIMAL_DIGITS), wanted));
}

const mayBeZero = (e: TypedExpression): boolean =>
  !(e.kind === 'literal' && e.value !== null && BigInt(e.value) !== 0n);
