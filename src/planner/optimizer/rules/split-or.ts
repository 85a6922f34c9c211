import type { Expression } from '../../../expressions/expression.ts';
import type { Side } from '../../../operators/joins/hash-join.ts';
import { keepsOnly } from '../../kept-side.ts';
import { allOf, anyOf, conjunctsOf, disjunctsOf, filtered } from '../conjuncts.ts';
import { isPure } from '../expression-facts.ts';
import { mayMove, onlySide } from '../join-conditions.ts';
import { type JoinNode, joinTypeOf, sidesOf } from '../join-sides.ts';
import { holds } from '../predicate-below.ts';
import type { PlanFacts, Rule } from '../rule.ts';
import { factored } from './factor-or.ts';

/**
 * Alternatives that all ask something of one side of a join ask one of these of it:
 *
 *     filter (a.n = 1 and b.n = 2) or (a.n = 2 and b.n = 1)      … and (a.n = 1 or a.n = 2) and (b.n = 2 or b.n = 1)
 *
 * which the sides are asked then.
 */
export const splitOr: Rule = {
  name: 'split-or',
  apply(node, facts) {
    if (node.kind !== 'filter' || !isPure(node.predicate)) return undefined;
    const join = node.input;
    if (join.kind !== 'hash-join' && join.kind !== 'cross-join') return undefined;
    const conjuncts = conjunctsOf(node.predicate);
    const implied = SIDES.filter((side) => keepsOnly(side, joinTypeOf(join)))
      .flatMap((side) => conjuncts.flatMap((each) => impliedOf(each, side, join, facts) ?? []))
      // As another rule would make it, or it would not be known again, and be implied for ever.
      .flatMap((each) => factored(each, node, facts) ?? [each])
      .filter((each) => mayMove(each, join, facts) && !holds(node, each, facts));
    return implied.length === 0 ? undefined : filtered(join, [...conjuncts, ...implied]);
  },
};

const SIDES: readonly Side[] = ['left', 'right'];

/** What the alternatives of `e` ask of one side, where each asks something of it and not all of them nothing else. */
function impliedOf(e: Expression, side: Side, join: JoinNode, facts: PlanFacts): Expression | undefined {
  const sides = sidesOf(join, facts);
  if (onlySide(e, sides) !== undefined) return undefined;
  const alternatives = disjunctsOf(e);
  if (alternatives.length === 1) return undefined;
  const asked = alternatives.map((each) => conjunctsOf(each).filter((one) => onlySide(one, sides) === side));
  return asked.every((each) => each.length > 0) ? anyOf(asked.map(allOf)) : undefined;
}
