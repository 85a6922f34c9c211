/** Cross, sort-merge and as-of joins as nodes: binding, their lines of explain, what they leave of their sides. */

import { describe, expect, test } from 'vitest';
import * as types from '../../src/columnar/data-type.ts';
import { type Field, field, schemaText } from '../../src/columnar/schema.ts';
import type { Expression } from '../../src/expressions/expression.ts';
import type { JsonValue } from '../../src/expressions/literal.ts';
import type { JoinType, PlanNode } from '../../src/plan/plan-node.ts';
import type { NodeOf } from '../../src/planner/bind-parts.ts';
import { bindPlan } from '../../src/planner/bind-plan.ts';
import type { BoundNode } from '../../src/planner/bound-plan.ts';
import { explainPlan } from '../../src/planner/explain.ts';
import { pushDown } from '../../src/planner/push-down.ts';
import { col, int, op } from '../support/plans.ts';
import { problemsOf } from './problems-of.ts';

const scan = (sourceId: string, ...schema: Field[]): PlanNode => ({
  kind: 'scan',
  sourceId,
  format: 'parquet',
  schema,
});
const trades = scan(
  'trades',
  field('id', types.int64, false),
  field('sym', types.utf8),
  field('at', types.timestamp('us')),
  field('price', types.decimal(9, 2)),
  field('note', types.utf8),
);
const quotes = scan(
  'quotes',
  field('at', types.timestamp('ms'), false),
  field('sym', types.utf8, false),
  field('bid', types.float64, false),
  field('size', types.int32, false),
);
const literal = (type: types.DataType, value: JsonValue): Expression => ({ kind: 'literal', type, value });

const asof = (more: Partial<NodeOf<'asof-join'>> = {}): PlanNode => ({
  kind: 'asof-join',
  left: trades,
  right: quotes,
  leftBy: [col('sym')],
  rightBy: [col('sym')],
  leftOn: col('at'),
  rightOn: col('at'),
  strategy: 'backward',
  ...more,
});
const cross = (more: Partial<NodeOf<'cross-join'>> = {}): PlanNode => ({
  kind: 'cross-join',
  left: trades,
  right: { kind: 'project', input: quotes, columns: ['bid', 'size'].map((name) => ({ name, expression: col(name) })) },
  ...more,
});
const columnsOf = (input: PlanNode, ...names: string[]): PlanNode => ({
  kind: 'project',
  input,
  columns: names.map((name) => ({ name, expression: col(name) })),
});
const pushed = (plan: PlanNode): string => explainPlan(pushDown(bindPlan(plan)));

describe('a cross join', () => {
  test('gives the columns of left, then those of right', () => {
    expect(schemaText(bindPlan(cross()).schema)).toBe(
      'id int64, sym utf8?, at timestamp(us)?, price decimal(9, 2)?, note utf8?, bid float64, size int32',
    );
  });

  test('reads what is wanted of either side, and what its condition needs', () => {
    const residual = op(op(col('size'), '+', col('id')), '<', int(5));
    expect(pushed(columnsOf(cross({ residual, collect: 'left' }), 'bid', 'note'))).toBe(
      `
Project bid, note
  CrossJoin collecting left where cast(size as int64) + id < 5
    Scan trades columns id, note
    Scan quotes columns bid, size
`.trim(),
    );
    const count: PlanNode = { kind: 'aggregate', input: cross(), aggregates: [{ name: 'n', function: 'count' }] };
    expect(pushed(count)).toBe(
      `
Aggregate count(*) as n
  CrossJoin collecting right
    Scan trades columns none
    Scan quotes columns none
`.trim(),
    );
  });

  test('refuses columns of one name, and a condition that is none', () => {
    expect(problemsOf(cross({ right: quotes }))).toEqual([
      expect.stringMatching(/^\$\.plan: Both sides have a column "sym"/),
      expect.stringMatching(/^\$\.plan: Both sides have a column "at"/),
    ]);
    expect(problemsOf(cross({ residual: col('size') }))).toEqual([
      expect.stringMatching(/^\$\.plan\.residual: A predicate must be bool/),
    ]);
  });
});

describe('a sort-merge join', () => {
  const merge = (joinType: JoinType, more: Partial<NodeOf<'sort-merge-join'>> = {}): PlanNode => ({
    kind: 'sort-merge-join',
    left: trades,
    right: quotes,
    leftOn: [col('sym'), col('at')],
    rightOn: [col('sym'), col('at')],
    joinType,
    ...more,
  });

  test('gives shared keys once, and the columns of both', () => {
    expect(schemaText(bindPlan(merge('outer')).schema)).toBe(
      'sym utf8?, at timestamp(us)?, id int64?, price decimal(9, 2)?, note utf8?, bid float64?, size int32?',
    );
    expect(schemaText(bindPlan(merge('anti')).schema)).toBe(schemaText(bindPlan(trades).schema));
  });

  test('reads what is wanted of either side, and its keys', () => {
    expect(pushed(columnsOf(merge('left'), 'size', 'note'))).toBe(
      `
Project size, note
  Project note, size
    SortMergeJoin left on sym, at = sym, cast(at as timestamp(us))
      Scan trades columns sym, at, note
      Scan quotes columns at, sym, size
`.trim(),
    );
    expect(pushed(columnsOf(merge('semi'), 'note'))).toBe(
      `
Project note
  SortMergeJoin semi on sym, at = sym, cast(at as timestamp(us))
    Scan trades columns sym, at, note
    Scan quotes columns at, sym
`.trim(),
    );
  });

  test('refuses columns of one name', () => {
    expect(problemsOf(merge('inner', { leftOn: [col('sym')], rightOn: [col('sym')] }))).toEqual([
      expect.stringMatching(/^\$\.plan: Both sides have a column "at"/),
    ]);
  });
});

