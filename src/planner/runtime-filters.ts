/**
 * Which scans can make use of what the build sides of joins tell of their keys. Builds are complete before the probe side is
 * read, those of upper joins before those of lower ones, so all that stands on the probe side of a join may be told.
 *
 *     HashJoin on s = x                              HashJoin on s = x
 *       HashJoin on k = y                              HashJoin on k = y
 *         Scan k, s                       ──▶            Scan k, s  runtime filters on k from y, s from x
 *         Scan y                                         Scan y
 *       Scan x                                         Scan x
 *
 * A filter goes down as a predicate on its key would: through projections and filters, to all inputs of a union, to the rows of a
 * group by its keys, to that side of a join whose rows come out only where they are there, and to the other side of an equality.
 * It stops where a row that is left out changes something else: limits, samples, windows, numbers of rows, what may fail.
 */

import { aggregateOperands } from '../expressions/aggregates.ts';
import { canFail } from '../expressions/can-fail.ts';
import { operandsOf, withColumnsAt, withOperands } from '../expressions/columns.ts';
import type { TypedColumn, TypedExpression } from '../expressions/expression.ts';
import { expressionText } from '../expressions/expression-text.ts';
import { isVolatile } from '../expressions/volatile.ts';
import type { Side } from '../operators/joins/hash-join.ts';
import type { BoundOf } from './bind-parts.ts';
import type { BoundNode, BoundRuntimeFilter } from './bound-plan.ts';
import { substituted } from './fuse.ts';
import { keepsOnly, otherSide } from './kept-side.ts';
import { withInputs } from './node-inputs.ts';

/** The same plan with runtime filters in its joins and scans. */
export function withRuntimeFilters(plan: BoundNode): BoundNode {
  let ids = 0;
  const visit = (node: BoundNode): BoundNode =>
    withInputs(node.kind === 'hash-join' ? told(node, () => ids++) : node, visit);
  return visit(plan);
}

type Told = Omit<BoundRuntimeFilter, 'key'>;
type HashJoin = BoundOf<'hash-join'>;

/** The join with filters of its keys in the scans of its probe side, as far as they get there. */
function told(join: HashJoin, nextId: () => number): BoundNode {
  const probeSide = otherSide(join.buildSide);
  const [buildKeys, probeKeys] =
    join.buildSide === 'left' ? [join.leftKeys, join.rightKeys] : [join.rightKeys, join.leftKeys];
  if (!leavesUnmatched(join) || probeKeys.some(isSeen)) return join;
  let probe = join[probeSide];
  const runtimeFilters: { id: number; key: number }[] = [];
  for (const [key, sought] of probeKeys.entries()) {
    if (!isPlain(sought)) continue;
    const from = expressionText(buildKeys[key] as TypedExpression);
    const id = nextId();
    const placed = below(probe, sought, { id, from, nullEqualsNull: join.nullEqualsNull[key] === true });
    if (placed === undefined) continue;
    probe = placed;
    runtimeFilters.push({ id, key });
  }
  return runtimeFilters.length === 0 ? join : { ...join, [probeSide]: probe, runtimeFilters };
}

/** Whether rows of the probe side that have no match change nothing. */
function leavesUnmatched({ joinType, buildSide }: HashJoin): boolean {
  if (joinType === 'anti') return buildSide === 'left';
  return joinType === 'inner' || joinType === 'semi' || joinType === buildSide;
}

/** Whether it is seen for which rows `e` is evaluated. */
const isSeen = (e: TypedExpression): boolean => canFail(e) || isVolatile(e);
const areSeen = (columns: readonly TypedColumn[]): boolean => columns.some(({ expression }) => isSeen(expression));

/** A column, or a cast of one that is there for every value. */
const isPlain = (e: TypedExpression): boolean => e.kind === 'column' || (e.kind === 'cast' && isPlain(e.input));

/** The column that a plain expression is of. */
const columnOf = (e: TypedExpression): number =>
  e.kind === 'column' ? e.index : columnOf(operandsOf(e)[0] as TypedExpression);

