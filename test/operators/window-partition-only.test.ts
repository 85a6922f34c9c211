import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { float64, int64, utf8, uuid } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import { MemoryBudgetExceeded } from '../../src/errors.ts';
import type { WindowCall } from '../../src/expressions/window.ts';
import { AGGREGATE_FILTERS } from '../support/aggregate-cases.ts';
import { column, expectSameResults } from '../support/aggregates.ts';
import { duckRows } from '../support/duckdb.ts';
import { type Row, runStages, testBudget } from '../support/task.ts';
import { WINDOW_AGGREGATES, WINDOW_INPUT, WINDOW_TABLES } from '../support/window-cases.ts';
import { windowStage } from '../support/windows.ts';
import { obeysContract } from './contract.ts';

const over = (...names: string[]) => ({ partitionBy: names.map(column), orderBy: [] });
const sum = (name: string): WindowCall => ({
  kind: 'aggregate',
  aggregate: { name: `sum of ${name}`, function: 'sum', input: column(name) },
});

/** Parts of spreads that are joined differ in their last digits from the whole. */
const likeness = (at: number) => WINDOW_AGGREGATES[at - WINDOW_INPUT.fields.length]?.likeness ?? 'exact';

describe('WindowPartitionOnly', () => {
  test('gives aggregates of each partition to its rows, in the order of the input, as DuckDB does', async () => {
    const shapes = fc.record({
      table: WINDOW_TABLES,
      keys: fc.constantFrom(['g'], ['r'], ['g', 'b'], ['x']),
      filter: fc.constantFrom(...AGGREGATE_FILTERS),
      chosen: fc.subarray([...WINDOW_AGGREGATES], { minLength: 5, maxLength: 12 }),
      cuts: fc.array(fc.nat(40), { maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(shapes, async ({ table, keys, filter, chosen, cuts }) => {
        const calls = chosen.map(({ call }, index) => call(`w${index}`, filter.filter));
        const ours = await runStages([windowStage(WINDOW_INPUT, calls, over(...keys))], { ...table, cuts });
        const whole = 'order by id rows between unbounded preceding and unbounded following';
        const results = chosen.map(({ sql }) =>
          sql.replaceAll('|', `${filter.sql} over (partition by ${keys.join()} ${whole})`),
        );
        const theirs = await duckRows(table, `select id, ${results.join()} from t order by id`);
        const inputs = WINDOW_INPUT.fields.length;
        const rows = ours.rows.map((row) => [row[inputs - 1] ?? null, ...row.slice(inputs)]);
        expectSameResults(rows, theirs, (at) => chosen[at - 1]?.likeness ?? 'exact');
      }),
      { numRuns: 20 },
    );
  });

  test('keeps rows together whose keys are null, NaN, or zeros of either sign, and takes keys that have no order', async () => {
    const input = schema(field('x', float64), field('u', uuid), field('n', int64));
    const [a, b] = ['00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002'];
    const rows: Row[] = [
      [Number.NaN, a, 1n],
      [null, b, 2n],
      [0, a, 4n],
      [Number.NaN, b, 8n],
      [-0, b, 16n],
      [null, null, 32n],
    ];
    const sums = async (key: string) => {
      const { rows: given } = await runStages([windowStage(input, [sum('n')], over(key))], { schema: input, rows });
      return given.map((row) => row[3]);
    };
    expect(await sums('x')).toEqual([9n, 34n, 20n, 9n, 20n, 34n]);
    expect(await sums('u')).toEqual([5n, 26n, 5n, 26n, 26n, 32n]);
  });

  test('cuts batches whose repeated texts are too large for one', async () => {
    const input = schema(field('g', int64), field('s', utf8));
    const rows: Row[] = Array.from({ length: 300 }, (_, index) => [BigInt(index % 2), 'x'.repeat(1000)]);
    const call: WindowCall = {
      kind: 'aggregate',
      aggregate: { name: 'all', function: 'string_agg', input: column('s') },
    };
    const { rows: given } = await runStages([windowStage(input, [call], over('g'))], { schema: input, rows });
    expect(given.map((row) => String(row[2]).length)).toEqual(Array(300).fill(150 * 1001 - 1));
  });

  test('names itself where memory is short', async () => {
    const rows: Row[] = Array.from({ length: 60_000 }, (_, index) => [BigInt(index), BigInt(index)]);
    const input = schema(field('g', int64), field('n', int64));
    const outcome = runStages(
      [windowStage(input, [sum('n')], over('g'))],
      { schema: input, rows },
      { memory: testBudget(4 * 1024 * 1024) },
    );
    await expect(outcome).rejects.toThrow(MemoryBudgetExceeded);
    await expect(outcome).rejects.toThrow('WindowPartitionOnly');
  });

  obeysContract(
    () =>
      windowStage(
        WINDOW_INPUT,
        WINDOW_AGGREGATES.map(({ call }, index) => call(`w${index}`, undefined)),
        over('g', 'b'),
      ),
    WINDOW_TABLES,
    { numRuns: 3, same: (actual, expected) => expectSameResults(actual, expected, likeness) },
  );
});
