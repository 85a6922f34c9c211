/** What union, intersect and except do to both sides first. */

import { type DataType, typeName } from '../columnar/data-type.ts';
import { InvalidArgument } from '../errors.ts';
import { superType } from '../expressions/common-type.ts';
import type { Expression, NamedExpression } from '../expressions/expression.ts';
import type { PlanNode } from '../plan/plan-node.ts';
import { freeName } from '../planner/bind-parts.ts';
import { rowNumber } from './builders.ts';
import type { DataFrame } from './frame.ts';
import { column } from './named-columns.ts';
import type { Query } from './query.ts';
import { window } from './window-specification.ts';

/** The plans of two frames with the same columns: names of the left one, types that hold the values of both. */
export function alike(left: Query, right: Query, byName: boolean, method: string): readonly [PlanNode, PlanNode] {
  const typeIn = ({ schema }: Query, name: string): DataType | undefined =>
    schema.fields.find((f) => f.name === name)?.type;
  if (!byName && left.columns.length !== right.columns.length) {
    throw new InvalidArgument(`${method}: the sides have ${left.columns.length} and ${right.columns.length} columns.`);
  }
  const names = byName ? [...new Set([...left.columns, ...right.columns])] : left.columns;
  const sides = names.map((name, at) => {
    const other = byName ? name : (right.columns[at] as string);
    const [a, b] = [typeIn(left, name), typeIn(right, other)];
    const type = a === undefined ? b : b === undefined ? a : superType(a, b);
    if (type === undefined) {
      throw new InvalidArgument(
        `${method}: the column ${JSON.stringify(name)} is ${typeName(a as DataType)} on the left and ${typeName(b as DataType)} on the right: cast one of them.`,
      );
    }
    return { name, other, type, inLeft: a !== undefined, inRight: b !== undefined };
  });
  const cast = (name: string, type: DataType, isThere: boolean): Expression =>
    isThere ? { kind: 'cast', input: column(name), type } : { kind: 'literal', type, value: null };
  const plan = (input: PlanNode, columns: readonly NamedExpression[]): PlanNode => ({
    kind: 'project',
    input,
    columns,
  });
  return [
    plan(
      left.plan,
      sides.map(({ name, type, inLeft }) => ({ name, expression: cast(name, type, inLeft) })),
    ),
    plan(
      right.plan,
      sides.map(({ name, other, type, inRight }) => ({ name, expression: cast(other, type, inRight) })),
    ),
  ];
}

/** With a column that numbers the rows that are equal. */
export const numbered = (frame: DataFrame): DataFrame =>
  frame.withColumns(
    rowNumber()
      .over(window().partitionBy(...frame.columns))
      .alias(freeName('number', new Set(frame.columns))) as never,
  );
