import { canFail } from '../../../expressions/can-fail.ts';
import type { Expression } from '../../../expressions/expression.ts';
import { withInputs } from '../../node-inputs.ts';
import { conjunctsOf, filtered } from '../conjuncts.ts';
import { isPure } from '../expression-facts.ts';
import { predicateBelow } from '../predicate-below.ts';
import type { Rule } from '../rule.ts';

/**
 * What a filter asks goes below the node under it, each part as far as it may. What can fail stays where it sees more rows there, or
 * where a part before it stays, which may protect it.
 */
export const pushFilter: Rule = {
  name: 'push-filter',
  apply(node, facts) {
    if (node.kind !== 'filter' || !isPure(node.predicate)) return undefined;
    const { input } = node;
    const schema = facts.schema(input);
    const asked: Expression[][] = [];
    const kept: Expression[] = [];
    for (const conjunct of conjunctsOf(node.predicate)) {
      const below = predicateBelow(input, conjunct, facts);
      const typed = facts.typed(conjunct, schema);
      const isSafe = typed !== undefined && (!canFail(typed) || (below?.sameValues === true && kept.length === 0));
      if (below === undefined || !isSafe) kept.push(conjunct);
      else {
        for (const [index, each] of below.inputs.entries()) {
          if (each !== undefined) asked[index] = [...(asked[index] ?? []), each];
        }
      }
    }
    if (asked.length === 0) return undefined;
    return filtered(
      withInputs(input, (below, index) => filtered(below, asked[index])),
      kept,
    );
  },
};
