/** Calls of functions over lists of values, beside the same in SQL: DuckDB is the oracle. */

import type { DataType } from '../../../src/columnar/data-type.ts';
import { field, type Schema } from '../../../src/columnar/schema.ts';
import type { Value } from '../../../src/columnar/value.ts';
import { bindExpression } from '../../../src/expressions/bind.ts';
import type { Expression } from '../../../src/expressions/expression.ts';
import { interpreter } from '../../../src/expressions/interpret.ts';
import { Problems } from '../../../src/expressions/problems.ts';
import { duckRows } from '../../support/duckdb.ts';

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
  return rows.map((row, index) => {
    let ours: Value | undefined;
    try {
      ours = evaluate({ value: (column) => row[column] ?? null, where: () => 'here' });
    } catch {
      ours = undefined;
    }
    return { row, ours, theirs: theirs[index]?.[0] };
  });
}

/** Every combination of the values, one list per column. */
export const combinations = (lists: readonly (readonly Value[])[]): Value[][] =>
  lists.reduce<Value[][]>((rows, list) => rows.flatMap((row) => list.map((value) => [...row, value])), [[]]);
