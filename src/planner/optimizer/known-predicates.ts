/** What is true of all rows of a node, because filters below say so. */

import type { Expression, NamedExpression } from '../../expressions/expression.ts';
import { columnsIn, withColumnsRenamed } from '../../expressions/expression-inputs.ts';
import type { PlanNode } from '../../plan/plan-node.ts';
import { keepsOnly } from '../kept-side.ts';
import { conjunctsOf } from './conjuncts.ts';
import { isPure, passed } from './expression-facts.ts';
import { type JoinNode, joinTypeOf, sidesOf } from './join-sides.ts';
import type { PlanFacts } from './rule.ts';

/** Pure conditions over the columns of `node`. */
export function knownPredicates(node: PlanNode, facts: PlanFacts): readonly Expression[] {
  switch (node.kind) {
    case 'filter':
      return [...conjunctsOf(node.predicate).filter(isPure), ...knownPredicates(node.input, facts)];
    case 'project':
      return renamed(knownPredicates(node.input, facts), node.columns);
    case 'grouped-aggregate':
      return node.stage === undefined ? renamed(knownPredicates(node.input, facts), node.groupBy) : [];
    case 'udf-project':
    case 'sort':
    case 'top-n':
    case 'limit':
    case 'sample':
    case 'into-batches':
    case 'shared':
    case 'monotonically-increasing-id':
    case 'dedup':
    case 'window-partition-only':
    case 'window-partition-and-order-by':
    case 'window-partition-and-dynamic-frame':
    case 'window-order-by-only': {
      const names = facts.schema(node).fields.map(({ name }) => passed(name));
      return renamed(knownPredicates(node.input, facts), names);
    }
    case 'hash-join':
    case 'cross-join':
    case 'sort-merge-join':
    case 'asof-join':
      return ofSides(node, facts);
    default:
      return [];
  }
}

/** Those over columns that are passed on, by the names that they get. */
function renamed(predicates: readonly Expression[], columns: readonly NamedExpression[]): readonly Expression[] {
  const names = new Map(
    columns.flatMap(({ name, expression }) => (expression.kind === 'column' ? [[expression.name, name] as const] : [])),
  );
  return predicates
    .filter((e) => [...columnsIn(e)].every((name) => names.has(name)))
    .map((e) => withColumnsRenamed(e, names));
}

function ofSides(node: JoinNode, facts: PlanFacts): readonly Expression[] {
  const sides = sidesOf(node, facts);
  return (['left', 'right'] as const)
    .filter((side) => keepsOnly(side, joinTypeOf(node)))
    .flatMap((side) =>
      knownPredicates(node[side], facts).filter((e) => [...columnsIn(e)].every((name) => sides.get(name) === side)),
    );
}
