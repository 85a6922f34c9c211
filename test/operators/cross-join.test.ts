import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BATCH_ROWS } from '../../src/columnar/batch.ts';
import { bool, decimal, float64, int32, int64, list, struct, utf8 } from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import type { TypedExpression } from '../../src/expressions/expression.ts';
import { type CrossJoinOptions, crossJoin } from '../../src/operators/joins/cross-join.ts';
import type { Join } from '../../src/operators/operator.ts';
import { anyType, anyValue } from '../support/arbitrary-values.ts';
import { duckRowsOf } from '../support/duckdb.ts';
import { runJoinOperator } from '../support/join-operator.ts';
import { type Table, tables } from '../support/tables.ts';
import { type Row, testBudget } from '../support/task.ts';
import { obeysJoinContract } from './join-contract.ts';

const left = schema(
  field('n', int64, false),
  field('a', int64),
  field('b', utf8),
  field('c', bool),
  field('d', decimal(20, 2)),
);
const right = schema(field('m', int64, false), field('x', utf8), field('y', float64), field('z', bool));

/** Rows whose first column is their number. */
const numbered = (schemaOf: Schema, maxRows: number): fc.Arbitrary<Table> =>
  tables(schemaOf, { maxRows }).map(({ schema, rows }) => ({
    schema,
    rows: rows.map((row, index): Row => [BigInt(index), ...row.slice(1)]),
  }));

const sidesOf = (collect: CrossJoinOptions['collect'], of: { readonly left: Table; readonly right: Table }) =>
  collect === 'left' ? { build: of.left, probe: of.right } : { build: of.right, probe: of.left };

const column = (of: Schema, index: number, shift: number = 0): TypedExpression => {
  const { name, type, nullable } = of.fields[index] as Schema['fields'][number];
  return { kind: 'column', index: index + shift, name, type, nullable };
};

/** `a % 3 < m % 5` over both sides. */
const residual: TypedExpression = {
  kind: 'compare',
  operator: '<',
  type: bool,
  nullable: true,
  left: remainder(column(left, 1), 3n),
  right: remainder(column(right, 0, left.fields.length), 5n),
};

function remainder(of: TypedExpression, by: bigint): TypedExpression {
  const right: TypedExpression = { kind: 'literal', type: int64, nullable: false, value: by };
  return { kind: 'arithmetic', operator: '%', type: int64, nullable: true, left: of, right };
}

