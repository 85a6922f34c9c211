import type { BoundOf, NodeOf } from '../bind-parts.ts';
import type { BoundNode } from '../bound-plan.ts';
import type { Prune, Pruned } from '../pruning.ts';

export const bindLimit = (input: BoundNode, { limit, offset = 0 }: NodeOf<'limit'>): BoundNode => ({
  kind: 'limit',
  input,
  limit,
  offset,
  schema: input.schema,
});

export function pruneLimit(node: BoundOf<'limit'>, needed: ReadonlySet<number>, prune: Prune): Pruned {
  const { node: input, positionOf } = prune(node.input, needed);
  return { node: { ...node, input, schema: input.schema }, positionOf };
}
