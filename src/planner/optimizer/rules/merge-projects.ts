import type { Expression } from '../../../expressions/expression.ts';
import { mapInputs } from '../../../expressions/expression-inputs.ts';
import { isPure } from '../expression-facts.ts';
import type { Rule } from '../rule.ts';
import { replaced } from '../substitution.ts';

/** Two projections are one, where nothing that is computed would be computed twice. */
export const mergeProjects: Rule = {
  name: 'merge-projects',
  apply(node, facts) {
    if (node.kind !== 'project' || node.input.kind !== 'project') return undefined;
    const below = node.input;
    const uses = new Map<string, number>();
    for (const { expression } of node.columns) countUses(expression, 1, uses);
    const isComputedOnce = below.columns.every(
      ({ name, expression }) => expression.kind === 'column' || (uses.get(name) ?? 0) <= 1,
    );
    if (!isComputedOnce) return undefined;
    if (![...node.columns, ...below.columns].every(({ expression }) => isPure(expression))) return undefined;
    const projection = {
      columns: below.columns,
      input: facts.schema(below.input),
      schema: facts.schema(below),
    };
    const columns = node.columns.map(({ name, expression }) => ({
      name,
      expression: replaced(expression, projection, facts),
    }));
    if (
      !columns.every((made): made is typeof made & { readonly expression: Expression } => made.expression !== undefined)
    ) {
      return undefined;
    }
    return { ...node, input: below.input, columns };
  },
};

/** How often columns are asked for: in a lambda once for each item. */
function countUses(e: Expression, times: number, uses: Map<string, number>): void {
  if (e.kind === 'column') uses.set(e.name, (uses.get(e.name) ?? 0) + times);
  mapInputs(e, (input) => {
    countUses(input, e.kind === 'lambda' ? 2 : times, uses);
    return input;
  });
}
