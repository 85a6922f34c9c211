import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BATCH_ROWS } from '../../src/columnar/batch.ts';
import { decimal, int64, list, utf8 } from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { unpivot } from '../../src/operators/streaming/unpivot.ts';
import { anyType, anyValue } from '../support/arbitrary-values.ts';
import { duckRows } from '../support/duckdb.ts';
import { tables } from '../support/tables.ts';
import { type Row, runStages, testBudget } from '../support/task.ts';
import { obeysContract } from './contract.ts';

const input = schema(
  field('id', int64, false),
  field('jan', decimal(20, 2)),
  field('name', utf8),
  field('feb', decimal(20, 2)),
);
const options = { input, ids: [0, 2], values: [3, 1], variableName: 'month', valueName: 'sold' };

describe('unpivot', () => {
  test('gives a row for each value, nulls too, row by row and in the order of the columns named', async () => {
    const rows: Row[] = [
      [1n, 1050n, 'x', null],
      [2n, 2000n, null, 3000n],
    ];
    const { rows: out } = await runStages([unpivot(options)], { schema: input, rows });
    expect(out).toEqual([
      [1n, 'x', 'feb', null],
      [1n, 'x', 'jan', 1050n],
      [2n, null, 'feb', 3000n],
      [2n, null, 'jan', 2000n],
    ]);
  });

  test('works without ids', async () => {
    const stage = unpivot({ ...options, ids: [] });
    const { rows: out } = await runStages([stage], { schema: input, rows: [[1n, 5n, 'x', null]] });
    expect(out).toEqual([
      ['feb', null],
      ['jan', 5n],
    ]);
  });

  test('the names are one dictionary', async () => {
    const rows: Row[] = [[1n, 1050n, 'x', null]];
    const { rows: out } = await runStages([unpivot(options)], { schema: input, rows });
    expect(out.length).toBe(2);
    const memory = { seen: undefined as unknown };
    const stage = unpivot(options);
    const spy = {
      role: 'streaming' as const,
      name: 'Spy',
      schema: stage.schema,
      open: () => ({
        push: async (batch: Parameters<ReturnType<typeof stage.open>['push']>[0]) => {
          memory.seen = batch.columns[2]?.dictionary?.size;
          return 'more' as const;
        },
        [Symbol.dispose]: () => {},
      }),
    };
    await runStages([stage, spy], { schema: input, rows });
    expect(memory.seen).toBe(2);
  });

  /** As many columns of numbers. */
  const wide = (count: number): Schema => ({
    fields: Array.from({ length: count }, (_, n) => field(`c${n}`, int64)),
  });

  test.each([3, 300, BATCH_ROWS - 1, BATCH_ROWS, BATCH_ROWS + 5])(
    'cuts the rows of %i columns into batches',
    async (count) => {
      const stage = unpivot({ ...options, input: wide(count), ids: [0], values: [...wide(count).fields.keys()] });
      const rows = Array.from(
        { length: Math.ceil(40_000 / count) },
        (_, row): Row => Array.from({ length: count }, (_, n) => BigInt(row * count + n)),
      );
      const { rows: out } = await runStages([stage], { schema: wide(count), rows }, { memory: testBudget(2 ** 28) });
      const expected = rows.flatMap((row) => row.map((value, n) => [row[0] as Value, `c${n}`, value]));
      expect(out).toEqual(expected);
    },
  );

  test('ends a batch where its text is too large, and goes on behind it', async () => {
    const texts = schema(field('a', utf8), field('b', utf8));
    const rows: Row[] = Array.from({ length: 20 }, (_, n) => [`a${n}`.repeat(200_000), `b${n}`.repeat(200_000)]);
    const stage = unpivot({ ...options, input: texts, ids: [1], values: [0, 1] });
    const { rows: out, stats } = await runStages([stage], { schema: texts, rows });
    expect(out).toEqual(
      rows.flatMap(([a, b]) => [
        [b, 'a', a],
        [b, 'b', b],
      ]),
    );
    expect(stats[0]?.batchesOut).toBeGreaterThan(1);
  });

  test('equals DuckDB’s UNPIVOT', async () => {
    const columns = fc.shuffledSubarray(['jan', 'feb', 'mar'], { minLength: 1 });
    const months = schema(...['id', 'jan', 'feb', 'mar'].map((name) => field(name, int64)));
    await fc.assert(
      fc.asyncProperty(tables(months, { maxRows: 60 }), columns, async (table, names) => {
        const values = names.map((name) => months.fields.findIndex((f) => f.name === name));
        const stage = unpivot({ input: months, ids: [0], values, variableName: 'month', valueName: 'sold' });
        const { rows: out } = await runStages([stage], { ...table, cuts: [10, 0, 3] });
        const sql = `select id, month, sold from (from t unpivot include nulls (sold for month in (${names.join()})))`;
        expect(out).toEqual(await duckRows(table, sql));
      }),
      { numRuns: 30 },
    );
  });

  test('takes values of every type, plain and as dictionaries', async () => {
    const cases = fc
      .tuple(anyType(2), fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }))
      .chain(([type, forms]) => {
        const given = schema(field('a', type), field('o', list(utf8)), field('b', type));
        const row = fc.tuple(anyValue(type), anyValue(list(utf8)), anyValue(type));
        return fc.array(row, { maxLength: 80 }).map((rows) => ({ schema: given, rows: rows as Row[], forms }));
      });
    await fc.assert(
      fc.asyncProperty(cases, async ({ forms, ...table }) => {
        const stage = unpivot({ ...options, input: table.schema, ids: [1], values: [0, 2] });
        const isNull = table.schema.fields[0]?.type.kind === 'null';
        const form = (_: number, column: number) => ({
          dictionary: forms[column] === true && !(isNull && column !== 1),
        });
        const { rows: out } = await runStages([stage], { ...table, cuts: [30], form });
        expect(out).toEqual(
          table.rows.flatMap(([a, o, b]) => [
            [o, 'a', a],
            [o, 'b', b],
          ]),
        );
      }),
      { numRuns: 60 },
    );
  });

  obeysContract(() => unpivot(options), tables(input, { maxRows: 80 }));
});
