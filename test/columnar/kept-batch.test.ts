/** Batches of results, out of linear memory and back, and as Arrow. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { copyToArrow, keptToArrow } from '../../src/columnar/arrow.ts';
import { Batch } from '../../src/columnar/batch.ts';
import { batchFromRows } from '../../src/columnar/column-from-values.ts';
import { keepBatch, placeBatch } from '../../src/columnar/kept-batch.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import { sliceColumn, slicesAt } from '../../src/columnar/slice.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';
import { anyColumns } from '../support/arbitrary-values.ts';
import { checkBatch } from '../support/check-batch.ts';
import { fuzzed } from '../support/fuzz.ts';
import { resultBatch } from '../support/record-batch-rows.ts';

test('what is kept of a batch, or of a part of one, are its rows, here, in Arrow and in memory again', () => {
  fc.assert(
    fc.property(anyColumns(140), fc.boolean(), fc.nat({ max: 140 }), (given, isPart, length) => {
      const budget = new MemoryBudget(64 << 20);
      using holding = budget.reserve('test');
      const own = schema(...given.map(({ type }, n) => field(`c${n}`, type)));
      const rows = given[0]!.values.map((_, row) => given.map(({ values }) => values[row] ?? null));
      const whole = batchFromRows(holding, own, rows, given);
      // Of a dictionary a part has few entries.
      const from = isPart && rows.length > 64 && whole.columns.every((column) => slicesAt(column, 64)) ? 64 : 0;
      const count = Math.min(length, rows.length - from);
      const columnsOfPart = whole.columns.map((column) => sliceColumn(column, from));
      const part = new Batch(own, count, columnsOfPart);
      const wanted = rows.slice(from, from + count);
      const kept = keepBatch(part, budget.linear);
      const arrow = copyToArrow(part, budget.linear, { dictionaries: 'decode' });
      budget.linear.u8.fill(0xa5, whole.columns[0]!.values, whole.columns[0]!.values + 16);

      expect([...kept.rows()]).toEqual(wanted);
      expect([...resultBatch(keptToArrow(kept)).rows()]).toEqual(wanted);
      expect(keptToArrow(kept).schema.toString()).toBe(arrow.schema.toString());
      const again = placeBatch(kept, holding);
      checkBatch(budget.linear, again, own);
      expect([...keepBatch(again, budget.linear).rows()]).toEqual(wanted);
    }),
    fuzzed(120),
  );
});
