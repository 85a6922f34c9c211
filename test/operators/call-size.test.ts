import { expect, test } from 'vitest';
import { CallSize } from '../../src/operators/call-size.ts';

/** The sizes of calls that take `msPerRow` for each row, where each should take a second. */
function sizes(msPerRow: number, min: number, max: number): readonly number[] {
  const size = new CallSize({ min, max, target: 1000 });
  return Array.from({ length: 120 }, () => {
    const { rows } = size;
    size.took(rows, rows * msPerRow);
    return rows;
  });
}

test.each([
  ['what is quick', 0.01, 1, 1000, 1000],
  ['what is slow', 10_000, 1, 1000, 1],
  ['what is slow, where calls may not be smaller', 10_000, 50, 1000, 50],
])('%s has as many rows as it may', (_, msPerRow, min, max, rows) => {
  expect(sizes(msPerRow, min, max).at(-1)).toBe(rows);
});

test.each([1, 5, 10, 20, 100])('calls of %d ms a row come to last about as long as they should', (msPerRow) => {
  const last = (sizes(msPerRow, 1, 4096).at(-1) ?? 0) * msPerRow;
  expect(last).toBeGreaterThan(750);
  expect(last).toBeLessThan(1250);
});

test('no size is out of bounds', () => {
  for (const msPerRow of [0.001, 1, 30, 1e6]) {
    for (const rows of sizes(msPerRow, 3, 300)) {
      expect(rows).toBeGreaterThanOrEqual(3);
      expect(rows).toBeLessThanOrEqual(300);
    }
  }
});
