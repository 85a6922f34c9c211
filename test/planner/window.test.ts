import { describe, expect, test } from 'vitest';
import * as types from '../../src/columnar/data-type.ts';
import { field } from '../../src/columnar/schema.ts';
import type { WindowCall } from '../../src/expressions/window.ts';
import type { PlanNode } from '../../src/plan/plan-node.ts';
import { bindPlan } from '../../src/planner/bind-plan.ts';
import { explainPlan } from '../../src/planner/explain.ts';
import { pushDown } from '../../src/planner/push-down.ts';
import { col, EVERY_NODE, int, op } from '../support/plans.ts';
import { problemsOf } from './problems-of.ts';

const trips: PlanNode = {
  kind: 'scan',
  sourceId: 'trips',
  format: 'parquet',
  schema: ['city', 'day', 'price', 'tip', 'note'].map((name) => field(name, types.int64, false)),
};
const nr: WindowCall = { kind: 'window', name: 'nr', function: 'row_number' };
const total: WindowCall = {
  kind: 'aggregate',
  aggregate: { name: 'total', function: 'sum', input: col('price'), filter: op(col('tip'), '>', int(0)) },
};
const before: WindowCall = {
  kind: 'window',
  name: 'before',
  function: 'lag',
  input: col('price'),
  count: 2,
  default: col('tip'),
};
const windowed = (
  ...functions: readonly WindowCall[]
): Extract<PlanNode, { kind: 'window-partition-and-order-by' }> => ({
  kind: 'window-partition-and-order-by',
  input: trips,
  partitionBy: [col('city')],
  orderBy: [{ expression: col('day'), descending: true }],
  functions,
});
const named = (...names: string[]) => names.map((name) => ({ name, expression: col(name) }));
const pushed = (plan: PlanNode): string => explainPlan(pushDown(bindPlan(plan)));

describe('a window', () => {
  test('of every kind has its line', () => {
    const lines = [
      'window-partition-only',
      'window-partition-and-order-by',
      'window-partition-and-dynamic-frame',
      'window-order-by-only',
    ] as const;
    expect(lines.map((kind) => explainPlan(bindPlan(EVERY_NODE[kind])).split('\n')[0])).toEqual([
      'WindowPartitionOnly partition by delay functions sum(delay) as total',
      'WindowPartitionAndOrderBy partition by delay order by delay desc nulls last range unbounded preceding to current row functions row_number() as nr, lag(delay, 2, 0 ignore nulls) as before',
      'WindowPartitionAndDynamicFrame partition by delay order by delay range 5 preceding to current row at least 2 functions sum(delay) as total',
      'WindowOrderByOnly order by delay range unbounded preceding to 1 following functions nth_value(delay, 3) as third',
    ]);
  });

  test('computes only what is asked for, of the columns that this needs', () => {
    const plan: PlanNode = { kind: 'project', input: windowed(nr, total, before), columns: named('before', 'note') };
    expect(pushed(plan)).toBe(
      `
Project before, note
  WindowPartitionAndOrderBy partition by city order by day desc range unbounded preceding to current row functions lag(price, 2, tip) as before
    Scan trips columns city, day, price, tip, note
`.trim(),
    );
    const [, scan] = pushed({ kind: 'project', input: windowed(nr, total), columns: named('nr') }).split('\n');
    expect(scan).toBe('  Scan trips columns city, day');
  });

  test('still puts rows in order where none of its results is asked for', () => {
    const plan: PlanNode = { kind: 'project', input: windowed(nr), columns: named('price') };
    expect(pushed(plan)).toContain('WindowPartitionAndOrderBy partition by city order by day desc');
  });

  test('is refused with all that is wrong', () => {
    const frame = {
      unit: 'range',
      start: { kind: 'preceding', offset: col('tip') },
      end: { kind: 'current-row' },
    } as const;
    expect(
      problemsOf({
        ...windowed({ ...nr, name: 'city' }, total, total, { ...before, input: col('x') }),
        kind: 'window-partition-and-dynamic-frame',
        frame,
        orderBy: [{ expression: col('y') }],
      }),
    ).toEqual([
      expect.stringMatching(/^\$\.plan\.functions\[2\]\.aggregate\.name: The name "total" is given twice/),
      expect.stringMatching(/^\$\.plan\.orderBy\[0\]\.expression\.name: .*no column "y"/),
      expect.stringMatching(/^\$\.plan\.functions\[3\]\.input\.name: .*no column "x"/),
      expect.stringMatching(/^\$\.plan\.functions\[0\]\.name: There is a column "city" already/),
    ]);
    const only = { ...EVERY_NODE['window-partition-only'], partitionBy: [col('no')] };
    expect(problemsOf(only)).toEqual([expect.stringMatching(/^\$\.plan\.partitionBy\[0\]\.name: .*no column "no"/)]);
    const sum = { name: 'delay', function: 'sum', input: col('delay') } as const;
    expect(problemsOf({ ...EVERY_NODE['window-partition-only'], aggregates: [sum] })).toEqual([
      expect.stringMatching(/^\$\.plan\.aggregates\[0\]\.name: There is a column "delay" already/),
    ]);
  });
});
