/** Which operators dates, times and lengths of time have, and what they become. */

import { describe, expect, test } from 'vitest';
import * as types from '../../src/columnar/data-type.ts';
import { type DataType, duration, timestamp, typeName } from '../../src/columnar/data-type.ts';
import { field, type Schema } from '../../src/columnar/schema.ts';
import { bindExpression } from '../../src/expressions/bind.ts';
import type { BinaryOperator, Expression } from '../../src/expressions/expression.ts';
import { expressionText } from '../../src/expressions/expression-text.ts';
import type { JsonValue } from '../../src/expressions/literal.ts';
import { Problems } from '../../src/expressions/problems.ts';

const SCHEMA: Schema = {
  fields: [
    field('d', types.date),
    field('t', types.time('us')),
    field('ts', timestamp('us')),
    field('s', timestamp('s')),
    field('z', timestamp('ms', 'Europe/Berlin')),
    field('utc', timestamp('us', 'UTC')),
    field('h', duration('us')),
    field('hs', duration('s')),
    field('hn', duration('ns')),
    field('i', types.interval),
    field('n', types.int64),
    field('b', types.int8, false),
    field('x', types.float64),
    field('m', types.decimal(9, 2)),
  ],
};
const col = (name: string): Expression => ({ kind: 'column', name });
const lit = (type: DataType, value: JsonValue): Expression => ({ kind: 'literal', type, value });
const text = (value: string): Expression => lit(types.utf8, value);

function shown(left: Expression, operator: BinaryOperator, right: Expression): string {
  const problems = new Problems();
  const bound = bindExpression({ kind: 'binary', operator, left, right }, SCHEMA, problems, '$');
  return bound === undefined
    ? problems.found.map(({ message }) => message).join(' ')
    : `${expressionText(bound)}: ${typeName(bound.type)}`;
}

describe('arithmetic of times', () => {
  test.each([
    ['d', '+', 'n', 'd + cast(n as int32): date'],
    ['n', '+', 'd', 'd + cast(n as int32): date'],
    ['d', '-', 'b', 'd - cast(b as int32): date'],
    ['d', '+', 'h', 'date_add(d, h): date'],
    ['h', '+', 'd', 'date_add(d, h): date'],
    ['d', '-', 'i', 'date_sub(d, i): date'],
    ['i', '+', 'ts', 'date_add(ts, i): timestamp(us)'],
    ['z', '-', 'i', 'date_sub(z, i): timestamp(ms, Europe/Berlin)'],
    ['t', '-', 'h', 'date_sub(t, h): time(us)'],
    ['t', '+', 'hn', 'date_add(t, hn): time(ns)'],
    ['t', '-', 't', 't - t: duration(us)'],
    ['d', '-', 'd', 'cast(d as timestamp(s)) - cast(d as timestamp(s)): duration(s)'],
    ['ts', '-', 'd', 'ts - cast(d as timestamp(us)): duration(us)'],
    ['ts', '-', 's', 'ts - cast(s as timestamp(us)): duration(us)'],
    [
      'z',
      '-',
      'utc',
      'cast(z as timestamp(us, Europe/Berlin)) - cast(utc as timestamp(us, Europe/Berlin)): duration(us)',
    ],
    ['d', '+', 't', 'cast(d as timestamp(us)) + t: timestamp(us)'],
    ['ts', '+', 'h', 'ts + h: timestamp(us)'],
    ['h', '+', 's', 'cast(s as timestamp(us)) + h: timestamp(us)'],
    ['z', '-', 'hn', 'cast(z as timestamp(ns, Europe/Berlin)) - hn: timestamp(ns, Europe/Berlin)'],
    ['h', '-', 'hs', 'h - cast(hs as duration(us)): duration(us)'],
    ['h', '*', 'b', 'h * cast(b as int64): duration(us)'],
    ['n', '*', 'h', 'h * n: duration(us)'],
    ['h', '*', 'x', 'duration_multiply(h, x): duration(us)'],
    ['m', '*', 'h', 'duration_multiply(h, m): duration(us)'],
    ['h', '/', 'n', 'duration_divide(h, n): duration(us)'],
    ['h', '//', 'n', 'h // n: duration(us)'],
    [
      'h',
      '/',
      'hs',
      'cast(cast(h as int64) as float64) / cast(cast(cast(hs as duration(us)) as int64) as float64): float64',
    ],
    ['h', '//', 'h', 'cast(h as int64) // cast(h as int64): int64'],
    ['h', '%', 'h', 'h % h: duration(us)'],
    ['i', '+', 'i', 'interval_add(i, i): interval'],
    ['i', '-', 'h', 'interval_subtract(i, cast(h as interval)): interval'],
    ['h', '-', 'i', 'interval_subtract(cast(h as interval), i): interval'],
    ['i', '*', 'b', 'interval_multiply(i, cast(b as int64)): interval'],
    ['n', '*', 'i', 'interval_multiply(i, n): interval'],
  ] as const)('%s %s %s', (left, operator, right, expected) => {
    expect(shown(col(left), operator, col(right))).toBe(expected);
  });

  test.each([
    ['d', '+', 'd'],
    ['d', '*', 'n'],
    ['n', '-', 'd'],
    ['d', '+', 'x'],
    ['ts', '+', 'ts'],
    ['ts', '-', 'utc'],
    ['ts', '+', 'n'],
    ['h', '-', 'ts'],
    ['h', '+', 'n'],
    ['h', '*', 'h'],
    ['n', '/', 'h'],
    ['h', '//', 'x'],
    ['i', '*', 'x'],
    ['i', '/', 'n'],
    ['t', '+', 'n'],
    ['i', '-', 'd'],
  ] as const)('not %s %s %s', (left, operator, right) => {
    expect(shown(col(left), operator, col(right))).toMatch(/ is not defined\.$/);
  });

  test('literals take what suits the other side', () => {
    expect(shown(col('d'), '-', text('2001-01-31'))).toContain(
      "cast(d as timestamp(s)) - timestamp '2001-01-31T00:00:00'",
    );
    expect(shown(col('d'), '+', text('P1M'))).toBe("date_add(d, interval 'P1M'): date");
    expect(shown(text('P1D'), '+', col('ts'))).toBe("date_add(ts, interval 'P1D'): timestamp(us)");
    expect(shown(col('h'), '+', text('PT1H'))).toBe("h + duration 'PT1H': duration(us)");
    expect(shown(col('s'), '+', lit(duration('us'), 'PT1H'))).toBe("s + duration 'PT1H': timestamp(s)");
    expect(shown(col('s'), '+', lit(duration('us'), 'PT0.5S'))).toContain(': timestamp(us)');
    expect(shown(col('d'), '+', lit(types.int64, 7))).toBe('d + 7: date');
    expect(shown(col('d'), '+', lit(types.nullType, null))).toBe('date_add(d, null): date');
    expect(shown(col('d'), '-', lit(types.nullType, null))).toContain('null: duration(s)');
  });
});
