import { describe, expect, test } from 'vitest';
import { bool, type DataType, decimal, float64, int32, int64, uint32, utf8 } from '../../src/columnar/data-type.ts';
import { canFail } from '../../src/expressions/can-fail.ts';
import type { TypedExpression } from '../../src/expressions/expression.ts';

const column = (type: DataType): TypedExpression => ({ kind: 'column', index: 0, name: 'c', type, nullable: true });
const cast = (from: DataType, type: DataType): TypedExpression => ({
  kind: 'cast',
  input: column(from),
  type,
  nullable: true,
});
const sum = (type: DataType): TypedExpression => ({
  kind: 'arithmetic',
  operator: '+',
  left: column(type),
  right: column(type),
  type,
  nullable: true,
});
const isNull = (input: TypedExpression): TypedExpression => ({ kind: 'is-null', input, type: bool, nullable: false });

describe('canFail', () => {
  test.each([
    { name: 'a column', e: column(int64), can: false },
    { name: 'a sum of floats', e: sum(float64), can: false },
    { name: 'a sum of integers, which may overflow', e: sum(int64), can: true },
    { name: 'a sum of decimals', e: sum(decimal(38, 2)), can: true },
    { name: 'a cast from text', e: cast(utf8, int64), can: true },
    { name: 'a cast to text', e: cast(int64, utf8), can: false },
    { name: 'a widening cast', e: cast(int32, int64), can: false },
    { name: 'a widening cast of an unsigned integer', e: cast(uint32, int64), can: false },
    { name: 'a cast that changes signedness', e: cast(int32, uint32), can: true },
    { name: 'a narrowing cast', e: cast(int64, int32), can: true },
    { name: 'a cast to more digits', e: cast(decimal(5, 2), decimal(8, 3)), can: false },
    { name: 'a cast to fewer digits before the point', e: cast(decimal(5, 2), decimal(6, 4)), can: true },
    { name: 'a cast from a float to an integer', e: cast(float64, int64), can: true },
    { name: 'whatever holds such an expression', e: isNull(sum(int64)), can: true },
  ])('$name: $can', ({ e, can }) => expect(canFail(e)).toBe(can));
});
