import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as types from '../../src/columnar/data-type.ts';
import { decimal } from '../../src/columnar/data-type.ts';
import { field } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import type { Expression, NamedExpression } from '../../src/expressions/expression.ts';
import { interpreter } from '../../src/expressions/interpret.ts';
import type { PlanNode } from '../../src/plan/plan-node.ts';
import { bindPlan } from '../../src/planner/bind-plan.ts';
import type { BoundNode } from '../../src/planner/bound-plan.ts';
import { explainPlan } from '../../src/planner/explain.ts';
import { pushDown } from '../../src/planner/push-down.ts';
import { col, int, op } from '../support/plans.ts';

const text = (value: string): Expression => ({ kind: 'literal', type: types.utf8, value });
const money = (value: string): Expression => ({ kind: 'literal', type: decimal(3, 2), value });
const items: PlanNode = {
  kind: 'scan',
  sourceId: 'lineitem',
  format: 'parquet',
  schema: [
    field('l_orderkey', types.int64, false),
    field('l_quantity', decimal(15, 2), false),
    field('l_extendedprice', decimal(15, 2), false),
    field('l_discount', decimal(15, 2), false),
    field('l_returnflag', types.utf8, false),
    field('l_shipdate', types.date, false),
  ],
};
const named = (...names: string[]): NamedExpression[] => names.map((name) => ({ name, expression: col(name) }));
const explained = (plan: PlanNode): string => explainPlan(bindPlan(plan));
const pushed = (plan: PlanNode): string => explainPlan(pushDown(bindPlan(plan)));

const revenue: PlanNode = {
  kind: 'aggregate',
  input: {
    kind: 'filter',
    input: {
      kind: 'filter',
      input: items,
      predicate: op({ kind: 'function', name: 'year', arguments: [col('l_shipdate')] }, '=', int(1994)),
    },
    predicate: op(op(col('l_discount'), '>=', money('0.05')), 'and', op(col('l_quantity'), '<', int(24))),
  },
  aggregates: [
    { name: 'revenue', function: 'sum', input: op(col('l_extendedprice'), '*', col('l_discount')) },
    { name: 'total rows', function: 'count' },
  ],
};

describe('explain', () => {
  test('shows a plan as it was bound', () => {
    expect(explained(revenue)).toBe(
      `
Aggregate sum(l_extendedprice * l_discount) as revenue, count(*) as "total rows"
  Filter l_discount >= 0.05 and l_quantity < 24.00
    Filter l_shipdate >= date '1994-01-01' and l_shipdate < date '1995-01-01'
      Scan lineitem columns l_orderkey, l_quantity, l_extendedprice, l_discount, l_returnflag, l_shipdate
`.trim(),
    );
  });

  test('has a line for every kind of node', () => {
    const top: PlanNode = {
      kind: 'top-n',
      input: {
        kind: 'concat',
        inputs: [
          { kind: 'in-memory-scan', sourceId: 'my rows', schema: [field('a', types.utf8)] },
          { kind: 'empty-scan', schema: [field('a', types.utf8)] },
          { kind: 'limit', input: { kind: 'empty-scan', schema: [field('a', types.utf8)] }, limit: 5, offset: 2 },
        ],
      },
      keys: [{ expression: col('a'), descending: true, nullsFirst: false }],
      limit: 3,
    };
    const groups: PlanNode = {
      kind: 'grouped-aggregate',
      input: { kind: 'sort', input: top, keys: [{ expression: col('a') }] },
      groupBy: [...named('a'), { name: 'x', expression: op(col('a'), '=', text("it's\n")) }],
      aggregates: [{ name: 'n', function: 'count_distinct', input: col('a') }],
    };
    const plan: PlanNode = {
      kind: 'commit-write',
      mode: 'append',
      successFile: true,
      input: {
        kind: 'write',
        format: 'parquet',
        partitionBy: ['x'],
        input: { kind: 'project', input: groups, columns: named('x', 'n') },
      },
    };
    expect(explained(plan)).toBe(
      `
CommitWrite append with _SUCCESS
  Write parquet snappy partitioned by x files of 134217728 bytes, row groups of 131072 rows
    Project x, n
      GroupedAggregate by a, a = 'it''s\\u000a' as x aggregates count_distinct(a) as n
        Sort by a
          TopN 3 by a desc nulls last
            Concat
              InMemoryScan "my rows" columns a
              EmptyScan columns a
              Limit 5 offset 2
                EmptyScan columns a
`.trim(),
    );
  });
});

