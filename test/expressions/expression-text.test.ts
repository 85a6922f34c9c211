import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as types from '../../src/columnar/data-type.ts';
import { type DataType, decimal, timestamp } from '../../src/columnar/data-type.ts';
import type { Value } from '../../src/columnar/value.ts';
import { literal } from '../../src/expressions/coerce.ts';
import type { TypedExpression } from '../../src/expressions/expression.ts';
import { aggregateText, expressionText, literalText, nameText } from '../../src/expressions/expression-text.ts';
import { interpreter } from '../../src/expressions/interpret.ts';

describe('the text of a literal', () => {
  test.each<readonly [string, Value, DataType]>([
    ['null', null, types.utf8],
    ['true', true, types.bool],
    ['-5', -5n, types.int64],
    ['-0', -0, types.float64],
    ['NaN', Number.NaN, types.float64],
    ['-0.05', -5n, decimal(5, 2)],
    ['5', 5n, decimal(5, 0)],
    ["'it''s'", "it's", types.utf8],
    ["'a\\u0000\\u000a'", 'a\u0000\n', types.utf8],
    [`'${'x'.repeat(60)}…'`, 'x'.repeat(100), types.utf8],
    ["date '1969-12-31'", -1, types.date],
    ["timestamp '1969-12-31T23:59:59.999999'", -1n, timestamp('us')],
    ["timestamp '1970-01-01T00:00:00Z'", 0n, timestamp('s', 'UTC')],
  ])('%s', (text, value, type) => {
    expect(literalText(value, type)).toBe(text);
  });
});

test('a name is quoted where it is no word', () => {
  expect(['delay', '_1', 'a b', '1a', 'say "x"', 'ü'].map(nameText)).toEqual([
    'delay',
    '_1',
    '"a b"',
    '"1a"',
    '"say ""x"""',
    '"ü"',
  ]);
});

test('an aggregate without an input counts rows', () => {
  const input: TypedExpression = { kind: 'column', index: 0, name: 'a', type: types.int64, nullable: true };
  expect(aggregateText({ name: 'n', function: 'count', input: undefined, type: types.uint64 })).toBe('count(*)');
  expect(aggregateText({ name: 'n', function: 'sum', input, type: types.int64 })).toBe('sum(a)');
});

test('a text that would never end is cut', () => {
  let e: TypedExpression = { kind: 'column', index: 0, name: 'a', type: types.bool, nullable: true };
  for (let level = 0; level < 490; level += 1) {
    e = {
      kind: 'logic',
      operator: 'and',
      left: e,
      right: literal('x'.repeat(50), types.utf8),
      type: types.bool,
      nullable: true,
    };
  }
  expect(expressionText(e)).toHaveLength(2_001);
});

type Pair = { readonly number: TypedExpression; readonly truth: TypedExpression };
const typed = { nullable: true };
const expressions = fc.letrec<Pair>((tie) => ({
  number: fc.oneof(
    { maxDepth: 4 },
    fc.integer({ min: -3, max: 3 }).map((value) => literal(BigInt(value), types.int64)),
    fc.tuple(tie('number'), fc.constantFrom('+', '-', '*'), tie('number')).map(
      ([left, operator, right]): TypedExpression => ({
        kind: 'arithmetic',
        operator,
        left,
        right,
        type: types.int64,
        ...typed,
      }),
    ),
  ),
  truth: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(true, false, null).map((value) => literal(value, types.bool)),
    fc.tuple(tie('number'), fc.constantFrom('=', '<', '>=', '!='), tie('number')).map(
      ([left, operator, right]): TypedExpression => ({
        kind: 'compare',
        operator,
        left,
        right,
        type: types.bool,
        ...typed,
      }),
    ),
    fc.tuple(tie('truth'), fc.constantFrom('=', '<'), tie('truth')).map(
      ([left, operator, right]): TypedExpression => ({
        kind: 'compare',
        operator,
        left,
        right,
        type: types.bool,
        ...typed,
      }),
    ),
    fc.tuple(tie('truth'), fc.constantFrom('and', 'or'), tie('truth')).map(
      ([left, operator, right]): TypedExpression => ({
        kind: 'logic',
        operator,
        left,
        right,
        type: types.bool,
        ...typed,
      }),
    ),
    tie('truth').map((input): TypedExpression => ({ kind: 'not', input, type: types.bool, ...typed })),
    tie('truth').map((input): TypedExpression => ({ kind: 'is-null', input, type: types.bool, ...typed })),
    fc.tuple(tie('truth')).map(
      ([input]): TypedExpression => ({
        kind: 'not',
        input: { kind: 'is-null', input, type: types.bool, ...typed },
        type: types.bool,
        ...typed,
      }),
    ),
  ),
}));

test('parentheses are where DuckDB needs them to read the same', async () => {
  const connection = await (await DuckDBInstance.create()).connect();
  const sample = fc.sample(expressions.truth, 600);
  const rows = await connection.runAndReadAll(`select ${sample.map(expressionText).join(',\n')}`);
  const found = rows.getRows()[0] ?? [];
  for (const [index, e] of sample.entries()) {
    const expected = interpreter(e)({ value: () => null, where: () => '' });
    expect(found[index], expressionText(e)).toBe(expected);
  }
});