/** A plain `key` with `by` in place of its column. */
const replaced = (key: TypedExpression, by: TypedExpression): TypedExpression =>
  key.kind === 'column' ? by : withOperands(key, (operand) => replaced(operand, by));

/** `node` with a filter in scans of it, by a key over its columns; undefined where it gets to none. */
function below(node: BoundNode, key: TypedExpression, filter: Told): BoundNode | undefined {
  if (!isPlain(key)) return undefined;
  switch (node.kind) {
    case 'scan':
      return inScan(node, key, filter);
    case 'project':
      return areSeen(node.columns) ? undefined : belowOnly(node, substituted(key, node.columns), filter);
    case 'filter':
      return isSeen(node.predicate) ? undefined : belowOnly(node, key, filter);
    case 'sort':
      return node.keys.some(({ expression }) => isSeen(expression)) ? undefined : belowOnly(node, key, filter);
    case 'dedup':
      return node.columns.includes(columnOf(key)) ? belowOnly(node, key, filter) : undefined;
    case 'grouped-aggregate': {
      const { groupBy, aggregates } = node;
      if (columnOf(key) >= groupBy.length || areSeen(groupBy)) return undefined;
      if (aggregates.flatMap(aggregateOperands).some(isSeen)) return undefined;
      return belowOnly(node, substituted(key, groupBy), filter);
    }
    case 'concat': {
      const inputs = node.inputs.map((input) => below(input, key, filter));
      if (inputs.every((input) => input === undefined)) return undefined;
      return { ...node, inputs: inputs.map((input, index) => input ?? (node.inputs[index] as BoundNode)) };
    }
    case 'cross-join': {
      if (node.residual !== undefined && isSeen(node.residual)) return undefined;
      const [side, own] = sideOf(node, columnOf(key));
      const placed = below(
        node[side],
        withColumnsAt(key, () => own),
        filter,
      );
      return placed && { ...node, [side]: placed };
    }
    case 'hash-join':
      return belowJoin(node, key, filter);
    default:
      return undefined;
  }
}

function belowOnly<Node extends BoundNode & { readonly input: BoundNode }>(
  node: Node,
  key: TypedExpression,
  filter: Told,
): Node | undefined {
  const input = below(node.input, key, filter);
  return input && { ...node, input };
}

/** Which side column `at` of left and right is of, and where it is there. */
function sideOf({ left }: { readonly left: BoundNode }, at: number): [Side, number] {
  const leftCount = left.schema.fields.length;
  return at < leftCount ? ['left', at] : ['right', at - leftCount];
}

/** Also on the other side where the key is one of the join: rows of it meet only rows with the same. */
function belowJoin(join: HashJoin, key: TypedExpression, filter: Told): BoundNode | undefined {
  const keys = { left: join.leftKeys, right: join.rightKeys };
  if ([...keys.left, ...keys.right].some(isSeen) || (join.residual !== undefined && isSeen(join.residual))) {
    return undefined;
  }
  const [side, own] = sideOf(join, join.columns[columnOf(key)] ?? -1);
  if (!keepsOnly(side, join.joinType)) return undefined;
  const placed = below(
    join[side],
    withColumnsAt(key, () => own),
    filter,
  );
  const pair = keys[side].findIndex((one) => one.kind === 'column' && one.index === own);
  const across = keys[otherSide(side)][pair];
  const alsoPlaced = across && below(join[otherSide(side)], replaced(key, across), filter);
  if (placed === undefined && alsoPlaced === undefined) return undefined;
  return { ...join, ...(placed && { [side]: placed }), ...(alsoPlaced && { [otherSide(side)]: alsoPlaced }) };
}

/** Other formats would only leave rows out a little sooner than the join does. */
function inScan(scan: BoundOf<'scan'>, key: TypedExpression, filter: Told): BoundNode | undefined {
  const { format, limit, filter: own, filePathColumn, readSchema, runtimeFilters = [] } = scan;
  if (format.kind !== 'parquet' || limit !== undefined || (own !== undefined && isSeen(own))) return undefined;
  if (readSchema.fields[columnOf(key)]?.name === filePathColumn) return undefined;
  return { ...scan, runtimeFilters: [...runtimeFilters, { ...filter, key }] };
}
