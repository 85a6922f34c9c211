import type { Expression } from '../../../expressions/expression.ts';
import type { Side } from '../../../operators/joins/hash-join.ts';
import type { JoinType } from '../../../plan/plan-node.ts';
import { allOf, conjunctsOf, filtered } from '../conjuncts.ts';
import { isPure } from '../expression-facts.ts';
import { mayMove, onlySide } from '../join-conditions.ts';
import { sidesOf } from '../join-sides.ts';
import type { Rule } from '../rule.ts';

/**
 * What the condition of a join asks of one side alone is a filter of that side, if rows that fail it would match nothing and come out for
 * no other reason: of both sides of an inner and of a semi join, of the right one of a left and of an anti join.
 */
export const splitResidual: Rule = {
  name: 'split-residual',
  apply(node, facts) {
    if (node.kind !== 'hash-join' || node.residual === undefined || !isPure(node.residual)) return undefined;
    // The condition is over the columns of an inner join, whatever the join is.
    const inner = { ...node, joinType: 'inner', residual: undefined } as const;
    const sides = sidesOf(inner, facts);
    const asked: Readonly<Record<Side, Expression[]>> = { left: [], right: [] };
    const kept: Expression[] = [];
    for (const conjunct of conjunctsOf(node.residual)) {
      const side = onlySide(conjunct, sides);
      if (side !== undefined && FILTERED[node.joinType].includes(side) && mayMove(conjunct, inner, facts)) {
        asked[side].push(conjunct);
      } else kept.push(conjunct);
    }
    if (asked.left.length + asked.right.length === 0) return undefined;
    const { residual: _, left, right, ...rest } = node;
    return {
      ...rest,
      left: filtered(left, asked.left),
      right: filtered(right, asked.right),
      ...(kept.length > 0 && { residual: allOf(kept) }),
    };
  },
};

const FILTERED: Readonly<Record<JoinType, readonly Side[]>> = {
  inner: ['left', 'right'],
  semi: ['left', 'right'],
  left: ['right'],
  anti: ['right'],
  right: ['left'],
  outer: [],
};
