import { canFail } from '../../../expressions/can-fail.ts';
import type { Expression, TypedExpression } from '../../../expressions/expression.ts';
import { expressionKey } from '../../../expressions/expression-key.ts';
import { conjunctsOf, filtered } from '../conjuncts.ts';
import { isPure } from '../expression-facts.ts';
import { holds } from '../predicate-below.ts';
import type { Rule } from '../rule.ts';

/**
 * What simplifies to true, was asked before, or holds already is not asked; where something is never true there are no rows.
 * What the binder simplifies stays as it is written, as it is simplified whenever it is bound.
 */
export const simplifyFilter: Rule = {
  name: 'simplify-filter',
  apply(node, facts) {
    if (node.kind !== 'filter' || !isPure(node.predicate)) return undefined;
    const schema = facts.schema(node);
    const conjuncts = conjunctsOf(node.predicate);
    const seen = new Set<string>();
    const kept: Expression[] = [];
    for (const conjunct of conjuncts) {
      const typed = facts.typed(conjunct, schema);
      if (typed === undefined) return undefined;
      // What may fail before it is asked first.
      if (isNeverTrue(typed) && !kept.some((e) => fails(facts.typed(e, schema)))) {
        return { kind: 'empty-scan', schema: schema.fields };
      }
      const key = expressionKey(typed);
      const isTrue = typed.kind === 'literal' && typed.value === true;
      if (!isTrue && !seen.has(key) && !holds(node.input, conjunct, facts)) kept.push(conjunct);
      seen.add(key);
    }
    return kept.length === conjuncts.length ? undefined : filtered(node.input, kept);
  },
};

const isNeverTrue = (e: TypedExpression): boolean => e.kind === 'literal' && e.value !== true;
const fails = (e: TypedExpression | undefined): boolean => e === undefined || canFail(e);
