import type { Schema } from '../../columnar/schema.ts';
import { bindPredicate } from '../../expressions/bind.ts';
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
import { bindKeyPairs, type KeyPair, sharedNames } from '../join-keys.ts';
import { usualBuildSide } from '../kept-side.ts';
import { pruneSides } from '../pruned-sides.ts';
import { inOrder, type Prune, type Pruned, part, positionsIn, withColumnsOf } from '../pruning.ts';

interface Sides {
  readonly left: BoundNode;
  readonly right: BoundNode;
}

/** The join, and a projection of its columns where it is not those of its two sides as they are. */
export function bindHashJoin(
  { left, right }: Sides,
  node: NodeOf<'hash-join'>,
  problems: Problems,
  path: string,
): BoundNode | undefined {
  const { joinType, buildSide = usualBuildSide(joinType) } = node;
  const schemas = { left: left.schema, right: right.schema };
  const pairs = bindKeys(schemas, node, problems, path);
  const shared = sharedNames(node.leftOn, node.rightOn);
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
    leftKeys: pairs.map((pair) => pair.left),
    rightKeys: pairs.map((pair) => pair.right),
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
  const pairs = bindKeyPairs(
    { name: 'leftOn', expressions: leftOn, schema: left },
    { name: 'rightOn', expressions: rightOn, schema: right },
    problems,
    path,
  );
  if (nullEqualsNull === undefined || nullEqualsNull.length === leftOn.length) return pairs;
  const count = `${nullEqualsNull.length} for ${leftOn.length} keys`;
  const message = `Whether null equals null is said for each key, and there are ${count}.`;
  problems.add(pathOf(path, 'nullEqualsNull'), message);
  return undefined;
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
  const kept = inOrder(needed);
  const columns = kept.map((index) => node.columns[index] ?? -1);
  const read = withColumnsOf(node.residual === undefined ? [] : [node.residual], new Set(columns));
  const keys = { left: withColumnsOf(node.leftKeys), right: withColumnsOf(node.rightKeys) };
  const { left, right, leftAt, rightAt, positionOf } = pruneSides(node, read, keys, prune);
  return {
    node: {
      ...node,
      left,
      right,
      leftKeys: node.leftKeys.map((key) => withColumnsAt(key, leftAt)),
      rightKeys: node.rightKeys.map((key) => withColumnsAt(key, rightAt)),
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
