/** Calls of functions over lists of values, interpreted and over batches, beside the same in SQL: DuckDB is the oracle. */

import { expect } from 'vitest';
import { batchFromRows } from '../../../src/columnar/column-from-values.ts';
import { readRows } from '../../../src/columnar/column-values.ts';
import type { DataType } from '../../../src/columnar/data-type.ts';
import { field, type Schema } from '../../../src/columnar/schema.ts';
import type { Value } from '../../../src/columnar/value.ts';
import { RowProgram } from '../../../src/compile/row-program.ts';
import { bindExpression } from '../../../src/expressions/bind.ts';
import type { Expression, TypedExpression } from '../../../src/expressions/expression.ts';
import { interpreter } from '../../../src/expressions/interpret.ts';
import { Problems } from '../../../src/expressions/problems.ts';
import { simplified } from '../../../src/expressions/simplify.ts';
import { MemoryBudget } from '../../../src/memory/budget.ts';
import { duckRows } from '../../support/duckdb.ts';

const budget = new MemoryBudget(64 << 20);

export interface Agreement {
  /** Named a, b, c … in `call` and in `sql`. */
  readonly types: readonly DataType[];
  readonly rows: readonly (readonly Value[])[];
  readonly call: Expression;
  readonly sql: string;
}

export interface Compared {
  readonly row: readonly Value[];
  /** Undefined where it was an error. */
  readonly ours: Value | undefined;
  readonly theirs: Value | undefined;
}

export const columnName = (index: number): string => 'abcdefgh'.charAt(index);

/** Ours and DuckDB's result for each row. */
export async function compared({ types, rows, call, sql }: Agreement): Promise<readonly Compared[]> {
  const schema: Schema = { fields: types.map((type, index) => field(columnName(index), type)) };
  const problems = new Problems();
  const bound = bindExpression(call, schema, problems, '$');
  if (bound === undefined) throw new Error(JSON.stringify(problems.found));
  const evaluate = interpreter(bound);
  const theirs = await duckRows({ schema, rows }, `select ${sql} from t order by rowid`);
  const ours = rows.map((row): Value | undefined => {
    try {
      return evaluate({ value: (column) => row[column] ?? null, where: () => 'here' });
    } catch {
      return undefined;
    }
  });
  expect(
    resultOf(
      bound,
      schema,
      rows.filter((_, index) => ours[index] !== undefined),
    ),
  ).toEqual(ours.filter((value) => value !== undefined));
  return rows.map((row, index) => ({ row, ours: ours[index], theirs: theirs[index]?.[0] }));
}

/** What is computed for the rows of one batch, compiled where there is code for it. */
function resultOf(expression: TypedExpression, schema: Schema, rows: readonly (readonly Value[])[]): readonly Value[] {
  using holding = budget.reserve('test');
  const columns = [{ name: 'x', expression: simplified(expression) }];
  using program = new RowProgram({ input: schema, columns, operator: 'Project' }, holding);
  return readRows(budget.linear, program.apply(batchFromRows(holding, schema, rows))).map(([value = null]) => value);
}

/** Every combination of the values, one list per column. */
export const combinations = (lists: readonly (readonly Value[])[]): Value[][] =>
  lists.reduce<Value[][]>((rows, list) => rows.flatMap((row) => list.map((value) => [...row, value])), [[]]);
