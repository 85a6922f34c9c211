import type { PlanNode } from '../../plan/plan-node.ts';

/** How many rows a node gives at most, by its kind alone. */
export function atMostRows(node: PlanNode): number {
  switch (node.kind) {
    case 'empty-scan':
      return 0;
    case 'aggregate':
      return node.stage?.kind === 'partial' ? Number.POSITIVE_INFINITY : 1;
    case 'limit':
    case 'top-n':
      return Math.min(node.limit, Math.max(0, atMostRows(node.input) - (node.offset ?? 0)));
    case 'project':
    case 'udf-project':
    case 'filter':
    case 'sort':
    case 'dedup':
    case 'into-batches':
    case 'shared':
    case 'monotonically-increasing-id':
      return atMostRows(node.input);
    case 'concat':
      return node.inputs.reduce((sum, input) => sum + atMostRows(input), 0);
    case 'cross-join':
      return product(atMostRows(node.left), atMostRows(node.right));
    default:
      return Number.POSITIVE_INFINITY;
  }
}

const product = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : a * b);
