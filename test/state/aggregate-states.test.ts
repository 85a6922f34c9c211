import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ColumnForm, columnFromValues } from '../../src/columnar/column-from-values.ts';
import { readColumn } from '../../src/columnar/column-values.ts';
import * as t from '../../src/columnar/data-type.ts';
import { type Field, field } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { ArithmeticOverflow } from '../../src/errors.ts';
import { aggregateType } from '../../src/expressions/aggregates.ts';
import type { AggregateFunction, TypedAggregate } from '../../src/expressions/expression.ts';
import type { Holding } from '../../src/memory/budget.ts';
import { AggregateAnswers } from '../../src/state/aggregate-answers.ts';
import { AggregateStates } from '../../src/state/aggregate-states.ts';
import { planAccumulators } from '../../src/state/plan-accumulators.ts';
import { duckRows } from '../support/duckdb.ts';
import { valuesOf } from '../support/tables.ts';
import { type Row, testBudget } from '../support/task.ts';

function aggregate(name: AggregateFunction, { type, nullable }: Field): TypedAggregate {
  const input = { kind: 'column', index: 0, name: 'v', type, nullable } as const;
  return { name, function: name, input, type: aggregateType(name, type) ?? t.bool };
}

/** One column of values in groups, added batch by batch: the answers, one row per group. */
function answers(
  holding: Holding,
  aggregates: readonly TypedAggregate[],
  type: t.DataType,
  batches: readonly {
    readonly groups: readonly number[];
    readonly values: readonly Value[];
    readonly form?: ColumnForm;
  }[],
  groupCount: number,
  /** The first batch of a second run, merged into the first. */
  split: number = batches.length,
): Value[][] {
  const plan = planAccumulators(aggregates, 'by rows');
  const [states, later] = [new AggregateStates(plan, holding), new AggregateStates(plan, holding)];
  for (const run of [states, later]) run.ensure(groupCount);
  for (const [index, { groups, values, form }] of batches.entries()) {
    const ids = columnFromValues(holding, t.uint32, groups).values;
    const column = columnFromValues(holding, type, values, form);
    (index < split ? states : later).add(
      plan.inputs.map(() => column),
      values.length,
      ids,
    );
  }
  const mapping = columnFromValues(
    holding,
    t.uint32,
    Array.from({ length: groupCount }, (_, group) => group),
  ).values;
  states.merge(later, mapping);
  const columns = new AggregateAnswers({ plan, states, logs: [] }, holding).columns(0, groupCount, []);
  const cells = columns.map((column) => readColumn(holding.linear, column, groupCount));
  return Array.from({ length: groupCount }, (_, group) => cells.map((column) => column[group] as Value));
}

const normal = (rows: readonly Row[]): unknown[][] =>
  rows.map((row) =>
    row.map((value) => (typeof value === 'number' && value === 0 ? 0 : typeof value === 'bigint' ? value : value)),
  );

const NUMBERS = ['count', 'sum', 'mean', 'min', 'max'] as const;
const SQL = { count: 'count(v)', sum: 'sum(v)', min: 'min(v)', max: 'max(v)', mean: 'avg(v)' } as const;
const GROUPS = 5;

