import { describe, expect, test } from 'vitest';
import {
  bool,
  type DataType,
  date,
  decimal,
  float32,
  float64,
  int8,
  int32,
  int64,
  timestamp,
  utf8,
} from '../../src/columnar/data-type.ts';
import type { Value } from '../../src/columnar/value.ts';
import { InvalidCast } from '../../src/errors.ts';
import type { TypedExpression } from '../../src/expressions/expression.ts';
import { interpreter } from '../../src/expressions/interpret.ts';

const of = (value: Value, type: DataType): TypedExpression => ({
  kind: 'literal',
  value,
  type,
  nullable: value === null,
});
const evaluate = (e: TypedExpression): Value => interpreter(e)({ value: () => null, where: () => 'Project, row 0' });
const cast = (value: Value, from: DataType, to: DataType): TypedExpression => ({
  kind: 'cast',
  input: of(value, from),
  type: to,
  nullable: true,
});
const less = (a: Value, b: Value, type: DataType): Value =>
  evaluate({ kind: 'compare', operator: '<', left: of(a, type), right: of(b, type), type: bool, nullable: false });

describe('the interpreter', () => {
  test.each([
    ['a float to an integer truncates', cast(-1.9, float64, int32), -1],
    ['a decimal to an integer truncates', cast(-199n, decimal(5, 2), int32), -1],
    ['a decimal to a smaller scale rounds half away from zero', cast(-125n, decimal(5, 2), decimal(5, 1)), -13n],
    ['a float to a decimal rounds its binary product', cast(2.675, float64, decimal(5, 2)), 268n],
    ['and 1.005 lies below its digits', cast(1.005, float64, decimal(5, 2)), 100n],
    ['a timestamp to its date floors', cast(-1n, timestamp('us'), date), -1],
    ['a timestamp to a coarser unit floors', cast(-1n, timestamp('ms'), timestamp('s')), -1n],
    ['a large integer to float32 rounds once', cast(2n ** 60n + 2n ** 36n + 1n, int64, float32), 2 ** 60 + 2 ** 37],
  ] as const)('%s', (_, e, want) => {
    expect(evaluate(e)).toBe(want);
  });

  test('text is ordered by its UTF-8 bytes, not by UTF-16', () => {
    expect(less('\uFFFD', '\u{1F600}', utf8)).toBe(true);
  });

  test('NaN is the greatest number, and zero has no sign', () => {
    expect(less(Infinity, NaN, float64)).toBe(true);
    expect(less(NaN, NaN, float64)).toBe(false);
    expect(less(-0, 0, float64)).toBe(false);
  });

  const fails = cast(300, int32, int8);
  const isSmall: TypedExpression = {
    kind: 'compare',
    operator: '<',
    left: fails,
    right: of(1, int8),
    type: bool,
    nullable: false,
  };

  test('what does not fit is named with its expression', () => {
    expect(() => evaluate(fails)).toThrow(InvalidCast);
    expect(() => evaluate(fails)).toThrow('Project, row 0: cast(300 as int8): 300 cannot be represented as int8.');
  });

  test.each([
    [
      'the branch that is not taken',
      // biome-ignore lint/suspicious/noThenProperty: a word of the plan language; expressions are never awaited.
      { kind: 'if-else', condition: of(false, bool), then: fails, otherwise: of(1, int8), type: int8, nullable: false },
      1,
    ],
    [
      'the value of what is asked whether it is null',
      { kind: 'is-null', input: fails, type: bool, nullable: false },
      false,
    ],
    [
      'what `and` has decided',
      { kind: 'logic', operator: 'and', left: of(false, bool), right: isSmall, type: bool, nullable: false },
      false,
    ],
    [
      'what `or` has decided',
      { kind: 'logic', operator: 'or', left: of(true, bool), right: isSmall, type: bool, nullable: false },
      true,
    ],
  ] as const)('%s does not fail', (_, e, want) => {
    expect(evaluate(e)).toBe(want);
  });
});
