import { canFail } from '../../../expressions/can-fail.ts';
import type { Expression } from '../../../expressions/expression.ts';
import { allOf, conjunctsOf, filtered } from '../conjuncts.ts';
import { isPure } from '../expression-facts.ts';
import type { Rule } from '../rule.ts';

/** Two filters are one, but for what can fail: the lower one may protect it, and `null and x` asks for x. */
export const mergeFilters: Rule = {
  name: 'merge-filters',
  apply(node, facts) {
    if (node.kind !== 'filter' || node.input.kind !== 'filter') return undefined;
    if (!isPure(node.predicate) || !isPure(node.input.predicate)) return undefined;
    const schema = facts.schema(node);
    const fails = (e: Expression): boolean => {
      const typed = facts.typed(e, schema);
      return typed === undefined || canFail(typed);
    };
    const conjuncts = conjunctsOf(node.predicate);
    const moved = conjuncts.filter((each) => !fails(each));
    const kept = conjuncts.filter(fails);
    if (moved.length === 0) return undefined;
    const predicate = allOf([...conjunctsOf(node.input.predicate), ...moved]);
    return filtered({ ...node.input, predicate }, kept);
  },
};
