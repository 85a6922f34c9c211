import { type Problems, pathOf } from '../../expressions/problems.ts';
import { type BoundOf, bindSortKeys, type NodeOf } from '../bind-parts.ts';
import type { BoundNode } from '../bound-plan.ts';
import { expressionsOf, type Prune, type Pruned, sortKeysAt, withColumnsOf } from '../pruning.ts';

export function bindSort(
  input: BoundNode,
  node: NodeOf<'sort' | 'top-n'>,
  problems: Problems,
  path: string,
): BoundNode {
  const keys = bindSortKeys(node.keys, input.schema, problems, pathOf(path, 'keys'));
  const { schema } = input;
  if (keys === undefined) return { kind: 'empty-scan', schema };
  if (node.kind === 'sort') return { kind: 'sort', input, keys, schema };
  return { kind: 'top-n', input, keys, limit: node.limit, offset: node.offset ?? 0, schema };
}

export function pruneSort(node: BoundOf<'sort' | 'top-n'>, needed: ReadonlySet<number>, prune: Prune): Pruned {
  const { node: input, positionOf } = prune(node.input, withColumnsOf(expressionsOf(node.keys), needed));
  return { node: { ...node, input, keys: sortKeysAt(node.keys, positionOf), schema: input.schema }, positionOf };
}