describe('an as-of join', () => {
  test('gives the columns of left, then those of right that are not shared keys', () => {
    expect(schemaText(bindPlan(asof()).schema)).toBe(
      'id int64, sym utf8?, at timestamp(us)?, price decimal(9, 2)?, note utf8?, bid float64?, size int32?',
    );
  });

  test('shows keys in the type in which they meet, and what is looked for', () => {
    const more = {
      strategy: 'nearest',
      tolerance: literal(types.duration('s'), 'PT5S'),
      allowExactMatches: false,
    } as const;
    expect(pushed(asof(more))).toBe(
      `
AsofJoin nearest on at to cast(at as timestamp(us)) by sym = sym within duration 'PT5S' without equal keys
  Scan trades columns id, sym, at, price, note
  Scan quotes columns at, sym, bid, size
`.trim(),
    );
  });

  test('reads what is wanted of either side, and its keys', () => {
    expect(pushed(columnsOf(asof(), 'size', 'note'))).toBe(
      `
Project size, note
  AsofJoin backward on at to cast(at as timestamp(us)) by sym = sym
    Scan trades columns sym, at, note
    Scan quotes columns at, sym, size
`.trim(),
    );
  });

  const unitsOf = (on: types.DataType, tolerance: Expression): unknown => {
    const side = (id: string, name: string): PlanNode => scan(id, field(name, on));
    const node = bindPlan({
      kind: 'asof-join',
      left: side('l', 'a'),
      right: side('r', 'b'),
      leftOn: col('a'),
      rightOn: col('b'),
      strategy: 'backward',
      tolerance,
    }) as Extract<BoundNode, { kind: 'asof-join' }>;
    return node.tolerance?.units;
  };

  test.each<readonly [types.DataType, types.DataType, JsonValue, bigint | number]>([
    [types.int8, types.int64, 300, 300n],
    [types.int32, types.decimal(5, 2), '2.75', 2n],
    [types.uint64, types.int64, '9223372036854775807', 2n ** 63n - 1n],
    [types.decimal(9, 2), types.int64, 3, 300n],
    [types.decimal(9, 2), types.decimal(5, 3), '0.129', 12n],
    [types.float64, types.decimal(5, 2), '2.50', 2.5],
    [types.float32, types.float64, 0.1, 0.1],
    [types.date, types.duration('s'), 'PT36H', 1n],
    [types.timestamp('us'), types.duration('ms'), 'PT1.5S', 1_500_000n],
    [types.timestamp('s'), types.duration('ns'), 'PT1.999S', 1n],
    [types.time('ns'), types.duration('us'), 'PT0.000001S', 1000n],
    [types.duration('ms'), types.duration('s'), 'PT2S', 2000n],
    [types.int64, types.decimal(38, 0), '99999999999999999999999999', 2n ** 64n - 1n],
  ])('beside keys of %o takes a tolerance of %o, %s', (on, type, value, units) => {
    expect(unitsOf(on, literal(type, value))).toBe(units);
  });

  test.each<readonly [string, Partial<NodeOf<'asof-join'>>, RegExp]>([
    ['keys without a partner', { rightBy: [] }, /^\$\.plan\.rightBy: There are 1 keys on the left and 0 on the right/],
    ['keys that do not meet', { leftBy: [col('id')] }, /^\$\.plan\.leftBy\[0\]: .*id/],
    ['an unknown key', { leftOn: col('when') }, /^\$\.plan\.leftOn\.name: There is no column "when"/],
    ['text to be near', { leftOn: col('sym'), rightOn: col('sym') }, /^\$\.plan\.leftOn: The on key is utf8 but must/],
    [
      'a long decimal to be near',
      { leftOn: op(col('price'), '*', literal(types.decimal(12, 0), '1')), rightOn: col('size') },
      /^\$\.plan\.leftOn: The on key is decimal\(\d+, \d\) and may have 18 digits/,
    ],
    ['a number beside times', { tolerance: int(5) }, /^\$\.plan\.tolerance: .* a duration, not negative; 5 is int64/],
    [
      'a tolerance that is negative',
      { tolerance: literal(types.duration('s'), '-PT5S') },
      /^\$\.plan\.tolerance: .* not negative/,
    ],
    ['one that is no literal', { tolerance: col('at') }, /^\$\.plan\.tolerance\.name: There is no column/],
    ['a column of one name', { rightOn: col('at'), leftBy: [], rightBy: [] }, /Both sides have a column "sym"/],
  ])('refuses %s', (_, more, problem) => {
    expect(problemsOf(asof(more))).toEqual([expect.stringMatching(problem)]);
  });
});
