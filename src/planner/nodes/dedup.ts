import type { Field } from '../../columnar/schema.ts';
import { type Problems, pathOf } from '../../expressions/problems.ts';
import { type BoundOf, bindNames, type NodeOf } from '../bind-parts.ts';
import type { BoundNode } from '../bound-plan.ts';
import { namesText } from '../node-text.ts';
import type { Prune, Pruned } from '../pruning.ts';

export function bindDedup(
  input: BoundNode,
  node: NodeOf<'dedup'>,
  problems: Problems,
  path: string,
): BoundNode | undefined {
  const { schema } = input;
  const columnsPath = pathOf(path, 'columns');
  const names = node.columns ?? schema.fields.map(({ name }) => name);
  const columns = bindNames(names, schema, problems, columnsPath);
  if (columns === undefined) return undefined;
  return { kind: 'dedup', input, columns, schema };
}

export function pruneDedup(node: BoundOf<'dedup'>, needed: ReadonlySet<number>, prune: Prune): Pruned {
  const { node: input, positionOf } = prune(node.input, new Set([...needed, ...node.columns]));
  return { node: { ...node, input, columns: node.columns.map(positionOf), schema: input.schema }, positionOf };
}

export const dedupText = ({ columns, schema }: BoundOf<'dedup'>): string =>
  `Dedup by ${namesText(columns.map((index) => schema.fields[index] as Field))}`;
