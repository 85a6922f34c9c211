/** The keys of joins, and the names of columns of both sides. */

import { InvalidArgument } from '../errors.ts';
import type { Expression, NamedExpression } from '../expressions/expression.ts';
import { freeName } from '../planner/bind-parts.ts';
import { type Expr, type ExprOrName, exprOf } from './expr.ts';
import type { JoinOptions } from './frame-types.ts';
import { column, passed } from './named-columns.ts';

export function joinKeys({ on, leftOn, rightOn }: JoinOptions<any, any>): readonly [readonly Expr[], readonly Expr[]] {
  const keys = (given: unknown): readonly Expr[] =>
    (given === undefined ? [] : [given].flat()).map((key) => exprOf(key as ExprOrName));
  const both = keys(on);
  const sides = [
    [...both, ...keys(leftOn)],
    [...both, ...keys(rightOn)],
  ] as const;
  const [left, right] = sides;
  if (left.length === 0 || left.length !== right.length) {
    throw new InvalidArgument(
      `join: ${left.length} keys of the left side and ${right.length} of the right one: give on, or as many in leftOn as in rightOn.`,
    );
  }
  return sides;
}

export const sharedName = (left: Expression, right: Expression | undefined): readonly string[] =>
  left.kind === 'column' && right?.kind === 'column' && left.name === right.name ? [left.name] : [];

/** The columns of the right side under names that the left one does not have, but for `shared` ones. */
export function apart(
  left: readonly string[],
  right: readonly string[],
  shared: ReadonlySet<string>,
  suffix: string,
): readonly NamedExpression[] {
  const taken = new Set([...left, ...right]);
  return right.map((name) => {
    if (shared.has(name) || !left.includes(name)) return passed(name);
    const renamed = freeName(`${name}${suffix}`, taken);
    taken.add(renamed);
    return { name: renamed, expression: column(name) };
  });
}
