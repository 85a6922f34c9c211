import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DataType } from '../../src/columnar/data-type.ts';
import * as types from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import type { TypedExpression } from '../../src/expressions/expression.ts';
import { xxhash64 } from '../../src/expressions/functions/hashing.ts';
import { repartition } from '../../src/operators/blocking-sinks/repartition.ts';
import type { PartitionRule } from '../../src/state/partitioner.ts';
import { query } from '../support/duckdb.ts';
import { pieceOf, ShuffleObjects } from '../support/shuffle.ts';
import { tables, valuesOf } from '../support/tables.ts';
import { type Feed, type Row, runStages, testBudget } from '../support/task.ts';
import { expectSameRows, obeysContract } from './contract.ts';

const columnOf = ({ fields }: Schema, index: number): TypedExpression => {
  const { name = '', type = types.nullType } = fields[index] ?? {};
  return { kind: 'column', index, name, type, nullable: true };
};
const byHash = (of: Schema, ...columns: number[]): PartitionRule => ({
  kind: 'hash',
  keys: columns.map((index) => ({ name: `key ${index}`, expression: columnOf(of, index) })),
});

const MiB = 1024 * 1024;

async function partitioned(
  feed: Feed,
  partitions: number,
  by: PartitionRule,
  memory = testBudget(8 * MiB),
): Promise<Row[][]> {
  const objects = new ShuffleObjects();
  const stage = repartition({ input: feed.schema, codec: 'zstd', files: objects.files, partitions, by });
  const { rows } = await runStages([stage], feed, { memory });
  expect(rows.map((row) => pieceOf(row).partition)).toEqual(Array.from({ length: partitions }, (_, index) => index));
  expect(new Set(rows.map((row) => pieceOf(row).uri)).size).toBe(1);
  const read = await objects.partitions(feed.schema, rows);
  expect(rows.map((row) => pieceOf(row).rows)).toEqual(read.map(({ length }) => length));
  return read;
}

/** In which partition each key is. */
function placesOf(partitions: readonly Row[][], keys: readonly number[]): Map<string, number> {
  const places = new Map<string, number>();
  for (const [partition, rows] of partitions.entries()) {
    for (const row of rows) {
      const key = keys.map((index) => String(row[index])).join('|');
      expect(places.get(key) ?? partition, `the key ${key} is in two partitions`).toBe(partition);
      places.set(key, partition);
    }
  }
  return places;
}

const two = schema(field('k', types.int64), field('s', types.utf8));

