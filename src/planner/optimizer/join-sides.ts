/** From which side the columns of a join come: under the names that they have there. */

import type { Side } from '../../operators/joins/hash-join.ts';
import type { JoinType } from '../../plan/plan-node.ts';
import type { NodeOf } from '../bind-parts.ts';
import { sharedNames } from '../join-keys.ts';
import type { PlanFacts } from './rule.ts';

export type JoinNode = NodeOf<'hash-join' | 'cross-join' | 'sort-merge-join' | 'asof-join'>;

/** A key of both sides of one name is that of the side that has all of its rows; of an outer join it is of neither. */
export function sidesOf(node: JoinNode, facts: PlanFacts): ReadonlyMap<string, Side> {
  const ofLeft = facts.schema(node.left).fields.map(({ name }): [string, Side] => [name, 'left']);
  const ofRight = facts.schema(node.right).fields.map(({ name }): [string, Side] => [name, 'right']);
  const joinType = joinTypeOf(node);
  if (joinType === 'semi' || joinType === 'anti') return new Map(ofLeft);
  // Of names of both sides, those of keys, the last one counts.
  const sides = new Map(joinType === 'right' ? [...ofLeft, ...ofRight] : [...ofRight, ...ofLeft]);
  if (joinType === 'outer') for (const name of sharedKeys(node)) sides.delete(name);
  return sides;
}

export const joinTypeOf = (node: JoinNode): JoinType =>
  node.kind === 'cross-join' ? 'inner' : node.kind === 'asof-join' ? 'left' : node.joinType;

/** Keys that are one column of the join. */
export function sharedKeys(node: JoinNode): ReadonlySet<string> {
  if (node.kind === 'cross-join') return new Set();
  if (node.kind !== 'asof-join') return sharedNames(node.leftOn, node.rightOn);
  const { leftBy = [], rightBy = [], leftOn, rightOn } = node;
  return sharedNames([...leftBy, leftOn], [...rightBy, rightOn]);
}
