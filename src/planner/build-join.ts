import { asofJoin } from '../operators/joins/asof-join.ts';
import { crossJoin } from '../operators/joins/cross-join.ts';
import { hashJoin } from '../operators/joins/hash-join.ts';
import { sortMergeJoin } from '../operators/joins/sort-merge-join.ts';
import type { Join } from '../operators/operator.ts';
import type { BoundOf } from './bind-parts.ts';
import type { BoundNode } from './bound-plan.ts';

/** A join with the plans of what is built and of what then passes through. */
export interface BuiltJoin {
  readonly join: Join;
  readonly build: BoundNode;
  readonly probe: BoundNode;
}

/** One arm per kind. */
export function buildJoin(node: BoundOf<'hash-join' | 'cross-join' | 'sort-merge-join' | 'asof-join'>): BuiltJoin {
  const { left, right } = node;
  const sides = { left: left.schema, right: right.schema };
  switch (node.kind) {
    case 'hash-join':
      return over(hashJoin({ ...node, ...sides }), node, node.buildSide);
    case 'cross-join':
      return over(crossJoin({ ...node, ...sides }), node, node.collect);
    case 'sort-merge-join':
      return over(sortMergeJoin({ ...node, ...sides }), node, 'right');
    case 'asof-join':
      return over(asofJoinOf(node), node, 'right');
  }
}

function over(
  join: Join,
  { left, right }: { readonly left: BoundNode; readonly right: BoundNode },
  buildSide: 'left' | 'right',
): BuiltJoin {
  return buildSide === 'left' ? { join, build: left, probe: right } : { join, build: right, probe: left };
}

function asofJoinOf(node: BoundOf<'asof-join'>): Join {
  const { left, right, leftBy, leftOn, rightBy, rightOn, rightColumns, schema } = node;
  const { strategy, allowExactMatches, tolerance } = node;
  return asofJoin({
    left: left.schema,
    right: right.schema,
    leftKeys: { by: leftBy, on: leftOn },
    rightKeys: { by: rightBy, on: rightOn },
    rightColumns,
    schema,
    strategy,
    allowExactMatches,
    tolerance: tolerance?.units,
  });
}
