/**
 * Moves work to where the rows come from, without changing the result.
 *
 *     top-n 10 by b                        top-n 10 by b
 *       project a, b                         project a, b
 *         filter c > 5             ──▶         scan a, b  filter c > 5
 *           scan a, b, c, d, e                 reads a, b, c
 *
 *  1. A filter directly above a scan becomes a part of the scan's filter, which prunes files by it.
 *  2. A limit above a scan, with nothing but projections between them, tells the scan how many rows are wanted at most.
 *     Filters and limits above calls that wait for storage go below them first (`below-calls.ts`).
 *  3. Columns that nobody above needs are not made, and not read: from the root down, each node is told which columns
 *     are needed, and answers with itself and where they stand now.
 */

import assert from 'node:assert/strict';
import { type Field, type Schema, sameSchema } from '../columnar/schema.ts';
import { aggregateOperands, withAggregateOperands } from '../expressions/aggregates.ts';
import { canFail } from '../expressions/can-fail.ts';
import { logic } from '../expressions/coerce.ts';
import { collectColumns, withColumnsAt } from '../expressions/columns.ts';
import type { TypedAggregate, TypedColumn, TypedExpression } from '../expressions/expression.ts';
import { filteredBelowCalls, limitedBelowCalls } from './below-calls.ts';
import type { BoundNode, BoundSortKey } from './bound-plan.ts';
import { boundScan } from './bound-scan.ts';

type NodeOf<Kind extends BoundNode['kind']> = Extract<BoundNode, { kind: Kind }>;

/** The same plan, with the same schema at its root. */
export function pushDown(plan: BoundNode): BoundNode {
  const { node } = pruned(withFiltersAndLimitsInScans(plan), allColumns(plan.schema));
  assert.ok(sameSchema(plan.schema, node.schema));
  return node;
}

function withFiltersAndLimitsInScans(node: BoundNode): BoundNode {
  const inner = withInputs(node, withFiltersAndLimitsInScans);
  if (inner.kind === 'filter') {
    const below = filteredBelowCalls(inner.input, inner.predicate, (input, predicate) =>
      filterInScan({ kind: 'filter', input, predicate, schema: input.schema }),
    );
    return below ?? filterInScan(inner);
  }
  if (inner.kind !== 'limit') return inner;
  return limitedBelowCalls(inner.input, (input) => limitOver(inner, input)) ?? limitOver(inner, inner.input);
}

/** `limit` over `input`, of which no more rows are wanted than it passes on. */
function limitOver(limit: NodeOf<'limit'>, input: BoundNode): BoundNode {
  const rows = limit.limit + limit.offset;
  const { schema } = input;
  return { ...limit, input: Number.isSafeInteger(rows) ? withRowLimit(input, rows) : input, schema };
}

/**
 * Not into a scan that has a limit, which counts rows before this filter; nor, where it can fail, beside a filter that
 * may be there to protect it: `null and x` asks for x.
 */
function filterInScan(node: NodeOf<'filter'>): BoundNode {
  const { input, predicate } = node;
  if (input.kind !== 'scan' || input.limit !== undefined) return node;
  const { filter } = input;
  if (filter !== undefined && canFail(predicate)) return node;
  // The columns of a scan's schema are the first of its read schema, so positions stay right.
  return { ...input, filter: filter === undefined ? predicate : logic('and', filter, predicate) };
}

function withRowLimit(node: BoundNode, rows: number): BoundNode {
  if (node.kind === 'project') return { ...node, input: withRowLimit(node.input, rows) };
  return node.kind === 'scan' ? { ...node, limit: Math.min(rows, node.limit ?? rows) } : node;
}

function withInputs(node: BoundNode, change: (input: BoundNode) => BoundNode): BoundNode {
  if (node.kind === 'concat') return { ...node, inputs: node.inputs.map(change) };
  return 'input' in node ? { ...node, input: change(node.input) } : node;
}