describe('push down', () => {
  test('puts filters into the scan, and reads only what is used', () => {
    expect(pushed(revenue)).toBe(
      `
Aggregate sum(l_extendedprice * l_discount) as revenue, count(*) as "total rows"
  Scan lineitem columns l_extendedprice, l_discount reads also l_quantity, l_shipdate filter l_shipdate >= date '1994-01-01' and l_shipdate < date '1995-01-01' and l_discount >= 0.05 and l_quantity < 24.00
`.trim(),
    );
  });

  test('shows the two stages of an aggregation, and what the second one needs of the first', () => {
    const node = {
      kind: 'grouped-aggregate',
      groupBy: named('l_returnflag'),
      aggregates: [{ name: 'n', function: 'mean', input: col('l_quantity') }],
    } as const;
    const partial: PlanNode = { ...node, input: items, stage: { kind: 'partial' } };
    const schema = bindPlan(items).schema.fields;
    const widened: PlanNode = {
      kind: 'project',
      input: partial,
      columns: [
        { name: 'more', expression: op(col('l_returnflag'), '=', { kind: 'literal', type: types.utf8, value: 'A' }) },
        ...named('n', 'l_returnflag'),
      ],
    };
    const final: PlanNode = { ...node, input: widened, stage: { kind: 'final', schema } };
    expect(pushed(final)).toBe(
      `
FinalAggregate by l_returnflag aggregates mean(l_quantity) as n
  Project n, l_returnflag
    PartialGroupedAggregate by l_returnflag aggregates mean(l_quantity) as n
      Scan lineitem columns l_quantity, l_returnflag
`.trim(),
    );
    expect(bindPlan(final).schema).toEqual(bindPlan({ ...node, input: items }).schema);
  });

  test('reads what aggregates are filtered and compared by', () => {
    const plan: PlanNode = {
      kind: 'aggregate',
      input: { kind: 'project', input: items, columns: named('l_quantity', 'l_discount', 'l_shipdate', 'l_orderkey') },
      aggregates: [
        {
          name: 'x',
          function: 'min_by',
          input: col('l_orderkey'),
          by: col('l_shipdate'),
          filter: op(col('l_discount'), '>', money('0.01')),
        },
      ],
    };
    expect(pushed(plan)).toBe(
      `
Aggregate min_by(l_orderkey, l_shipdate) filter (where l_discount > 0.01) as x
  Project l_discount, l_shipdate, l_orderkey
    Scan lineitem columns l_orderkey, l_discount, l_shipdate
`.trim(),
    );
  });

  test('reads no column to count rows', () => {
    const count: PlanNode = { kind: 'aggregate', input: items, aggregates: [{ name: 'n', function: 'count' }] };
    expect(pushed(count)).toBe('Aggregate count(*) as n\n  Scan lineitem columns none');
  });

  test('leaves out projections that do nothing, and columns that nobody asks for', () => {
    const inner: PlanNode = {
      kind: 'project',
      input: items,
      columns: [
        ...named('l_orderkey', 'l_shipdate'),
        { name: 'unused', expression: op(col('l_quantity'), '+', int(1)) },
      ],
    };
    expect(pushed({ kind: 'project', input: inner, columns: named('l_shipdate') })).toBe(
      'Scan lineitem columns l_shipdate',
    );
    expect(pushed({ kind: 'project', input: items, columns: named('l_shipdate', 'l_orderkey') })).toBe(
      'Project l_shipdate, l_orderkey\n  Scan lineitem columns l_orderkey, l_shipdate',
    );
  });

  test('tells a scan of a limit, but not past a filter, and keeps the limit', () => {
    const limit = (input: PlanNode): PlanNode => ({ kind: 'limit', input, limit: 10, offset: 5 });
    const project: PlanNode = { kind: 'project', input: items, columns: named('l_orderkey') };
    expect(pushed(limit(project))).toBe('Limit 10 offset 5\n  Scan lineitem columns l_orderkey limit 15');
    const filter: PlanNode = {
      kind: 'filter',
      input: { ...items, limit: 7 },
      predicate: op(col('l_orderkey'), '>', int(5)),
    };
    expect(pushed(limit({ kind: 'project', input: filter, columns: named('l_orderkey') }))).toBe(
      `
Limit 10 offset 5
  Filter l_orderkey > 5
    Scan lineitem columns l_orderkey limit 7
`.trim(),
    );
  });

  test('keeps the inputs of a concat alike', () => {
    const filtered: PlanNode = { kind: 'sort', input: items, keys: [{ expression: col('l_shipdate') }] };
    const plan: PlanNode = {
      kind: 'project',
      input: { kind: 'concat', inputs: [items, filtered] },
      columns: named('l_orderkey'),
    };
    expect(pushed(plan)).toBe(
      `
Concat
  Scan lineitem columns l_orderkey
  Project l_orderkey
    Sort by l_shipdate
      Scan lineitem columns l_orderkey, l_shipdate
`.trim(),
    );
  });

  test('writes all columns of the input, at their places', () => {
    const write: PlanNode = { kind: 'write', input: items, format: 'parquet', partitionBy: ['l_shipdate'] };
    const plan = pushDown(bindPlan({ kind: 'commit-write', input: write, mode: 'append' }));
    expect(plan).toEqual(bindPlan({ kind: 'commit-write', input: write, mode: 'append' }));
  });

  test('gives the same rows as before', () => {
    fc.assert(
      fc.property(
        anyPlan,
        fc.array(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 4, maxLength: 4 }), { maxLength: 12 }),
        (plan, rows) => {
          const before = bindPlan(plan);
          const after = pushDown(before);
          expect(after.schema).toEqual(before.schema);
          const table = rows.map((row) => new Map(row.map((value, index) => [`c${index}`, BigInt(value)])));
          expect(rowsOf(after, table), `${explainPlan(before)}\nbecame\n${explainPlan(after)}`).toEqual(
            rowsOf(before, table),
          );
        },
      ),
      { numRuns: 1_500 },
    );
  });
});

