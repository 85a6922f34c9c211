import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BATCH_ROWS } from '../../src/columnar/batch.ts';
import { columnFromValues } from '../../src/columnar/column-from-values.ts';
import { readValue } from '../../src/columnar/column-values.ts';
import * as t from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { GroupTable } from '../../src/state/group-table.ts';
import { type GroupedRows, RadixGroups } from '../../src/state/radix-groups.ts';
import { expectAllReturned, testBudget } from '../support/task.ts';

/** So large that a single group is more than a cache holds. */
const STATE_BYTES = 4 * 1024 * 1024;
const ROWS = schema(field('row', t.int32), field('text', t.utf8));

const texts = (key: number): string => (key % 3 === 0 ? `a text that is longer than an image ${key}` : `k${key}`);
const KEYS: readonly (readonly [t.DataType, (key: number) => Value])[] = [
  [t.int64, (key) => BigInt(key) * 0x1_0000_0001n],
  [t.utf8, (key) => (key === 0 ? null : texts(key))],
];

interface Case {
  readonly keys: readonly number[];
  readonly cuts: readonly number[];
  readonly limitBytes: number;
}

const keysLike: fc.Arbitrary<number[]> = fc.oneof(
  fc.array(fc.nat(2000), { maxLength: 3000, size: 'max' }),
  // One key has most of the rows.
  fc.array(fc.oneof({ weight: 9, arbitrary: fc.constant(5) }, fc.nat(500)), { maxLength: 2000, size: 'max' }),
  // Runs of the same key.
  fc
    .array(fc.tuple(fc.nat(300), fc.integer({ min: 1, max: 9 })), { maxLength: 300, size: 'max' })
    .map((runs) => runs.flatMap(([key, length]) => Array<number>(length).fill(key))),
);

/** The rows of each key, as they were added; fails where a group has rows of two keys, or a key two groups. */
function rowsByKey({ keys, cuts, limitBytes }: Case): { rows: Map<string, number[]>; groups: number } {
  const budget = testBudget(limitBytes);
  const rows = new Map<string, number[]>();
  const keyOf = new Map<number, string>();
  {
    using holding = budget.reserve('test');
    using table = new GroupTable(
      KEYS.map(([type]) => type),
      holding,
    );
    using groups = new RadixGroups(table, ROWS, STATE_BYTES, holding);
    const collect = (grouped: Iterable<GroupedRows>): void => {
      for (const {
        ids,
        columns: [row, text],
        rowCount,
      } of grouped) {
        for (let at = 0; at < rowCount; at++) {
          const id = holding.linear.u32[(ids >>> 2) + at] ?? -1;
          if (row === undefined || text === undefined) throw new Error('columns are missing');
          const number = readValue(holding.linear, row, at) as number;
          const key = String(keys[number]);
          expect(readValue(holding.linear, text, at)).toBe(texts(number));
          expect(keyOf.get(id) ?? key).toBe(key);
          keyOf.set(id, key);
          rows.set(key, [...(rows.get(key) ?? []), number]);
        }
      }
    };
    for (let from = 0, batch = 0; from < keys.length; batch++) {
      using input = budget.reserve('input');
      const end = Math.min(keys.length, from + (cuts[batch] ?? BATCH_ROWS));
      const part = keys.slice(from, end);
      const columns = KEYS.map(([type, value]) => columnFromValues(input, type, part.map(value)));
      const numbers = part.map((_, row) => from + row);
      const beside = [columnFromValues(input, t.int32, numbers), columnFromValues(input, t.utf8, numbers.map(texts))];
      collect(groups.add(columns, beside, part.length));
      from = end;
    }
    collect(groups.flush());
    collect(groups.flush());
    expect(table.groupCount).toBe(rows.size);
  }
  expectAllReturned(budget);
  return { rows, groups: keyOf.size };
}

describe('groups of rows that wait', () => {
  test('have all rows of their key, in the order of the input', () => {
    fc.assert(
      fc.property(
        fc.record({
          keys: keysLike,
          cuts: fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 30 }),
          limitBytes: fc.constantFrom(4 * 2 ** 20, 64 * 2 ** 20),
        }),
        (shape) => {
          const expected = new Map<string, number[]>();
          for (const [row, key] of shape.keys.entries()) {
            expected.set(String(key), [...(expected.get(String(key)) ?? []), row]);
          }
          const { rows, groups } = rowsByKey(shape);
          expect(rows).toEqual(expected);
          expect(groups).toBe(expected.size);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('are found when enough rows wait, or at the end', () => {
    using holding = testBudget().reserve('test');
    using table = new GroupTable([t.int64], holding);
    using groups = new RadixGroups(table, schema(), STATE_BYTES, holding);
    const keys = columnFromValues(holding, t.int64, [3n, 1n, 2n, 1n]);
    const counts = (grouped: Iterable<GroupedRows>): number[] => Array.from(grouped, ({ rowCount }) => rowCount);
    expect(counts(groups.add([keys], [], 4))).toEqual([4]);
    for (let batch = 0; batch < 3; batch++) expect(counts(groups.add([keys], [], 4))).toEqual([]);
    expect(counts(groups.flush())).toEqual([12]);
    expect(table.groupCount).toBe(3);
  });
});
