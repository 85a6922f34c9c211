import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  binary,
  bool,
  type DataType,
  date,
  decimal,
  fixedSizeBinary,
  float16,
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
import { type MergeJoinType, sortMergeJoin } from '../../src/operators/joins/sort-merge-join.ts';
import type { Join } from '../../src/operators/operator.ts';
import { duckRowsOf } from '../support/duckdb.ts';
import { runJoinOperator } from '../support/join-operator.ts';
import { type Table, type TableOptions, tables } from '../support/tables.ts';
import { type Feed, type Row, testBudget } from '../support/task.ts';
import { obeysJoinContract } from './join-contract.ts';

const JOIN_TYPES: readonly MergeJoinType[] = ['inner', 'left', 'right', 'outer', 'semi', 'anti'];

const column = ({ fields }: Schema, name: string): TypedExpression => {
  const index = fields.findIndex((candidate) => candidate.name === name);
  const { type, nullable } = fields[index] as Schema['fields'][number];
  return { kind: 'column', index, name, type, nullable };
};

/** A join of `left` and `right` by the keys of these names, which have an `r` before them on the right. */
function joinOf(left: Schema, right: Schema, keys: readonly string[], joinType: MergeJoinType): Join {
  const nullable = ({ fields }: Schema, isNullable: boolean): Schema['fields'] =>
    fields.map((f) => ({ ...f, nullable: f.nullable || isNullable }));
  const lefts = nullable(left, joinType === 'right' || joinType === 'outer');
  const rights = nullable(right, joinType === 'left' || joinType === 'outer');
  return sortMergeJoin({
    left,
    right,
    leftOn: keys.map((name) => column(left, name)),
    rightOn: keys.map((name) => column(right, `r${name}`)),
    joinType,
    schema: { fields: joinType === 'semi' || joinType === 'anti' ? lefts : [...lefts, ...rights] },
  });
}

/** What DuckDB gives, in the order that is promised. */
function expectedRows(left: Table, right: Table, keys: readonly string[], joinType: MergeJoinType): Promise<Row[]> {
  const on = keys.map((name) => `l."${name}" = r."r${name}"`).join(' and ');
  const isHalf = joinType === 'semi' || joinType === 'anti';
  const key = (name: string): string => (isHalf ? `l."${name}"` : `coalesce(l."${name}", r."r${name}")`);
  const [first, ...others] = keys as [string, ...string[]];
  // Rows without a first key are told apart by their side before their other keys are looked at.
  const side = isHalf ? 'false' : `case when ${key(first)} is null then n is null else false end`;
  const order = [key(first), side, ...others.map(key), ...(isHalf ? ['n'] : ['n is null', 'n', 'm'])];
  const join = joinType === 'outer' ? 'full outer' : joinType;
  const sql = `select * from l ${join} join r on ${on} order by ${order.map((e) => `${e} nulls last`).join()}`;
  return duckRowsOf({ l: left, r: right }, sql);
}

/** Rows whose first column is their number. */
const numbered = (of: Schema, options: TableOptions): fc.Arbitrary<Table> =>
  tables(of, options).map(({ schema, rows }) => ({
    schema,
    rows: rows.map((row, index): Row => [BigInt(index), ...row.slice(1)]),
  }));

/** In batches that are held in different ways. */
const fed = (table: Table): Feed => ({
  ...table,
  cuts: [40, 1, 0, 70],
  form: (batch, index) => ({ dictionary: (batch + index) % 3 === 1 }),
});

/** DuckDB gives 0 for the only -0 of a column, which its statistics hold to be the same. */
const withoutMinus = (row: Row): Row => row.map((value) => (Object.is(value, -0) ? 0 : value));

/** Timestamps that DuckDB has too: its greatest ones mean infinity. */
const micros = fc.oneof(fc.bigInt(-5n, 5n), fc.bigInt(-(10n ** 15n), 10n ** 15n));

/** Intervals that DuckDB puts in order: their parts have one sign. */
const spans = fc
  .record({ months: fc.nat(2), days: fc.nat(40), nanoseconds: fc.bigInt(0n, 2n) })
  .map((parts) => ({ ...parts, nanoseconds: parts.nanoseconds * 86_400_000_000_000n }));

