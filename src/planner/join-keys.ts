import type { Schema } from '../columnar/schema.ts';
import { bindEqual, bindExpression } from '../expressions/bind.ts';
import type { Expression, TypedExpression } from '../expressions/expression.ts';
import { type Problems, pathOf } from '../expressions/problems.ts';
import { simplified } from '../expressions/simplify.ts';

/** The keys of one side of a join, and the name of their list in the plan. */
export interface PlacedKeys {
  readonly name: string;
  readonly expressions: readonly Expression[];
  readonly schema: Schema;
}

/** A key of either side, of one type. */
export interface KeyPair {
  readonly left: TypedExpression;
  readonly right: TypedExpression;
}

/** Binds keys in pairs, of the types in which `=` compares them; undefined where it added a problem. */
export function bindKeyPairs(
  left: PlacedKeys,
  right: PlacedKeys,
  problems: Problems,
  path: string,
): readonly KeyPair[] | undefined {
  const [leftPath, rightPath] = [pathOf(path, left.name), pathOf(path, right.name)];
  const [count, otherCount] = [left.expressions.length, right.expressions.length];
  if (count !== otherCount) {
    problems.add(rightPath, `There are ${count} keys on the left and ${otherCount} on the right: give as many.`);
  }
  const pairs = left.expressions.flatMap((expression, index): KeyPair[] => {
    const at = pathOf(leftPath, index);
    const other = right.expressions[index];
    const a = bindExpression(expression, left.schema, problems, at);
    const b = other && bindExpression(other, right.schema, problems, pathOf(rightPath, index));
    const pair = a && b && bindEqual(a, b, problems, at);
    return pair === undefined ? [] : [{ left: simplified(pair[0]), right: simplified(pair[1]) }];
  });
  return count !== otherCount || pairs.length < count ? undefined : pairs;
}

/** The names of columns that are the same key on both sides. */
export function sharedNames(left: readonly Expression[], right: readonly Expression[]): ReadonlySet<string> {
  const nameOf = (e: Expression | undefined): string | undefined => (e?.kind === 'column' ? e.name : undefined);
  const names = left.flatMap((key, index) => {
    const name = nameOf(key);
    return name !== undefined && name === nameOf(right[index]) ? [name] : [];
  });
  return new Set(names);
}
