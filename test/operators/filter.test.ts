import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bool, decimal, float64, int8, int64, utf8 } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import { InvalidCast } from '../../src/errors.ts';
import type { Expression } from '../../src/expressions/expression.ts';
import { filter } from '../../src/operators/streaming/filter.ts';
import { lit, typed } from '../support/expressions.ts';
import { col, op } from '../support/plans.ts';
import { tables } from '../support/tables.ts';
import { type Row, runStages } from '../support/task.ts';
import { obeysContract } from './contract.ts';

const input = schema(
  field('n', int64),
  field('s', utf8),
  field('d', decimal(25, 2)),
  field('b', bool),
  field('f', float64, false),
);
const rows: readonly Row[] = [
  [1n, 'a', 100n, true, 0.5],
  [null, 'b', null, false, 1.5],
  [3n, null, 300n, null, 2.5],
  [4n, 'd', 400n, true, 3.5],
];
const keep = (predicate: Expression) => filter({ input, predicate: typed(input, predicate) });
const kept = async (predicate: Expression, cuts?: readonly number[]) =>
  (await runStages([keep(predicate)], { schema: input, rows, cuts })).rows;

describe('filter', () => {
  obeysContract(() => keep(op(op(col('n'), '>', lit(0n)), 'or', op(col('s'), '=', lit('b')))), tables(input));

  test.each([
    {
      name: 'keeps the rows for which it is true, not those for which it is null',
      predicate: op(col('n'), '>', lit(1n)),
      kept: [2, 3],
    },
    { name: 'keeps nothing of null', predicate: op(col('b'), 'and', lit(null)), kept: [] },
    { name: 'keeps everything of true', predicate: lit(true), kept: [0, 1, 2, 3] },
    { name: 'takes a column of bools', predicate: col('b'), kept: [0, 3] },
    { name: 'takes text', predicate: op(col('s'), '<', lit('c')), kept: [0, 1] },
  ])('$name', async ({ predicate, kept: expected }) => {
    const out = expected.map((row) => rows[row]);
    expect(await kept(predicate)).toEqual(out);
    expect(await kept(predicate, [1, 1, 1, 1])).toEqual(out);
  });

  test('does not pass on batches of which no row is left', async () => {
    const stage = keep(op(col('n'), '=', lit(4n)));
    const { rows: out, stats } = await runStages([stage], { schema: input, rows, cuts: [1, 1, 1] });
    expect(out).toEqual([rows[3]]);
    expect(stats[0]).toMatchObject({ name: 'Filter', batchesIn: 4, batchesOut: 1 });
  });

  test('stops the source as soon as its consumer is done', async () => {
    const stage = keep(op(col('n'), '>', lit(0n)));
    const { batchesRead } = await runStages([stage], { schema: input, rows, cuts: [1, 1, 1] }, { doneAfter: 1 });
    expect(batchesRead).toBe(1);
  });

  test('says where a cast fails', async () => {
    const narrow: Expression = { kind: 'cast', input: op(col('n'), '*', lit(100n)), type: int8 };
    const run = kept(op(narrow, '>', lit(0n)), [2]);
    await expect(run).rejects.toThrow(InvalidCast);
    await expect(run).rejects.toThrow(/^Filter, row 2: .*300 cannot be represented as int8/);
  });

  test('keeps what JavaScript keeps', async () => {
    const table = tables(schema(field('n', int64), field('f', float64, false)), { maxRows: 300 });
    await fc.assert(
      fc.asyncProperty(table, fc.bigInt(-5n, 5n), async ({ schema: two, rows: all }, bound) => {
        const stage = filter({ input: two, predicate: typed(two, op(col('n'), '<', lit(bound))) });
        const result = await runStages([stage], { schema: two, rows: all, cuts: [70] });
        expect(result.rows).toEqual(all.filter(([n]) => n !== null && (n as bigint) < bound));
      }),
      { numRuns: 40 },
    );
  });
});
