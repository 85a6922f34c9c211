import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { int64, list, map, nullType, uint64, utf8 } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { gather } from '../../src/operators/blocking-sinks/gather.ts';
import { anyType, anyValue } from '../support/arbitrary-values.ts';
import { pieceOf, ShuffleObjects } from '../support/shuffle.ts';
import { tables } from '../support/tables.ts';
import { type Row, runStages } from '../support/task.ts';
import { obeysContract } from './contract.ts';

describe('gather', () => {
  test.each(['none', 'zstd'] as const)('keeps values of every type, in their order (%s)', async (codec) => {
    const column = anyType(2).chain((type) =>
      fc.record({
        type: fc.constant(type),
        values: fc.array(anyValue(type), { minLength: 1, maxLength: 90, size: 'max' }),
      }),
    );
    const inputs = fc.record({ columns: fc.array(column, { minLength: 1, maxLength: 3 }), dictionary: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        inputs,
        fc.array(fc.nat({ max: 70 }), { maxLength: 3 }),
        async ({ columns, dictionary }, cuts) => {
          const of = schema(...columns.map(({ type }, index) => field(`c${index}`, type)));
          const count = Math.max(...columns.map(({ values }) => values.length));
          const rows = Array.from(
            { length: count },
            (_, row): Row => columns.map(({ values }): Value => values[row % values.length] ?? null),
          );
          const objects = new ShuffleObjects();
          const form = (batch: number, at: number) => ({ dictionary: dictionary && (batch + at) % 2 === 0 });
          const result = await runStages([gather({ input: of, codec, files: objects.files })], {
            schema: of,
            rows,
            cuts,
            form,
          });
          expect(result.rows.length).toBe(1);
          expect(result.rows.map((row) => pieceOf(row).rows)).toEqual([rows.length]);
          expect(await objects.partitions(of, result.rows)).toEqual([rows]);
        },
      ),
      {
        numRuns: 60,
        // No row of a column that could only hold nulls.
        examples: [[{ columns: [{ type: map(uint64, list(nullType)), values: [[]] }], dictionary: false }, []]],
      },
    );
  });

  test('tells of a partition without rows', async () => {
    const of = schema(field('n', int64));
    const objects = new ShuffleObjects();
    const result = await runStages([gather({ input: of, codec: 'zstd', files: objects.files })], {
      schema: of,
      rows: [],
    });
    expect(result.rows).toEqual([[0n, expect.stringMatching(/\.shuffle$/), 0n, 0n, []]]);
    expect(await objects.partitions(of, result.rows)).toEqual([[]]);
  });

  describe('over any input', () => {
    const of = schema(field('n', int64), field('s', utf8));
    const objects = new ShuffleObjects();
    const total = (rows: readonly Row[]): number => rows.reduce((sum, [, , count]) => sum + Number(count), 0);
    obeysContract(() => gather({ input: of, codec: 'zstd', files: objects.files }), tables(of, { maxRows: 100 }), {
      numRuns: 6,
      budgetBytes: 8 * 1024 * 1024,
      same: (actual, expected) => expect(total(actual)).toBe(total(expected)),
    });
  });
});
