import type { AggregateCall, AggregateFunction } from '../../../expressions/expression.ts';
import type { PlanNode } from '../../../plan/plan-node.ts';
import type { NodeOf } from '../../bind-parts.ts';
import { hasOneForm } from '../expression-facts.ts';
import { atMostRows } from '../row-bounds.ts';
import type { PlanFacts, Rule } from '../rule.ts';

/** What changes nothing is left out: projections of all columns, limits that leave all rows, what is made distinct twice, orders that nobody sees. */
export const dropNodes: Rule = {
  name: 'drop-nodes',
  apply(node, facts) {
    switch (node.kind) {
      case 'project':
        return isIdentity(node, facts) ? node.input : undefined;
      case 'limit':
        return (node.offset ?? 0) === 0 && atMostRows(node.input) <= node.limit ? node.input : undefined;
      case 'sort':
        return atMostRows(node.input) <= 1 ? node.input : undefined;
      case 'concat':
        return node.inputs.length === 1 ? node.inputs[0] : undefined;
      case 'dedup':
        return isDistinct(node, facts) ? node.input : undefined;
      case 'aggregate':
      case 'grouped-aggregate': {
        const { input } = node;
        if (input.kind !== 'sort' || !node.aggregates.every((call) => seesNoOrder(call, input, facts)))
          return undefined;
        return { ...node, input: input.input };
      }
      default:
        return undefined;
    }
  },
};

function isIdentity({ input, columns }: NodeOf<'project'>, facts: PlanFacts): boolean {
  const { fields } = facts.schema(input);
  return (
    columns.length === fields.length &&
    columns.every(({ name, expression }, index) => {
      return expression.kind === 'column' && expression.name === name && fields[index]?.name === name;
    })
  );
}

/** Whether no two rows are equal in the columns. */
function isDistinct({ input, columns }: NodeOf<'dedup'>, facts: PlanFacts): boolean {
  const by = new Set(columns ?? facts.schema(input).fields.map(({ name }) => name));
  if (atMostRows(input) <= 1) return true;
  const keys = distinctBy(input, facts);
  return keys !== undefined && keys.length > 0 && keys.every((name) => by.has(name));
}

/** Columns in which no two rows are equal. */
function distinctBy(node: PlanNode, facts: PlanFacts): readonly string[] | undefined {
  switch (node.kind) {
    case 'grouped-aggregate':
      return node.stage === undefined ? node.groupBy.map(({ name }) => name) : undefined;
    case 'pivot':
      return node.groupBy;
    case 'dedup':
      return node.columns ?? facts.schema(node).fields.map(({ name }) => name);
    case 'filter':
    case 'sort':
    case 'limit':
    case 'top-n':
      return distinctBy(node.input, facts);
    default:
      return undefined;
  }
}

const UNORDERED: ReadonlySet<AggregateFunction> = new Set([
  'count',
  'count_distinct',
  'sum',
  'min',
  'max',
  'bool_and',
  'bool_or',
]);

/** Floats show in which order they were added, and which of two zeros was the first. */
function seesNoOrder({ function: called, input }: AggregateCall, sort: NodeOf<'sort'>, facts: PlanFacts): boolean {
  if (!UNORDERED.has(called)) return false;
  const typed = input && facts.typed(input, facts.schema(sort));
  return input === undefined || (typed !== undefined && hasOneForm(typed.type));
}