/** A node without the columns that are not needed, or with only some of them left. */
interface Pruned {
  readonly node: BoundNode;
  /** Where a needed column of the old schema stands in the new one. */
  readonly positionOf: (index: number) => number;
}

const allColumns = ({ fields }: Schema): ReadonlySet<number> => new Set(fields.keys());
const unchanged = (index: number): number => index;

function pruned(node: BoundNode, needed: ReadonlySet<number>): Pruned {
  switch (node.kind) {
    case 'scan':
      return prunedScan(node, needed);
    case 'in-memory-scan':
    case 'empty-scan':
      return { node, positionOf: unchanged };
    case 'project':
      return prunedProject(node, needed);
    case 'async-call':
      return prunedCall(node, needed);
    case 'filter': {
      const { node: input, positionOf } = pruned(node.input, withColumnsOf([node.predicate], needed));
      const predicate = withColumnsAt(node.predicate, positionOf);
      return { node: { ...node, input, predicate, schema: input.schema }, positionOf };
    }
    case 'limit':
    case 'sort':
    case 'top-n':
      return prunedOrder(node, needed);
    case 'concat': {
      const columns = [...needed].sort((a, b) => a - b);
      const inputs = node.inputs.map((input) => exactly(columns, input));
      return { node: { ...node, inputs, schema: part(node.schema, columns) }, positionOf: positionsIn(columns) };
    }
    case 'aggregate': {
      const { node: input, positionOf } = pruned(node.input, withColumnsOf(inputsOf(node.aggregates)));
      const aggregates = aggregatesAt(node.aggregates, positionOf);
      return { node: { ...node, input, aggregates }, positionOf: unchanged };
    }
    case 'grouped-aggregate': {
      const keys = node.groupBy.map(({ expression }) => expression);
      const used = withColumnsOf([...keys, ...inputsOf(node.aggregates)]);
      const { node: input, positionOf } = pruned(node.input, used);
      const groupBy = columnsAt(node.groupBy, positionOf);
      const aggregates = aggregatesAt(node.aggregates, positionOf);
      return { node: { ...node, input, groupBy, aggregates }, positionOf: unchanged };
    }
    case 'final-aggregate': {
      const keys = node.groupBy.map(({ expression }) => expression);
      const { node: input, positionOf } = pruned(node.input, withColumnsOf(keys, new Set(node.stateColumns)));
      const groupBy = columnsAt(node.groupBy, positionOf);
      const stateColumns = node.stateColumns.map(positionOf);
      return { node: { ...node, input, groupBy, stateColumns }, positionOf: unchanged };
    }
    case 'write':
      return { node: { ...node, input: pushedRoot(node.input) }, positionOf: unchanged };
    case 'commit-write':
      return { node: { ...node, input: pushedRoot(node.input) }, positionOf: unchanged };
  }
}

/** With all of its columns where they were. */
const pushedRoot = (node: BoundNode): BoundNode => exactly([...node.schema.fields.keys()], node);

function prunedScan(node: NodeOf<'scan'>, needed: ReadonlySet<number>): Pruned {
  const wanted = [...needed].sort((a, b) => a - b);
  return { node: boundScan(scanPart(node), node.readSchema, wanted, node.filter), positionOf: positionsIn(wanted) };
}

const scanPart = ({
  sourceId,
  format,
  limit,
}: NodeOf<'scan'>): Pick<NodeOf<'scan'>, 'sourceId' | 'format' | 'limit'> => ({
  sourceId,
  format,
  limit,
});

/** A projection that only hands on all columns of its input, under their names, is left out. */
function prunedProject(node: NodeOf<'project'>, needed: ReadonlySet<number>): Pruned {
  const kept = [...needed].sort((a, b) => a - b);
  const columns = kept.flatMap((index) => node.columns[index] ?? []);
  const { node: input, positionOf } = pruned(node.input, withColumnsOf(columns.map(({ expression }) => expression)));
  const moved = columnsAt(columns, positionOf);
  const { fields } = input.schema;
  const isIdentity =
    moved.length === fields.length &&
    moved.every(({ name, expression }, index) => {
      return expression.kind === 'column' && expression.index === index && fields[index]?.name === name;
    });
  const project: BoundNode = { ...node, input, columns: moved, schema: part(node.schema, kept) };
  return { node: isIdentity ? input : project, positionOf: positionsIn(kept) };
}

