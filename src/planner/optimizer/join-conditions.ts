/** Conditions of joins, by the sides that they ask something of. */

import { canFail } from '../../expressions/can-fail.ts';
import type { Expression } from '../../expressions/expression.ts';
import { columnsIn } from '../../expressions/expression-inputs.ts';
import type { Side } from '../../operators/joins/hash-join.ts';
import type { PlanNode } from '../../plan/plan-node.ts';
import { isPure } from './expression-facts.ts';
import { type JoinNode, sidesOf } from './join-sides.ts';
import type { PlanFacts } from './rule.ts';

/** The only side that these, over the columns of the join, read; undefined of both, of none, and of what is of neither. */
export function onlySide(
  expressions: Expression | readonly Expression[],
  sides: ReadonlyMap<string, Side>,
): Side | undefined {
  const read = new Set([expressions].flat().flatMap((e) => [...columnsIn(e)].map((name) => sides.get(name))));
  const [side] = read;
  return read.size === 1 ? side : undefined;
}

/** Whether `e`, over the columns of `node`, may be asked of more rows, and in any order. */
export function mayMove(e: Expression, node: PlanNode, facts: PlanFacts): boolean {
  const typed = isPure(e) ? facts.typed(e, facts.schema(node)) : undefined;
  return typed !== undefined && !canFail(typed);
}

export interface Equality {
  readonly left: Expression;
  readonly right: Expression;
}

/** `e` as an equality of something of the left side with something of the right one, where it is one and may not fail. */
export function equalityOf(e: Expression, join: JoinNode, facts: PlanFacts): Equality | undefined {
  if (e.kind !== 'binary' || e.operator !== '=' || !mayMove(e, join, facts)) return undefined;
  const sides = sidesOf(join, facts);
  const [first, second] = [onlySide(e.left, sides), onlySide(e.right, sides)];
  if (first === 'left' && second === 'right') return { left: e.left, right: e.right };
  return first === 'right' && second === 'left' ? { left: e.right, right: e.left } : undefined;
}
