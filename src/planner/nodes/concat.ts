import { field, sameSchema, schemaText } from '../../columnar/schema.ts';
import { type Problems, pathOf } from '../../expressions/problems.ts';
import type { BoundOf } from '../bind-parts.ts';
import type { BoundNode } from '../bound-plan.ts';
import { exactly, inOrder, type Prune, type Pruned, part, positionsIn } from '../pruning.ts';

/** `inputs` has undefined for each that could not be bound. */
export function bindConcat(
  inputs: readonly (BoundNode | undefined)[],
  problems: Problems,
  path: string,
): BoundNode | undefined {
  const known = inputs.filter((input) => input !== undefined);
  const [first] = known;
  if (first === undefined || known.length < inputs.length) return undefined;
  for (const [index, { schema }] of known.entries()) {
    if (sameSchema(first.schema, schema)) continue;
    const [wanted, found] = [shortened(schemaText(first.schema)), shortened(schemaText(schema))];
    problems.add(
      pathOf(pathOf(path, 'inputs'), index),
      `The inputs of concat have the same columns in the same order: the first has ${wanted}, this one ${found}.`,
    );
  }
  const fields = first.schema.fields.map(({ name, type }, index) =>
    field(
      name,
      type,
      known.some(({ schema }) => schema.fields[index]?.nullable !== false),
    ),
  );
  return { kind: 'concat', inputs: known, schema: { fields } };
}

export function pruneConcat(node: BoundOf<'concat'>, needed: ReadonlySet<number>, prune: Prune): Pruned {
  const columns = inOrder(needed);
  const inputs = node.inputs.map((input) => exactly(columns, input, prune));
  return { node: { ...node, inputs, schema: part(node.schema, columns) }, positionOf: positionsIn(columns) };
}

const shortened = (text: string): string => (text.length > 300 ? `${text.slice(0, 300)}…` : text);
