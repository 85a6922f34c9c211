import type { Expression } from '../../../expressions/expression.ts';
import type { PlanNode } from '../../../plan/plan-node.ts';
import { conjunctsOf, filtered } from '../conjuncts.ts';
import { isPure } from '../expression-facts.ts';
import { type Equality, equalityOf } from '../join-conditions.ts';
import type { Rule } from '../rule.ts';

/**
 * A filter for equal values of both sides of a cross join makes it one by these keys; over an inner join it adds keys.
 *
 *     filter a = b and x < y        filter x < y
 *       cross-join                    hash-join a = b
 */
export const crossToInner: Rule = {
  name: 'cross-to-inner',
  apply(node, facts) {
    if (node.kind !== 'filter' || !isPure(node.predicate)) return undefined;
    const join = node.input;
    const isCross = join.kind === 'cross-join' && join.residual === undefined;
    if (!isCross && (join.kind !== 'hash-join' || join.joinType !== 'inner')) return undefined;
    const keys: Equality[] = [];
    const kept: Expression[] = [];
    for (const conjunct of conjunctsOf(node.predicate)) {
      const equality = equalityOf(conjunct, join, facts);
      if (equality === undefined) kept.push(conjunct);
      else keys.push(equality);
    }
    if (keys.length === 0) return undefined;
    const leftOn = keys.map(({ left }) => left);
    const rightOn = keys.map(({ right }) => right);
    const { left, right } = join;
    const made: PlanNode =
      join.kind === 'hash-join'
        ? {
            ...join,
            leftOn: [...join.leftOn, ...leftOn],
            rightOn: [...join.rightOn, ...rightOn],
            ...(join.nullEqualsNull && { nullEqualsNull: [...join.nullEqualsNull, ...keys.map(() => false)] }),
          }
        : { kind: 'hash-join', left, right, leftOn, rightOn, joinType: 'inner' };
    return filtered(made, kept);
  },
};
