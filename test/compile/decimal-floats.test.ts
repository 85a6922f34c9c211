/**
 * Decimals become the nearest float, rounded once, of two the even one: as DuckDB reads their text. Among them are the middles
 * between floats, and what lies one digit beside them.
 */

import { describe, expect, test } from 'vitest';
import { type DecimalType, decimal, float32, float64, typeName } from '../../src/columnar/data-type.ts';
import { wholeOf } from '../../src/columnar/value.ts';
import { interpreter } from '../../src/expressions/interpret.ts';
import { decimalText } from '../../src/expressions/literal.ts';
import { query } from '../support/duckdb.ts';
import { random } from './arbitrary-expressions.ts';
import { column, valuesOf } from './probe.ts';

const TYPES = [
  decimal(7, 2),
  decimal(18, 1),
  decimal(18, 4),
  decimal(18, 18),
  decimal(25, 2),
  decimal(38, 6),
  decimal(38, 38),
];

/** Of all lengths, and the middles of floats: those of so many bits more than a float has. */
function decimals({ precision, scale }: DecimalType): bigint[] {
  const next = random(precision * 100 + scale);
  const limit = 10n ** BigInt(precision);
  const found = new Set<bigint>([0n, 1n, -1n, limit - 1n, 1n - limit]);
  const add = (value: bigint): void => {
    for (const near of [value - 1n, value, value + 1n]) if (near < limit && near > -limit) found.add(near);
  };
  for (let n = 0; n < 600; n += 1) {
    const digits = 1 + Math.floor(next() * precision);
    let value = 0n;
    for (let digit = 0; digit < digits; digit += 1) value = value * 10n + BigInt(Math.floor(next() * 10));
    add(next() < 0.5 ? value : -value);
    const bits = n % 2 === 0 ? 25 : 54;
    const middle = (BigInt(Math.floor(next() * 2 ** 53)) >> BigInt(53 - Math.min(bits - 1, 53))) * 2n + 1n;
    const exponent = Math.floor(next() * 80) - 40;
    const scaled = middle * 10n ** BigInt(scale);
    add(exponent < 0 ? scaled >> BigInt(-exponent) : scaled << BigInt(exponent));
  }
  return [...found];
}

describe.each(TYPES.map((type) => [typeName(type), type] as const))('%s', (_, type) => {
  test.each([
    [float64, 'DOUBLE'],
    [float32, 'FLOAT'],
  ] as const)('to $kind', async (to, sql) => {
    const exact = decimals(type);
    const texts = exact.map((value) => `'${decimalText(value, type.scale)}'`);
    const rows = await query(`SELECT CAST(CAST(x AS ${sql}) AS DOUBLE) AS y FROM unnest([${texts.join()}]) AS t(x)`);
    const nearest = rows.map(([y]) => Number(y) + 0);
    const e = { kind: 'cast', input: column(0, type), type: to, nullable: true } as const;
    const compiled = valuesOf(
      e,
      [type],
      exact.map((value) => [value]),
    );
    const evaluate = interpreter(e);
    const wrong = exact.flatMap((value, n) => {
      const interpreted = Number(evaluate({ value: () => value, where: () => '' })) + 0;
      const results = [Number(compiled?.[n]) + 0, interpreted, nearest[n]];
      return new Set(results).size === 1 ? [] : [[wholeOf(value), ...results]];
    });
    expect(compiled).toHaveLength(exact.length);
    expect(wrong.slice(0, 20)).toEqual([]);
  });
});
