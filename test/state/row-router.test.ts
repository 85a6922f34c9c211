import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batchFromRows } from '../../src/columnar/column-from-values.ts';
import { int32, utf8 } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { RowRouter } from '../../src/state/row-router.ts';
import { tables } from '../support/tables.ts';
import { expectAllReturned, type Row, testBudget } from '../support/task.ts';

const keys = schema(field('k', utf8), field('n', int32));
const keyOf = (row: readonly Value[]): string => JSON.stringify(row);

describe('a row router', () => {
  test('gives the rows of each key, in their order, under the same id in every batch', () => {
    const input = tables(keys, { maxRows: 120, values: { n: fc.integer({ min: 0, max: 2 }) } });
    fc.assert(
      fc.property(fc.array(input, { maxLength: 3 }), fc.boolean(), (batches, dictionary) => {
        const budget = testBudget();
        {
          using holding = budget.reserve('test');
          using router = new RowRouter([utf8, int32], holding);
          const ids = new Map<string, number>();
          for (const { rows } of batches) {
            using lent = budget.reserve('batch');
            const batch = batchFromRows(lent, keys, rows, [{ dictionary }]);
            const expected = Map.groupBy(rows.keys(), (row) => keyOf(rows[row] as Row));
            const routed = router.route(batch.columns, rows.length);
            const found = routed.map(({ id, rows: numbers, count }) => {
              const key = keyOf(router.keyValues(id));
              expect(ids.get(key) ?? id).toBe(id);
              ids.set(key, id);
              return [key, [...budget.linear.u32.subarray(numbers / 4, numbers / 4 + count)]];
            });
            expect(new Map(found as [string, number[]][])).toEqual(expected);
          }
          expect([...ids.values()].sort((a, b) => a - b)).toEqual([...ids.keys()].map((_, index) => index));
        }
        expectAllReturned(budget);
      }),
      { numRuns: 60 },
    );
  });

  test('knows more keys than it began with room for', () => {
    const budget = testBudget();
    using holding = budget.reserve('test');
    const one = schema(field('n', int32));
    const rows = Array.from({ length: 5_000 }, (_, n): Row => [n % 2_500]);
    using router = new RowRouter([int32], holding);
    const routed = router.route(batchFromRows(holding, one, rows).columns, rows.length);
    expect(routed.length).toBe(2_500);
    expect(new Set(routed.map(({ count }) => count))).toEqual(new Set([2]));
    expect(router.keyValues(2_499)).toEqual([2_499]);
  });
});
