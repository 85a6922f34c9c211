/**
 * Which columns a join gives.
 *
 *     left    a, k, x         on k = k, a = b      k, a, x, b, y       k once; a and b both, as their names differ
 *     right   k, b, y
 *
 *  1. A column that is a key on both sides under one name is given once. It is that of left; of a right join that of right;
 *     of an outer join whichever is there, in a type that holds both.
 *  2. The other columns of left, then those of right. No two may have one name.
 *
 * A semi or an anti join gives the columns of left. Operators give columns of their two sides, one behind the other, and
 * a projection makes these columns of them.
 */

import { typeName } from '../columnar/data-type.ts';
import type { Field, Schema } from '../columnar/schema.ts';
import { columnPositions } from '../columnar/schema.ts';
import { castTo } from '../expressions/coerce.ts';
import { excessDigits, superType } from '../expressions/common-type.ts';
import type { TypedColumn, TypedExpression } from '../expressions/expression.ts';
import { type Problems, quoted } from '../expressions/problems.ts';
import { passedOn } from '../expressions/typed-columns.ts';
import type { JoinType } from '../plan/plan-node.ts';
import { freeName } from './bind-parts.ts';

export interface JoinSides {
  readonly left: Schema;
  readonly right: Schema;
}

export interface JoinColumns {
  /** The columns of left, then those of right, nullable where a row may lack its side; their names are made distinct. */
  readonly sides: Schema;
  /** What the join gives, over `sides`. */
  readonly columns: readonly TypedColumn[];
}

/** `shared` are the names of keys that both sides have. Undefined where it added a problem, at `path`. */
export function joinColumns(
  joinType: JoinType,
  { left, right }: JoinSides,
  shared: ReadonlySet<string>,
  problems: Problems,
  path: string,
): JoinColumns | undefined {
  const sides = joinedSides(joinType, { left, right });
  const given = passedOn(sides);
  const leftGiven = given.slice(0, left.fields.length);
  const rightGiven = given.slice(left.fields.length);
  if (joinType === 'semi' || joinType === 'anti') return { sides, columns: leftGiven };
  const rightPositions = columnPositions(right);
  const merged: TypedColumn[] = [];
  let isRefused = false;
  for (const [index, { name }] of left.fields.entries()) {
    const position = rightPositions.get(name);
    if (position === undefined) continue;
    if (!shared.has(name)) {
      const clash = `Both sides have a column ${quoted(name)}, which is no key of both.`;
      problems.add(path, `${clash} Give one of them another name, or leave it out, in a project below.`);
      isRefused = true;
      continue;
    }
    const [l, r] = [leftGiven[index], rightGiven[position]] as [TypedColumn, TypedColumn];
    const nullable = left.fields[index]?.nullable === true || right.fields[position]?.nullable === true;
    const expression = mergedKey(joinType, l.expression, r.expression, nullable);
    if (typeof expression === 'string') {
      problems.add(path, `The key ${quoted(name)} ${expression}`);
      isRefused = true;
    } else merged.push({ name, expression });
  }
  if (isRefused) return undefined;
  const others = [...leftGiven, ...rightGiven.map((column, index) => ({ ...column, name: nameAt(right, index) }))];
  return { sides, columns: [...merged, ...others.filter(({ name }) => !shared.has(name))] };
}

const nameAt = ({ fields }: Schema, index: number): string => (fields[index] as Field).name;

/** The columns of left, then those of right, as `JoinColumns.sides`. */
export function joinedSides(joinType: JoinType, { left, right }: JoinSides): Schema {
  const mayLackLeft = joinType === 'right' || joinType === 'outer';
  const mayLackRight = joinType === 'left' || joinType === 'outer';
  const taken = new Set(left.fields.map(({ name }) => name));
  const rightFields = right.fields.map(({ name, type, nullable }): Field => {
    const free = freeName(name, taken);
    taken.add(free);
    return { name: free, type, nullable: nullable || mayLackRight };
  });
  return {
    fields: [...left.fields.map((f) => ({ ...f, nullable: f.nullable || mayLackLeft })), ...rightFields],
  };
}

/** What is wrong, where it cannot be. */
function mergedKey(
  joinType: JoinType,
  left: TypedExpression,
  right: TypedExpression,
  nullable: boolean,
): TypedExpression | string {
  if (joinType === 'right') return right;
  if (joinType !== 'outer') return left;
  const type = superType(left.type, right.type);
  if (type === undefined || excessDigits(type) !== undefined) {
    const [a, b] = [typeName(left.type), typeName(right.type)];
    return `is ${a} on the left and ${b} on the right, and no type holds both. Cast one of them in a project below.`;
  }
  return { kind: 'coalesce', inputs: [castTo(left, type), castTo(right, type)], type, nullable };
}
