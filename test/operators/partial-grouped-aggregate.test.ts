import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Batch } from '../../src/columnar/batch.ts';
import * as t from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import type { AggregateCall } from '../../src/expressions/expression.ts';
import type { StreamingOperator } from '../../src/operators/operator.ts';
import { planAccumulators } from '../../src/state/plan-accumulators.ts';
import { RowStates } from '../../src/state/row-states.ts';
import { AGGREGATE_CASES, AGGREGATE_FILTERS, CASE_INPUT, CASE_TABLES, callsOf } from '../support/aggregate-cases.ts';
import {
  aggregateStage,
  column,
  expectSameResults,
  finalStage,
  keysOf,
  typedAggregates,
} from '../support/aggregates.ts';
import { tables } from '../support/tables.ts';
import { type Row, runStages, testBudget } from '../support/task.ts';
import { obeysContract } from './contract.ts';

const input = schema(field('k', t.int64, false), field('v', t.int64), field('s', t.utf8, false));
const calls: readonly AggregateCall[] = [
  { name: 'n', function: 'count' },
  { name: 'sum', function: 'sum', input: column('v') },
  { name: 'first', function: 'first', input: column('s') },
  { name: 'last', function: 'last', input: column('s') },
];

/** What `calls` are of rows by `k`, by a map. */
function expected(rows: readonly Row[]): Map<bigint, Row> {
  const groups = new Map<bigint, Row>();
  for (const [k, v, s] of rows as [bigint, bigint, string][]) {
    const [, n, sum, first] = groups.get(k) ?? [k, 0n, 0n, s];
    groups.set(k, [k, (n as bigint) + 1n, (sum as bigint) + v, first as string, s]);
  }
  return groups;
}

const byKey = (rows: readonly Row[]): Map<bigint, Row> => new Map(rows.map((row) => [row[0] as bigint, row]));

/** Rows of `keys` different keys, far from each other, each of which comes back after all others have come. */
const rowsOf = (count: number, keys: number): Row[] =>
  Array.from({ length: count }, (_, n): Row => [BigInt(n % keys) * 0x1_0000_0001n, BigInt(n), `row ${n}`]);

describe('partial grouped aggregate', () => {
  const partial = aggregateStage(input, ['k'], calls, true);

  test.each([
    { name: 'groups that fit', rows: rowsOf(30_000, 3000), budget: 64, states: 3000, ungrouped: 0 },
    {
      name: 'keys that hardly repeat',
      rows: rowsOf(60_000, 50_000),
      budget: 64,
      states: 60_000,
      ungrouped: 60_000 - 16_384,
    },
    {
      name: 'groups that take too much memory',
      rows: rowsOf(80_000, 12_000),
      budget: 6,
      states: undefined,
      ungrouped: 0,
    },
  ])('$name give the results of all rows in the end', async ({ rows, budget, states, ungrouped }) => {
    const feed = { schema: input, rows };
    const first = await runStages([partial], feed, { memory: testBudget(budget * 1024 * 1024) });
    const counters = first.stats[0]?.counters;
    expect(counters?.['rows ungrouped']).toBe(ungrouped);
    if (states === undefined) expect(counters?.['groups']).toBeGreaterThan(12_000);
    else expect(first.rows.length).toBe(states);
    const last = await runStages([finalStage(input, ['k'], calls)], { schema: partial.schema, rows: first.rows });
    expect(byKey(last.rows)).toEqual(expected(rows));
  });

  test('states of single rows are those of every aggregate', async () => {
    const shapes = fc.record({
      table: CASE_TABLES,
      filter: fc.constantFrom(...AGGREGATE_FILTERS),
      chosen: fc.subarray([...AGGREGATE_CASES], { minLength: 1, maxLength: 12 }),
      cuts: fc.array(fc.nat(20), { maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(shapes, async ({ table: { rows }, filter, chosen, cuts }) => {
        const chosenCalls = callsOf(chosen, filter.filter);
        const states = await runStages([rowStates(chosenCalls)], { schema: CASE_INPUT, rows, cuts });
        expect(states.rows.length).toBe(rows.length);
        const final = finalStage(CASE_INPUT, ['g'], chosenCalls);
        const together = await runStages([final], { schema: rowStates(chosenCalls).schema, rows: states.rows });
        const whole = await runStages([aggregateStage(CASE_INPUT, ['g'], chosenCalls)], { schema: CASE_INPUT, rows });
        expectSameResults(together.rows, whole.rows, (at) =>
          chosen[at - 1]?.likeness === 'close' ? 'close' : 'exact',
        );
      }),
      { numRuns: 30 },
    );
  });

  const nullable = schema(field('k', t.int64), field('v', t.int64), field('s', t.utf8));
  obeysContract(
    () => aggregateStage(nullable, ['k'], calls, true),
    tables(nullable, { values: { k: fc.bigInt(0n, 5n), v: fc.bigInt(-9n, 9n) } }),
  );
});

/** Gives each row by itself, as the operator does once it has given up groups. */
function rowStates(of: readonly AggregateCall[]): StreamingOperator {
  const { schema: out } = aggregateStage(CASE_INPUT, ['g'], of, true);
  const plan = planAccumulators(typedAggregates(CASE_INPUT, of), 'by rows', true);
  return {
    role: 'streaming',
    name: 'RowStates',
    schema: out,
    open: ({ memory }) => {
      const holding = memory.reserve('RowStates');
      const groupBy = keysOf(CASE_INPUT, ['g']);
      const states = new RowStates(
        { operator: 'RowStates', input: CASE_INPUT, filter: undefined, groupBy, plan },
        holding,
      );
      return {
        async push(batch, output) {
          for (const { columns, rowCount } of states.of(batch)) {
            if ((await output.push(new Batch(out, rowCount, columns))) === 'done') return 'done';
          }
          return 'more';
        },
        [Symbol.dispose]() {
          states[Symbol.dispose]();
          holding[Symbol.dispose]();
        },
      };
    },
  };
}
