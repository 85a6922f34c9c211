import { identifiedSchema } from '../../columnar/reshaped-schema.ts';
import { nameText } from '../../expressions/expression-text.ts';
import { type Problems, pathOf } from '../../expressions/problems.ts';
import { type BoundOf, isNewName, type NodeOf } from '../bind-parts.ts';
import type { BoundNode } from '../bound-plan.ts';
import type { Prune, Pruned } from '../pruning.ts';

export function bindMonotonicallyIncreasingId(
  input: BoundNode,
  { name, partition = 0, offset = 0 }: NodeOf<'monotonically-increasing-id'>,
  problems: Problems,
  path: string,
): BoundNode | undefined {
  if (!isNewName(name, input.schema, problems, pathOf(path, 'name'))) return undefined;
  const schema = identifiedSchema(name, input.schema);
  return { kind: 'monotonically-increasing-id', input, name, partition, offset, schema };
}

/** Ids that nobody needs are not made. */
export function pruneMonotonicallyIncreasingId(
  node: BoundOf<'monotonically-increasing-id'>,
  needed: ReadonlySet<number>,
  prune: Prune,
): Pruned {
  const read = new Set([...needed].filter((index) => index > 0).map((index) => index - 1));
  const { node: input, positionOf } = prune(node.input, read);
  if (!needed.has(0)) return { node: input, positionOf: (index) => positionOf(index - 1) };
  return {
    node: { ...node, input, schema: identifiedSchema(node.name, input.schema) },
    positionOf: (index) => (index === 0 ? 0 : positionOf(index - 1) + 1),
  };
}

export function monotonicallyIncreasingIdText({
  name,
  partition,
  offset,
}: BoundOf<'monotonically-increasing-id'>): string {
  const from = `${partition === 0 ? '' : ` partition ${partition}`}${offset === 0 ? '' : ` offset ${offset}`}`;
  return `MonotonicallyIncreasingId ${nameText(name)}${from}`;
}