type Table = readonly ReadonlyMap<string, Value>[];

/** Executes a plan of the kinds that `anyPlan` has, in the most obvious way. */
function rowsOf(node: BoundNode, table: Table): readonly (readonly Value[])[] {
  const over = (row: readonly Value[]) => ({ value: (index: number): Value => row[index] ?? null, where: () => '' });
  switch (node.kind) {
    case 'scan': {
      const read = table.map((row) => node.readSchema.fields.map(({ name }) => row.get(name) ?? null));
      const { filter } = node;
      const kept = filter === undefined ? read : read.filter((row) => interpreter(filter)(over(row)) === true);
      return kept.slice(0, node.limit).map((row) => row.slice(0, node.schema.fields.length));
    }
    case 'project':
      return rowsOf(node.input, table).map((row) =>
        node.columns.map(({ expression }) => interpreter(expression)(over(row))),
      );
    case 'filter':
      return rowsOf(node.input, table).filter((row) => interpreter(node.predicate)(over(row)) === true);
    case 'limit':
      return rowsOf(node.input, table).slice(node.offset, node.offset + node.limit);
    case 'concat':
      return node.inputs.flatMap((input) => rowsOf(input, table));
    case 'sort': {
      const [key] = node.keys;
      if (key === undefined) throw new Error('no key');
      const ranked = (row: readonly Value[]): number => Number(interpreter(key.expression)(over(row)));
      return rowsOf(node.input, table).toSorted((a, b) => ranked(a) - ranked(b));
    }
    default:
      throw new Error(`no ${node.kind} here`);
  }
}

const names = ['c0', 'c1', 'c2', 'c3'];
const anyName = fc.constantFrom(...names);
const anyPredicate = fc
  .tuple(anyName, fc.constantFrom('<', '>=', '='), fc.nat(4))
  .map(([name, o, k]) => op(col(name), o, int(k)));
const scanOf = (limit: number | undefined, filter: Expression | undefined): PlanNode => ({
  kind: 'scan',
  sourceId: 's',
  format: 'parquet',
  schema: names.map((name) => field(name, types.int64, false)),
  filter,
  limit,
});
const anyPlan: fc.Arbitrary<PlanNode> = fc.letrec<{ plan: PlanNode }>((tie) => ({
  plan: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc
      .tuple(fc.option(fc.nat(8), { nil: undefined }), fc.option(anyPredicate, { nil: undefined }))
      .map(([limit, filter]) => scanOf(limit, filter)),
    fc.tuple(tie('plan'), anyPredicate).map(([input, predicate]): PlanNode => ({ kind: 'filter', input, predicate })),
    fc
      .tuple(tie('plan'), fc.nat(8), fc.nat(3))
      .map(([input, limit, offset]): PlanNode => ({ kind: 'limit', input, limit, offset })),
    fc
      .tuple(tie('plan'), anyName)
      .map(([input, name]): PlanNode => ({ kind: 'sort', input, keys: [{ expression: col(name) }] })),
    // Keeps the four names, so that whatever stands above can be bound; some columns are unused from here on.
    fc.tuple(tie('plan'), fc.array(anyName, { minLength: 4, maxLength: 4 })).map(
      ([input, sources]): PlanNode => ({
        kind: 'project',
        input,
        columns: names.map((name, index) => ({ name, expression: col(sources[index] ?? name) })),
      }),
    ),
    fc.tuple(tie('plan'), tie('plan')).map(([a, b]): PlanNode => ({ kind: 'concat', inputs: [a, b] })),
  ),
})).plan;
