import { expect, test } from 'vitest';
import { date, decimal, float64, int32, int64, list, utf8 } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import type { Expression } from '../../src/expressions/expression.ts';
import { expressionKey, sameExpression } from '../../src/expressions/expression-key.ts';
import { typed } from '../support/expressions.ts';
import { col, int, op } from '../support/plans.ts';

const columns = schema(
  field('a', int64),
  field('b', int64, false),
  field('i', int32),
  field('f', float64),
  field('s', utf8),
  field('l', list(int64)),
  field('m', decimal(10, 2)),
);
const cast = (input: Expression, rest: Partial<Extract<Expression, { kind: 'cast' }>> = {}): Expression => ({
  kind: 'cast',
  input,
  type: utf8,
  ...rest,
});
const call = (name: string, ...given: readonly Expression[]): Expression => ({
  kind: 'function',
  name,
  arguments: given,
});
const each = (parameter: string, body: Expression): Expression =>
  call('list_transform', col('l'), { kind: 'lambda', parameters: [parameter], body });
const item = (name: string): Expression => ({ kind: 'parameter', name });

const EXPRESSIONS: readonly Expression[] = [
  col('a'),
  col('b'),
  int(1),
  { kind: 'literal', type: int32, value: 1 },
  { kind: 'literal', type: float64, value: 0 },
  { kind: 'literal', type: float64, value: -0 },
  { kind: 'literal', type: utf8, value: '1' },
  { kind: 'literal', type: date, value: '2020-01-01' },
  { kind: 'literal', type: int64, value: null },
  op(col('a'), '+', col('b')),
  op(col('b'), '+', col('a')),
  op(col('a'), '-', col('b')),
  op(col('a'), '<', col('b')),
  op(col('i'), '+', col('i')),
  op(op(col('a'), '+', int(1)), '>', int(2)),
  op(op(col('a'), '+', int(1)), '>', int(3)),
  op(op(col('a'), '>', int(1)), 'and', op(col('b'), '>', int(1))),
  op(op(col('a'), '>', int(1)), 'or', op(col('b'), '>', int(1))),
  cast(col('a')),
  cast(col('a'), { try: true }),
  cast(col('a'), { type: float64 }),
  { kind: 'not', input: op(col('a'), '>', int(1)) },
  { kind: 'is-null', input: col('a') },
  { kind: 'is-in', input: col('a'), list: [int(1), int(2)] },
  { kind: 'is-in', input: col('a'), list: [int(1)] },
  { kind: 'coalesce', inputs: [col('a'), col('b')] },
  { kind: 'list', items: [col('a'), col('b')] },
  call('abs', col('a')),
  call('abs', col('f')),
  call('upper', col('s')),
  each('x', op(item('x'), '+', int(1))),
  each('y', op(item('y'), '+', int(1))),
  each('x', op(item('x'), '+', col('a'))),
];

test('two expressions are the same where their keys are', () => {
  const all = EXPRESSIONS.map((e) => typed(columns, e));
  const again = EXPRESSIONS.map((e) => typed(columns, e));
  for (const a of all) {
    for (const b of again) expect(sameExpression(a, b)).toBe(expressionKey(a) === expressionKey(b));
  }
  expect(all.every((a, index) => sameExpression(a, again[index] as typeof a))).toBe(true);
  expect(new Set(all.map(expressionKey)).size).toBeGreaterThan(EXPRESSIONS.length - 5);
});
