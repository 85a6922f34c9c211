import type { Problems } from '../../expressions/problems.ts';
import { pathOf } from '../../expressions/problems.ts';
import { type BoundOf, bindColumns, type NodeOf } from '../bind-parts.ts';
import type { BoundNode } from '../bound-plan.ts';
import {
  columnsAt,
  expressionsOf,
  inOrder,
  type Prune,
  type Pruned,
  part,
  positionsIn,
  withColumnsOf,
} from '../pruning.ts';
import { withAsyncCalls } from '../split-async.ts';

export function bindProject(
  input: BoundNode,
  node: NodeOf<'project'>,
  problems: Problems,
  path: string,
): BoundNode | undefined {
  const columns = bindColumns(node.columns, input.schema, problems, pathOf(path, 'columns'));
  return columns && withAsyncCalls(input, columns);
}

/** A projection that only hands on all columns of its input, under their names, is left out. */
export function pruneProject(node: BoundOf<'project'>, needed: ReadonlySet<number>, prune: Prune): Pruned {
  const kept = inOrder(needed);
  const columns = kept.flatMap((index) => node.columns[index] ?? []);
  const { node: input, positionOf } = prune(node.input, withColumnsOf(expressionsOf(columns)));
  const moved = columnsAt(columns, positionOf);
  const { fields } = input.schema;
  const isIdentity =
    moved.length === fields.length &&
    moved.every(({ name, expression }, index) => {
      return expression.kind === 'column' && expression.index === index && fields[index]?.name === name;
    });
  const project: BoundNode = { ...node, input, columns: moved, schema: part(node.schema, kept) };
  return { node: isIdentity ? input : project, positionOf: positionsIn(kept) };
}
