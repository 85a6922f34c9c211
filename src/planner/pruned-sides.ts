import type { BoundNode } from './bound-plan.ts';
import type { Prune } from './pruning.ts';

/** The two inputs of a join without the columns that are not needed. */
export interface PrunedSides {
  readonly left: BoundNode;
  readonly right: BoundNode;
  readonly leftAt: (index: number) => number;
  readonly rightAt: (index: number) => number;
  /** Where a column stands among those of left, then those of right. */
  readonly positionOf: (index: number) => number;
}

/** `needed` are columns of left, then of right; the others are those that keys need of each. */
export function pruneSides(
  node: { readonly left: BoundNode; readonly right: BoundNode },
  needed: ReadonlySet<number>,
  keys: { readonly left: ReadonlySet<number>; readonly right: ReadonlySet<number> },
  prune: Prune,
): PrunedSides {
  const leftCount = node.left.schema.fields.length;
  const ofLeft = [...needed].filter((index) => index < leftCount);
  const ofRight = [...needed].filter((index) => index >= leftCount).map((index) => index - leftCount);
  const left = prune(node.left, new Set([...ofLeft, ...keys.left]));
  const right = prune(node.right, new Set([...ofRight, ...keys.right]));
  const { length } = left.node.schema.fields;
  return {
    left: left.node,
    right: right.node,
    leftAt: left.positionOf,
    rightAt: right.positionOf,
    positionOf: (index) => (index < leftCount ? left.positionOf(index) : length + right.positionOf(index - leftCount)),
  };
}
