import type { BoundOf } from '../bind-parts.ts';
import { exactly, inOrder, type Prune, type Pruned, part, positionsIn } from '../pruning.ts';

/** By name, the columns of shared rows that some reader needs. */
export type SharedNeeds = Map<string, Set<number>>;

/** All readers get the columns that any of them needs, as far as that is known: `needs` gets what this one does. */
export function pruneShared(
  node: BoundOf<'shared'>,
  needed: ReadonlySet<number>,
  needs: SharedNeeds,
  prune: Prune,
): Pruned {
  const all = new Set([...(needs.get(node.name) ?? []), ...needed]);
  needs.set(node.name, all);
  const columns = inOrder(all);
  const input = exactly(columns, node.input, prune);
  return { node: { ...node, input, schema: part(node.schema, columns) }, positionOf: positionsIn(columns) };
}
