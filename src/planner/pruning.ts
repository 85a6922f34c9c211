/**
 * Leaving out columns that nobody needs: from the root down, each node is told which of its columns are needed, and
 * answers with itself and where they stand now. `push-down.ts` goes through the nodes, each of which has its part in
 * `nodes/`.
 */

import type { Schema } from '../columnar/schema.ts';
import { aggregateOperands, withAggregateOperands } from '../expressions/aggregates.ts';
import { collectColumns, withColumnsAt } from '../expressions/columns.ts';
import type { TypedAggregate, TypedColumn, TypedExpression } from '../expressions/expression.ts';
import type { BoundNode, BoundSortKey } from './bound-plan.ts';

/** A node without the columns that are not needed, or with only some of them left. */
export interface Pruned {
  readonly node: BoundNode;
  /** Where a needed column of the old schema stands in the new one. */
  readonly positionOf: (index: number) => number;
}

/** Prunes any node: given to those that have inputs. */
export type Prune = (node: BoundNode, needed: ReadonlySet<number>) => Pruned;

export const unchanged = (index: number): number => index;
export const allColumns = ({ fields }: Schema): ReadonlySet<number> => new Set(fields.keys());
export const inOrder = (needed: ReadonlySet<number>): readonly number[] => [...needed].sort((a, b) => a - b);

/** A node that passes on rows as they are, without looking into them. */
export function prunePassing(
  node: Extract<BoundNode, { kind: 'limit' | 'sample' | 'into-batches' }>,
  needed: ReadonlySet<number>,
  prune: Prune,
): Pruned {
  const { node: input, positionOf } = prune(node.input, needed);
  return { node: { ...node, input, schema: input.schema }, positionOf };
}

/** The node with these columns and no others, in this order. */
export function exactly(columns: readonly number[], node: BoundNode, prune: Prune): BoundNode {
  const { node: input, positionOf } = prune(node, new Set(columns));
  const { fields } = input.schema;
  if (columns.length === fields.length && columns.every((index, position) => positionOf(index) === position))
    return input;
  const schema = part(node.schema, columns);
  const typed = schema.fields.map(({ name, type, nullable }, position): TypedColumn => {
    const index = positionOf(columns[position] ?? -1);
    return { name, expression: { kind: 'column', index, name, type, nullable } };
  });
  return { kind: 'project', input, columns: typed, schema };
}

/** The node with all of its columns where they were. */
export const whole = (node: BoundNode, prune: Prune): BoundNode => exactly([...node.schema.fields.keys()], node, prune);

export const part = ({ fields }: Schema, columns: readonly number[]): Schema => ({
  fields: columns.flatMap((index) => fields[index] ?? []),
});

export function positionsIn(columns: readonly number[]): (index: number) => number {
  const positions = new Map(columns.map((index, position) => [index, position]));
  return (index) => positions.get(index) ?? -1;
}

/** The columns that the expressions read, beside `others`. */
export function withColumnsOf(
  expressions: readonly TypedExpression[],
  others: ReadonlySet<number> = new Set(),
): ReadonlySet<number> {
  const used = new Set(others);
  for (const expression of expressions) collectColumns(expression, used);
  return used;
}

export const expressionsOf = (columns: readonly { readonly expression: TypedExpression }[]): TypedExpression[] =>
  columns.map(({ expression }) => expression);

export const inputsOf = (aggregates: readonly TypedAggregate[]): readonly TypedExpression[] =>
  aggregates.flatMap(aggregateOperands);

export const aggregatesAt = (
  aggregates: readonly TypedAggregate[],
  positionOf: (index: number) => number,
): readonly TypedAggregate[] =>
  aggregates.map((call) => withAggregateOperands(call, (e) => withColumnsAt(e, positionOf)));

export const columnsAt = (
  columns: readonly TypedColumn[],
  positionOf: (index: number) => number,
): readonly TypedColumn[] =>
  columns.map(({ name, expression }) => ({ name, expression: withColumnsAt(expression, positionOf) }));

export const sortKeysAt = (
  keys: readonly BoundSortKey[],
  positionOf: (index: number) => number,
): readonly BoundSortKey[] => keys.map((key) => ({ ...key, expression: withColumnsAt(key.expression, positionOf) }));
