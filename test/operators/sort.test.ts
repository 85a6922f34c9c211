import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  binary,
  bool,
  type DataType,
  date,
  decimal,
  float32,
  float64,
  int8,
  int32,
  int64,
  interval,
  list,
  struct,
  time,
  timestamp,
  uint64,
  utf8,
  uuid,
} from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import type { TypedExpression } from '../../src/expressions/expression.ts';
import { sort } from '../../src/operators/blocking-sinks/sort.ts';
import { topN } from '../../src/operators/blocking-sinks/top-n.ts';
import type { BlockingSink } from '../../src/operators/operator.ts';
import type { SortKey } from '../../src/state/sort-input.ts';
import { duckRows } from '../support/duckdb.ts';
import { tables } from '../support/tables.ts';
import { type Row, runStages, testBudget } from '../support/task.ts';
import { obeysContract } from './contract.ts';

/** A key on a column of `input`. */
function by(input: Schema, name: string, descending: boolean = false, nullsFirst: boolean = descending): SortKey {
  const index = input.fields.findIndex((candidate) => candidate.name === name);
  const { type, nullable } = input.fields[index] as Schema['fields'][number];
  return { expression: { kind: 'column', index, name, type, nullable }, descending, nullsFirst };
}

const TYPES: readonly DataType[] = [
  bool,
  int8,
  int32,
  int64,
  uint64,
  float32,
  float64,
  decimal(9, 2),
  decimal(38, 4),
  utf8,
  date,
  timestamp('us'),
  binary,
  time('us'),
];

const orderBy = (keys: readonly SortKey[]): string =>
  keys
    .map(({ expression, descending, nullsFirst }) => {
      const name = expression.kind === 'column' ? expression.name : '';
      return `"${name}" ${descending ? 'desc' : 'asc'} nulls ${nullsFirst ? 'first' : 'last'}`;
    })
    .join(', ');

/** Timestamps that DuckDB has too: its greatest ones mean infinity. */
const micros = fc.oneof(fc.bigInt(-5n, 5n), fc.bigInt(-(10n ** 15n), 10n ** 15n));

