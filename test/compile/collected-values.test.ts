import { expect, test } from 'vitest';
import { readColumn } from '../../src/columnar/column-values.ts';
import { type DataType, decimal, int64, list, utf8 } from '../../src/columnar/data-type.ts';
import type { Value } from '../../src/columnar/value.ts';
import { CollectedValues } from '../../src/compile/collected-values.ts';
import { MemoryBudgetExceeded } from '../../src/errors.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';

const MIB = 1 << 20;

/** How many of the values are taken before the budget is used up. */
function taken(type: DataType, value: Value, room: number = 0): number {
  const budget = new MemoryBudget(32 * MIB);
  using holding = budget.reserve('Project');
  const before = budget.usedBytes;
  let count = 0;
  try {
    using results = new CollectedValues(type, holding, room);
    for (; count < 1_000; count += 1) results.push(value);
  } catch (error) {
    expect(error).toBeInstanceOf(MemoryBudgetExceeded);
    expect(String(error)).toContain('Project');
  }
  expect(budget.usedBytes).toBe(before);
  return count;
}

test('long values are reserved before they are too many, and given back', () => {
  const text = 'x'.repeat(MIB);
  expect(taken(utf8, text)).toBeLessThan(16);
  expect(taken(utf8, text)).toBeGreaterThan(4);
  expect(taken(utf8, text, 16 * MIB)).toBe(taken(utf8, text) + 8);
  expect(taken(list(utf8), [text, text])).toBeLessThan(8);
  expect(taken({ kind: 'binary' }, new Uint8Array(MIB))).toBeLessThan(32);
});

test('what has a width is not counted, and short values are few bytes', () => {
  expect(taken(int64, 1n)).toBe(1_000);
  expect(taken(utf8, 'abc')).toBe(1_000);
});

test('they become a column, of decimals in as few bytes as all fit in', () => {
  using holding = new MemoryBudget(32 * MIB).reserve('Project');
  const columnOf = (type: DataType, values: readonly Value[]) => {
    using results = new CollectedValues(type, holding);
    for (const value of values) results.push(value);
    const column = results.column();
    expect(readColumn(holding.linear, column, values.length)).toEqual(values);
    return column;
  };
  columnOf(utf8, ['a', null, '']);
  expect(columnOf(decimal(30, 2), [1n, null]).width).toBe(8);
  expect(columnOf(decimal(30, 2), [1n, 2n ** 64n]).width).toBe(16);
});
