import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bool, type DataType, date, decimal, float64, int64, list, utf8 } from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import { dedup } from '../../src/operators/streaming-sinks/dedup.ts';
import { limit } from '../../src/operators/streaming-sinks/limit.ts';
import { duckRows } from '../support/duckdb.ts';
import { tables } from '../support/tables.ts';
import { type Row, runStages } from '../support/task.ts';
import { obeysContract } from './contract.ts';

const input = schema(field('k', utf8), field('f', float64), field('n', int64, false));

describe('dedup', () => {
  const rows: readonly Row[] = [
    ['a', 1, 0n],
    [null, Number.NaN, 1n],
    ['a', 2, 2n],
    [null, Number.NaN, 3n],
    ['b', -0, 4n],
    ['b', 0, 5n],
    ['', 1, 6n],
  ];
  const kept = async (columns: readonly number[], cuts: readonly number[] = []) =>
    (await runStages([dedup({ input, columns })], { schema: input, rows, cuts })).rows.map((row) => Number(row[2]));

  test('keeps the first row of each key, in their order', async () =>
    expect(await kept([0], [3])).toEqual([0, 1, 4, 6]));
  test('NaN is equal to NaN, and -0.0 to 0.0', async () => expect(await kept([1])).toEqual([0, 1, 2, 4]));
  test('of several columns', async () => expect(await kept([0, 1], [1, 0, 2])).toEqual([0, 1, 2, 4, 6]));
  test('of all columns', async () => expect(await kept([0, 1, 2])).toEqual([0, 1, 2, 3, 4, 5, 6]));

  test('retains keys, and not rows', async () => {
    const wide = schema(field('k', int64, false), field('t', utf8));
    const given = Array.from({ length: 20_000 }, (_, n): Row => [BigInt(n % 3000), `${n}`.repeat(60)]);
    const feed = { schema: wide, rows: given, cuts: Array(20).fill(1000) };
    const idle = await runStages([], feed);
    const { memory, rows: out, stats } = await runStages([dedup({ input: wide, columns: [0] })], feed);
    expect(out).toEqual(given.slice(0, 3000));
    expect(stats[0]?.counters).toEqual({ keys: 3000 });
    expect(memory.peakBytes - idle.memory.peakBytes).toBeLessThan(400_000);
  });

  test('keeps the first row of each key, of more than a cache holds', async () => {
    const many = schema(field('k', int64, false), field('n', int64, false));
    const keyOf = (n: number): bigint => (BigInt(n) * 7919n) % 120_011n;
    const given = Array.from({ length: 260_000 }, (_, n): Row => [keyOf(n), BigInt(n)]);
    const { rows: out } = await runStages([dedup({ input: many, columns: [0] })], { schema: many, rows: given });
    const sorted = out.toSorted((a, b) => Number(a[1]) - Number(b[1]));
    expect(sorted).toEqual(given.slice(0, 120_011));
  });

  test('gives the very first values of keys of all kinds, of more than a cache holds', async () => {
    const fields = [field('t', utf8), field('n', int64, false), field('f', float64), field('l', list(int64))];
    const wide = schema(...fields, field('d', date, false), field('b', bool));
    const keyCount = 60_000;
    const row = (n: number, number: number): Row => {
      const text = number % 3 === 0 ? `a text that is longer than an image ${number}` : `k${number}`;
      const float = number === 59_001 ? Number.NaN : number === 59_002 ? (n === number ? -0 : 0) : number % 100;
      const items = number % 7 === 0 ? [] : [BigInt(number), null];
      return [number % 5 === 0 ? null : text, BigInt(n), float, items, number, number % 4 === 0 ? null : n % 2 === 0];
    };
    const given = Array.from({ length: 70_000 }, (_, n) => row(n, n < keyCount ? n : 2 * keyCount - 1 - n));
    const keys = [4, 2, 0, 3];
    const { rows: out } = await runStages([dedup({ input: wide, columns: keys })], { schema: wide, rows: given });
    expect(out.toSorted((a, b) => Number(a[1]) - Number(b[1]))).toEqual(given.slice(0, keyCount));
  });

  test('of all columns, of more than a cache holds', async () => {
    const one = schema(field('k', int64));
    const given = Array.from({ length: 130_000 }, (_, n): Row => [BigInt((n * 7919) % 100_003)]);
    const { rows: out } = await runStages([dedup({ input: one, columns: [0] })], { schema: one, rows: given });
    const sorted = out.map(([k]) => Number(k)).toSorted((a, b) => a - b);
    expect(sorted).toEqual(Array.from({ length: 100_003 }, (_, k) => k));
  });

  test('whoever has enough rows ends the reading', async () => {
    const given = Array.from({ length: 100 }, (_, n): Row => ['a', n >> 1, BigInt(n)]);
    const feed = { schema: input, rows: given, cuts: Array(10).fill(10) };
    const stages = [dedup({ input, columns: [1] }), limit({ input, limit: 12, offset: 0 })];
    const { rows: out, batchesRead } = await runStages(stages, feed);
    expect(out.map(([, , n]) => n)).toEqual(Array.from({ length: 12 }, (_, n) => BigInt(2 * n)));
    expect(batchesRead).toBe(3);
  });

  const keyTypes: readonly (readonly DataType[])[] = [
    [int64],
    [utf8],
    [float64],
    [utf8, date],
    [decimal(30, 2), int64],
  ];
  test.each(keyTypes.map((types) => ({ types, name: types.map(({ kind }) => kind).join(' and ') })))(
    'equals DuckDB’s DISTINCT ON of $name',
    async ({ types }) => {
      const keys = types.map((type, n) => field(`k${n}`, type));
      const given: Schema = schema(...keys, field('n', int64, false));
      const columns = [...keys.keys()];
      await fc.assert(
        fc.asyncProperty(tables(given, { maxRows: 120 }), async (table) => {
          const rows = table.rows.map((row, n): Row => [...row.slice(0, -1), BigInt(n)]);
          const { rows: out } = await runStages([dedup({ input: given, columns })], {
            schema: given,
            rows,
            cuts: [40, 1],
          });
          const names = keys.map(({ name }) => name).join();
          const sql = `select * from (select distinct on (${names}) * from t order by n) order by n`;
          expect(out).toEqual(await duckRows({ schema: given, rows }, sql));
        }),
        { numRuns: 12 },
      );
    },
  );

  obeysContract(() => dedup({ input, columns: [0, 1] }), tables(input));
});
