/** Every float16 is widened as JavaScript reads it, and what lies at and beside the middle of two is rounded as it rounds. */

import { expect, test } from 'vitest';
import { columnFromValues } from '../../src/columnar/column-from-values.ts';
import { readColumn } from '../../src/columnar/column-values.ts';
import { type DataType, float16, float32, float64 } from '../../src/columnar/data-type.ts';
import { kernelStepOf } from '../../src/compile/kernel-step.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';

const data = new DataView(new ArrayBuffer(8));
const HALVES = Array.from({ length: 2 ** 16 }, (_, bits) => {
  data.setUint16(0, bits);
  return data.getFloat16(0);
});

function cast(from: DataType, to: DataType, values: readonly number[]): unknown[] {
  const budget = new MemoryBudget(64 << 20);
  using holding = budget.reserve('test');
  const input = { kind: 'column', index: 0, name: 'x', type: from, nullable: false } as const;
  const step = kernelStepOf({ kind: 'cast', input, type: to, nullable: false }, holding);
  const result = step?.evaluate([columnFromValues(holding, from, values)], values.length);
  return result === undefined ? [] : readColumn(budget.linear, result, values.length);
}

test('every float16 is a float32', () => {
  const wrong = cast(float16, float32, HALVES).filter((value, n) => !Object.is(value, HALVES[n]));
  expect(wrong).toEqual([]);
});

test('of a float64 the nearest float16 is taken', () => {
  const finite = HALVES.filter(Number.isFinite).sort((a, b) => a - b);
  const middles = finite.slice(1).map((value, n) => (value + finite[n]!) / 2);
  const values = [
    ...middles,
    ...finite,
    65_519.99,
    65_520,
    -65_520,
    1e300,
    Infinity,
    -Infinity,
    NaN,
    2 ** -25,
    2 ** -26,
  ].flatMap((value) => [value, value * (1 + 2 ** -50), value * (1 - 2 ** -50)]);
  const wrong = cast(float64, float16, values).flatMap((value, n) =>
    Object.is(value, Math.f16round(values[n]!)) ? [] : [[values[n], value]],
  );
  expect(values.length).toBeGreaterThan(300_000);
  expect(wrong).toEqual([]);
});
