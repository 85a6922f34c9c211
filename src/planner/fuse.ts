/**
 * Makes one step of neighbouring filters and projections, over the columns of what is below them.
 *
 *     project  z = y * 2                               filter   x > 1 and x + 1 < 9
 *       filter  y < 9             becomes              project  z = (x + 1) * 2
 *         project  y = x + 1                             scan   x
 *           filter  x > 1
 *             scan  x
 *
 * So rows are read once and written once, or not written at all where the step becomes the input side of an aggregate.
 * References to a column are replaced by its expression. Three rules keep that from doing harm:
 *  - A predicate that can fail is not moved below or beside an earlier filter, which may be there to protect it.
 *    Expressions of a projection are evaluated after the filter, for fewer rows than the plan says, never for more.
 *  - A step does not grow beyond MAX_NODES: each projection that names a column twice doubles what is below it.
 *  - Replacing keeps types; the schema on top is that of the plan.
 */

import type { Schema } from '../columnar/schema.ts';
import { aggregateOperands, withAggregateOperands } from '../expressions/aggregates.ts';
import { canFail } from '../expressions/can-fail.ts';
import { logic } from '../expressions/coerce.ts';
import { operandsOf, withOperands } from '../expressions/columns.ts';
import type { TypedAggregate, TypedColumn, TypedExpression } from '../expressions/expression.ts';
import { areAllPassedOn, passedOn } from '../expressions/typed-columns.ts';
import type { BoundNode } from './bound-plan.ts';
import { rawScan } from './raw-scan.ts';

/** Operators in one step; beyond it compiling costs more than it saves. */
const MAX_NODES = 2000;

/** A filter and columns, both over the rows of `input`. */
export interface FusedStep {
  readonly input: BoundNode;
  /** Whether `input` is a scan whose own filter is a part of this step: it works on the rows as they are read. */
  readonly readsRaw: boolean;
  readonly inputSchema: Schema;
  readonly filter: TypedExpression | undefined;
  readonly columns: readonly TypedColumn[];
  readonly schema: Schema;
}

type OfKind<Kind extends BoundNode['kind']> = Extract<BoundNode, { kind: Kind }>;

/** `node` with as many filters and projections below it as may be joined; for any other node a step that does nothing. */
export function fuse(node: BoundNode): FusedStep {
  if (node.kind !== 'filter' && node.kind !== 'project') return nothing(node);
  const below = fuse(node.input);
  // A step on its own is always right, whatever its size.
  return node.kind === 'filter'
    ? withFilter(mayJoin([node.predicate], below, true) ? below : over(node.input), node)
    : withColumns(mayJoin(expressionsOf(node.columns), below, false) ? below : over(node.input), node);
}

/** Whether the step has no columns of its own: it passes on the rows as they are, those that its filter keeps. */
export function passesOn({ columns, inputSchema }: FusedStep): boolean {
  return areAllPassedOn(columns, inputSchema);
}

/** The input side of an aggregate. */
export interface FusedAggregate {
  readonly step: FusedStep;
  /** Both over the schema of the step's input. */
  readonly groupBy: readonly TypedColumn[];
  readonly aggregates: readonly TypedAggregate[];
}

export function fuseAggregate(node: OfKind<'aggregate'> | OfKind<'grouped-aggregate'>): FusedAggregate {
  const groupBy = node.kind === 'aggregate' ? [] : node.groupBy;
  const inputs = node.aggregates.flatMap(aggregateOperands);
  const fused = fuse(node.input);
  const step = mayJoin([...expressionsOf(groupBy), ...inputs], fused, false) ? fused : over(node.input);
  const replace = (e: TypedExpression): TypedExpression => substituted(e, step.columns);
  return {
    step,
    groupBy: groupBy.map(({ name, expression }) => ({ name, expression: replace(expression) })),
    aggregates: node.aggregates.map((call) => withAggregateOperands(call, replace)),
  };
}

/** A step that passes on the rows of `input` as they are. */
function over(input: BoundNode): FusedStep {
  const { schema } = input;
  return { input, readsRaw: false, inputSchema: schema, filter: undefined, columns: passedOn(schema), schema };
}

/** As `over`, with a scan's own filter taken into the step. The limit of a scan counts the rows that pass it. */
function nothing(input: BoundNode): FusedStep {
  if (input.kind !== 'scan' || input.limit !== undefined) return over(input);
  const { schema, filter } = rawScan(input);
  return { ...over(input), readsRaw: true, inputSchema: schema, filter };
}

/** Whether `expressions`, which are over the columns of `below`, may be evaluated over its input in the same step. */
function mayJoin(expressions: readonly TypedExpression[], below: FusedStep, isFilter: boolean): boolean {
  const kept = isFilter ? nodesOf(below.columns) : 0;
  if (nodesAfter(expressions, below.columns) + nodesIn(below.filter) + kept > MAX_NODES) return false;
  return !isFilter || below.filter === undefined || !expressions.some((e) => canFail(substituted(e, below.columns)));
}

function withFilter(below: FusedStep, { predicate, schema }: OfKind<'filter'>): FusedStep {
  const moved = substituted(predicate, below.columns);
  return { ...below, filter: below.filter === undefined ? moved : logic('and', below.filter, moved), schema };
}

function withColumns(below: FusedStep, { columns, schema }: OfKind<'project'>): FusedStep {
  const moved = columns.map(({ name, expression }) => ({ name, expression: substituted(expression, below.columns) }));
  return { ...below, columns: moved, schema };
}

/** `e` over the input of `columns` instead of over `columns`. */
export function substituted(e: TypedExpression, columns: readonly TypedColumn[]): TypedExpression {
  if (e.kind === 'column') return (columns[e.index] as TypedColumn).expression;
  return withOperands(e, (operand) => substituted(operand, columns));
}

const expressionsOf = (columns: readonly TypedColumn[]): TypedExpression[] =>
  columns.map(({ expression }) => expression);

/** Operators in an expression: columns and literals cost nothing to repeat. */
function nodesIn(e: TypedExpression | undefined): number {
  if (e === undefined || e.kind === 'column' || e.kind === 'literal') return 0;
  return operandsOf(e).reduce((sum, operand) => sum + nodesIn(operand), 1);
}

function nodesOf(columns: readonly TypedColumn[]): number {
  return expressionsOf(columns).reduce((sum, expression) => sum + nodesIn(expression), 0);
}

/** How many nodes `expressions` would have after `substituted`, without making them. */
function nodesAfter(expressions: readonly TypedExpression[], columns: readonly TypedColumn[]): number {
  const sizes = columns.map(({ expression }) => nodesIn(expression));
  const after = (e: TypedExpression): number => {
    if (e.kind === 'column') return sizes[e.index] as number;
    if (e.kind === 'literal') return 0;
    return operandsOf(e).reduce((sum, operand) => sum + after(operand), 1);
  };
  return expressions.reduce((sum, e) => sum + after(e), 0);
}
