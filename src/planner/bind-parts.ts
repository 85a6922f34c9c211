/** Binding of what several kinds of nodes have: columns, keys, aggregates. Each gives undefined where it added a problem. */

import { columnPositions, type Field, field, type Schema } from '../columnar/schema.ts';
import { bindAggregate } from '../expressions/aggregates.ts';
import { addUnknownColumn, bindExpression } from '../expressions/bind.ts';
import type { AggregateCall, NamedExpression, TypedAggregate, TypedColumn } from '../expressions/expression.ts';
import { type Problems, pathOf, quoted } from '../expressions/problems.ts';
import { simplified } from '../expressions/simplify.ts';
import type { PlanNode, SortKey } from '../plan/plan-node.ts';
import type { BoundNode, BoundSortKey } from './bound-plan.ts';

export type NodeOf<Kind extends PlanNode['kind']> = Extract<PlanNode, { kind: Kind }>;
export type BoundOf<Kind extends BoundNode['kind']> = Extract<BoundNode, { kind: Kind }>;

/** `path` is that of the list, `expressionPath` that of the expression at a place in it. */
export function bindColumns(
  columns: readonly NamedExpression[],
  schema: Schema,
  problems: Problems,
  path: string,
  expressionPath: (index: number) => string = (index) => `${path}[${index}].expression`,
): readonly TypedColumn[] | undefined {
  const bound: TypedColumn[] = [];
  for (const [index, { name, expression }] of columns.entries()) {
    const typed = bindExpression(expression, schema, problems, expressionPath(index));
    if (typed !== undefined) bound.push({ name, expression: simplified(typed) });
  }
  return bound.length < columns.length ? undefined : bound;
}

/** Positions of the columns that are named. */
export function bindNames(
  names: readonly string[],
  schema: Schema,
  problems: Problems,
  path: string,
): readonly number[] | undefined {
  const found = names.map((name, index) => bindName(name, schema, problems, pathOf(path, index)));
  const known = found.filter((position) => position !== undefined);
  return known.length < found.length ? undefined : known;
}

export function bindName(name: string, schema: Schema, problems: Problems, path: string): number | undefined {
  const position = columnPositions(schema).get(name);
  if (position === undefined) addUnknownColumn(name, schema, problems, path);
  return position;
}

/** Whether a column that is added has a name of its own. */
export function isNewName(name: string, schema: Schema, problems: Problems, path: string): boolean {
  if (!columnPositions(schema).has(name)) return true;
  problems.add(path, `The input has a column ${quoted(name)} already. Give this one another name.`);
  return false;
}

/** The column of the schema at a position. */
export function columnAt({ fields }: Schema, index: number): TypedColumn {
  const { name, type, nullable } = fields[index] as Field;
  return { name, expression: { kind: 'column', index, name, type, nullable } };
}

export function bindAggregates(
  calls: readonly AggregateCall[],
  schema: Schema,
  problems: Problems,
  path: string,
): readonly TypedAggregate[] | undefined {
  const bound = calls.map((call, index) => bindAggregate(call, schema, problems, pathOf(path, index)));
  const known = bound.filter((call) => call !== undefined);
  return known.length < bound.length ? undefined : known;
}

export function bindSortKeys(
  keys: readonly SortKey[],
  schema: Schema,
  problems: Problems,
  path: string,
): readonly BoundSortKey[] | undefined {
  const bound = keys.map((key, index) => bindSortKey(key, schema, problems, pathOf(path, index)));
  const known = bound.filter((key) => key !== undefined);
  return known.length < bound.length ? undefined : known;
}

function bindSortKey(key: SortKey, schema: Schema, problems: Problems, path: string): BoundSortKey | undefined {
  const expression = bindExpression(key.expression, schema, problems, pathOf(path, 'expression'));
  if (expression === undefined) return undefined;
  const { descending = false } = key;
  return { expression: simplified(expression), descending, nullsFirst: key.nullsFirst ?? descending };
}

/** `wanted`, or what it becomes with a number where that is taken. */
export function freeName(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted;
  for (let n = 2; taken.has(name); n += 1) name = `${wanted} ${n}`;
  return name;
}

export const columnField = ({ name, expression }: TypedColumn): Field =>
  field(name, expression.type, expression.nullable);
