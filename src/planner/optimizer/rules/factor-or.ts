import { canFail } from '../../../expressions/can-fail.ts';
import type { Expression } from '../../../expressions/expression.ts';
import { expressionKey } from '../../../expressions/expression-key.ts';
import type { PlanNode } from '../../../plan/plan-node.ts';
import { allOf, anyOf, conjunctsOf, disjunctsOf, filtered } from '../conjuncts.ts';
import { isPure } from '../expression-facts.ts';
import type { PlanFacts, Rule } from '../rule.ts';

/** What all alternatives ask is asked once: `(a and b) or (a and c)` is `a and (b or c)`, also where something is null. */
export const factorOr: Rule = {
  name: 'factor-or',
  apply(node, facts) {
    if (node.kind !== 'filter' || !isPure(node.predicate)) return undefined;
    let isChanged = false;
    const conjuncts = conjunctsOf(node.predicate).flatMap((conjunct) => {
      const made = factored(conjunct, node, facts);
      isChanged ||= made !== undefined;
      return made ?? [conjunct];
    });
    return isChanged ? filtered(node.input, conjuncts) : undefined;
  },
};

/** The parts of an alternative over the rows of `node`, what all ask first; undefined where they ask nothing alike, or may fail. */
export function factored(e: Expression, node: PlanNode, facts: PlanFacts): readonly Expression[] | undefined {
  const alternatives = disjunctsOf(e).map(conjunctsOf);
  const [first, ...others] = alternatives;
  if (first === undefined || others.length === 0) return undefined;
  const schema = facts.schema(node);
  const typed = facts.typed(e, schema);
  // What may fail is asked after what protects it.
  if (typed === undefined || canFail(typed)) return undefined;
  const keyOf = (each: Expression): string => {
    const known = facts.typed(each, schema);
    return known === undefined ? '' : expressionKey(known);
  };
  const keys = others.map((conjuncts) => new Set(conjuncts.map(keyOf)));
  const common = first.filter((each) => keys.every((of) => of.has(keyOf(each))));
  if (common.length === 0) return undefined;
  const shared = new Set(common.map(keyOf));
  const rests = alternatives.map((conjuncts) => conjuncts.filter((each) => !shared.has(keyOf(each))));
  // An alternative that asks nothing more makes the others needless.
  return rests.every((rest) => rest.length > 0) ? [...common, anyOf(rests.map(allOf))] : common;
}
