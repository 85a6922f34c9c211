/** Short ways to write the expressions of benchmarked plans. */

import { type DataType, float64, int64, utf8 } from '../src/columnar/data-type.ts';
import type { BinaryOperator, Expression } from '../src/expressions/expression.ts';

export const column = (name: string): Expression => ({ kind: 'column', name });
export const literal = (type: DataType, value: number | string): Expression => ({ kind: 'literal', type, value });
export const whole = (value: number): Expression => literal(int64, value);
export const float = (value: number): Expression => literal(float64, value);
export const text = (value: string): Expression => literal(utf8, value);
export const call = (name: string, ...given: readonly Expression[]): Expression => ({
  kind: 'function',
  name,
  arguments: given,
});
export const binary = (left: Expression, operator: BinaryOperator, right: Expression): Expression => ({
  kind: 'binary',
  operator,
  left,
  right,
});
export const and = (...all: readonly Expression[]): Expression =>
  all.reduce((left, right) => binary(left, 'and', right));
export const when = (condition: Expression, then: Expression, otherwise: Expression): Expression => ({
  kind: 'if-else',
  condition,
  then,
  otherwise,
});
