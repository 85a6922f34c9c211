import { bindPredicate } from '../../expressions/bind.ts';
import { withColumnsAt } from '../../expressions/columns.ts';
import { type Problems, pathOf } from '../../expressions/problems.ts';
import { simplified } from '../../expressions/simplify.ts';
import type { BoundOf, NodeOf } from '../bind-parts.ts';
import type { BoundNode } from '../bound-plan.ts';
import { type Prune, type Pruned, withColumnsOf } from '../pruning.ts';

export function bindFilter(input: BoundNode, node: NodeOf<'filter'>, problems: Problems, path: string): BoundNode {
  const predicate = bindPredicate(node.predicate, input.schema, problems, pathOf(path, 'predicate'));
  // A predicate that is wrong leaves the columns as they are: what stands above can still be checked.
  if (predicate === undefined) return { kind: 'empty-scan', schema: input.schema };
  return { kind: 'filter', input, predicate: simplified(predicate), schema: input.schema };
}

export function pruneFilter(node: BoundOf<'filter'>, needed: ReadonlySet<number>, prune: Prune): Pruned {
  const { node: input, positionOf } = prune(node.input, withColumnsOf([node.predicate], needed));
  const predicate = withColumnsAt(node.predicate, positionOf);
  return { node: { ...node, input, predicate, schema: input.schema }, positionOf };
}
