import { typeName } from '../../columnar/data-type.ts';
import { explodedSchema, itemType } from '../../columnar/reshaped-schema.ts';
import type { Field } from '../../columnar/schema.ts';
import { nameText } from '../../expressions/expression-text.ts';
import { type Problems, pathOf, quoted } from '../../expressions/problems.ts';
import { type BoundOf, bindNames, isNewName, type NodeOf } from '../bind-parts.ts';
import type { BoundNode } from '../bound-plan.ts';
import { namesText } from '../node-text.ts';
import type { Prune, Pruned } from '../pruning.ts';

export function bindExplode(
  input: BoundNode,
  { columns: names, ignoreEmpty = false, indexColumn }: NodeOf<'explode'>,
  problems: Problems,
  path: string,
): BoundNode | undefined {
  const columns = bindNames(names, input.schema, problems, pathOf(path, 'columns'));
  if (columns === undefined) return undefined;
  const others = columns.map((column, index): boolean => {
    const { name, type } = input.schema.fields[column] as Field;
    if (itemType(type) !== undefined) return false;
    const message = `explode takes lists and maps apart, and ${quoted(name)} is ${typeName(type)}.`;
    problems.add(pathOf(pathOf(path, 'columns'), index), message);
    return true;
  });
  if (others.includes(true)) return undefined;
  const isNew =
    indexColumn === undefined || isNewName(indexColumn, input.schema, problems, pathOf(path, 'indexColumn'));
  return isNew ? exploded({ kind: 'explode', input, columns, ignoreEmpty, indexColumn }) : undefined;
}

/** The columns that are taken apart decide how many rows there are, whoever needs them. */
export function pruneExplode(node: BoundOf<'explode'>, needed: ReadonlySet<number>, prune: Prune): Pruned {
  const index = node.input.schema.fields.length;
  const read = new Set([...needed, ...node.columns]);
  read.delete(index);
  const { node: input, positionOf } = prune(node.input, read);
  const columns = node.columns.map(positionOf);
  const indexColumn = needed.has(index) ? node.indexColumn : undefined;
  return {
    node: exploded({ ...node, input, columns, indexColumn }),
    positionOf: (position) => (position === index ? input.schema.fields.length : positionOf(position)),
  };
}

export function explodeText({ input, columns, ignoreEmpty, indexColumn }: BoundOf<'explode'>): string {
  const names = namesText(columns.map((column) => input.schema.fields[column] as Field));
  const index = indexColumn === undefined ? '' : ` index as ${nameText(indexColumn)}`;
  return `Explode ${names}${ignoreEmpty ? ' without empty lists' : ''}${index}`;
}

const exploded = (node: Omit<BoundOf<'explode'>, 'schema'>): BoundNode => ({
  ...node,
  schema: explodedSchema({ ...node, input: node.input.schema }),
});
