import { describe, expect, test } from 'vitest';
import { decimal, int8, int64, utf8 } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import { InvalidCast } from '../../src/errors.ts';
import type { Expression } from '../../src/expressions/expression.ts';
import { filter } from '../../src/operators/streaming/filter.ts';
import { filterProject } from '../../src/operators/streaming/filter-project.ts';
import { project } from '../../src/operators/streaming/project.ts';
import { lit, typed, typedColumns } from '../support/expressions.ts';
import { col, op } from '../support/plans.ts';
import { tables } from '../support/tables.ts';
import { runStages } from '../support/task.ts';
import { obeysContract } from './contract.ts';

const input = schema(field('n', int64), field('s', utf8), field('d', decimal(12, 2)));
const predicate = typed(input, op(op(col('n'), '>', lit(0n)), 'and', op(col('s'), '<', lit('b'))));
const columns = typedColumns(input, { d: col('d'), twice: op(col('d'), '+', col('d')), s: col('s') });
const narrow: Expression = { kind: 'cast', input: col('d'), type: int8 };

describe('filter-project', () => {
  obeysContract(() => filterProject({ input, predicate, columns }), tables(input));

  test('gives what a filter and a projection behind it give', async () => {
    const rows = Array.from({ length: 200 }, (_, n) => [
      BigInt((n % 7) - 3),
      n % 5 === 0 ? null : `${n % 3 ? 'a' : 'c'}`,
      BigInt(n),
    ]);
    const feed = { schema: input, rows, cuts: [65, 1] };
    const fused = await runStages([filterProject({ input, predicate, columns })], feed);
    const apart = await runStages([filter({ input, predicate }), project({ input, columns })], feed);
    expect(fused.rows.length).toBeGreaterThan(20);
    expect(fused.rows).toEqual(apart.rows);
  });

  test('does not compute columns for rows that the filter has removed', async () => {
    const guard = typed(input, op(col('n'), '=', lit(1n)));
    const stage = filterProject({ input, predicate: guard, columns: typedColumns(input, { d: narrow }) });
    const rows = [
      [1n, null, 1200n],
      [2n, null, 99999n],
      [null, null, 99999n],
    ];
    expect((await runStages([stage], { schema: input, rows })).rows).toEqual([[12]]);
    const bad = runStages([stage], { schema: input, rows: [...rows, [1n, null, 99999n]] });
    await expect(bad).rejects.toThrow(InvalidCast);
  });
});
