import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { int64, list, utf8 } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import { intoPartitions } from '../../src/operators/blocking-sinks/into-partitions.ts';
import { pieceOf, ShuffleObjects } from '../support/shuffle.ts';
import { tables } from '../support/tables.ts';
import { type Row, runStages, testBudget } from '../support/task.ts';
import { obeysContract } from './contract.ts';

const of = schema(field('n', int64), field('s', utf8), field('l', list(int64)));

describe('into-partitions', () => {
  test('cuts rows into pieces of equal size, in their order, wherever pages end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: 300 }),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        async (count, n, dictionary) => {
          const rows = Array.from(
            { length: count },
            (_, row): Row => [BigInt(row), row % 5 === 0 ? null : `t${row % 3}`, [1n, null]],
          );
          const objects = new ShuffleObjects();
          const stage = intoPartitions({ input: of, codec: 'zstd', files: objects.files, partitions: n });
          const result = await runStages([stage], { schema: of, rows, cuts: [70, 70], form: () => ({ dictionary }) });
          const size = Math.ceil(count / n);
          const expected = Array.from({ length: n }, (_, piece) => rows.slice(piece * size, (piece + 1) * size));
          expect(await objects.partitions(of, result.rows)).toEqual(expected);
          expect(result.rows.map((row) => pieceOf(row).rows)).toEqual(expected.map(({ length }) => length));
        },
      ),
      { numRuns: 40 },
    );
  });

  test('cuts across many pages', async () => {
    const rows = Array.from({ length: 20_001 }, (_, row): Row => [BigInt(row), `text ${row}`, [BigInt(row)]]);
    const objects = new ShuffleObjects();
    const stage = intoPartitions({ input: of, codec: 'zstd', files: objects.files, partitions: 4 });
    const result = await runStages([stage], { schema: of, rows }, { memory: testBudget(2 * 1024 * 1024) });
    const pages = Number(/"pages written":(\d+)/.exec(JSON.stringify(result.stats))?.[1]);
    expect(pages).toBeGreaterThan(8);
    const parts = await objects.partitions(of, result.rows);
    expect(parts.map(({ length }) => length)).toEqual([5_001, 5_001, 5_001, 4_998]);
    expect(parts.map(([first]) => first?.[0])).toEqual([0n, 5_001n, 10_002n, 15_003n]);
    expect(parts.flat().every(([n], row) => n === BigInt(row))).toBe(true);
  });

  describe('over any input', () => {
    const flat = schema(field('n', int64), field('s', utf8));
    const objects = new ShuffleObjects();
    const totals = (rows: readonly Row[]): number[] => {
      const sums: number[] = [];
      for (const [partition, , count] of rows) sums[Number(partition)] = (sums[Number(partition)] ?? 0) + Number(count);
      return sums;
    };
    obeysContract(
      () => intoPartitions({ input: flat, codec: 'none', files: objects.files, partitions: 3 }),
      tables(flat, { maxRows: 100 }),
      {
        numRuns: 6,
        budgetBytes: 8 * 1024 * 1024,
        same: (actual, expected) => expect(totals(actual)).toEqual(totals(expected)),
      },
    );
  });
});