describe('repartition', () => {
  test('by hash: rows with equal keys meet, keep their order, and none is lost', async () => {
    const kinds: readonly DataType[] = [
      types.int32,
      types.utf8,
      types.float64,
      types.decimal(38, 4),
      types.bool,
      types.uuid,
      types.date,
      types.binary,
    ];
    for (const type of kinds) {
      const of = schema(field('k', type), field('n', types.int64));
      const values = fc.array(fc.option(valuesOf(type), { freq: 5 }), { maxLength: 120, size: 'max' });
      await fc.assert(
        fc.asyncProperty(values, fc.boolean(), async (keys, dictionary) => {
          const rows = keys.map((key, row): Row => [key, BigInt(row)]);
          const form = () => ({ dictionary });
          const parts = await partitioned({ schema: of, rows, cuts: [30, 40], form }, 5, byHash(of, 0));
          expectSameRows(parts.flat(), rows);
          placesOf(
            parts.map((part) => part.map(([key, n]) => [Object.is(key, -0) ? 0 : (key ?? null), n ?? null])),
            [0],
          );
          for (const part of parts) {
            const numbers = part.map(([, n]) => Number(n));
            expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
          }
        }),
        { numRuns: 4 },
      );
    }
  });

  test('by hash: the same in every task, whatever the layout and width of the keys', async () => {
    const places = async (type: DataType, keys: readonly Value[], dictionary = false): Promise<number[]> => {
      const of = schema(field('k', type), field('n', types.int64));
      const rows = keys.map((key, row): Row => [key, BigInt(row)]);
      const parts = await partitioned({ schema: of, rows, form: () => ({ dictionary }) }, 64, byHash(of, 0));
      const found: number[] = [];
      for (const [partition, part] of parts.entries()) for (const [, n] of part) found[Number(n)] = partition;
      return found;
    };
    const numbers = [0, 1, -1, 7, 100, -128];
    const wide = await places(types.int64, numbers.map(BigInt));
    expect(await places(types.int8, numbers)).toEqual(wide);
    expect(await places(types.int32, numbers, true)).toEqual(wide);
    const floats = [0, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY];
    const doubles = await places(types.float64, floats);
    expect(doubles[0]).toBe(doubles[1]);
    expect(await places(types.float32, floats)).toEqual(doubles);
    // What stands in the docs of the hash, by the other implementation of XXH64: tasks of two releases may share a job.
    const placeOf = (bytes: Uint8Array): number => Number(((xxhash64(bytes, 0x6d696c6c72616365n) >> 32n) * 64n) >> 32n);
    const texts = ['', 'a', 'Straße', 'a text of more than thirty-two bytes, all of them'];
    expect(await places(types.utf8, [...texts, null])).toEqual(
      [...texts, ''].map((text) => placeOf(Buffer.from(text))),
    );
    expect(wide).toEqual(numbers.map((n) => placeOf(new Uint8Array(BigInt64Array.of(BigInt(n)).buffer))));
    // What has no kernel of its own is hashed by the bytes that `value-bytes.ts` describes: a marker, then the value.
    const lists = types.list(types.uint8);
    const bytes = [[1, 1, 7, 0], [1, 2, 0], [1, 0], []].map((each) => placeOf(Uint8Array.from(each)));
    expect(await places(lists, [[7], [null], [], null])).toEqual(bytes);
    expect(await places(lists, [[7], [null], [], null], true)).toEqual(bytes);
    const spans = [
      [1, 0],
      [0, 30],
    ].map(([months = 0, days = 0]): Value => ({ months, days, nanoseconds: 0n }));
    const [month, days] = await places(types.interval, spans);
    expect(month).toBe(days);
  });

  test('by hash of several keys: spreads what DuckDB groups, and splits no group', async () => {
    const rows = Array.from({ length: 8_000 }, (_, n): Row => [BigInt(n % 300), `t${(n * 7) % 11}`]);
    const parts = await partitioned({ schema: two, rows }, 16, byHash(two, 0, 1));
    const groups = await query(
      'select count(*), max(c) from (select k, s, count(*) c from (select i % 300 k, (i * 7) % 11 s from range(8000) r(i)) group by all)',
    );
    expect(groups[0]?.[0]).toBe(BigInt(placesOf(parts, [0, 1]).size));
    for (const part of parts) expect(part.length).toBeGreaterThan(200);
  });

  test('by range: as the sort orders rows, boundaries first in their partition', async () => {
    const of = schema(field('k', types.float64), field('s', types.utf8));
    const rows: Row[] = [3, null, Number.NaN, -0, 0, 10, 9.5, -5, 20].map((k) => [k, 'x']);
    const key = { expression: columnOf(of, 0), descending: false, nullsFirst: false };
    const parts = await partitioned({ schema: of, rows }, 4, { kind: 'range', keys: [key], boundaries: [[0], [10]] });
    expect(parts.map((part) => part.map(([k]) => k))).toEqual([[-5], [3, -0, 0, 9.5], [null, Number.NaN, 10, 20], []]);
    const down = { ...key, descending: true, nullsFirst: true };
    const rule = { kind: 'range', keys: [down], boundaries: [[null], [10], [0]] } as const;
    const descending = await partitioned({ schema: of, rows }, 4, rule);
    expect(descending.map((part) => part.map(([k]) => k))).toEqual([
      [],
      [null, Number.NaN, 20],
      [3, 10, 9.5],
      [-0, 0, -5],
    ]);
  });

  test('by range of lists: as they are sorted', async () => {
    const of = schema(field('k', types.list(types.int32)));
    const rows: Row[] = [[2], [1, 5], null, [1], [], [null], [1, null]].map((k) => [k]);
    const key = { expression: columnOf(of, 0), descending: false, nullsFirst: false };
    const boundaries = [[[1]], [[1, null]]];
    expect(await partitioned({ schema: of, rows }, 3, { kind: 'range', keys: [key], boundaries })).toEqual([
      [[[]]],
      [[[1, 5]], [[1]]],
      [[[2]], [null], [[null]], [[1, null]]],
    ]);
  });

  test('by range without boundaries: all rows in the first partition', async () => {
    const key = { expression: columnOf(two, 0), descending: false, nullsFirst: false };
    const rows: Row[] = [
      [2n, 'a'],
      [1n, 'b'],
    ];
    expect(await partitioned({ schema: two, rows }, 3, { kind: 'range', keys: [key], boundaries: [] })).toEqual([
      rows,
      [],
      [],
    ]);
  });

  test('by range of several keys: every row is between the boundaries of its partition', async () => {
    const keys = [0, 1].map((index) => ({
      expression: columnOf(two, index),
      descending: index === 1,
      nullsFirst: index === 1,
    }));
    const boundaries = [
      [1n, 'b'],
      [1n, 'a'],
      [3n, 'zz'],
    ];
    await fc.assert(
      fc.asyncProperty(tables(two, { maxRows: 80 }), async ({ rows }) => {
        const parts = await partitioned({ schema: two, rows, cuts: [9] }, 4, { kind: 'range', keys, boundaries });
        expectSameRows(parts.flat(), rows);
        const before = ([k, s]: Row, [bk, bs]: readonly Value[]): boolean => {
          if (k !== bk) return k !== null && Number(k) < Number(bk);
          if (s === bs) return false;
          return s === null || Buffer.compare(Buffer.from(String(s)), Buffer.from(String(bs))) > 0;
        };
        for (const [index, part] of parts.entries()) {
          for (const row of part) expect(boundaries.filter((b) => !before(row, b)).length).toBe(index);
        }
      }),
      { numRuns: 15 },
    );
  });

  test('at random: the same for the same seed, however the rows are cut', async () => {
    const rows = Array.from({ length: 4_000 }, (_, n): Row => [BigInt(n), 'x']);
    const of = (seed: number, cuts: number[]) => partitioned({ schema: two, rows, cuts }, 4, { kind: 'random', seed });
    const parts = await of(7, []);
    expect(await of(7, [1, 2_000])).toEqual(parts);
    expect(await of(8, [])).not.toEqual(parts);
    expect(parts.map(({ length }) => Math.round(length / 200))).toEqual([5, 5, 5, 5]);
  });

  test('rows that memory does not hold become pages early: several per partition', async () => {
    const of = schema(field('k', types.int32), field('t', types.utf8), field('n', types.int64));
    const rows = Array.from({ length: 16_000 }, (_, n): Row => [n % 7, `${n}-${'x'.repeat(n % 90)}`, BigInt(n)]);
    const memory = testBudget(2 * MiB);
    const objects = new ShuffleObjects();
    const options = { input: of, codec: 'zstd', files: objects.files, partitions: 3, by: byHash(of, 0) } as const;
    const cuts = Array.from({ length: 16 }, () => 1_000);
    const result = await runStages([repartition(options)], { schema: of, rows, cuts }, { memory });
    expect(memory.peakBytes).toBeLessThanOrEqual(2 * MiB);
    const pieces = result.rows.map(pieceOf);
    expect(Math.max(...pieces.map(({ ranges }) => ranges.length))).toBeGreaterThan(1);
    const parts = await objects.partitions(of, result.rows, testBudget(2 * MiB));
    expectSameRows(parts.flat(), rows);
    placesOf(parts, [0]);
    for (const part of parts) {
      const numbers = part.map(([, , n]) => Number(n));
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    }
  });

  describe.each([
    { rule: byHash(two, 1, 0), name: 'by hash' },
    { rule: { kind: 'random', seed: 1 } as const, name: 'at random' },
  ])('over any input, $name', ({ rule }) => {
    const objects = new ShuffleObjects();
    const totals = (rows: readonly Row[]): Record<string, number> => {
      const sums: Record<string, number> = {};
      for (const [partition, , count] of rows) {
        const key = rule.kind === 'hash' ? String(partition) : 'all';
        sums[key] = (sums[key] ?? 0) + Number(count);
      }
      return sums;
    };
    obeysContract(
      () => repartition({ input: two, codec: 'none', files: objects.files, partitions: 3, by: rule }),
      tables(two, { maxRows: 100 }),
      {
        numRuns: 6,
        budgetBytes: 8 * MiB,
        same: (actual, expected) => expect(totals(actual)).toEqual(totals(expected)),
      },
    );
  });
});