/** A call whose result nobody needs is not made. */
function prunedCall(node: NodeOf<'async-call'>, needed: ReadonlySet<number>): Pruned {
  const last = node.schema.fields.length - 1;
  if (!needed.has(last)) return pruned(node.input, needed);
  const others = new Set(needed);
  others.delete(last);
  const { arguments: given } = node.call.expression;
  const { node: input, positionOf } = pruned(node.input, withColumnsOf(given, others));
  const { name, expression } = node.call;
  const moved = { ...expression, arguments: given.map((e) => withColumnsAt(e, positionOf)) };
  const { fields } = input.schema;
  return {
    node: {
      ...node,
      input,
      call: { name, expression: moved },
      schema: { fields: [...fields, columnField(node.call)] },
    },
    positionOf: (index) => (index === last ? fields.length : positionOf(index)),
  };
}

/** Nodes that pass rows on as they are. */
function prunedOrder(node: NodeOf<'limit' | 'sort' | 'top-n'>, needed: ReadonlySet<number>): Pruned {
  if (node.kind === 'limit') {
    const { node: input, positionOf } = pruned(node.input, needed);
    return { node: { ...node, input, schema: input.schema }, positionOf };
  }
  const used = withColumnsOf(
    node.keys.map(({ expression }) => expression),
    needed,
  );
  const { node: input, positionOf } = pruned(node.input, used);
  const keys: readonly BoundSortKey[] = node.keys.map((key) => ({
    ...key,
    expression: withColumnsAt(key.expression, positionOf),
  }));
  return { node: { ...node, input, keys, schema: input.schema }, positionOf };
}

/** The node with these columns and no others, in this order. */
function exactly(columns: readonly number[], node: BoundNode): BoundNode {
  const { node: input, positionOf } = pruned(node, new Set(columns));
  const { fields } = input.schema;
  if (columns.length === fields.length && columns.every((index, position) => positionOf(index) === position))
    return input;
  const schema = part(node.schema, columns);
  const typed = schema.fields.map(({ name, type, nullable }, position): TypedColumn => {
    const index = positionOf(columns[position] ?? -1);
    return { name, expression: { kind: 'column', index, name, type, nullable } };
  });
  return { kind: 'project', input, columns: typed, schema };
}

const columnField = ({ name, expression: { type, nullable } }: TypedColumn): Field => ({ name, type, nullable });

const part = ({ fields }: Schema, columns: readonly number[]): Schema => ({
  fields: columns.flatMap((index) => fields[index] ?? []),
});

function positionsIn(columns: readonly number[]): (index: number) => number {
  const positions = new Map(columns.map((index, position) => [index, position]));
  return (index) => positions.get(index) ?? -1;
}

/** The columns that the expressions read, beside `others`. */
function withColumnsOf(
  expressions: readonly TypedExpression[],
  others: ReadonlySet<number> = new Set(),
): ReadonlySet<number> {
  const used = new Set(others);
  for (const expression of expressions) collectColumns(expression, used);
  return used;
}

const inputsOf = (aggregates: readonly TypedAggregate[]): readonly TypedExpression[] =>
  aggregates.flatMap(aggregateOperands);

const aggregatesAt = (
  aggregates: readonly TypedAggregate[],
  positionOf: (index: number) => number,
): readonly TypedAggregate[] =>
  aggregates.map((call) => withAggregateOperands(call, (e) => withColumnsAt(e, positionOf)));

const columnsAt = (columns: readonly TypedColumn[], positionOf: (index: number) => number): readonly TypedColumn[] =>
  columns.map(({ name, expression }) => ({ name, expression: withColumnsAt(expression, positionOf) }));
