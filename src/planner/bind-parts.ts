/** Binding of what several kinds of nodes have: columns, keys, aggregates. Each gives undefined where it added a problem. */

import { isGroupable, isOrderable, typeName } from '../columnar/data-type.ts';
import { type Field, field, type Schema } from '../columnar/schema.ts';
import { bindAggregate } from '../expressions/aggregates.ts';
import { bindExpression } from '../expressions/bind.ts';
import type { AggregateCall, NamedExpression, TypedAggregate, TypedColumn } from '../expressions/expression.ts';
import { type Problems, pathOf } from '../expressions/problems.ts';
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

/** Columns that rows are grouped by. */
export function bindGroupKeys(
  columns: readonly NamedExpression[],
  schema: Schema,
  problems: Problems,
  path: string,
): readonly TypedColumn[] | undefined {
  const keys = bindColumns(columns, schema, problems, path);
  for (const [index, { expression }] of keys?.entries() ?? []) {
    if (isGroupable(expression.type)) continue;
    const name = typeName(expression.type);
    problems.add(pathOf(path, index), `Rows cannot be grouped by ${name}. Cast it, or group by a part of it.`);
  }
  return keys;
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
  if (!isOrderable(expression.type)) {
    const name = typeName(expression.type);
    problems.add(pathOf(path, 'expression'), `Rows cannot be sorted by ${name}. Cast it, or sort by a part of it.`);
    return undefined;
  }
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
