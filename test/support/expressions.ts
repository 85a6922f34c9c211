import type { Schema } from '../../src/columnar/schema.ts';
import { bindExpression } from '../../src/expressions/bind.ts';
import type { Expression, TypedColumn, TypedExpression } from '../../src/expressions/expression.ts';
import { Problems } from '../../src/expressions/problems.ts';
import { simplified } from '../../src/expressions/simplify.ts';

/** A literal of the type that JavaScript's value suggests. */
export const lit = (value: bigint | number | string | boolean | null): Expression => {
  if (typeof value === 'bigint') return { kind: 'literal', type: { kind: 'int64' }, value: String(value) };
  const kind = typeof value === 'number' ? 'float64' : typeof value === 'boolean' ? 'bool' : 'utf8';
  return { kind: 'literal', type: { kind }, value };
};
/** Bound against a schema, as a plan's expressions are. @throws InvalidPlan */
export function typed(schema: Schema, expression: Expression): TypedExpression {
  const problems = new Problems();
  const bound = bindExpression(expression, schema, problems, '$');
  problems.throwIfAny();
  if (bound === undefined) throw new Error('An expression that did not bind has no problems.');
  return simplified(bound);
}

export function typedColumns(schema: Schema, columns: Readonly<Record<string, Expression>>): TypedColumn[] {
  return Object.entries(columns).map(([name, expression]) => ({ name, expression: typed(schema, expression) }));
}
