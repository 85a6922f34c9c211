/**
 * Expressions over the columns of a projection, over what is below it.
 *
 *     y < 9            over   y = x + 1             x + 1 < 9
 *
 * Literals adapt to what stands beside them when they are bound, so that the text alone does not say what is meant: where y is the
 * literal 1 of int64 and b an int8, b + y is an int64, and b + 1 need not be. So both are bound, and what is not the same then is not replaced.
 */

import type { Schema } from '../../columnar/schema.ts';
import { columnPositions } from '../../columnar/schema.ts';
import type { Expression, NamedExpression, TypedColumn } from '../../expressions/expression.ts';
import { columnsIn, withColumnsReplaced } from '../../expressions/expression-inputs.ts';
import { sameExpression } from '../../expressions/expression-key.ts';
import { simplified } from '../../expressions/simplify.ts';
import { substituted } from '../fuse.ts';
import type { PlanFacts } from './rule.ts';

export interface Projection {
  /** Some of the columns of `schema`, or all of them. */
  readonly columns: readonly NamedExpression[];
  /** Of what is below. */
  readonly input: Schema;
  readonly schema: Schema;
}

const named = new WeakMap<readonly NamedExpression[], ReadonlyMap<string, Expression>>();

function expressionsByName(columns: readonly NamedExpression[]): ReadonlyMap<string, Expression> {
  const known = named.get(columns) ?? new Map(columns.map(({ name, expression }) => [name, expression]));
  named.set(columns, known);
  return known;
}

/** `e` over the input of the projection; undefined where that cannot be said with the same meaning. */
export function replaced(
  e: Expression,
  { columns, input, schema }: Projection,
  facts: PlanFacts,
): Expression | undefined {
  const by = expressionsByName(columns);
  const read = columnsIn(e);
  if ([...read].some((name) => !by.has(name))) return undefined;
  const made = withColumnsReplaced(e, by);
  const [before, after] = [facts.typed(e, schema), facts.typed(made, input)];
  if (before === undefined || after === undefined) return undefined;
  // What is not read is never looked at.
  const typed: TypedColumn[] = [];
  for (const name of read) {
    const given = by.get(name);
    typed[columnPositions(schema).get(name) ?? 0] = {
      name,
      expression: (given && facts.typed(given, input)) ?? before,
    };
  }
  return sameExpression(simplified(substituted(before, typed)), after) ? made : undefined;
}