/** Keys, and values of them where `tables` has none. */
const KEYS: readonly { readonly type: DataType; readonly own?: fc.Arbitrary<Value> }[] = [
  { type: bool },
  { type: int8 },
  { type: int32 },
  { type: int64 },
  { type: uint64 },
  { type: float32 },
  { type: float64 },
  { type: decimal(9, 2) },
  { type: decimal(38, 4) },
  { type: utf8 },
  { type: date },
  { type: binary },
  { type: time('us') },
  { type: uuid },
  { type: timestamp('us'), own: micros },
  { type: float16, own: fc.constantFrom(1.5, -2, 0, Number.NaN, Number.NEGATIVE_INFINITY) },
  { type: fixedSizeBinary(3), own: fc.uint8Array({ minLength: 3, maxLength: 3, max: 2 }) },
  { type: interval, own: spans },
  { type: list(utf8), own: fc.array(fc.option(fc.constantFrom('', 'a', 'ab')), { maxLength: 3 }) },
  {
    type: struct(field('a', float64), field('b', list(int8))),
    own: fc.tuple<Value[]>(
      fc.option(fc.constantFrom(1.5, Number.NaN)),
      fc.option<Value>(fc.array(fc.nat(1), { maxLength: 2 })),
    ),
  },
];

describe('sortMergeJoin', () => {
  test.each(KEYS)('joins by $type.kind as DuckDB does, in the order of the keys', async ({ type, own }) => {
    const left = schema(field('n', int64, false), field('k', type));
    const right = schema(field('m', int64, false), field('rk', type));
    const values = own === undefined ? {} : { k: own, rk: own };
    const cases = fc.tuple(numbered(left, { values }), numbered(right, { values }));
    for (const [l, r] of fc.sample(cases, 2)) {
      const { rows } = await runJoinOperator(joinOf(left, right, ['k'], 'outer'), { build: fed(r), probe: fed(l) });
      expect(rows).toEqual(await expectedRows(l, r, ['k'], 'outer'));
    }
  });

  const left = schema(
    field('n', int64, false),
    field('a', int32),
    field('b', utf8),
    field('c', float64),
    field('d', decimal(30, 2)),
  );
  const right = schema(
    field('m', int64, false),
    field('rd', decimal(30, 2)),
    field('rc', float64),
    field('rb', utf8),
    field('ra', int32),
  );
  // Few values, so that keys meet.
  const few = {
    values: {
      a: fc.integer({ min: 0, max: 2 }),
      ra: fc.integer({ min: 0, max: 2 }),
      b: fc.constantFrom('', 'abcdefgh', 'abcdefghi'),
      rb: fc.constantFrom('abcdefgh', 'abcdefghi', 'z'),
      c: fc.constantFrom(0, -0, Number.NaN),
      rc: fc.constantFrom(0, -0, Number.NaN, 1),
      d: fc.constantFrom(10n ** 25n, -3n),
      rd: fc.constantFrom(10n ** 25n, 4n),
    },
    maxRows: 120,
  };

  test.each(JOIN_TYPES)('joins by several keys, %s, as DuckDB does', async (joinType) => {
    const cases = fc.tuple(
      numbered(left, few),
      numbered(right, few),
      fc.shuffledSubarray(['a', 'b', 'c', 'd'], { minLength: 1, maxLength: 2 }),
    );
    for (const [l, r, keys] of fc.sample(cases, 6)) {
      const { rows } = await runJoinOperator(joinOf(left, right, keys, joinType), { build: fed(r), probe: fed(l) });
      expect(rows.map(withoutMinus)).toEqual((await expectedRows(l, r, keys, joinType)).map(withoutMinus));
    }
  });

  const numbers = schema(field('n', int64, false), field('k', int64));
  const others = schema(field('m', int64, false), field('rk', int64));
  const rowsOf = (keys: readonly (number | null)[]): Row[] =>
    keys.map((key, index) => [BigInt(index), key === null ? null : BigInt(key)]);

  test('pairs many equal keys batch by batch', async () => {
    const join = joinOf(numbers, others, ['k'], 'inner');
    const same = (count: number): Row[] => rowsOf(Array.from({ length: count }, () => 7));
    const { rows, batchRows } = await runJoinOperator(join, {
      build: { schema: others, rows: same(300) },
      probe: { schema: numbers, rows: same(200) },
    });
    expect(batchRows).toEqual([16_384, 16_384, 16_384, 60_000 - 3 * 16_384]);
    for (const [index, [n, , m]] of rows.entries()) {
      if (n !== BigInt(Math.floor(index / 300)) || m !== BigInt(index % 300))
        throw new Error(`row ${index}: ${n}, ${m}`);
    }
  });

  test('emits no more than is wanted of many pairs', async () => {
    const keys = Array.from({ length: 20_000 }, () => 1);
    const sides = { build: { schema: others, rows: rowsOf(keys) }, probe: { schema: numbers, rows: rowsOf(keys) } };
    const { batchRows } = await runJoinOperator(joinOf(numbers, others, ['k'], 'inner'), sides, { doneAfter: 2 });
    expect(batchRows).toEqual([16_384, 16_384]);
  });

  test.each(JOIN_TYPES)('gives rows in the order of their keys, %s', async (joinType) => {
    const join = joinOf(numbers, others, ['k'], joinType);
    const l = { schema: numbers, rows: rowsOf([5, null, 1, 3, 3]) };
    const r = { schema: others, rows: rowsOf([3, 6, null, 2, 3]) };
    const { rows } = await runJoinOperator(join, { build: r, probe: l });
    expect(rows).toEqual(await expectedRows(l, r, ['k'], joinType));
  });

  test('takes texts that are too long for one batch in parts', async () => {
    const texts = schema(field('n', int64, false), field('k', int64), field('t', utf8));
    const rightTexts = schema(field('m', int64, false), field('rk', int64), field('rt', utf8));
    const rows = Array.from({ length: 60 }, (_, n): Row => [BigInt(n), 1n, `${n}`.repeat(60_000)]);
    const join = joinOf(texts, rightTexts, ['k'], 'left');
    const joined = await runJoinOperator(
      join,
      { build: { schema: rightTexts, rows: rows.slice(0, 5) }, probe: { schema: texts, rows } },
      { memory: testBudget(256 * 1024 * 1024) },
    );
    expect(joined.rows).toEqual(rows.flatMap((l) => rows.slice(0, 5).map((r) => [...l, ...r])));
    expect(joined.batchRows.length).toBeGreaterThan(2);
  });

  test.each(JOIN_TYPES)('reads the left only where something of it can come out, %s', async (joinType) => {
    const join = joinOf(numbers, others, ['k'], joinType);
    const { batchesProbed } = await runJoinOperator(join, {
      build: { schema: others, rows: [] },
      probe: { schema: numbers, rows: rowsOf([1, 2]) },
    });
    expect(batchesProbed).toBe(['left', 'outer', 'anti'].includes(joinType) ? 1 : 0);
  });

  test('fails by name when memory is too short', async () => {
    const keys = Array.from({ length: 60_000 }, (_, n) => -n);
    const sides = { build: { schema: others, rows: rowsOf(keys) }, probe: { schema: numbers, rows: rowsOf(keys) } };
    const outcome = runJoinOperator(joinOf(numbers, others, ['k'], 'inner'), sides, {
      memory: testBudget(3 * 1024 * 1024),
    });
    await expect(outcome).rejects.toThrowError(
      expect.objectContaining({ name: 'MemoryBudgetExceeded', message: expect.stringMatching(/^SortMergeJoin needs/) }),
    );
  });

  const small = { build: tables(right, { ...few, maxRows: 50 }), probe: tables(left, { ...few, maxRows: 50 }) };
  describe('outer, by two keys', () =>
    obeysJoinContract(() => joinOf(left, right, ['b', 'a'], 'outer'), small, { numRuns: 6 }));
  describe('semi, by one', () => obeysJoinContract(() => joinOf(left, right, ['c'], 'semi'), small, { numRuns: 4 }));
});
