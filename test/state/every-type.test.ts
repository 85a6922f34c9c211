/** Values of every type, nested as they come, survive what operators do with rows: filter, keep, gather, slice. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Batch } from '../../src/columnar/batch.ts';
import { columnFromValues } from '../../src/columnar/column-from-values.ts';
import { readColumn, readRows } from '../../src/columnar/column-values.ts';
import { bool, type DataType } from '../../src/columnar/data-type.ts';
import { field, type Schema } from '../../src/columnar/schema.ts';
import { sliceColumn } from '../../src/columnar/slice.ts';
import type { Value } from '../../src/columnar/value.ts';
import { RowProgram } from '../../src/compile/row-program.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';
import { GatherScratch } from '../../src/state/gather-scratch.ts';
import { RowBuffer } from '../../src/state/row-buffer.ts';
import { sliceBatch } from '../../src/state/row-slice.ts';
import { anyType, anyValue } from '../support/arbitrary-values.ts';
import { checkBatch } from '../support/check-batch.ts';

interface Given {
  readonly type: DataType;
  readonly values: readonly Value[];
  readonly dictionary: boolean;
}

const given: fc.Arbitrary<Given> = anyType(2).chain((type) =>
  fc.record({
    type: fc.constant(type),
    values: fc.array(anyValue(type), { maxLength: 100, size: 'max' }),
    dictionary: fc.boolean(),
  }),
);

const schemaOf = (type: DataType): Schema => ({ fields: [field('v', type), field('keep', bool)] });

test('a filter leaves them as they are', () => {
  fc.assert(
    fc.property(given, fc.infiniteStream(fc.boolean()), ({ type, values, dictionary }, choose) => {
      const budget = new MemoryBudget(16 << 20);
      using holding = budget.reserve('test');
      const keep = values.map(() => choose.next().value === true);
      const schema = schemaOf(type);
      const columns = [columnFromValues(holding, type, values, { dictionary }), columnFromValues(holding, bool, keep)];
      const column = (index: number) => ({
        name: schema.fields[index]?.name ?? '',
        expression: {
          kind: 'column' as const,
          index,
          name: '',
          type: schema.fields[index]?.type ?? bool,
          nullable: true,
        },
      });
      using program = new RowProgram(
        { input: schema, filter: column(1).expression, columns: [column(0)], operator: 'Filter' },
        holding,
      );
      const kept = program.apply(new Batch(schema, values.length, columns));
      expect(readRows(budget.linear, kept)).toEqual(values.filter((_, row) => keep[row]).map((value) => [value]));
    }),
    { numRuns: 150 },
  );
});

test('a buffer of rows gives them back: appended, chosen, gathered, sliced', () => {
  fc.assert(
    fc.property(given, given, fc.array(fc.nat()), (first, second, picks) => {
      const budget = new MemoryBudget(16 << 20);
      using holding = budget.reserve('test');
      const { type } = first;
      const schema: Schema = { fields: [field('v', type)] };
      // The same values again stand for a second batch, in the other representation.
      const batches = [first.dictionary, second.dictionary].map(
        (dictionary) =>
          new Batch(schema, first.values.length, [columnFromValues(holding, type, first.values, { dictionary })]),
      );
      using buffer = new RowBuffer(schema, holding);
      const expected: Value[] = [];
      for (const batch of batches) {
        buffer.append(batch);
        expected.push(...first.values);
      }
      const rows = first.values.length === 0 ? [] : picks.map((pick) => pick % first.values.length);
      const [batch] = batches;
      if (rows.length > 0 && batch !== undefined) {
        buffer.appendRows(batch, numbers(budget, rows), rows.length);
        expected.push(...rows.map((row) => first.values[row] ?? null));
      }
      const columns = buffer.columns();
      for (const column of columns) expect(readColumn(budget.linear, column, expected.length)).toEqual(expected);

      using scratch = new GatherScratch(schema, holding);
      const reversed = expected.map((_, row) => expected.length - 1 - row);
      const gathered = scratch.gather(columns, numbers(budget, reversed), reversed.length);
      expect(readRows(budget.linear, gathered)).toEqual(reversed.map((row) => [expected[row] ?? null]));

      if (expected.length > 64) {
        const sliced = columns.map((column) => sliceColumn(column, 64));
        for (const column of sliced) {
          expect(readColumn(budget.linear, column, expected.length - 64)).toEqual(expected.slice(64));
        }
      }
    }),
    { numRuns: 150 },
  );
});

test('any part of the rows is cut out', () => {
  fc.assert(
    fc.property(given, fc.nat({ max: 100 }), fc.nat({ max: 100 }), ({ type, values, dictionary }, from, length) => {
      const budget = new MemoryBudget(16 << 20);
      using holding = budget.reserve('test');
      const column = columnFromValues(holding, type, values, { dictionary, nullable: true });
      const start = Math.min(from, values.length);
      const count = Math.min(length, values.length - start);
      const schema: Schema = { fields: [field('v', type)] };
      const part = sliceBatch(new Batch(schema, values.length, [column]), start, count, holding);
      checkBatch(budget.linear, part, schema);
      expect(readRows(budget.linear, part)).toEqual(values.slice(start, start + count).map((value) => [value]));
    }),
    { numRuns: 200 },
  );
});

function numbers(budget: MemoryBudget, rows: readonly number[]): number {
  const region = budget.reserve('numbers').allocate(rows.length * 4);
  for (const [index, row] of rows.entries()) budget.linear.data.setUint32(region.address + index * 4, row, true);
  return region.address;
}
