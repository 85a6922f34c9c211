/** The rows that a frame has in memory are in its task, and another process gets them as they are. */

import { Dictionary, Int16, Table, Utf8, vectorFromArray } from 'apache-arrow';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DataFrame } from '../../src/dataframe/frame.ts';
import { tableOf } from '../../src/dataframe/table.ts';
import { InvalidQuery } from '../../src/errors.ts';
import { valueToJson } from '../../src/expressions/literal.ts';
import { col, field, fromArrow, fromColumns, fromRows, range, schema } from '../../src/index.ts';
import { executeTask, memoryStore } from '../../src/tasks.ts';
import { anyType, anyValue } from '../support/arbitrary-values.ts';
import { fuzzed } from '../support/fuzz.ts';

/** What comes of the document of a frame's task, all that there is of it in another process. */
async function rowsElsewhere(frame: DataFrame): Promise<unknown[]> {
  const batches: Parameters<typeof tableOf>[1][number][] = [];
  const services = { store: memoryStore(), onKept: (batch: (typeof batches)[number]) => void batches.push(batch) };
  await executeTask(JSON.stringify(frame.toPlan()), services);
  return tableOf(frame.schema, batches).toRows();
}

test('rows of every type', async () => {
  const column = anyType(2).chain((type) =>
    fc.record({ type: fc.constant(type), values: fc.array(anyValue(type), { minLength: 3, maxLength: 3 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(column, { minLength: 1, maxLength: 3 }), async (columns) => {
      const given = columns.map(({ type, values }, at) => [`c${at}`, values.map((v) => valueToJson(v, type))] as const);
      const fields = columns.map(({ type }, at) => field(`c${at}`, type));
      const frame = fromColumns(Object.fromEntries(given), { schema: schema(...fields) });
      expect(await rowsElsewhere(frame)).toEqual(await frame.toRows());
    }),
    fuzzed(40),
  );
});

test('rows of each origin', async () => {
  const coded = vectorFromArray(['a', null, 'a'], new Dictionary(new Utf8(), new Int16()));
  const arrow = fromArrow(new Table({ t: coded, n: vectorFromArray([1n, 2n, 3n]) }));
  expect(await rowsElsewhere(arrow.filter(col('n').gt(1)))).toEqual([
    { t: null, n: 2n },
    { t: 'a', n: 3n },
  ]);
  const joined = range(5).join(fromRows([{ value: 3n, name: 'three' }]), { on: 'value' });
  expect(await rowsElsewhere(joined)).toEqual([{ value: 3n, name: 'three' }]);
  expect(Object.keys(joined.toPlan().inputs)).toHaveLength(2);
  const cached = range(3).cache();
  expect(await rowsElsewhere(cached.agg(col('value').sum()))).toEqual([{ value: 3n }]);
});

test.each([
  ['many rows', () => range(1_000_000)],
  ['rows with many values', () => fromRows([{ l: Array.from({ length: 250_000 }, (_, n) => n) }])],
  ['long texts', () => fromRows([{ t: 'x'.repeat(17 * 1024 * 1024) }])],
])('%s belong into files', (_, make) => {
  expect(() => make().toPlan()).toThrow(InvalidQuery);
  expect(() => make().toPlan()).toThrow(/^toPlan: The rows in memory .* writeParquet/);
});