describe('crossJoin', () => {
  test.each(['left', 'right'] as const)('pairs all rows as DuckDB does, collecting the %s', async (collect) => {
    const join = crossJoin({ left, right, collect });
    const order = collect === 'left' ? 'm, n' : 'n, m';
    for (const [l, r] of fc.sample(fc.tuple(numbered(left, 90), numbered(right, 90)), 5)) {
      const expected = await duckRowsOf({ l, r }, `select * from l, r order by ${order}`);
      const { rows } = await runJoinOperator(join, sidesOf(collect, { left: l, right: r }));
      expect(rows).toEqual(expected);
    }
  });

  test.each(['left', 'right'] as const)('keeps the pairs that pass a residual, collecting the %s', async (collect) => {
    const join = crossJoin({ left, right, collect, residual });
    const order = collect === 'left' ? 'm, n' : 'n, m';
    for (const [l, r] of fc.sample(fc.tuple(numbered(left, 90), numbered(right, 90)), 5)) {
      const expected = await duckRowsOf({ l, r }, `select * from l, r where a % 3 < m % 5 order by ${order}`);
      const { rows } = await runJoinOperator(join, sidesOf(collect, { left: l, right: r }));
      expect(rows).toEqual(expected);
    }
  });

  test('streams and collects columns of any type', async () => {
    const type = anyType(2);
    const row = (of: Schema): fc.Arbitrary<Row> => fc.tuple(...of.fields.map((f) => anyValue(f.type)));
    const cases = fc.tuple(type, type).chain(([a, b]) => {
      const [l, r] = [schema(field('a', a)), schema(field('b', b))];
      return fc.tuple(
        fc.constant([l, r] as const),
        fc.array(row(l), { maxLength: 5 }),
        fc.array(row(r), { maxLength: 5 }),
      );
    });
    await fc.assert(
      fc.asyncProperty(cases, async ([[l, r], lefts, rights]) => {
        const { rows } = await runJoinOperator(crossJoin({ left: l, right: r, collect: 'right' }), {
          build: { schema: r, rows: rights },
          probe: { schema: l, rows: lefts },
        });
        expect(rows).toEqual(lefts.flatMap((a) => rights.map((b) => [...a, ...b])));
      }),
      { numRuns: 40 },
    );
  });

  const one = schema(field('a', int32, false));
  const other = schema(field('b', int32, false));
  const upTo = (count: number): Row[] => Array.from({ length: count }, (_, n): Row => [n]);

  test.each([
    [1, 1],
    [2, 20_000],
    [20_000, 2],
    [3, BATCH_ROWS],
    [3, BATCH_ROWS / 2],
    [3, BATCH_ROWS / 2 + 1],
  ])('fills batches with %d streamed and %d collected rows', async (streamed, collected) => {
    const join = crossJoin({ left: one, right: other, collect: 'right' });
    const { rows, batchRows } = await runJoinOperator(
      join,
      {
        build: { schema: other, rows: upTo(collected) },
        probe: { schema: one, rows: upTo(streamed) },
      },
      { memory: testBudget(256 * 1024 * 1024) },
    );
    expect(rows.length).toBe(streamed * collected);
    for (const [index, [a, b]] of rows.entries()) {
      if (a !== Math.floor(index / collected) || b !== index % collected) throw new Error(`row ${index}: ${a}, ${b}`);
    }
    // No more than twice the batches that there have to be.
    expect(batchRows.length).toBeLessThanOrEqual(2 * Math.ceil(rows.length / BATCH_ROWS) + streamed / BATCH_ROWS + 1);
  });

  test('emits no more of a batch than is wanted', async () => {
    const join = crossJoin({ left: one, right: other, collect: 'right' });
    const sides = { build: { schema: other, rows: upTo(10_000) }, probe: { schema: one, rows: upTo(10_000) } };
    const { batchRows } = await runJoinOperator(join, sides, { doneAfter: 3 });
    expect(batchRows).toEqual([10_000, 10_000, 10_000]);
  });

  test('repeats long texts no further than a batch has room for', async () => {
    const texts = schema(field('t', utf8, false));
    const rows = Array.from({ length: 30 }, (_, n): Row => [`${n % 10}`.repeat(50_000)]);
    const join = crossJoin({ left: one, right: texts, collect: 'right' });
    const joined = await runJoinOperator(join, {
      build: { schema: texts, rows },
      probe: { schema: one, rows: upTo(9) },
    });
    expect(joined.rows).toEqual(upTo(9).flatMap((a) => rows.map((b) => [...a, ...b])));
  });

  test('reads nothing of the streamed side where nothing was collected', async () => {
    const join = crossJoin({ left: one, right: other, collect: 'right' });
    const { rows, batchesProbed } = await runJoinOperator(join, {
      build: { schema: other, rows: [] },
      probe: { schema: one, rows: upTo(9) },
    });
    expect(rows).toEqual([]);
    expect(batchesProbed).toBe(0);
  });

  test('fails by name when the collected side is too large', async () => {
    const join = crossJoin({ left: one, right: other, collect: 'right' });
    const sides = { build: { schema: other, rows: upTo(300_000) }, probe: { schema: one, rows: upTo(1) } };
    await expect(runJoinOperator(join, sides, { memory: testBudget(1024 * 1024) })).rejects.toThrowError(
      expect.objectContaining({ name: 'MemoryBudgetExceeded', message: expect.stringMatching(/^CrossJoin needs/) }),
    );
  });

  const small = { build: tables(right, { maxRows: 40 }), probe: tables(left, { maxRows: 40 }) };
  describe('without a condition', () =>
    obeysJoinContract((): Join => crossJoin({ left, right, collect: 'right' }), small, { numRuns: 5 }));
  describe('with one', () =>
    obeysJoinContract((): Join => crossJoin({ left, right, collect: 'right', residual }), small, { numRuns: 5 }));

  // Nested values are repeated as they are.
  const nested = schema(field('l', list(utf8)), field('s', struct(field('p', int32), field('q', utf8))));
  test('repeats nested values', async () => {
    const rows: Row[] = [
      [
        ['a', null],
        [1, 'x'],
      ],
      [null, null],
      [[], [null, 'y']],
    ];
    const join = crossJoin({ left: nested, right: other, collect: 'right' });
    const joined = await runJoinOperator(join, {
      build: { schema: other, rows: upTo(3) },
      probe: { schema: nested, rows },
    });
    expect(joined.rows).toEqual(rows.flatMap((a): Value[][] => upTo(3).map((b) => [...a, ...b])));
  });
});
