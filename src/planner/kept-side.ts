import type { Side } from '../operators/joins/hash-join.ts';
import type { JoinType } from '../plan/plan-node.ts';

export const otherSide = (side: Side): Side => (side === 'left' ? 'right' : 'left');

/** The side of a hash join that is kept in memory where nobody says which. */
export const usualBuildSide = (joinType: JoinType): Side => (joinType === 'right' ? 'left' : 'right');

/** Whether every row of the join has a row of the side: so one that the side does not give takes all of its rows away. */
export function keepsOnly(side: Side, joinType: JoinType): boolean {
  if (joinType === 'inner') return true;
  return side === 'left' ? joinType === 'left' || joinType === 'semi' || joinType === 'anti' : joinType === 'right';
}
