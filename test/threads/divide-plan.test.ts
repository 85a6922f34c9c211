/** Which parts of plans are divided, and what is left for one thread. */

import { describe, expect, test } from 'vitest';
import * as types from '../../src/columnar/data-type.ts';
import { field } from '../../src/columnar/schema.ts';
import type { JoinType, PlanNode } from '../../src/plan/plan-node.ts';
import type { SourceStatistics } from '../../src/planner/optimizer/statistics.ts';
import { explainInThreads } from '../../src/threads/explain-in-threads.ts';
import { col, int, op } from '../support/plans.ts';

const orders: PlanNode = {
  kind: 'scan',
  sourceId: 'orders',
  format: 'parquet',
  schema: [field('id', types.int64), field('customer', types.int64), field('note', types.utf8)],
};
const customers: PlanNode = {
  kind: 'scan',
  sourceId: 'customers',
  format: 'parquet',
  schema: [field('key', types.int64), field('city', types.utf8)],
};
const log: PlanNode = {
  kind: 'scan',
  sourceId: 'log',
  format: { kind: 'json' },
  schema: [field('id', types.int64), field('text', types.utf8)],
};
const known: Readonly<Record<string, SourceStatistics>> = {
  orders: {
    rows: 1_000_000,
    columns: new Map([
      ['customer', { distinct: 1000 }],
      ['note', { distinct: 20_000 }],
      ['id', { distinct: 1_000_000 }],
    ]),
  },
  customers: { rows: 1000, columns: new Map([['key', { distinct: 1000 }]]) },
  log: { rows: 1_000_000, columns: new Map() },
};
const explained = (plan: PlanNode): string =>
  explainInThreads(plan, 2, (id) => known[id])
    .split('\n')
    .slice(1)
    .join('\n');
const isDivided = (plan: PlanNode): boolean => explained(plan) !== '';

const byKey = (name: string, input: PlanNode): PlanNode => ({
  kind: 'grouped-aggregate',
  input,
  groupBy: [{ name, expression: col(name) }],
  aggregates: [{ name: 'n', function: 'count' }],
});
const joined = (joinType: JoinType, buildSide?: 'left' | 'right'): PlanNode => ({
  kind: 'hash-join',
  left: orders,
  right: customers,
  leftOn: [col('customer')],
  rightOn: [col('key')],
  joinType,
  buildSide,
});
const few = (input: PlanNode): PlanNode => ({ kind: 'filter', input, predicate: op(col('customer'), '=', int(7)) });

test('an aggregate over a join is shared out with the join, and added up', () => {
  const plan: PlanNode = {
    kind: 'sort',
    input: byKey('customer', few(joined('inner'))),
    keys: [{ expression: col('n') }],
  };
  expect(explained(plan)).toMatchInlineSnapshot(`
    "Sort by n
      FinalAggregate by customer aggregates count(*) as n
        Exchange shares of orders
          PartialGroupedAggregate by customer aggregates count(*) as n
            Filter customer = 7
              HashJoin inner on customer = key builds right
                Scan "share of orders" columns customer runtime filter on customer from key
                Scan customers columns key"
  `);
});

test('of rows that are sent only columns that are needed are read', () => {
  const window: PlanNode = {
    kind: 'window-order-by-only',
    input: few(orders),
    orderBy: [{ expression: col('id') }],
    functions: [{ kind: 'window', name: 'row', function: 'row_number' }],
  };
  const plan: PlanNode = { kind: 'project', input: window, columns: [{ name: 'row', expression: col('row') }] };
  expect(explained(plan)).toMatchInlineSnapshot(`
    "WindowOrderByOnly order by id range unbounded preceding to current row functions row_number() as row
      Exchange shares of orders
        Scan "share of orders" columns id reads also customer filter customer = 7"
  `);
});

test('joins, where rows of the side that is read come out one by one', () => {
  const isShared = (joinType: JoinType, side: 'left' | 'right' | undefined): boolean => {
    const lines = explained(byKey('customer', joined(joinType, side))).split('\n');
    const exchange = lines.findIndex((line) => line.includes('Exchange'));
    return exchange >= 0 && exchange < lines.findIndex((line) => line.includes('HashJoin'));
  };
  const joinTypes = ['inner', 'left', 'right', 'outer', 'semi', 'anti'] as const;
  const sides = joinTypes.map((type) => [
    type,
    ...([undefined, 'left', 'right'] as const).map((side) => isShared(type, side)),
  ]);
  expect(sides).toEqual([
    ['inner', true, true, true],
    ['left', true, false, true],
    ['right', true, true, false],
    ['outer', false, false, false],
    ['semi', true, false, true],
    ['anti', true, false, true],
  ]);
});

describe('one thread does', () => {
  test.each<[string, PlanNode]>([
    ['rows that are only read', orders],
    ['groups that are nearly as many as rows', byKey('id', orders)],
    ['groups so many that adding up the states of all threads takes as long', byKey('note', orders)],
    [
      'a limit of a scan',
      { kind: 'aggregate', input: { ...orders, limit: 10 }, aggregates: [{ name: 'n', function: 'count' }] },
    ],
    [
      'what is random',
      few({
        kind: 'project',
        input: orders,
        columns: [
          { name: 'customer', expression: col('customer') },
          { name: 'draw', expression: { kind: 'function', name: 'random', arguments: [] } },
        ],
      }),
    ],
    [
      'what needs the number of a row',
      {
        kind: 'aggregate',
        input: { kind: 'sample', input: orders, size: 10 },
        aggregates: [{ name: 'n', function: 'count' }],
      },
    ],
  ])('%s', (_, plan) => {
    expect(isDivided(plan)).toBe(false);
  });
});

test('rows of JSON are parsed by threads, and of CSV where what is sent is little', () => {
  const csv: PlanNode = { ...log, format: { kind: 'csv' } };
  expect([log, csv, byKey('id', csv)].map(isDivided)).toEqual([true, false, false]);
  expect(isDivided({ kind: 'aggregate', input: csv, aggregates: [{ name: 'n', function: 'count' }] })).toBe(true);
});

test('rows that several parts read are divided once', () => {
  const totals: PlanNode = { kind: 'shared', name: 'totals', input: byKey('customer', orders) };
  const most: PlanNode = {
    kind: 'aggregate',
    input: totals,
    aggregates: [{ name: 'most', function: 'max', input: col('n') }],
  };
  const plan: PlanNode = {
    kind: 'hash-join',
    left: totals,
    right: most,
    leftOn: [col('n')],
    rightOn: [col('most')],
    joinType: 'inner',
  };
  expect(explained(plan)).toMatchInlineSnapshot(`
    "HashJoin inner on n = most builds right
      Shared totals columns customer, n
        FinalAggregate by customer aggregates count(*) as n
          Exchange shares of orders
            PartialGroupedAggregate by customer aggregates count(*) as n
              Scan "share of orders" columns customer
      Aggregate max(n) as most
        Shared totals columns customer, n"
  `);
});
