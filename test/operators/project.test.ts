import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decimal, float64, int64, utf8 } from '../../src/columnar/data-type.ts';
import { field, schema, schemaText } from '../../src/columnar/schema.ts';
import { ArithmeticOverflow } from '../../src/errors.ts';
import type { Expression } from '../../src/expressions/expression.ts';
import { project } from '../../src/operators/streaming/project.ts';
import { lit, typedColumns } from '../support/expressions.ts';
import { col, op } from '../support/plans.ts';
import { tables } from '../support/tables.ts';
import { type Row, runStages } from '../support/task.ts';
import { obeysContract } from './contract.ts';

const input = schema(field('n', int64), field('s', utf8), field('d', decimal(25, 2)), field('f', float64));
const rows: readonly Row[] = [
  [1n, 'a', 100n, 0.5],
  [null, 'b', null, null],
  [3n, null, 300n, 2.5],
];
const make = (columns: Readonly<Record<string, Expression>>) =>
  project({ input, columns: typedColumns(input, columns) });

describe('project', () => {
  obeysContract(
    () =>
      make({
        again: col('s'),
        half: op(col('f'), '/', lit(2)),
        small: op(col('n'), '<', lit(3n)),
        d: col('d'),
        constant: lit('c'),
      }),
    tables(input),
  );

  test('computes, renames, repeats and reorders columns', async () => {
    const stage = make({ s: col('s'), more: op(col('n'), '+', lit(1n)), s2: col('s'), three: lit(3n) });
    expect(schemaText(stage.schema)).toBe('s utf8?, more int64?, s2 utf8?, three int64');
    expect((await runStages([stage], { schema: input, rows, cuts: [2] })).rows).toEqual([
      ['a', 2n, 'a', 3n],
      ['b', null, 'b', 3n],
      [null, 4n, null, 3n],
    ]);
  });

  test('may have no columns, and keeps the number of rows', async () => {
    const { stats } = await runStages([make({})], { schema: input, rows });
    expect(stats[0]).toMatchObject({ name: 'Project', rowsOut: 3 });
  });

  test('says where a sum overflows', async () => {
    const stage = make({ sum: op(col('n'), '+', lit(2n ** 63n - 3n)) });
    const run = runStages([stage], { schema: input, rows, cuts: [1, 1] });
    await expect(run).rejects.toThrow(ArithmeticOverflow);
    await expect(run).rejects.toThrow(/^Project, row 2: /);
  });

  test('computes what JavaScript computes', async () => {
    const two = schema(field('a', float64), field('b', float64));
    const stage = project({
      input: two,
      columns: typedColumns(two, { c: op(col('a'), '*', op(col('b'), '-', lit(1))) }),
    });
    await fc.assert(
      fc.asyncProperty(tables(two, { maxRows: 300 }), async ({ rows: all }) => {
        const result = await runStages([stage], { schema: two, rows: all, cuts: [65] });
        const expected = all.map(([a, b]) => [a === null || b === null ? null : Number(a) * (Number(b) - 1)]);
        expect(result.rows).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });
});
