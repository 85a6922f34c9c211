import { describe, expect, test } from 'vitest';
import type { DataType } from '../../src/columnar/data-type.ts';
import {
  date,
  duration,
  float64,
  int32,
  int64,
  interval,
  list,
  timestamp,
  uint64,
  utf8,
} from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import type { Expression } from '../../src/expressions/expression.ts';
import type { JsonValue } from '../../src/expressions/literal.ts';
import { Problems } from '../../src/expressions/problems.ts';
import { bindWindow, type FrameBound, type WindowCall, type WindowSpec } from '../../src/expressions/window.ts';

const columns = schema(
  field('city', utf8),
  field('day', date),
  field('at', timestamp('us')),
  field('n', int32),
  field('x', float64),
  field('tags', list(utf8)),
);
const col = (name: string): Expression => ({ kind: 'column', name });
const lit = (type: DataType, value: JsonValue): Expression => ({ kind: 'literal', type, value });
const byDay: WindowSpec = { partitionBy: [col('city')], orderBy: [{ expression: col('day') }] };
const byCity: WindowSpec = { partitionBy: [col('city')], orderBy: [] };

function bind(call: WindowCall, spec: WindowSpec) {
  const problems = new Problems();
  const bound = bindWindow([call], spec, columns, problems, '$.functions', '$.window');
  return { bound, problems: problems.found.map(({ path, message }) => `${path}: ${message}`) };
}

const of = (name: Extract<WindowCall, { kind: 'window' }>['function'], more: object = {}): WindowCall => ({
  kind: 'window',
  name: 'w',
  function: name,
  ...more,
});

describe('a window function', () => {
  test.each([
    { call: of('row_number'), type: uint64 },
    { call: of('rank'), type: uint64 },
    { call: of('percent_rank'), type: float64 },
    { call: of('ntile', { count: 4 }), type: uint64 },
    { call: of('lag', { input: col('n') }), type: int32 },
    { call: of('lead', { input: col('x'), count: 2, default: lit(int64, 0) }), type: float64 },
    { call: of('nth_value', { input: col('city'), count: 2, ignoreNulls: true }), type: utf8 },
    {
      call: { kind: 'aggregate', aggregate: { name: 's', function: 'sum', input: col('n') } } satisfies WindowCall,
      type: int64,
    },
  ])('has the type that it gives: $call.function', ({ call, type }) => {
    const { bound, problems } = bind(call as WindowCall, byDay);
    expect(problems).toEqual([]);
    expect(bound?.functions[0]?.type).toEqual(type);
  });

  test('has the frame of SQL where none is given', () => {
    expect(bind(of('row_number'), byCity).bound?.frame).toMatchObject({
      unit: 'rows',
      end: { kind: 'unbounded-following' },
    });
    expect(bind(of('rank'), byDay).bound?.frame).toMatchObject({ unit: 'range', end: { kind: 'current-row' } });
  });

  const preceding = (offset: Expression): FrameBound => ({ kind: 'preceding', offset });
  const ordered = (key: string, unit: 'rows' | 'range', offset: Expression): WindowSpec => ({
    partitionBy: [],
    orderBy: [{ expression: col(key), descending: true }],
    frame: { unit, start: preceding(offset), end: { kind: 'current-row' }, minPeriods: 2 },
  });

  test.each([
    ordered('n', 'rows', lit(int64, 3)),
    ordered('n', 'range', lit(int64, 3)),
    ordered('x', 'range', lit(float64, 0.5)),
    ordered('day', 'range', lit(interval, 'P1M')),
    ordered('at', 'range', lit(duration('s'), 'PT90S')),
  ])('has a frame with an offset: %#', (spec) => {
    const { bound, problems } = bind(of('first_value', { input: col('n') }), spec);
    expect(problems).toEqual([]);
    expect(bound?.frame.minPeriods).toBe(2);
    expect(bound?.orderBy[0]).toMatchObject({ descending: true, nullsFirst: true });
  });

  test.each<[string, WindowCall, WindowSpec]>([
    ['rank needs an order', of('rank'), byCity],
    ['lag needs an input', of('lag'), byDay],
    ['row_number takes no input', of('row_number', { input: col('n') }), byDay],
    ['ntile needs a count', of('ntile'), byDay],
    ['a count of 0, which is too small', of('nth_value', { input: col('n'), count: 0 }), byDay],
    ['takes no default', of('first_value', { input: col('n'), default: lit(int64, 0) }), byDay],
    ['The default is utf8', of('lag', { input: col('n'), default: lit(utf8, 'x') }), byDay],
    ['no column "m"', of('lag', { input: col('m') }), byDay],
    ['A window has a partition, an order, or both', of('row_number'), { partitionBy: [], orderBy: [] }],
    [
      'Rows in the order of list(utf8) have no range of int64',
      of('row_number'),
      ordered('tags', 'range', lit(int64, 1)),
    ],
    ['is not negative', of('row_number'), ordered('n', 'range', lit(int64, -1))],
    ['is not negative', of('row_number'), ordered('day', 'range', lit(interval, 'P-1D'))],
    [
      'begins before it ends',
      of('row_number'),
      {
        ...byDay,
        frame: {
          unit: 'rows',
          start: { kind: 'following', offset: lit(int64, 2) },
          end: { kind: 'current-row' },
        },
      },
    ],
    [
      'begins before it ends',
      of('row_number'),
      {
        ...byDay,
        frame: {
          unit: 'range',
          start: preceding(lit(duration('s'), 'PT1S')),
          end: preceding(lit(duration('ms'), 'PT1.5S')),
        },
      },
    ],
    ['an integer from 0 on', of('row_number'), ordered('n', 'rows', lit(int64, -1))],
    ['is a literal', of('row_number'), ordered('n', 'rows', col('n'))],
    ['have no range of float64', of('row_number'), ordered('n', 'range', lit(float64, 0.5))],
    ['have no range of int64', of('row_number'), ordered('day', 'range', lit(int64, 1))],
    [
      'A frame needs an order',
      of('row_number'),
      { ...ordered('n', 'rows', lit(int64, 1)), orderBy: [], partitionBy: [col('n')] },
    ],
  ])('is refused: %s', (message, call, spec) => {
    const { bound, problems } = bind(call, spec);
    expect(bound).toBeUndefined();
    expect(problems.join('\n')).toContain(message);
  });
});
