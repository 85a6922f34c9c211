/** Rows grouped by lists, structs, maps and intervals, and distinct ones of these, as DuckDB has them. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as t from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { MemoryBudgetExceeded } from '../../src/errors.ts';
import type { AggregateCall } from '../../src/expressions/expression.ts';
import { aggregateStage, column, expectSameResults, twoStageRows } from '../support/aggregates.ts';
import { duckRows } from '../support/duckdb.ts';
import { tables } from '../support/tables.ts';
import { type Row, runStages, testBudget } from '../support/task.ts';
import { obeysContract } from './contract.ts';

const point = t.struct(field('x', t.float64), field('tags', t.list(t.utf8)));
const input = schema(
  field('l', t.list(t.int32)),
  field('p', point),
  field('pair', t.fixedSizeList(t.bool, 2)),
  field('m', t.map(t.utf8, t.int64)),
  field('span', t.interval),
  field('n', t.int64, false),
);
const word = fc.constantFrom('', 'a', 'b', 'a\0');
const inputs = tables(input, {
  maxRows: 60,
  values: {
    l: fc.array(fc.option(fc.integer({ min: 0, max: 1 })), { maxLength: 2 }),
    p: fc.tuple<Value[]>(
      fc.option<Value>(fc.constantFrom(0, -0, 1.5, Number.NaN)),
      fc.option<Value>(fc.array(word, { maxLength: 2 })),
    ),
    pair: fc.tuple<Value[]>(fc.option<Value>(fc.boolean()), fc.boolean()),
    m: fc
      .uniqueArray(fc.tuple(word, fc.option<Value>(fc.bigInt(0n, 1n))), { maxLength: 2, selector: ([key]) => key })
      .map((entries): Value => entries),
    n: fc.bigInt(-9n, 9n),
    span: fc.integer({ min: 0, max: 2 }).map((days): Value => ({ months: 0, days, nanoseconds: 0n })),
  },
});
const KEYS = ['l', 'p', 'pair', 'm', 'span'] as const;

describe('keys with parts', () => {
  test('are grouped as DuckDB groups them, in any layout, in one stage and in two', async () => {
    const shapes = fc.record({
      table: inputs,
      keys: fc.subarray([...KEYS], { minLength: 1, maxLength: 2 }),
      cuts: fc.array(fc.nat(30), { maxLength: 3 }),
      dictionary: fc.boolean(),
      at: fc.nat(60),
    });
    const calls: AggregateCall[] = [
      { name: 'rows', function: 'count' },
      { name: 'total', function: 'sum', input: column('n') },
    ];
    await fc.assert(
      fc.asyncProperty(shapes, async ({ table: { rows }, keys, cuts, dictionary, at }) => {
        const feed = { schema: input, rows, cuts, form: () => ({ dictionary }) };
        const ours = await runStages([aggregateStage(input, keys, calls)], feed);
        const list = keys.join();
        const theirs = await duckRows(
          { schema: input, rows },
          `select ${list}, count(*), sum(n::hugeint)::bigint from (select *, rowid as nr from t) group by ${list} order by min(nr)`,
        );
        expectSameResults(ours.rows, theirs);
        expectSameResults(await twoStageRows(input, keys, calls, [rows.slice(0, at), rows.slice(at)]), theirs);
      }),
      { numRuns: 25 },
    );
  });

  test('are told apart as distinct values, and the most frequent found', async () => {
    const calls: AggregateCall[] = KEYS.flatMap((name) => [
      { name: `count ${name}`, function: 'count_distinct', input: column(name) },
      { name: `near ${name}`, function: 'approx_count_distinct', input: column(name) },
      { name: `list ${name}`, function: 'list', input: column(name), distinct: true },
    ]);
    const sql = KEYS.map(
      (name) => `count(distinct ${name}), count(distinct ${name}), coalesce(list(distinct ${name}), [])`,
    );
    await fc.assert(
      fc.asyncProperty(inputs, fc.boolean(), async ({ rows }, dictionary) => {
        const feed = { schema: input, rows, cuts: [20, 7], form: () => ({ dictionary }) };
        const ours = await runStages([aggregateStage(input, [], calls)], feed);
        const theirs = await duckRows({ schema: input, rows }, `select ${sql.join()} from t`);
        expectSameResults(ours.rows, theirs, (at) => (at % 3 === 2 ? 'unordered' : 'exact'));
      }),
      { numRuns: 15 },
    );
  });

  test('a month is 30 days, and of equal keys the first is kept', async () => {
    const span = (months: number, days: number): Value => ({ months, days, nanoseconds: 0n });
    const rows = [span(1, 0), span(0, 30), span(0, 31), span(1, 1)].map(
      (each): Row => [null, null, null, null, each, 1n],
    );
    const calls: AggregateCall[] = [{ name: 'rows', function: 'count' }];
    const { rows: groups } = await runStages([aggregateStage(input, ['span'], calls)], { schema: input, rows });
    expect(groups).toEqual([
      [span(1, 0), 2n],
      [span(0, 31), 2n],
    ]);
  });

  describe('keep the contract:', () => {
    const calls: AggregateCall[] = [
      { name: 'rows', function: 'count' },
      { name: 'spans', function: 'set', input: column('span') },
      { name: 'least', function: 'min', input: column('span') },
    ];
    obeysContract(() => aggregateStage(input, ['l', 'p'], calls), inputs, {
      numRuns: 5,
      same: expectSameResults,
    });
  });

  test('say by name where they do not fit, and give all of it back', async () => {
    const of = schema(field('list', t.list(t.int64), false));
    const rows = Array.from({ length: 20_000 }, (_, row): Row => [[BigInt(row), 7n, 8n]]);
    const stage = aggregateStage(of, ['list'], [{ name: 'rows', function: 'count' }]);
    const failing = runStages(
      [stage],
      { schema: of, rows, cuts: Array.from({ length: 20 }, () => 1000) },
      { memory: testBudget(1024 * 1024) },
    );
    await expect(failing).rejects.toThrow(MemoryBudgetExceeded);
    await expect(failing).rejects.toThrow(/^GroupedAggregate needs/);
  });
});
