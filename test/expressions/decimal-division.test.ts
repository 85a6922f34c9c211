/** Division of decimals, bound and interpreted: quotients are held against their definition, remainders against DuckDB. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DataType, type DecimalType, decimal, float64, int64, typeName } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import { type Value, wholeOf } from '../../src/columnar/value.ts';
import { ArithmeticOverflow } from '../../src/errors.ts';
import { bindExpression } from '../../src/expressions/bind.ts';
import type { BinaryOperator, Expression, TypedExpression } from '../../src/expressions/expression.ts';
import { interpreter } from '../../src/expressions/interpret.ts';
import { decimalText, valueFromJson } from '../../src/expressions/literal.ts';
import { Problems } from '../../src/expressions/problems.ts';
import { simplified } from '../../src/expressions/simplify.ts';
import { query } from '../support/duckdb.ts';

function bound(operator: BinaryOperator, a: DataType, b: DataType): TypedExpression {
  const problems = new Problems();
  const [left, right]: Expression[] = [
    { kind: 'column', name: 'a' },
    { kind: 'column', name: 'b' },
  ];
  const e: Expression = { kind: 'binary', operator, left: left!, right: right! };
  const typed = bindExpression(e, schema(field('a', a, false), field('b', b, false)), problems, '$');
  expect(problems.found).toEqual([]);
  if (typed === undefined) throw new Error('not bound');
  return typed;
}

const evaluate = (e: TypedExpression, a: Value, b: Value): Value =>
  interpreter(e)({ value: (column) => (column === 0 ? a : b), where: () => '' });

const text = (value: Value, type: DataType): string | null =>
  value === null ? null : decimalText(wholeOf(value), type.kind === 'decimal' ? type.scale : 0);

describe('the type', () => {
  test.each([
    ['/', decimal(15, 2), decimal(15, 2), 'decimal(33, 18)'],
    ['/', decimal(15, 2), decimal(1, 0), 'decimal(19, 6)'],
    ['/', decimal(15, 2), int64, 'decimal(35, 22)'],
    ['/', int64, decimal(15, 2), 'decimal(37, 16)'],
    ['/', decimal(3, 3), decimal(3, 0), 'decimal(7, 7)'],
    ['/', decimal(38, 2), decimal(15, 2), 'decimal(38, 6)'],
    ['/', decimal(38, 10), decimal(38, 10), 'decimal(38, 6)'],
    ['/', decimal(30, 10), decimal(10, 0), 'decimal(38, 18)'],
    ['/', decimal(38, 38), decimal(1, 0), 'decimal(38, 38)'],
    ['/', decimal(15, 2), float64, 'float64'],
    ['//', decimal(15, 2), decimal(15, 2), 'decimal(15, 0)'],
    ['//', decimal(3, 3), decimal(3, 0), 'decimal(1, 0)'],
    ['//', decimal(38, 0), decimal(38, 10), 'decimal(38, 0)'],
    ['%', decimal(15, 2), decimal(7, 4), 'decimal(7, 4)'],
    ['%', decimal(38, 0), decimal(38, 38), 'decimal(38, 38)'],
  ] as const)('of %s is that of the header', (operator, a, b, expected) => {
    expect(typeName(bound(operator, a, b).type)).toBe(expected);
    expect(bound(operator, a, b).nullable).toBe(expected !== 'float64');
  });
});

describe('the value', () => {
  test.each([
    ['1.10', '/', '3.0', '0.366667'],
    ['1.00', '/', '8.0', '0.125000'],
    ['-2.00', '/', '3.0', '-0.666667'],
    ['2.00', '/', '-3.0', '-0.666667'],
    ['-2.00', '/', '-3.0', '0.666667'],
    ['0.00', '/', '-3.0', '0.000000'],
    ['7.50', '//', '2.2', '3'],
    ['-7.50', '//', '2.2', '-3'],
    ['7.50', '%', '-2.2', '0.90'],
    ['-7.50', '%', '2.2', '-0.90'],
    ['7.50', '/', '0.0', null],
    ['7.50', '//', '0.0', null],
    ['7.50', '%', '0.0', null],
  ] as const)('of %s %s %s', (left, operator, right, expected) => {
    const [a, b] = [decimal(3, 2), decimal(2, 1)];
    const e = bound(operator, a, b);
    const [x, y] = [valueFromJson(left, a), valueFromJson(right, b)] as [Value, Value];
    const result = evaluate(e, x, y);
    expect(text(result, e.type)).toBe(expected);
    const constant = (value: Value, type: DataType): TypedExpression => ({
      kind: 'literal',
      value,
      type,
      nullable: false,
    });
    if (e.kind !== 'arithmetic') throw new Error('not arithmetic');
    expect(simplified({ ...e, left: constant(x, a), right: constant(y, b) })).toMatchObject({ value: result });
  });

  test('of a quotient is half away from zero where it lies in the middle', () => {
    // 1 / 20,000,000 at scale 9: 50 billionths exactly; at scale 7 the next digit is a 5.
    const e: TypedExpression = {
      kind: 'arithmetic',
      operator: '/',
      left: { kind: 'column', index: 0, name: 'a', type: decimal(1, 0), nullable: false },
      right: { kind: 'column', index: 1, name: 'b', type: decimal(8, 0), nullable: false },
      type: decimal(8, 7),
      nullable: true,
    };
    expect(evaluate(e, 1n, 20_000_000n)).toBe(1n);
    expect(evaluate(e, -1n, 20_000_000n)).toBe(-1n);
    expect(evaluate(e, 1n, 20_000_001n)).toBe(0n);
  });

  test('beyond 38 digits is an overflow', () => {
    const e = bound('/', decimal(38, 0), decimal(1, 1));
    expect(() => evaluate(e, 10n ** 37n, 1n)).toThrow(ArithmeticOverflow);
    expect(evaluate(e, 10n ** 30n, 1n)).toBe(10n ** 37n);
  });
});

const anyDecimal: fc.Arbitrary<DecimalType> = fc
  .tuple(fc.integer({ min: 1, max: 38 }), fc.nat(38))
  .map(([precision, scale]) => decimal(precision, scale % (precision + 1)));
const unscaled = ({ precision }: DecimalType): fc.Arbitrary<bigint> =>
  fc
    .oneof(fc.bigInt(-99n, 99n), fc.bigInt(1n - 10n ** BigInt(precision), 10n ** BigInt(precision) - 1n))
    .map((value) => value % 10n ** BigInt(precision));
const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);
const ten = (exponent: number): bigint => 10n ** BigInt(exponent);

test('a quotient is the nearest there is, and quotient, divisor and rest make the dividend', () => {
  const operands = fc
    .tuple(anyDecimal, anyDecimal)
    .chain(([a, b]) => fc.tuple(fc.constant(a), fc.constant(b), unscaled(a), unscaled(b)));
  fc.assert(
    fc.property(operands, ([aType, bType, a, b]) => {
      fc.pre(b !== 0n);
      const type = bound('/', aType, bType).type as DecimalType;
      try {
        // |q / 10 ** s - a / 10 ** s1 × 10 ** s2 / b| is at most half of 10 ** -s.
        const q = wholeOf(evaluate(bound('/', aType, bType), a, b) ?? 0n);
        const [exact, ours] = [a * ten(bType.scale) * ten(type.scale), q * b * ten(aType.scale)];
        expect(2n * magnitude(exact - ours) <= magnitude(b) * ten(aType.scale)).toBe(true);
      } catch (error) {
        if (!(error instanceof ArithmeticOverflow)) throw error;
      }
      const scale = Math.max(aType.scale, bType.scale);
      const [dividend, divisor] = [a * ten(scale - aType.scale), b * ten(scale - bType.scale)];
      const rest = wholeOf(evaluate(bound('%', aType, bType), a, b) ?? 0n);
      expect(magnitude(rest) < magnitude(divisor)).toBe(true);
      expect(rest === 0n || rest < 0n === a < 0n).toBe(true);
      if (magnitude(dividend) >= magnitude(divisor) * ten(38)) return;
      const whole = wholeOf(evaluate(bound('//', aType, bType), a, b) ?? 0n);
      expect(whole * divisor + rest).toBe(dividend);
    }),
    { numRuns: 500 },
  );
});

test('a remainder is that of DuckDB', async () => {
  const types = [decimal(5, 1), decimal(7, 2), decimal(15, 2), decimal(18, 0), decimal(30, 10), decimal(38, 6)];
  // Where 38 digits are not enough for both, DuckDB goes over to float64.
  const fits = (a: DecimalType, b: DecimalType): boolean =>
    Math.max(a.precision - a.scale, b.precision - b.scale) + Math.max(a.scale, b.scale) <= 38;
  const pairs = types.flatMap((a) => types.filter((b) => fits(a, b)).map((b) => [a, b] as const));
  for (const [a, b] of pairs) {
    const digits = ({ precision }: DecimalType): bigint => ten(precision - 1) * 7n + 3n;
    for (const [x, y] of [
      [digits(a), digits(b)],
      [-digits(a), digits(b) / 1_000n + 1n],
      [digits(a) / 7n, -11n],
      [5n, -digits(b)],
    ] as const) {
      const e = bound('%', a, b);
      const side = (value: bigint, type: DecimalType): string => `'${text(value, type)}'::${typeName(type)}`;
      const [[theirs] = []] = await query(`select cast(${side(x, a)} % ${side(y, b)} as ${typeName(e.type)})`);
      expect(evaluate(e, x, y), `${side(x, a)} % ${side(y, b)}`).toBe(theirs);
    }
  }
});
