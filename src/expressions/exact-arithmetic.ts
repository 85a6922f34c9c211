/**
 * Arithmetic over whole numbers, exactly. A decimal is the whole number of its smallest units, so that only division has
 * to know about scales: the side with fewer digits behind the point gets zeros until the quotient has its own scale.
 *
 *     1.00 / 3.0       100 × 10 ** up / 30         rounded half away from zero at the scale of the result
 *     7.5 // 2.25      750 / 225                   truncated towards zero: 3
 *     7.5 %  2.25      750 - 3 × 225               the sign of the dividend: 0.75
 */

import { type DataType, isFloat } from '../columnar/data-type.ts';
import { wholeOf } from '../columnar/value.ts';
import type { ArithmeticOperator, TypedExpression } from './expression.ts';
import { divideRounded } from './whole-conversion.ts';

type Arithmetic = TypedExpression & { readonly kind: 'arithmetic' };

/** Powers of ten that dividend and divisor are multiplied by; at least one of both is 0. */
interface DivisionShift {
  readonly up: number;
  readonly down: number;
}

/** Of `/`, `//` and `%` over integers or decimals. */
export function divisionShift({ operator, left, right, type }: Arithmetic): DivisionShift {
  const aligned = scaleOf(right.type) - scaleOf(left.type);
  const shift = operator === '/' ? aligned + scaleOf(type) : aligned;
  return shift >= 0 ? { up: shift, down: 0 } : { up: 0, down: -shift };
}

/** Whether `e` is null where its divisor is zero. */
export const isNullByZero = (e: TypedExpression): e is Arithmetic =>
  e.kind === 'arithmetic' && isDivision(e.operator) && !isFloat(e.type);

export const isDivision = (operator: ArithmeticOperator): boolean =>
  operator === '/' || operator === '//' || operator === '%';

/** Whether a divisor may be zero. */
export const mayBeZero = (e: TypedExpression): boolean =>
  !(e.kind === 'literal' && e.value !== null && wholeOf(e.value) !== 0n);

/** The digits behind the point; 0 of what is no decimal. */
export const scaleOf = (type: DataType): number => (type.kind === 'decimal' ? type.scale : 0);

/** The result of `e`, of integers or decimals, for these operands: undefined where it is a division by zero. */
export function exactResult(e: Arithmetic, a: bigint, b: bigint): bigint | undefined {
  switch (e.operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    default:
      return b === 0n ? undefined : quotientOrRest(e, a, b);
  }
}

function quotientOrRest(e: Arithmetic, a: bigint, b: bigint): bigint {
  const { up, down } = divisionShift(e);
  const [dividend, divisor] = [a * 10n ** BigInt(up), b * 10n ** BigInt(down)];
  if (e.operator === '//') return dividend / divisor;
  if (e.operator === '%') return dividend % divisor;
  return b < 0n ? divideRounded(-dividend, -divisor, 'half-away') : divideRounded(dividend, divisor, 'half-away');
}
