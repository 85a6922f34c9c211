/** Calls of functions over columns a, b, c …: what they give, of which type, and what is said where they do not bind. */

import { type DataType, typeName } from '../../../src/columnar/data-type.ts';
import { field, type Schema } from '../../../src/columnar/schema.ts';
import type { Value } from '../../../src/columnar/value.ts';
import { bindExpression } from '../../../src/expressions/bind.ts';
import type { Expression, TypedExpression } from '../../../src/expressions/expression.ts';
import { interpreter } from '../../../src/expressions/interpret.ts';
import { type JsonValue, valueToJson } from '../../../src/expressions/literal.ts';
import { Problems } from '../../../src/expressions/problems.ts';
import { columnName } from './duckdb-agreement.ts';

export const col = (name: string): Expression => ({ kind: 'column', name });
export const lit = (type: DataType, value: JsonValue): Expression => ({ kind: 'literal', type, value });
export const call = (name: string, ...given: readonly Expression[]): Expression => ({
  kind: 'function',
  name,
  arguments: given,
});

const schemaOf = (columns: readonly DataType[]): Schema => ({
  fields: columns.map((type, index) => field(columnName(index), type)),
});

/** The expression bound over columns of these types. @throws where it does not bind */
export function boundOver(columns: readonly DataType[], e: Expression): TypedExpression {
  const problems = new Problems();
  const bound = bindExpression(e, schemaOf(columns), problems, '$');
  if (bound === undefined) throw new Error(JSON.stringify(problems.found));
  return bound;
}

/** What is said of an expression that does not bind. */
export function problemsOf(columns: readonly DataType[], e: Expression): readonly string[] {
  const problems = new Problems();
  bindExpression(e, schemaOf(columns), problems, '$');
  return problems.found.map(({ message }) => message);
}

/** The value of an expression in a row. */
export function evaluated(columns: readonly DataType[], row: readonly Value[], e: Expression): Value {
  const bound = boundOver(columns, e);
  return interpreter(bound)({ value: (column) => row[column] ?? null, where: () => 'row 1' });
}

/** `type: value`, of an expression without columns. */
export function shown(e: Expression): string {
  const bound = boundOver([], e);
  const value = interpreter(bound)({ value: () => null, where: () => 'row 1' });
  return `${typeName(bound.type)}: ${JSON.stringify(valueToJson(value, bound.type))}`;
}
