import type { PlanNode } from '../../../plan/plan-node.ts';
import { keepsOnly } from '../../kept-side.ts';
import { type JoinNode, joinTypeOf } from '../join-sides.ts';
import { atMostRows } from '../row-bounds.ts';
import type { Rule } from '../rule.ts';

/** What is made of no rows is no rows. */
export const dropEmpty: Rule = {
  name: 'drop-empty',
  apply(node, facts) {
    if (node.kind === 'empty-scan') return undefined;
    if (node.kind === 'concat') {
      const inputs = node.inputs.filter((input) => input.kind !== 'empty-scan');
      if (inputs.length > 0) return inputs.length < node.inputs.length ? { ...node, inputs } : undefined;
      return { kind: 'empty-scan', schema: facts.schema(node).fields };
    }
    if (node.kind === 'hash-join' && node.joinType === 'anti' && isEmpty(node.right)) return node.left;
    return hasNoRows(node) ? { kind: 'empty-scan', schema: facts.schema(node).fields } : undefined;
  },
};

const isEmpty = (node: PlanNode): boolean => node.kind === 'empty-scan';

function hasNoRows(node: PlanNode): boolean {
  switch (node.kind) {
    case 'limit':
    case 'top-n':
      return atMostRows(node) === 0;
    case 'project':
    case 'udf-project':
    case 'filter':
    case 'explode':
    case 'unpivot':
    case 'into-batches':
    case 'shared':
    case 'monotonically-increasing-id':
    case 'dedup':
    case 'sort':
    case 'window-partition-only':
    case 'window-partition-and-order-by':
    case 'window-partition-and-dynamic-frame':
    case 'window-order-by-only':
      return isEmpty(node.input);
    case 'grouped-aggregate':
      return node.stage === undefined && isEmpty(node.input);
    case 'hash-join':
    case 'cross-join':
    case 'sort-merge-join':
    case 'asof-join':
      return joinHasNoRows(node);
    default:
      return false;
  }
}

function joinHasNoRows(node: JoinNode): boolean {
  const joinType = joinTypeOf(node);
  if (isEmpty(node.left) && (isEmpty(node.right) || keepsOnly('left', joinType))) return true;
  // Without a row on the right a semi join matches nothing.
  return isEmpty(node.right) && (keepsOnly('right', joinType) || joinType === 'semi');
}
