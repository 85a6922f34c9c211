/** Whole numbers whose bounds nobody knows: added by one loop as long as that is right, then exactly. */

import { describe, expect, test } from 'vitest';
import * as t from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import { ArithmeticOverflow } from '../../src/errors.ts';
import { aggregateStage, column } from '../support/aggregates.ts';
import { lit } from '../support/expressions.ts';
import { type Row, runStages } from '../support/task.ts';

const input = schema(field('g', t.utf8, false), field('keep', t.bool, false), field('n', t.int64));
const square = { kind: 'binary', operator: '*', left: column('n'), right: column('n') } as const;

async function run(keys: readonly string[], rows: readonly Row[], cuts: readonly number[]) {
  const stage = aggregateStage(input, keys, [
    { name: 'total', function: 'sum', input: square, filter: column('keep') },
    { name: 'rows', function: 'count' },
  ]);
  const feed = { schema: input, rows, cuts, form: (_: number, at: number) => ({ dictionary: at === 0 }) };
  const { rows: result, stats } = await runStages([stage], feed);
  return { result, fused: Number(stats[0]?.counters['batches fused']) };
}

const totalOf = (rows: readonly Row[]): bigint =>
  rows.reduce((total, [, keep, n]) => total + (keep === true && n != null ? (n as bigint) ** 2n : 0n), 0n);

describe('sums of whole numbers without bounds', () => {
  const small = Array.from(
    { length: 300 },
    (_, index): Row => [`g${index % 2}`, index % 3 > 0, index % 7 === 0 ? null : BigInt(index - 150) * 2n ** 15n],
  );

  test.each([[[]], [['g']]])('by %j are added by one loop where the values prove that none overflows', async (keys) => {
    const { result, fused } = await run(keys, small, [100, 100, 100]);
    const groups = keys.length === 0 ? [small] : [...Map.groupBy(small, ([g]) => g).values()];
    expect(result.map((row) => row.slice(-2))).toEqual(groups.map((rows) => [totalOf(rows), BigInt(rows.length)]));
    expect(fused).toBe(3);
  });

  test.each([[[]], [['g']]])('by %j count a batch once where a check fails that no wanted row fails', async (keys) => {
    // 61 bits squared prove nothing; the second batch has a row that would overflow, and is filtered out.
    const rows: Row[] = [
      ['a', true, 2n ** 30n],
      ['a', true, 3n],
      ['a', true, 5n],
      ['a', false, 2n ** 61n],
      ['a', true, 7n],
      ['a', true, -(2n ** 31n)],
    ];
    const { result } = await run(keys, rows, [2, 2, 2]);
    expect(result.map((row) => row.slice(-2))).toEqual([[totalOf(rows), 6n]]);
  });

  test('are added by one loop also without a proof, until a check fails', async () => {
    // Of numbers of 31 bits, which count as 32, a product may need 64, and does not.
    const rows = Array.from({ length: 4 }, (): Row => ['a', true, 2n ** 30n]);
    const { result, fused } = await run([], rows, [2, 2]);
    expect(result).toEqual([[totalOf(rows), 4n]]);
    expect(fused).toBe(2);
  });

  test('overflow by name, and say which row', async () => {
    const rows: Row[] = [
      ['a', true, 1n],
      ['a', true, 2n ** 40n],
    ];
    await expect(run([], rows, [1, 1])).rejects.toThrow(ArithmeticOverflow);
    await expect(run([], rows, [1, 1])).rejects.toThrow('row 1');
  });

  test('reach 16 bytes on the way, also below zero', async () => {
    const chain = { kind: 'binary', operator: '+', left: column('n'), right: lit(0n) } as const;
    for (const n of [2n ** 63n - 1n, -(2n ** 63n)]) {
      const rows = Array.from({ length: 131 }, (): Row => ['a', true, n]);
      const stage = aggregateStage(input, [], [{ name: 'mean', function: 'mean', input: chain }]);
      const { rows: result } = await runStages([stage], { schema: input, rows, cuts: [67] });
      expect(result).toEqual([[Number(n)]]);
    }
  });
});
