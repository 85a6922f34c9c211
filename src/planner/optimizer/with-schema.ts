import { sameType } from '../../columnar/data-type.ts';
import { type Schema, sameSchema } from '../../columnar/schema.ts';
import type { Expression, NamedExpression } from '../../expressions/expression.ts';
import type { PlanNode } from '../../plan/plan-node.ts';
import { column } from './expression-facts.ts';
import type { PlanFacts } from './rule.ts';

/** `node` with the columns of `wanted`, by their names or by what `from` says, in their order and their types. */
export function withSchema(
  node: PlanNode,
  wanted: Schema,
  facts: PlanFacts,
  from: ReadonlyMap<string, Expression> = new Map(),
): PlanNode {
  const schema = facts.schema(node);
  if (from.size === 0 && sameSchema(schema, wanted)) return node;
  const columns = wanted.fields.map(({ name, type }): NamedExpression => {
    const expression = from.get(name) ?? column(name);
    const found = facts.typed(expression, schema)?.type;
    return {
      name,
      expression: found && sameType(found, type) ? expression : { kind: 'cast', input: expression, type },
    };
  });
  return { kind: 'project', input: node, columns };
}
