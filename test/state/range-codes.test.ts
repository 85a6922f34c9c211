import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Batch } from '../../src/columnar/batch.ts';
import type { Column } from '../../src/columnar/column.ts';
import { columnFromValues } from '../../src/columnar/column-from-values.ts';
import { readValue } from '../../src/columnar/column-values.ts';
import * as t from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { RangeCodes } from '../../src/state/range-codes.ts';
import { testBudget } from '../support/task.ts';

interface Case {
  readonly type: t.DataType;
  /** Of values of the type: its ends, and what lies between. */
  readonly values: fc.Arbitrary<Value>;
}

const wide = (bits: number, from: bigint): fc.Arbitrary<bigint> =>
  fc.oneof(fc.bigInt(from, from + 40n), fc.bigInt(-(1n << BigInt(bits - 1)), (1n << BigInt(bits - 1)) - 1n));
const CASES: readonly Case[] = [
  { type: t.int8, values: fc.integer({ min: -128, max: 127 }) },
  { type: t.uint8, values: fc.integer({ min: 0, max: 255 }) },
  { type: t.int16, values: fc.constantFrom(-32_768, 32_767, 0, 5) },
  { type: t.int32, values: fc.integer({ min: 2 ** 31 - 300, max: 2 ** 31 - 1 }) },
  { type: t.int64, values: fc.bigInt(-(2n ** 63n), -(2n ** 63n) + 5000n) },
  { type: t.int64, values: wide(64, 1000n) },
  { type: t.uint64, values: fc.bigInt(2n ** 64n - 300n, 2n ** 64n - 1n) },
  { type: t.date, values: fc.integer({ min: 8000, max: 9000 }) },
];

const batches = fc.constantFrom(...CASES).chain(({ type, values }) =>
  fc.record({
    type: fc.constant(type),
    parts: fc.array(fc.array(fc.option(values, { freq: 9 }), { minLength: 1, maxLength: 60 }), { maxLength: 6 }),
  }),
);

test('codes stand for the numbers, or the column stays as it is', () => {
  fc.assert(
    fc.property(batches, ({ type, parts }) => {
      using holding = testBudget().reserve('test');
      using codes = new RangeCodes([0], holding);
      for (const values of parts) {
        const column = columnFromValues(holding, type, values);
        const coded = codes.apply(new Batch(schema(field('k', type)), values.length, [column])).columns[0] as Column;
        expect(values.map((_, row) => readValue(holding.linear, coded, row))).toEqual(values);
        const { dictionary } = coded;
        if (dictionary === undefined) continue;
        const entries = Array.from({ length: dictionary.size }, (_, row) =>
          BigInt(readValue(holding.linear, dictionary.values, row) as number | bigint),
        );
        expect(new Set(entries).size).toBe(dictionary.size);
      }
    }),
    { numRuns: 200 },
  );
});

test.each([
  ['is near', 3, true],
  ['is far', 16_000, true],
  ['is too far', 17_000, false],
])('a number that %s is in the range or ends it', (_, next, isCoded) => {
  using holding = testBudget().reserve('test');
  using codes = new RangeCodes([0], holding);
  const apply = (...values: number[]): Column => {
    const column = columnFromValues(holding, t.int32, values);
    return codes.apply(new Batch(schema(field('k', t.int32)), values.length, [column])).columns[0] as Column;
  };
  expect(apply(1, 2).dictionary).toBeDefined();
  const { id } = apply(2, 2).dictionary ?? {};
  expect(apply(1, 1).dictionary?.id).toBe(id);
  expect(apply(next).dictionary !== undefined).toBe(isCoded);
  expect(apply(1).dictionary !== undefined).toBe(isCoded);
});
