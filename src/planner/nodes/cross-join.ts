import { bindPredicate } from '../../expressions/bind.ts';
import { withColumnsAt } from '../../expressions/columns.ts';
import { expressionText } from '../../expressions/expression-text.ts';
import { type Problems, pathOf } from '../../expressions/problems.ts';
import { simplified } from '../../expressions/simplify.ts';
import type { BoundOf, NodeOf } from '../bind-parts.ts';
import type { BoundNode } from '../bound-plan.ts';
import { joinColumns } from '../join-columns.ts';
import { pruneSides } from '../pruned-sides.ts';
import { type Prune, type Pruned, withColumnsOf } from '../pruning.ts';

export function bindCrossJoin(
  left: BoundNode,
  right: BoundNode,
  node: NodeOf<'cross-join'>,
  problems: Problems,
  path: string,
): BoundNode | undefined {
  const columns = joinColumns('inner', { left: left.schema, right: right.schema }, new Set(), problems, path);
  if (columns === undefined) return undefined;
  const { sides: schema } = columns;
  const residual = node.residual && bindPredicate(node.residual, schema, problems, pathOf(path, 'residual'));
  // A condition that is wrong leaves the columns as they are: what stands above can still be checked.
  if (node.residual !== undefined && residual === undefined) return { kind: 'empty-scan', schema };
  const { collect = 'right' } = node;
  return { kind: 'cross-join', left, right, collect, residual: residual && simplified(residual), schema };
}

export function pruneCrossJoin(node: BoundOf<'cross-join'>, needed: ReadonlySet<number>, prune: Prune): Pruned {
  const { residual } = node;
  const used = withColumnsOf(residual === undefined ? [] : [residual], needed);
  const { left, right, positionOf } = pruneSides(node, used, { left: new Set(), right: new Set() }, prune);
  const schema = { fields: [...left.schema.fields, ...right.schema.fields] };
  return {
    node: { ...node, left, right, residual: residual && withColumnsAt(residual, positionOf), schema },
    positionOf,
  };
}

export function crossJoinText({ collect, residual }: BoundOf<'cross-join'>): string {
  const condition = residual === undefined ? '' : ` where ${expressionText(residual)}`;
  return `CrossJoin collecting ${collect}${condition}`;
}
