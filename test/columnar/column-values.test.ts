import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batchFromRows, columnFromValues } from '../../src/columnar/column-from-values.ts';
import { readColumn, readRows } from '../../src/columnar/column-values.ts';
import { type DataType, date, decimal, float32, timestamp, uint64, utf8 } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import { valuesFootprint } from '../../src/columnar/values-footprint.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';
import { anyType, anyValue } from '../support/arbitrary-values.ts';

const holdingForTest = () => new MemoryBudget(64 << 20).reserve('test');

describe('column values', () => {
  const cases: readonly [DataType, fc.Arbitrary<null | boolean | number | bigint | string>][] = [
    [{ kind: 'bool' }, fc.boolean()],
    [{ kind: 'int8' }, fc.integer({ min: -128, max: 127 })],
    [{ kind: 'uint8' }, fc.integer({ min: 0, max: 255 })],
    [{ kind: 'int16' }, fc.integer({ min: -32_768, max: 32_767 })],
    [{ kind: 'uint16' }, fc.integer({ min: 0, max: 65_535 })],
    [{ kind: 'int32' }, fc.integer()],
    [{ kind: 'uint32' }, fc.integer({ min: 0, max: 2 ** 32 - 1 })],
    [{ kind: 'int64' }, fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)],
    [uint64, fc.bigInt(0n, 2n ** 64n - 1n)],
    [float32, fc.float()],
    [{ kind: 'float64' }, fc.double()],
    [decimal(18, 2), fc.bigInt(-(10n ** 18n), 10n ** 18n)],
    [decimal(38, 2), fc.bigInt(-(10n ** 38n) + 1n, 10n ** 38n - 1n)],
    [utf8, fc.string({ unit: 'grapheme' })],
    [date, fc.integer()],
    [timestamp('us'), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)],
  ];

  test.each(cases)('come back as they were written: %o', (type, value) => {
    fc.assert(
      fc.property(fc.array(fc.option(value), { maxLength: 70 }), fc.boolean(), (values, dictionary) => {
        using holding = holdingForTest();
        const column = columnFromValues(holding, type, values, { dictionary });
        expect(readColumn(holding.linear, column, values.length)).toEqual(values);
      }),
      { numRuns: 40 },
    );
  });

  test('rows become a batch and rows again', () => {
    using holding = holdingForTest();
    const rows = [
      ['a', 1n],
      [null, 2n],
    ];
    const batch = batchFromRows(holding, schema(field('s', utf8), field('n', { kind: 'int64' }, false)), rows, [
      { dictionary: true },
    ]);
    expect(batch.columns[0]?.dictionary?.size).toBe(1);
    expect(batch.columns[1]?.validity).toBe(0);
    expect(readRows(holding.linear, batch)).toEqual(rows);
  });

  test('take no more memory than their footprint', () => {
    const table = anyType(2).chain((type) => fc.tuple(fc.constant(type), fc.array(anyValue(type), { maxLength: 200 })));
    fc.assert(
      fc.property(table, ([type, values]) => {
        using holding = holdingForTest();
        columnFromValues(holding, type, values);
        expect(holding.heldBytes).toBeLessThanOrEqual(valuesFootprint(type, values));
      }),
      { numRuns: 100 },
    );
  });
});
