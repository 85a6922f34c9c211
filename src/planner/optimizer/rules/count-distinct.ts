import type { AggregateCall, Expression, NamedExpression } from '../../../expressions/expression.ts';
import { expressionKey } from '../../../expressions/expression-key.ts';
import { column, isPure } from '../expression-facts.ts';
import type { Rule } from '../rule.ts';

/**
 * Counting the different values of all rows is to make them distinct, and to count: half as much work, as nothing is kept of which group a
 * value is.
 *
 *     aggregate  count_distinct(x)        aggregate  count(x)
 *       …                                   dedup  x
 *                                             project  x
 */
export const countDistinct: Rule = {
  name: 'count-distinct',
  apply(node, facts) {
    if (node.kind !== 'aggregate' || node.stage !== undefined) return undefined;
    const schema = facts.schema(node.input);
    const inputs = node.aggregates.map((call) => inputOf(call));
    const [first] = inputs;
    if (first === undefined || !isPure(first)) return undefined;
    const key = (e: Expression | undefined): string | undefined => {
      const typed = e && facts.typed(e, schema);
      return typed && expressionKey(typed);
    };
    if (!inputs.every((input) => key(input) !== undefined && key(input) === key(first))) return undefined;
    const value: NamedExpression = { name: 'value', expression: first };
    return {
      ...node,
      input: { kind: 'dedup', input: { kind: 'project', input: node.input, columns: [value] } },
      aggregates: node.aggregates.map(({ name }) => ({ name, function: 'count', input: column(value.name) })),
    };
  },
};

/** What is counted, where the call does nothing but count different values. */
function inputOf({ function: called, input, filter, options }: AggregateCall): Expression | undefined {
  const isPlain = called === 'count_distinct' && filter === undefined && options === undefined;
  return isPlain ? input : undefined;
}
