/**
 * Which rows take part in an aggregate, said by nulls, which is what accumulators skip anyway.
 *
 *     sum(x) where f              sum(if(f, x, null))
 *     count(*) where f            count(if(f, true, null))
 *     list(x) where f             x of the rows where if(f, true, null) is not null
 *
 * So a filter needs no code of its own, and compiles as any expression does. The branch that is not taken is not
 * demanded: a row that the filter drops cannot fail in the input. Where values are looked at row by row, a bare column is
 * kept as it is and a mask says which rows, because text would else be made anew by the interpreter.
 */

import { bool } from '../columnar/data-type.ts';
import { literal, logic } from '../expressions/coerce.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { simplified } from '../expressions/simplify.ts';

/** A value, and the expression that is null where its row does not take part; undefined where all rows do. */
export interface Taking {
  readonly value: TypedExpression;
  readonly mask: TypedExpression | undefined;
}

/** `value` where all of `conditions` are true, else null. */
export function guarded(value: TypedExpression, conditions: readonly TypedExpression[]): TypedExpression {
  const [first, ...others] = conditions;
  if (first === undefined) return value;
  const condition = others.reduce((left, right) => logic('and', left, right), first);
  const { type } = value;
  const otherwise = literal(null, type);
  // biome-ignore lint/suspicious/noThenProperty: a word of the plan language; expressions are never awaited.
  return simplified({ kind: 'if-else', condition, then: value, otherwise, type, nullable: true });
}

/** True where all of `conditions` are, else null. */
export const trueWhere = (conditions: readonly TypedExpression[]): TypedExpression =>
  guarded(literal(true, bool), conditions);

export const isNull = (input: TypedExpression): TypedExpression =>
  simplified({ kind: 'is-null', input, type: bool, nullable: false });

export const isNotNull = (input: TypedExpression): TypedExpression =>
  simplified({ kind: 'not', input: isNull(input), type: bool, nullable: false });

/** The rows that pass `filter`, with their nulls or without them. */
export function takingPart(value: TypedExpression, filter: TypedExpression | undefined, keepNulls: boolean): Taking {
  const drops = !keepNulls && value.nullable;
  if (filter === undefined) return { value, mask: drops ? value : undefined };
  if (value.kind === 'column') {
    return { value, mask: trueWhere(drops ? [filter, isNotNull(value)] : [filter]) };
  }
  const chosen = guarded(value, [filter]);
  return { value: chosen, mask: keepNulls ? trueWhere([filter]) : chosen };
}
