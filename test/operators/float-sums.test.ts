/** Sums and means of floats: against exact sums, in whatever order, batches, runs and stages the values come. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as t from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import type { AggregateCall } from '../../src/expressions/expression.ts';
import { aggregateStage, column, twoStageRows } from '../support/aggregates.ts';
import { duckRows } from '../support/duckdb.ts';
import { lit } from '../support/expressions.ts';
import { type Row, runStages } from '../support/task.ts';

const INPUT: Schema = schema(field('g', t.utf8, false), field('x', t.float64), field('f', t.float32));
const plus = { kind: 'binary', operator: '+', left: column('x'), right: lit(0) } as const;
const CALLS: readonly AggregateCall[] = [
  { name: 'sum', function: 'sum', input: column('x') },
  { name: 'mean', function: 'mean', input: column('x') },
  // What has to be computed first is added up by a loop of its own making.
  { name: 'of an expression', function: 'sum', input: plus },
  { name: 'of float32', function: 'sum', input: column('f') },
];

/** All values here are whole numbers of 1 / SCALE. */
const SCALE = 2n ** 200n;

function exactly(value: number): bigint {
  if (Number.isInteger(value)) return BigInt(value) * SCALE;
  let [scaled, shift] = [value, 0n];
  for (; !Number.isInteger(scaled); shift += 1n) scaled *= 2;
  return (BigInt(scaled) * SCALE) >> shift;
}

/** Whether `actual` is the sum to the last digit or two, or as good as twice the digits of a float64 allow. */
function expectSum(actual: unknown, values: readonly number[], where: string): void {
  expect(typeof actual, where).toBe('number');
  const sum = values.reduce((total, value) => total + exactly(value), 0n);
  const error = Number(exactly(actual as number) - sum) / Number(SCALE);
  const size = values.reduce((total, value) => total + Math.abs(value), 0);
  const allowed = 2 ** -52 * Math.abs(Number(sum) / Number(SCALE)) + 2 ** -90 * size;
  expect(Math.abs(error), `${where}: off by ${error}`).toBeLessThanOrEqual(allowed);
}

const present = (rows: readonly Row[], at: number): number[] =>
  rows.map((row) => row[at]).filter((value) => typeof value === 'number');

/** Of one row of results, behind its keys, over the rows of the group. */
function expectResults(result: Row, rows: readonly Row[], where: string): void {
  const [xs, fs] = [present(rows, 1), present(rows, 2)];
  const [sum, mean, computed, single] = result.slice(-4);
  if (xs.length === 0) expect([sum, mean, computed], where).toEqual([null, null, null]);
  else {
    expectSum(sum, xs, `${where} sum`);
    expectSum(computed, xs, `${where} sum of an expression`);
    expect(mean, `${where} mean`).toBe((sum as number) / xs.length);
  }
  if (fs.length === 0) expect(single, where).toBe(null);
  else expectSum(single, fs, `${where} sum of float32`);
}

// From tiny to vast, so that what is small is lost beside what is large; and the large ones cancel out.
const wild = fc
  .tuple(fc.integer({ min: -40, max: 40 }), fc.integer({ min: -(2 ** 30), max: 2 ** 30 }))
  .map(([exponent, digits]) => digits * 2 ** exponent);
const row = fc.tuple(
  fc.constantFrom('a', 'b', 'c'),
  fc.option(wild, { freq: 9 }),
  fc.option(wild.map(Math.fround), { freq: 9 }),
);
const cancelling = fc
  .array(row, { maxLength: 40 })
  .map((rows): Row[] => [
    ...rows,
    ...rows.toReversed().map(([g, x, f], at): Row => [g, x && (at % 7 === 0 ? x : -x), f && (at % 5 === 0 ? f : -f)]),
  ]);

describe('sums of floats', () => {
  for (const keys of [[], ['g']]) {
    test(`by ${keys.join() || 'nothing'} are exact to the last digits, whatever the batches, runs and stages`, async () => {
      const shapes = fc.record({
        rows: cancelling,
        cuts: fc.array(fc.nat(30), { maxLength: 4 }),
        dictionary: fc.boolean(),
        filtered: fc.boolean(),
        at: fc.nat(80),
      });
      await fc.assert(
        fc.asyncProperty(shapes, async ({ rows, cuts, dictionary, filtered, at }) => {
          const isKept = (each: Row): boolean => !filtered || each[0] !== 'b';
          const filter = filtered
            ? ({ kind: 'binary', operator: '!=', left: column('g'), right: lit('b') } as const)
            : undefined;
          const calls = CALLS.map((call) => ({ ...call, filter }));
          const feed = {
            schema: INPUT,
            rows,
            cuts,
            form: (_: number, index: number) => ({ dictionary: dictionary && index === 0 }),
          };
          const whole = await runStages([aggregateStage(INPUT, keys, calls)], feed);
          const parts = [rows.slice(0, at), rows.slice(at)];
          const together = await twoStageRows(INPUT, keys, calls, parts);
          const groups = keys.length === 0 ? [rows] : [...Map.groupBy(rows, ([g]) => g).values()];
          for (const [index, group] of groups.entries()) {
            expectResults(whole.rows[index] ?? [], group.filter(isKept), `group ${index}`);
            expectResults(together[index] ?? [], group.filter(isKept), `group ${index} in two stages`);
          }
        }),
        { numRuns: 40 },
      );
    });
  }

  test('do not lose what is small beside what is large', async () => {
    const rows = [1, 1e100, 1, -1e100].map((x): Row => ['a', x, null]);
    for (const keys of [[], ['g']]) {
      const { rows: result } = await runStages([aggregateStage(INPUT, keys, CALLS)], { schema: INPUT, rows });
      expect(result[0]?.slice(-4, -1)).toEqual([2, 0.5, 2]);
      const parts = rows.map((each) => [each]);
      expect((await twoStageRows(INPUT, keys, CALLS, parts))[0]?.slice(-4, -1)).toEqual([2, 0.5, 2]);
    }
  });

  test("are those of DuckDB's compensated sums", async () => {
    const rows = Array.from(
      { length: 20_000 },
      (_, n): Row => [`g${n % 3}`, 0.1 * (n % 1000) + 1e9, Math.fround(0.1 * n)],
    );
    const table = { schema: INPUT, rows };
    const ours = await runStages([aggregateStage(INPUT, ['g'], CALLS)], table);
    const theirs = await duckRows(table, 'select g, fsum(x), favg(x), fsum(x), fsum(f) from t group by g order by g');
    expect(ours.rows).toEqual(theirs);
  });

  const [inf, nan, most] = [Number.POSITIVE_INFINITY, Number.NaN, Number.MAX_VALUE];
  test.each([
    [[1, inf, 2], inf],
    [[-inf, 1, -inf], -inf],
    [[inf, 1, -inf], nan],
    [[1, nan, inf], nan],
    [[most, most], inf],
    [[-most, -most, 1], -inf],
    [[most, -most, most], most],
    [[-0, -0], 0],
  ])('of %j are what plain additions give: %d', async (values, sum) => {
    const rows = values.map((x): Row => ['a', x, null]);
    for (const keys of [[], ['g']]) {
      const { rows: whole } = await runStages([aggregateStage(INPUT, keys, CALLS)], { schema: INPUT, rows });
      const together = await twoStageRows(
        INPUT,
        keys,
        CALLS,
        rows.map((each) => [each]),
      );
      for (const [result] of [whole, together]) {
        expect(result?.slice(-4, -1).map((each) => (each === 0 ? 0 : each))).toEqual([sum, sum / values.length, sum]);
      }
    }
  });
});
