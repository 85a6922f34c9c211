/**
 * Types of arithmetic, in the common type of both sides. Decimals grow, so that no digit is lost:
 *
 *     + −   scale max(s1, s2)             precision max(p1 − s1, p2 − s2) + scale + 1
 *     *     scale s1 + s2                 precision p1 + p2
 *     /     scale max(6, s1 + p2 + 1)     precision p1 − s1 + s2 + scale       rounded half away from zero
 *     //    scale 0                       precision p1 − s1 + s2               truncated towards zero
 *     %     scale max(s1, s2)             precision min(p1 − s1, p2 − s2) + scale
 *
 * Where that is more than 38 digits 38 are declared, as DuckDB does: a value that needs more is an overflow, and of an
 * exact result no digit behind the point is ever given up for it. A quotient is rounded anyway: where it would have more
 * than 38 digits those behind the point make room, down to 6. This is the rule of SQL Server and Spark. (DuckDB divides
 * as float64; Daft has the scale s1 − s2 + max(6, p1 + s2 + 1), refuses more than 38 digits, and cuts off.)
 *
 * `/` of what is no decimal is a float64. A division of integers or decimals by zero is null. Dates and times are
 * `bind-temporal.ts`'s.
 */

import { type DecimalType, decimal, float32, float64, isFloat, isNumeric, typeName } from '../columnar/data-type.ts';
import { bindTemporal } from './bind-temporal.ts';
import { castTo } from './coerce.ts';
import { asDecimal, cappedDecimal, commonType, MAX_DECIMAL_DIGITS } from './common-type.ts';
import { isDivision, mayBeZero } from './exact-arithmetic.ts';
import type { ArithmeticOperator, TypedExpression } from './expression.ts';

/** The typed node, or what is wrong, as a sentence. */
export function bindArithmetic(
  operator: ArithmeticOperator,
  left: TypedExpression,
  right: TypedExpression,
): TypedExpression | string {
  const temporal = bindTemporal(operator, left, right);
  if (temporal !== undefined) return temporal;
  const [a, b] = [left.type, right.type];
  const common = commonType(a, b);
  if (common === undefined || !isNumeric(common)) {
    const hint = a.kind === 'bool' && b.kind === 'bool' ? ' Cast one side to int64 to count.' : '';
    return `${typeName(a)} ${operator} ${typeName(b)} is not defined.${hint}`;
  }
  const nullable = left.nullable || right.nullable;
  if (common.kind === 'decimal') return decimalArithmetic(operator, left, right);
  // What is stored in 16 bits is computed in 32.
  const type = operator === '/' ? float64 : common.kind === 'float16' ? float32 : common;
  const divisor = castTo(right, type);
  return {
    kind: 'arithmetic',
    operator,
    left: castTo(left, type),
    right: divisor,
    type,
    nullable: nullable || (isDivision(operator) && !isFloat(type) && mayBeZero(divisor)),
  };
}

function decimalArithmetic(
  operator: ArithmeticOperator,
  left: TypedExpression,
  right: TypedExpression,
): TypedExpression | string {
  const [a, b] = [asDecimal(left.type), asDecimal(right.type)];
  const type = decimalResult(operator, a, b);
  if (typeof type === 'string') return type;
  const scale = operator === '+' || operator === '-' ? type.scale : undefined;
  const divisor = asScaled(right, scale);
  const nullable = left.nullable || right.nullable || (isDivision(operator) && mayBeZero(divisor));
  return { kind: 'arithmetic', operator, left: asScaled(left, scale), right: divisor, type, nullable };
}

function decimalResult(operator: ArithmeticOperator, a: DecimalType, b: DecimalType): DecimalType | string {
  const [aWhole, bWhole] = [a.precision - a.scale, b.precision - b.scale];
  const scale = Math.max(a.scale, b.scale);
  switch (operator) {
    case '/':
      return quotientType(aWhole + b.scale, Math.max(LEAST_QUOTIENT_SCALE, a.scale + b.precision + 1));
    case '//':
      return cappedDecimal(Math.max(1, aWhole + b.scale), 0);
    case '%':
      return decimal(Math.min(aWhole, bWhole) + scale, scale);
    case '*': {
      const digits = a.scale + b.scale;
      if (digits <= MAX_DECIMAL_DIGITS) return cappedDecimal(a.precision + b.precision, digits);
      return `${typeName(a)} * ${typeName(b)} would need ${digits} digits behind the point, and 38 is the most. Cast a side to a decimal of fewer digits, or to float64.`;
    }
    default:
      return cappedDecimal(Math.max(aWhole, bWhole) + scale + 1, scale);
  }
}

/** Digits behind the point that a quotient keeps, however many stand before it. */
const LEAST_QUOTIENT_SCALE = 6;

function quotientType(whole: number, scale: number): DecimalType {
  const room = Math.max(MAX_DECIMAL_DIGITS - whole, LEAST_QUOTIENT_SCALE);
  const kept = Math.min(scale, room);
  return cappedDecimal(whole + kept, kept);
}

/** As a decimal, at the scale where one is asked for, with all of its digits. */
function asScaled(e: TypedExpression, scale: number | undefined): TypedExpression {
  const { precision, scale: own } = asDecimal(e.type);
  const wanted = scale ?? own;
  return castTo(e, cappedDecimal(precision - own + wanted, wanted));
}
