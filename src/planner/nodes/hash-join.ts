import { isGroupable, typeName } from '../../columnar/data-type.ts';
import type { Schema } from '../../columnar/schema.ts';
import { bindEqual, bindExpression, bindPredicate } from '../../expressions/bind.ts';
import { withColumnsAt } from '../../expressions/columns.ts';
import type { Expression, TypedExpression } from '../../expressions/expression.ts';
import { expressionText } from '../../expressions/expression-text.ts';
import { type Problems, pathOf } from '../../expressions/problems.ts';
import { simplified } from '../../expressions/simplify.ts';
import { schemaOfColumns } from '../../expressions/typed-columns.ts';
import type { BoundOf, NodeOf } from '../bind-parts.ts';
import type { BoundNode } from '../bound-plan.ts';
import { substituted } from '../fuse.ts';
import { type JoinColumns, joinColumns } from '../join-columns.ts';
import { inOrder, type Prune, type Pruned, part, positionsIn, withColumnsOf } from '../pruning.ts';

interface Sides {
  readonly left: BoundNode;
  readonly right: BoundNode;
}

/** A pair of keys in one type. */
type KeyPair = readonly [left: TypedExpression, right: TypedExpression];

/** The join, and a projection of its columns where it is not those of its two sides as they are. */
export function bindHashJoin(
  { left, right }: Sides,
  node: NodeOf<'hash-join'>,
  problems: Problems,
  path: string,
): BoundNode | undefined {
  const { joinType, buildSide = joinType === 'right' ? 'left' : 'right' } = node;
  const schemas = { left: left.schema, right: right.schema };
  const pairs = bindKeys(schemas, node, problems, path);
  const shared = sharedKeys(node);
  const joined = pairs && joinColumns(joinType, schemas, shared, problems, path);
  const isFilter = joinType === 'semi' || joinType === 'anti';
  // What is asked of pairs is asked of both sides, also where only one of them comes out.
  const seen = isFilter && node.residual && pairs ? joinColumns('inner', schemas, shared, problems, path) : joined;
  const residual = node.residual && seen && bindResidual(node.residual, seen, problems, pathOf(path, 'residual'));
  if (pairs === undefined || joined === undefined || (node.residual !== undefined && residual === undefined)) {
    return undefined;
  }
  const given = isFilter ? part(joined.sides, [...left.schema.fields.keys()]) : joined.sides;
  const join: BoundNode = {
    kind: 'hash-join',
    left,
    right,
    joinType,
    buildSide,
    leftKeys: pairs.map(([key]) => simplified(key)),
    rightKeys: pairs.map(([, key]) => simplified(key)),
    nullEqualsNull: pairs.map((_, index) => node.nullEqualsNull?.[index] === true),
    residual,
    columns: [...given.fields.keys()],
    schema: given,
  };
  if (isFilter) return join;
  return { kind: 'project', input: join, columns: joined.columns, schema: schemaOfColumns(joined.columns) };
}

function bindKeys(
  { left, right }: { readonly left: Schema; readonly right: Schema },
  { leftOn, rightOn, nullEqualsNull }: NodeOf<'hash-join'>,
  problems: Problems,
  path: string,
): readonly KeyPair[] | undefined {
  const rightPath = pathOf(path, 'rightOn');
  const leftPath = pathOf(path, 'leftOn');
  let isRefused = false;
  const refuse = (at: string, message: string): void => {
    problems.add(at, message);
    isRefused = true;
  };
  if (leftOn.length !== rightOn.length) {
    refuse(rightPath, `There are ${leftOn.length} keys on the left and ${rightOn.length} on the right: give as many.`);
  }
  if (nullEqualsNull !== undefined && nullEqualsNull.length !== leftOn.length) {
    const count = `${nullEqualsNull.length} for ${leftOn.length} keys`;
    refuse(pathOf(path, 'nullEqualsNull'), `Whether null equals null is said for each key, and there are ${count}.`);
  }
  const pairs: KeyPair[] = [];
  for (const [index, written] of leftOn.entries()) {
    const other = rightOn[index];
    const a = bindExpression(written, left, problems, pathOf(leftPath, index));
    const b = other && bindExpression(other, right, problems, pathOf(rightPath, index));
    const pair = a && b && bindEqual(a, b, problems, pathOf(leftPath, index));
    if (pair === undefined) continue;
    const [{ type }] = pair;
    if (isGroupable(type)) pairs.push(pair);
    else {
      const message = `Rows cannot be joined by ${typeName(type)}. Cast it, or join by a part of it.`;
      refuse(pathOf(leftPath, index), message);
    }
  }
  return isRefused || pairs.length < leftOn.length ? undefined : pairs;
}

/** The names of columns that are the same key on both sides. */
function sharedKeys({ leftOn, rightOn }: NodeOf<'hash-join'>): ReadonlySet<string> {
  const nameOf = (e: Expression | undefined): string | undefined => (e?.kind === 'column' ? e.name : undefined);
  const names = leftOn.flatMap((key, index) => {
    const name = nameOf(key);
    return name !== undefined && name === nameOf(rightOn[index]) ? [name] : [];
  });
  return new Set(names);
}

/** Over the columns of both sides. */
function bindResidual(
  residual: Expression,
  { columns }: JoinColumns,
  problems: Problems,
  path: string,
): TypedExpression | undefined {
  const predicate = bindPredicate(residual, schemaOfColumns(columns), problems, path);
  return predicate && simplified(substituted(predicate, columns));
}

/** Each side gives what comes out of it, and what is asked of it. */
export function pruneHashJoin(node: BoundOf<'hash-join'>, needed: ReadonlySet<number>, prune: Prune): Pruned {
  const leftCount = node.left.schema.fields.length;
  const kept = inOrder(needed);
  const columns = kept.map((index) => node.columns[index] ?? -1);
  const read = withColumnsOf(node.residual === undefined ? [] : [node.residual], new Set(columns));
  const ofLeft = new Set([...read].filter((index) => index < leftCount));
  const ofRight = new Set([...read].filter((index) => index >= leftCount).map((index) => index - leftCount));
  const left = prune(node.left, withColumnsOf(node.leftKeys, ofLeft));
  const right = prune(node.right, withColumnsOf(node.rightKeys, ofRight));
  const newLeftCount = left.node.schema.fields.length;
  const positionOf = (index: number): number =>
    index < leftCount ? left.positionOf(index) : newLeftCount + right.positionOf(index - leftCount);
  return {
    node: {
      ...node,
      left: left.node,
      right: right.node,
      leftKeys: node.leftKeys.map((key) => withColumnsAt(key, left.positionOf)),
      rightKeys: node.rightKeys.map((key) => withColumnsAt(key, right.positionOf)),
      residual: node.residual && withColumnsAt(node.residual, positionOf),
      columns: columns.map(positionOf),
      schema: part(node.schema, kept),
    },
    positionOf: positionsIn(kept),
  };
}

export function hashJoinText(node: BoundOf<'hash-join'>): string {
  const { joinType, buildSide, leftKeys, rightKeys, nullEqualsNull, residual } = node;
  const keys = leftKeys.map((left, index) => {
    const right = rightKeys[index] as TypedExpression;
    return `${expressionText(left)} ${nullEqualsNull[index] === true ? '<=>' : '='} ${expressionText(right)}`;
  });
  const where = residual === undefined ? '' : ` where ${expressionText(residual)}`;
  return `HashJoin ${joinType} on ${keys.join(' and ')}${where} builds ${buildSide}`;
}
