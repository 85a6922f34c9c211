/** Files that pyarrow wrote (`fixtures/write_fixtures.py`) hold the values that pyarrow sees in them. */

import { readFileSync } from 'node:fs';
import * as Arrow from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { copyToArrow, fromArrow } from '../../src/columnar/arrow.ts';
import { fromArrowSchema } from '../../src/columnar/arrow-schema.ts';
import { readRows } from '../../src/columnar/column-values.ts';
import { schemaText } from '../../src/columnar/schema.ts';
import { type Holding, MemoryBudget } from '../../src/memory/budget.ts';
import { checkBatch } from '../support/check-batch.ts';
import { valueInJson, wantedValues } from '../support/fixture-values.ts';

const file = (name: string): Buffer => readFileSync(new URL(`fixtures/${name}`, import.meta.url));
const batches = (name: string): Arrow.RecordBatch[] => [...Arrow.RecordBatchReader.from(file(`${name}.arrow`))];

const rowsOf = (holding: Holding, batch: Arrow.RecordBatch): unknown[][] => {
  const read = fromArrow(batch, holding);
  checkBatch(holding.linear, read, fromArrowSchema(batch.schema));
  const { fields } = read.schema;
  return readRows(holding.linear, read).map((row) => row.map((value, n) => valueInJson(value, fields[n]!.type)));
};

const NAMES = ['numbers', 'texts', 'times', 'nested', 'dictionaries'];

describe('files of pyarrow', () => {
  test.each(NAMES)('%s: every value, whole, empty and sliced', (name) => {
    using holding = new MemoryBudget(16 << 20).reserve('test');
    const read = batches(name);
    const columns = read[0]!.schema.fields.map((f) => f.name);
    expect(read.map(({ numRows }) => numRows)).toEqual([4, 0, 2, 1]);
    const want = wantedValues(file(`${name}.json`), columns);
    expect(read.flatMap((batch) => rowsOf(holding, batch))).toEqual(want);
    for (const [start, end] of [
      [1, 3],
      [2, 4],
      [3, 3],
      [0, 1],
    ] as const) {
      expect(rowsOf(holding, read[0]!.slice(start, end)), `${start} to ${end}`).toEqual(want.slice(start, end));
    }
  });

  test.each(NAMES)('%s: the same after another round through us', (name) => {
    using holding = new MemoryBudget(16 << 20).reserve('test');
    const want = wantedValues(
      file(`${name}.json`),
      batches(name)[0]!.schema.fields.map((f) => f.name),
    );
    for (const dictionaries of ['keep', 'decode'] as const) {
      const again = batches(name).map((one) => copyToArrow(fromArrow(one, holding), holding.linear, { dictionaries }));
      const read = again.flatMap((one) => [
        ...Arrow.RecordBatchReader.from(Arrow.RecordBatchStreamWriter.writeAll([one]).toUint8Array(true)),
      ]);
      expect(read.flatMap((batch) => rowsOf(holding, batch))).toEqual(want);
    }
  });

  test('have types that are ours', () => {
    const shown = Object.fromEntries(
      NAMES.map((name) => [name, schemaText(fromArrowSchema(batches(name)[0]!.schema))]),
    );
    expect(shown).toMatchObject({
      texts:
        'utf8 utf8?, large_utf8 utf8?, utf8_view utf8?, binary binary?, large_binary binary?, binary_view binary?, three fixed-size-binary(3)?, uuid uuid?',
      nested: expect.stringContaining(
        'tensor tensor(float32, [2, 2])?, transposed fixed-size-list(int8, 2)?',
      ) as unknown,
      dictionaries: expect.stringContaining('dates date?, lists list(int32)?, in_list list(utf8)?') as unknown,
    });
  });

  test.each([
    ['refused_decimal256', "'wide'"],
    ['refused_union', "'either'"],
  ])('%s is refused by the name of the column', (name, column) => {
    using holding = new MemoryBudget(16 << 20).reserve('test');
    expect(() => fromArrow(batches(name)[0]!, holding)).toThrow(
      expect.objectContaining({ name: 'InvalidArgument', message: expect.stringContaining(column) }),
    );
  });
});
