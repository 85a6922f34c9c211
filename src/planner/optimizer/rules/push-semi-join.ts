import type { Expression } from '../../../expressions/expression.ts';
import type { Side } from '../../../operators/joins/hash-join.ts';
import type { PlanNode } from '../../../plan/plan-node.ts';
import type { NodeOf } from '../../bind-parts.ts';
import { estimateOf } from '../estimate.ts';
import { isPure } from '../expression-facts.ts';
import { mayMove, onlySide } from '../join-conditions.ts';
import { sidesOf } from '../join-sides.ts';
import type { PlanFacts, Rule } from '../rule.ts';
import { replaced } from '../substitution.ts';

/**
 * A semi or an anti join is a filter of its left side by what another table has: it goes below projections and sorts, and below an
 * inner join to the side that has its keys, where that side has no more rows than come out.
 */
export const pushSemiJoin: Rule = {
  name: 'push-semi-join',
  apply(node, facts) {
    if (node.kind !== 'hash-join' || (node.joinType !== 'semi' && node.joinType !== 'anti')) return undefined;
    if (node.residual !== undefined) return undefined;
    const { left } = node;
    switch (left.kind) {
      case 'sort':
        return { ...left, input: { ...node, left: left.input } };
      case 'project':
        return belowProject(node, left, facts);
      case 'hash-join':
        return left.joinType === 'inner' ? belowJoin(node, left, facts) : undefined;
      default:
        return undefined;
    }
  },
};

type HashJoin = NodeOf<'hash-join'>;

function belowProject(node: HashJoin, project: NodeOf<'project'>, facts: PlanFacts): PlanNode | undefined {
  if (!project.columns.every(({ expression }) => isPure(expression))) return undefined;
  const projection = {
    columns: project.columns,
    input: facts.schema(project.input),
    schema: facts.schema(project),
  };
  const leftOn = node.leftOn.map((key) => replaced(key, projection, facts));
  if (!leftOn.every((key): key is Expression => key !== undefined)) return undefined;
  return { ...project, input: { ...node, left: project.input, leftOn } };
}

function belowJoin(node: HashJoin, join: HashJoin, facts: PlanFacts): PlanNode | undefined {
  const side = onlySide(node.leftOn, sidesOf(join, facts));
  if (side === undefined) return undefined;
  if (!node.leftOn.every((key) => mayMove(key, join, facts))) return undefined;
  return isNoLarger(join, side, facts) ? { ...join, [side]: { ...node, left: join[side] } } : undefined;
}

function isNoLarger(join: HashJoin, side: Side, facts: PlanFacts): boolean {
  const [before, after] = [estimateOf(join[side], facts), estimateOf(join, facts)];
  return before !== undefined && after !== undefined && before.rows <= after.rows;
}
