import { type DataType, typeName } from '../columnar/data-type.ts';
import type { Schema } from '../columnar/schema.ts';
import { bindExpression } from '../expressions/bind.ts';
import { castTo } from '../expressions/coerce.ts';
import { comparisonType, excessDigits } from '../expressions/common-type.ts';
import type { Expression, TypedExpression } from '../expressions/expression.ts';
import { type Problems, pathOf } from '../expressions/problems.ts';
import { simplified } from '../expressions/simplify.ts';

/** An expression of a side, and its JSON path. */
export interface PlacedKey {
  readonly expression: Expression;
  readonly schema: Schema;
  readonly path: string;
}

/** A key of either side, in the type in which they meet. */
export interface KeyPair {
  readonly left: TypedExpression;
  readonly right: TypedExpression;
  /** The name of the column that is the key on both sides, where that is one. */
  readonly shared: string | undefined;
}

/** The lists of keys of a join, which go in pairs, and the name of each list in the plan. */
export interface PlacedKeys {
  readonly name: string;
  readonly expressions: readonly Expression[];
  readonly schema: Schema;
}

/** Binds keys in pairs, in the types in which `=` compares them; undefined where it added a problem, as `check` does for a type that cannot be a key. */
export function bindKeyPairs(
  left: PlacedKeys,
  right: PlacedKeys,
  check: { readonly allows: (type: DataType) => boolean; readonly refusal: (type: string) => string },
  problems: Problems,
  path: string,
): readonly KeyPair[] | undefined {
  const [leftPath, rightPath] = [pathOf(path, left.name), pathOf(path, right.name)];
  const [leftCount, rightCount] = [left.expressions.length, right.expressions.length];
  if (leftCount !== rightCount) {
    const counts = `${left.name} has ${leftCount}, ${right.name} ${rightCount}`;
    problems.add(rightPath, `Keys go in pairs: ${counts}.`);
    return undefined;
  }
  const pairs = left.expressions.map((expression, index) => {
    const at = { expression, schema: left.schema, path: pathOf(leftPath, index) };
    const other = right.expressions[index] as Expression;
    const placed = { expression: other, schema: right.schema, path: pathOf(rightPath, index) };
    const pair = bindKeyPair(at, placed, comparisonType, problems);
    if (pair === undefined || check.allows(pair.left.type)) return pair;
    problems.add(at.path, check.refusal(typeName(pair.left.type)));
    return undefined;
  });
  const known = pairs.filter((pair) => pair !== undefined);
  return known.length < pairs.length ? undefined : known;
}

/** The names of keys that both sides have. */
export const sharedNames = (pairs: readonly KeyPair[]): ReadonlySet<string> =>
  new Set(pairs.flatMap(({ shared }) => shared ?? []));

/** `meet` says in which type; undefined where it added a problem. */
export function bindKeyPair(
  left: PlacedKey,
  right: PlacedKey,
  meet: (left: DataType, right: DataType) => DataType | undefined,
  problems: Problems,
): KeyPair | undefined {
  const l = bindExpression(left.expression, left.schema, problems, left.path);
  const r = bindExpression(right.expression, right.schema, problems, right.path);
  if (l === undefined || r === undefined) return undefined;
  const type = meet(l.type, r.type);
  if (type === undefined || excessDigits(type) !== undefined) {
    const [a, b] = [typeName(l.type), typeName(r.type)];
    problems.add(right.path, `The key is ${a} on the left and ${b} on the right, which do not meet. Cast one of them.`);
    return undefined;
  }
  const shared = l.kind === 'column' && r.kind === 'column' && l.name === r.name ? l.name : undefined;
  return { left: simplified(castTo(l, type)), right: simplified(castTo(r, type)), shared };
}
