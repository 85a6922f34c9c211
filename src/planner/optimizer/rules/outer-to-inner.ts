import type { Side } from '../../../operators/joins/hash-join.ts';
import type { JoinType } from '../../../plan/plan-node.ts';
import type { NodeOf } from '../../bind-parts.ts';
import { hasOneForm } from '../expression-facts.ts';
import { sharedKeys, sidesOf } from '../join-sides.ts';
import { rejectsNulls } from '../null-rejection.ts';
import type { PlanFacts, Rule } from '../rule.ts';
import { withSchema } from '../with-schema.ts';

/**
 * A filter that no row passes which lacks a side of the join makes it give no such rows.
 *
 *     filter b.y > 5          left      inner
 *     filter a.x > 5          outer     left, then what it asks goes below
 */
export const outerToInner: Rule = {
  name: 'outer-to-inner',
  apply(node, facts) {
    if (node.kind !== 'filter') return undefined;
    const join = node.input;
    if (join.kind !== 'hash-join' && join.kind !== 'sort-merge-join') return undefined;
    const joinType = without(join.joinType, (side) => rejects(node, join, side, facts));
    if (joinType === join.joinType || !hasKeysOfOneForm(join, facts)) return undefined;
    return { ...node, input: withSchema({ ...join, joinType }, facts.schema(join), facts) };
  },
};

/** The kind of join whose rows have the sides that `isNeeded` tells of. */
function without(joinType: JoinType, isNeeded: (side: Side) => boolean): JoinType {
  switch (joinType) {
    case 'left':
      return isNeeded('right') ? 'inner' : 'left';
    case 'right':
      return isNeeded('left') ? 'inner' : 'right';
    case 'outer': {
      const [left, right] = [isNeeded('left'), isNeeded('right')];
      return left && right ? 'inner' : left ? 'left' : right ? 'right' : 'outer';
    }
    default:
      return joinType;
  }
}

type OuterJoin = NodeOf<'hash-join' | 'sort-merge-join'>;

function rejects({ predicate }: NodeOf<'filter'>, join: OuterJoin, side: Side, facts: PlanFacts): boolean {
  const schema = facts.schema(join);
  const sides = sidesOf(join, facts);
  const typed = facts.typed(predicate, schema);
  return typed !== undefined && rejectsNulls(typed, (index) => sides.get(schema.fields[index]?.name ?? '') === side);
}

/** Then it does not matter of which side a key is. That of a left join stays what it is. */
function hasKeysOfOneForm(join: OuterJoin, facts: PlanFacts): boolean {
  if (join.joinType === 'left') return true;
  const shared = sharedKeys(join);
  return facts.schema(join).fields.every(({ name, type }) => !shared.has(name) || hasOneForm(type));
}