describe('states of aggregates', () => {
  test.each([
    t.bool,
    t.int8,
    t.int16,
    t.int32,
    t.int64,
    t.uint8,
    t.uint16,
    t.uint32,
    t.uint64,
    t.float32,
    t.float64,
    t.decimal(9, 2),
    t.decimal(18, 4),
    t.decimal(30, 3),
    t.utf8,
    t.date,
    t.timestamp('us'),
  ])('of $kind are what DuckDB says, in any layout, batching and split over two runs', async (type) => {
    const functions = NUMBERS.filter(
      (name) => aggregateType(name, type) !== undefined && !(name === 'mean' && type.kind === 'decimal'),
    );
    const small = {
      int64: fc.bigInt(-(2n ** 55n), 2n ** 55n),
      uint64: fc.bigInt(0n, 2n ** 55n),
      timestamp: fc.bigInt(-(2n ** 50n), 2n ** 50n),
    };
    const value = type.kind in small ? small[type.kind as keyof typeof small] : valuesOf(type);
    const batch = fc.record({
      rows: fc.array(fc.tuple(fc.nat(GROUPS - 1), fc.option(value, { freq: 4 })), { minLength: 1, maxLength: 100 }),
      dictionary: fc.boolean(),
      nullable: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 4 }), fc.nat(4), async (batches, split) => {
        using holding = testBudget().reserve('test');
        const rows = batches.flatMap((each) => each.rows);
        const v = field('v', type);
        const ours = answers(
          holding,
          functions.map((name) => aggregate(name, v)),
          type,
          batches.map(({ rows: those, dictionary, nullable }) => {
            const values = those.map(([, cell]) => cell as Value);
            return {
              groups: those.map(([group]) => group),
              values,
              form: { dictionary, nullable: nullable || values.includes(null) },
            };
          }),
          GROUPS,
          split,
        );
        const theirs = await duckRows(
          { schema: { fields: [field('g', t.int32), v] }, rows },
          `select ${functions.map((name) => SQL[name]).join()} from range(${GROUPS}) g(i) left join t on t.g = g.i group by g.i order by g.i`,
        );
        expect(normal(ours)).toEqual(normal(theirs));
      }),
      { numRuns: 12 },
    );
  });

  const int64Sum = (values: readonly bigint[], type: t.DataType = t.int64): Value[][] => {
    using holding = testBudget().reserve('test');
    const groups = values.map(() => 0);
    const all = [aggregate('sum', field('v', type, false)), aggregate('mean', field('v', type, false))];
    return answers(holding, all, type, [{ groups, values }], 1);
  };

  test('a sum of integers may leave 64 bits on the way, not at the end', () => {
    const most = 2n ** 63n - 1n;
    expect(int64Sum([most, most, -most])).toEqual([[most, Number(most) / 3]]);
    expect(() => int64Sum([most, 1n])).toThrow(ArithmeticOverflow);
    expect(() => int64Sum([-most, -2n])).toThrow(/does not fit int64: it is -9223372036854775809\./);
    expect(int64Sum([-most, -1n])[0]?.[0]).toBe(-(2n ** 63n));
    expect(() => int64Sum([2n ** 64n - 1n, 1n], t.uint64)).toThrow(ArithmeticOverflow);
    expect(int64Sum([2n ** 64n - 1n], t.uint64)[0]?.[0]).toBe(2n ** 64n - 1n);
  });

  test('a mean of integers is exact before it is rounded', () => {
    using holding = testBudget().reserve('test');
    // 2 ** 53 + 1 is not a float64: the sum must not be made one before it is divided.
    const values = [2n ** 53n + 1n, 2n ** 53n + 1n, 2n ** 53n + 4n];
    const [row] = answers(
      holding,
      [aggregate('mean', field('v', t.int64, false))],
      t.int64,
      [{ groups: [0, 0, 0], values }],
      1,
    );
    expect(row).toEqual([9_007_199_254_740_994]);
    const large = [2n ** 63n - 1n, 2n ** 63n - 1n];
    expect(
      answers(
        holding,
        [aggregate('mean', field('v', t.int64, false))],
        t.int64,
        [{ groups: [0, 0], values: large }],
        1,
      ),
    ).toEqual([[2 ** 63]]);
  });

  test.each([
    { values: [1n, 2n], mean: 15_000n },
    { values: [1n, 1n, 2n], mean: 13_333n },
    { values: [2n, 2n, 1n], mean: 16_667n },
    { values: [-2n, -2n, -1n], mean: -16_667n },
    // 1 / 20000 and its negative: exactly between two units of the result.
    { values: [1n, ...Array<bigint>(19_999).fill(0n)], mean: 1n },
    { values: [-1n, ...Array<bigint>(19_999).fill(0n)], mean: -1n },
    { values: [10n ** 29n, 10n ** 29n + 1n], mean: 10n ** 33n + 5000n },
    { values: [-(10n ** 29n), -(10n ** 29n) - 1n], mean: -(10n ** 33n) - 5000n },
  ])('a mean of decimals has four digits more and is rounded half away from zero: $mean', ({ values, mean }) => {
    using holding = testBudget().reserve('test');
    const batches = [
      { groups: values.slice(0, 10_000).map(() => 0), values: values.slice(0, 10_000) },
      { groups: values.slice(10_000).map(() => 0), values: values.slice(10_000) },
    ];
    expect(
      answers(holding, [aggregate('mean', field('v', t.decimal(30, 2), false))], t.decimal(30, 2), batches, 1),
    ).toEqual([[mean]]);
  });

  test('a sum of decimals of more than 38 digits is an error', () => {
    const most = 10n ** 38n - 1n;
    expect(() => int64Sum([most, 1n], t.decimal(38, 2))).toThrow(/A sum does not fit decimal\(38, 2\)/);
    expect(() => int64Sum([most, most, most], t.decimal(38, 2))).toThrow(ArithmeticOverflow);
    expect(() => int64Sum([-most, -1n], t.decimal(38, 2))).toThrow(ArithmeticOverflow);
    using holding = testBudget().reserve('test');
    const sum = [aggregate('sum', field('v', t.decimal(38, 2), false))];
    expect(answers(holding, sum, t.decimal(38, 2), [{ groups: [0, 0], values: [most - 1n, 1n] }], 1)).toEqual([[most]]);
    expect(answers(holding, sum, t.decimal(38, 2), [{ groups: [0, 0], values: [1n - most, -1n] }], 1)).toEqual([
      [-most],
    ]);
  });

  test('NaN is greater than every number', () => {
    using holding = testBudget().reserve('test');
    const values = [Number.NaN, 1, 1, Number.NaN, Number.NaN, Infinity];
    const both = [aggregate('min', field('v', t.float64, false)), aggregate('max', field('v', t.float64, false))];
    expect(answers(holding, both, t.float64, [{ groups: [0, 0, 1, 1, 2, 3], values }], 4)).toEqual([
      [1, Number.NaN],
      [1, Number.NaN],
      [Number.NaN, Number.NaN],
      [Infinity, Infinity],
    ]);
  });

  test('the greatest text does not keep what it replaced', () => {
    const budget = testBudget();
    using holding = budget.reserve('test');
    const plan = planAccumulators([aggregate('max', field('v', t.utf8, false))], 'by rows');
    using states = new AggregateStates(plan, holding);
    states.ensure(1);
    for (let round = 0; round < 200; round++) {
      using input = budget.reserve('input');
      const values = Array.from(
        { length: 100 },
        (_, row) => `${String(round * 100 + row).padStart(8, '0')}${'x'.repeat(200)}`,
      );
      states.add(
        [columnFromValues(input, t.utf8, values)],
        100,
        columnFromValues(
          input,
          t.uint32,
          values.map(() => 0),
        ).values,
      );
    }
    expect(holding.heldBytes).toBeLessThan(64 * 1024);
    const [column] = new AggregateAnswers({ plan, states, logs: [] }, holding).columns(0, 1, []);
    expect(column && readColumn(holding.linear, column, 1)).toEqual([`00019999${'x'.repeat(200)}`]);
  });
});
