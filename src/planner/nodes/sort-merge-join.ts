import { withColumnsAt } from '../../expressions/columns.ts';
import type { Problems } from '../../expressions/problems.ts';
import { areAllPassedOn, schemaOfColumns } from '../../expressions/typed-columns.ts';
import type { BoundOf, NodeOf } from '../bind-parts.ts';
import type { BoundNode } from '../bound-plan.ts';
import { joinColumns, joinedSides } from '../join-columns.ts';
import { bindKeyPairs, sharedNames } from '../join-keys.ts';
import { expressionsText } from '../node-text.ts';
import { pruneSides } from '../pruned-sides.ts';
import { type Prune, type Pruned, withColumnsOf } from '../pruning.ts';

export function bindSortMergeJoin(
  left: BoundNode,
  right: BoundNode,
  node: NodeOf<'sort-merge-join'>,
  problems: Problems,
  path: string,
): BoundNode | undefined {
  const { joinType } = node;
  const pairs = bindKeyPairs(
    { name: 'leftOn', expressions: node.leftOn, schema: left.schema },
    { name: 'rightOn', expressions: node.rightOn, schema: right.schema },
    problems,
    path,
  );
  if (pairs === undefined) return undefined;
  const sides = { left: left.schema, right: right.schema };
  const joined = joinColumns(joinType, sides, sharedNames(node.leftOn, node.rightOn), problems, path);
  if (joined === undefined) return undefined;
  const { columns } = joined;
  const leftOn = pairs.map((pair) => pair.left);
  const rightOn = pairs.map((pair) => pair.right);
  const schema = isHalf(joinType) ? left.schema : joined.sides;
  const input: BoundNode = { kind: 'sort-merge-join', left, right, leftOn, rightOn, joinType, schema };
  return areAllPassedOn(columns, schema)
    ? input
    : { kind: 'project', input, columns, schema: schemaOfColumns(columns) };
}

/** Whether nothing of right comes out. */
const isHalf = (joinType: NodeOf<'sort-merge-join'>['joinType']): boolean => joinType === 'semi' || joinType === 'anti';

export function pruneSortMergeJoin(
  node: BoundOf<'sort-merge-join'>,
  needed: ReadonlySet<number>,
  prune: Prune,
): Pruned {
  const { leftOn, rightOn, joinType } = node;
  const keys = { left: withColumnsOf(leftOn), right: withColumnsOf(rightOn) };
  const { left, right, leftAt, rightAt, positionOf } = pruneSides(node, needed, keys, prune);
  const pruned = {
    ...node,
    left,
    right,
    leftOn: leftOn.map((key) => withColumnsAt(key, leftAt)),
    rightOn: rightOn.map((key) => withColumnsAt(key, rightAt)),
    schema: isHalf(joinType) ? left.schema : joinedSides(joinType, { left: left.schema, right: right.schema }),
  };
  return { node: pruned, positionOf };
}

export const sortMergeJoinText = ({ leftOn, rightOn, joinType }: BoundOf<'sort-merge-join'>): string =>
  `SortMergeJoin ${joinType} on ${expressionsText(leftOn)} = ${expressionsText(rightOn)}`;