describe('sort', () => {
  test.each(TYPES)('orders $kind as DuckDB does, ties as they came', async (type) => {
    const input = schema(field('n', int64, false), field('k', type));
    const cases = fc.tuple(
      tables(input, { maxRows: 300, ...(type.kind === 'timestamp' ? { values: { k: micros } } : {}) }),
      fc.boolean(),
      fc.boolean(),
    );
    for (const [{ rows }, descending, nullsFirst] of fc.sample(cases, 4)) {
      const table = { schema: input, rows: rows.map((row, index): Row => [BigInt(index), row[1] ?? null]) };
      const keys = [by(input, 'k', descending, nullsFirst)];
      const order = await duckRows(table, `select n from t order by ${orderBy(keys)}, n`);
      const expected = order.map(([n]) => table.rows[Number(n)]);
      expect((await runStages([sort({ input, keys })], table)).rows).toEqual(expected);
    }
  });

  const small = fc.option(fc.integer({ min: -3, max: 3 }).map(BigInt), { freq: 4 });
  const texts = fc.option(fc.constantFrom('', 'a', 'ab', 'b\0', 'b'), { freq: 4 });
  const bytesKeys: readonly [DataType, fc.Arbitrary<Value>][] = [
    [list(int64), fc.array(small, { maxLength: 3 })],
    [list(utf8), fc.array(texts, { maxLength: 3 })],
    [list(list(int64)), fc.array(fc.option(fc.array(small, { maxLength: 2 })), { maxLength: 2 })],
    [struct(field('x', int64), field('y', utf8)), fc.tuple(small, texts)],
    // Of one sign each: DuckDB carries the parts of others so that what is shorter may come behind.
    [
      interval,
      fc
        .record({ sign: fc.constantFrom(1, -1), months: fc.nat(3), days: fc.nat(70), hours: fc.nat(50) })
        .map(({ sign, months, days, hours }) => ({
          months: sign * months + 0,
          days: sign * days + 0,
          nanoseconds: BigInt(sign * hours) * 3_600_000_000_000n,
        })),
    ],
    [uuid, fc.uuid()],
  ];

  test.each(bytesKeys)('orders $kind by its bytes as DuckDB does, ties as they came', async (type, values) => {
    const input = schema(field('n', int64, false), field('k', type), field('m', int8));
    const cases = fc.tuple(
      tables(input, { maxRows: 200, values: { k: values } }),
      fc.boolean(),
      fc.boolean(),
      fc.nat(99),
    );
    for (const [{ rows }, descending, nullsFirst, limit] of fc.sample(cases, 6)) {
      const table = { schema: input, rows: rows.map((row, index): Row => [BigInt(index), ...row.slice(1)]) };
      for (const keys of [
        [by(input, 'k', descending, nullsFirst)],
        [by(input, 'm'), by(input, 'k', descending, nullsFirst)],
      ]) {
        const order = await duckRows(table, `select n from t order by ${orderBy(keys)}, n`);
        const expected = order.map(([n]) => table.rows[Number(n)]);
        expect((await runStages([sort({ input, keys })], table)).rows).toEqual(expected);
        const first = await runStages([topN({ input, keys, limit, offset: 2 })], table);
        expect(first.rows).toEqual(expected.slice(2, limit + 2));
      }
    }
  });

  test('orders by several keys, each its own way, as DuckDB does', async () => {
    const input = schema(
      field('n', int64, false),
      field('a', bool),
      field('b', utf8),
      field('c', float64),
      field('d', int32),
      field('e', decimal(30, 2)),
    );
    const names = fc.shuffledSubarray(['a', 'b', 'c', 'd', 'e'], { minLength: 2 });
    const cases = fc.tuple(
      tables(input),
      names,
      fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 5, maxLength: 5 }),
    );
    for (const [{ rows }, columns, ways] of fc.sample(cases, 12)) {
      const table = { schema: input, rows: rows.map((row, index): Row => [BigInt(index), ...row.slice(1)]) };
      const keys = columns.map((name, index) => by(input, name, ways[index]?.[0], ways[index]?.[1]));
      const order = await duckRows(table, `select n from t order by ${orderBy(keys)}, n`);
      const expected = order.map(([n]) => table.rows[Number(n)]);
      expect((await runStages([sort({ input, keys })], table)).rows).toEqual(expected);
    }
  });

  const input = schema(field('k', int64), field('t', utf8), field('f', bool));

  test('emits batches that are not too large, of input in order and not', async () => {
    const rows = Array.from({ length: 40_000 }, (_, row): Row => [BigInt(row), `text ${row % 100}`, row % 3 === 0]);
    for (const fed of [rows, rows.toReversed()]) {
      const result = await runStages([sort({ input, keys: [by(input, 'k')] })], { schema: input, rows: fed });
      expect(result.rows).toEqual(rows);
    }
  });

  test('orders by expressions, which do not come out', async () => {
    const remainder: TypedExpression = {
      kind: 'arithmetic',
      operator: '%',
      type: int64,
      nullable: true,
      left: { kind: 'column', index: 0, name: 'k', type: int64, nullable: true },
      right: { kind: 'literal', type: int64, nullable: false, value: 7n },
    };
    const isNull: TypedExpression = {
      kind: 'is-null',
      type: bool,
      nullable: false,
      input: { kind: 'column', index: 1, name: 't', type: utf8, nullable: true },
    };
    const rows = Array.from(
      { length: 3000 },
      (_, n): Row => [BigInt(n), n % 4 === 0 ? null : `t${n % 5}`, n % 11 === 0 ? null : true],
    );
    const keys: SortKey[] = [
      { expression: isNull, descending: true, nullsFirst: true },
      { expression: remainder, descending: true, nullsFirst: false },
      by(input, 't'),
    ];
    const order = await duckRows({ schema: input, rows }, 'select k from t order by t is null desc, k % 7 desc, t, k');
    const { rows: out } = await runStages([sort({ input, keys })], {
      schema: input,
      rows,
      cuts: [1000, 1, 999],
      form: (batch) => ({ dictionary: batch !== 1 }),
    });
    expect(out).toEqual(order.map(([k]) => rows[Number(k)]));
    const top = await runStages([topN({ input, keys, limit: 10, offset: 5 })], {
      schema: input,
      rows,
      cuts: [1000, 1, 999],
    });
    expect(top.rows).toEqual(out.slice(5, 15));
  });

  test('rows in order by an expression are passed on without it', async () => {
    const doubled: TypedExpression = {
      kind: 'arithmetic',
      operator: '+',
      type: int64,
      nullable: true,
      left: { kind: 'column', index: 0, name: 'k', type: int64, nullable: true },
      right: { kind: 'column', index: 0, name: 'k', type: int64, nullable: true },
    };
    const rows = Array.from({ length: 100 }, (_, n): Row => [BigInt(n), null, true]);
    const keys = [{ expression: doubled, descending: false, nullsFirst: false }];
    expect((await runStages([sort({ input, keys })], { schema: input, rows })).rows).toEqual(rows);
  });

  test('takes NaN for the greatest number and zeros of either sign for equal', async () => {
    const floats = schema(field('x', float64), field('n', int32));
    const rows: Row[] = [Number.NaN, 0, -0, null, Infinity, -Infinity, 0, -0].map((x, n) => [x, n]);
    const { rows: out } = await runStages([sort({ input: floats, keys: [by(floats, 'x')] })], { schema: floats, rows });
    expect(out.map(([, n]) => n)).toEqual([5, 1, 2, 6, 7, 4, 0, 3]);
  });

  test('fails by name when the budget is too small, and gives everything back', async () => {
    const rows = Array.from({ length: 30_000 }, (_, row): Row => [BigInt(-row), `text of row ${row}`, null]);
    const feed = { schema: input, rows, cuts: Array.from({ length: 30 }, () => 1000) };
    await expect(
      runStages([sort({ input, keys: [by(input, 'k')] })], feed, { memory: testBudget(1024 * 1024) }),
    ).rejects.toThrowError(
      expect.objectContaining({ name: 'MemoryBudgetExceeded', message: expect.stringMatching(/^Sort needs/) }),
    );
  });

  const make = (): BlockingSink => sort({ input, keys: [by(input, 't', true, false), by(input, 'f'), by(input, 'k')] });
  obeysContract(make, tables(input), { numRuns: 12 });
});
