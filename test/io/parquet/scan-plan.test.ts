import { expect, test } from 'vitest';
import { coalesce, splitRange } from '../../../src/io/parquet/scan-plan.ts';

const MiB = 1 << 20;

test('chunks become ranges: near ones are joined, in order, up to 8 MiB', () => {
  expect(coalesce([])).toEqual([]);
  const chunk = (start: number, byteLength: number): { start: number; byteLength: number } => ({ start, byteLength });
  expect(coalesce([chunk(500, 10), chunk(4, 96), chunk(100, 50)])).toEqual([chunk(4, 506)]);
  // A gap of 1 MiB is read along, a byte more is not.
  expect(coalesce([chunk(0, 10), chunk(10 + MiB, 5)])).toEqual([chunk(0, MiB + 15)]);
  expect(coalesce([chunk(0, 10), chunk(11 + MiB, 5)])).toEqual([chunk(0, 10), chunk(11 + MiB, 5)]);
  expect(coalesce([chunk(0, 5 * MiB), chunk(5 * MiB, 4 * MiB)])).toEqual([chunk(0, 5 * MiB), chunk(5 * MiB, 4 * MiB)]);
  // One that lies within another, as only a damaged file has it, is read once.
  expect(coalesce([chunk(0, 20 * MiB), chunk(100, 50)])).toEqual([chunk(0, 20 * MiB)]);
});

test('a large range is asked for in pieces', () => {
  expect(splitRange({ start: 7, byteLength: 17 * MiB })).toEqual([
    { start: 7, byteLength: 8 * MiB },
    { start: 7 + 8 * MiB, byteLength: 8 * MiB },
    { start: 7 + 16 * MiB, byteLength: MiB },
  ]);
});
