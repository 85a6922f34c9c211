import { describe, expect, test } from 'vitest';
import { float64, int64, utf8 } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import { MemoryBudgetExceeded } from '../../src/errors.ts';
import type { WindowCall, WindowSpec } from '../../src/expressions/window.ts';
import { column, expectSameResults } from '../support/aggregates.ts';
import { duckRows } from '../support/duckdb.ts';
import { type Row, runStages, testBudget } from '../support/task.ts';
import { WINDOW_CASES, WINDOW_INPUT, WINDOW_TABLES } from '../support/window-cases.ts';
import { overSql, windowFunction, windowStage } from '../support/windows.ts';
import { obeysContract } from './contract.ts';

const input = schema(field('g', utf8), field('k', float64), field('v', int64));
const byKey: WindowSpec = { partitionBy: [column('g')], orderBy: [{ expression: column('k') }] };
const aggregate = (name: string, called: 'sum' | 'count' | 'max' | 'median', of: string): WindowCall => ({
  kind: 'aggregate',
  aggregate: { name, function: called, input: column(of) },
});

const results = async (rows: readonly Row[], calls: readonly WindowCall[], spec: WindowSpec = byKey) =>
  (await runStages([windowStage(input, calls, spec)], { schema: input, rows })).rows;

describe('WindowPartitionAndOrderBy', () => {
  test('sorts rows in their partitions, which come as they first appear; equal keys stay as they came', async () => {
    const rows: Row[] = [
      ['b', 2, 1n],
      ['a', 1, 2n],
      ['b', 1, 3n],
      [null, 1, 4n],
      ['b', 1, 5n],
      ['a', 1, 6n],
      [null, 0, 7n],
    ];
    const given = await results(rows, [windowFunction('nr', 'row_number'), windowFunction('rank', 'rank')]);
    expect(given.map((row) => row.slice(2))).toEqual([
      [3n, 1n, 1n],
      [5n, 2n, 1n],
      [1n, 3n, 3n],
      [2n, 1n, 1n],
      [6n, 2n, 1n],
      [7n, 1n, 1n],
      [4n, 2n, 2n],
    ]);
  });

  test('has nulls, NaN and zeros of either sign as peers of each other', async () => {
    const rows = [null, Number.NaN, 0, -0, Number.NaN, null, 1].map((k, index): Row => ['a', k, BigInt(1 << index)]);
    const given = await results(rows, [windowFunction('rank', 'dense_rank'), aggregate('sum', 'sum', 'v')]);
    expect(given.map((row) => row.slice(3))).toEqual([
      [1n, 12n],
      [1n, 12n],
      [2n, 76n],
      [3n, 94n],
      [3n, 94n],
      [4n, 127n],
      [4n, 127n],
    ]);
  });

  test('gives an aggregate the rows up to the peers of each, as SQL does', async () => {
    const rows = [1, 2, 2, 3].map((k): Row => ['a', k, 10n]);
    const given = await results(rows, [aggregate('sum', 'sum', 'v'), aggregate('n', 'count', 'v')]);
    expect(given.map((row) => row.slice(3))).toEqual([
      [10n, 1n],
      [30n, 3n],
      [30n, 3n],
      [40n, 4n],
    ]);
  });

  test('is what DuckDB says of partitions of one row, of many, and of one of several batches', async () => {
    let seed = 12345;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    const big = schema(field('g', int64), field('k', int64), field('v', int64), field('s', utf8), field('x', float64));
    // Half of the rows are one partition, a quarter have one each.
    const rows = Array.from({ length: 20_000 }, (_, index): Row => {
      const kind = random(4);
      const g = kind < 2 ? 0n : kind === 2 ? BigInt(100 + random(300)) : BigInt(1000 + index);
      const v = random(10) === 0 ? null : BigInt(random(2000) - 1000);
      return [g, BigInt(index * 7) % 20_011n, v, `t${random(500)}`, random(4000) / 4];
    });
    const spec: WindowSpec = { partitionBy: [column('g')], orderBy: [{ expression: column('k'), descending: true }] };
    const calls: WindowCall[] = [
      windowFunction('nr', 'row_number'),
      windowFunction('lag', 'lag', { input: column('s'), count: 2 }),
      windowFunction('tile', 'ntile', { count: 7 }),
      aggregate('sum', 'sum', 'v'),
      aggregate('max', 'max', 's'),
      aggregate('median', 'median', 'x'),
      { kind: 'aggregate', aggregate: { name: 'd', function: 'count_distinct', input: column('s') } },
      { kind: 'aggregate', aggregate: { name: 'var', function: 'var', input: column('v') } },
    ];
    const ours = await runStages([windowStage(big, calls, spec)], { schema: big, rows });
    const over = overSql(spec);
    const called = [
      'row_number()',
      'lag(s, 2)',
      'ntile(7)',
      'sum(v)',
      'max(s)',
      'median(x)',
      'count(distinct s)',
      'var_samp(v)',
    ];
    const theirs = await duckRows(
      { schema: big, rows },
      `select *, ${called.map((each) => `${each} ${over}`).join()}
       from t order by min(rowid) over (partition by g), k desc`,
    );
    expectSameResults(ours.rows, theirs, (at) => (at === big.fields.length + 7 ? 'close' : 'exact'));
  });

  test('names itself where memory is short', async () => {
    const rows: Row[] = Array.from({ length: 60_000 }, (_, index) => ['a', index, BigInt(index)]);
    const outcome = runStages(
      [windowStage(input, [windowFunction('nr', 'row_number')], byKey)],
      { schema: input, rows },
      { memory: testBudget(3 * 1024 * 1024) },
    );
    await expect(outcome).rejects.toThrow(MemoryBudgetExceeded);
    await expect(outcome).rejects.toThrow('WindowPartitionAndOrderBy');
  });

  obeysContract(
    () =>
      windowStage(
        WINDOW_INPUT,
        WINDOW_CASES.filter((_, index) => index % 3 === 0).map(({ call }, index) => call(`w${index}`, undefined)),
        {
          partitionBy: [column('g'), column('b')],
          orderBy: [
            { expression: column('s'), descending: true },
            { expression: { kind: 'binary', operator: '-', left: column('r'), right: column('q') } },
          ],
        },
      ),
    WINDOW_TABLES,
    { numRuns: 3, same: (actual, expected) => expectSameResults(actual, expected) },
  );
});
