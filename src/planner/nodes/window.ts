/** Windows of all four kinds, which differ in what they partition, order and frame their rows by. */

import type { Schema } from '../../columnar/schema.ts';
import { withColumnsAt } from '../../expressions/columns.ts';
import { aggregateText, expressionText, nameText } from '../../expressions/expression-text.ts';
import { type Problems, pathOf, quoted } from '../../expressions/problems.ts';
import {
  bindWindow,
  type TypedBound,
  type TypedFrame,
  type TypedWindow,
  type TypedWindowFunction,
  type WindowSpec,
  windowOperands,
  windowSchema,
  withWindowOperands,
} from '../../expressions/window.ts';
import { type BoundOf, bindAggregates, type NodeOf } from '../bind-parts.ts';
import type { BoundNode } from '../bound-plan.ts';
import { keysText } from '../node-text.ts';
import { expressionsOf, type Prune, type Pruned, sortKeysAt, withColumnsOf } from '../pruning.ts';

type WindowKind =
  | 'window-partition-only'
  | 'window-partition-and-order-by'
  | 'window-partition-and-dynamic-frame'
  | 'window-order-by-only';

export function bindWindowNode(
  input: BoundNode,
  node: NodeOf<WindowKind>,
  problems: Problems,
  path: string,
): BoundNode | undefined {
  const { schema } = input;
  const window =
    node.kind === 'window-partition-only'
      ? ofPartitions(node, schema, problems, path)
      : ordered(node, schema, problems, path);
  const named = namesOf(node, path);
  const taken = new Set(schema.fields.map(({ name }) => name));
  for (const { name, path: namePath } of named) {
    if (taken.has(name)) {
      problems.add(namePath, `There is a column ${quoted(name)} already. Give the result another name.`);
    }
  }
  if (window === undefined || named.some(({ name }) => taken.has(name))) return undefined;
  const passthrough = [...schema.fields.keys()];
  return { kind: node.kind, input, window, passthrough, schema: windowSchema(schema, window, passthrough) };
}

function ordered(
  node: NodeOf<Exclude<WindowKind, 'window-partition-only'>>,
  schema: Schema,
  problems: Problems,
  path: string,
): TypedWindow | undefined {
  const partitionBy = node.kind === 'window-order-by-only' ? [] : node.partitionBy;
  const frame = node.kind === 'window-partition-and-order-by' ? undefined : node.frame;
  const spec: WindowSpec = { partitionBy, orderBy: node.orderBy, frame };
  return bindWindow(node.functions, spec, schema, problems, pathOf(path, 'functions'), path);
}

function ofPartitions(
  { partitionBy, aggregates }: NodeOf<'window-partition-only'>,
  schema: Schema,
  problems: Problems,
  path: string,
): TypedWindow | undefined {
  const over = bindWindow([], { partitionBy, orderBy: [] }, schema, problems, path, path);
  const bound = bindAggregates(aggregates, schema, problems, pathOf(path, 'aggregates'));
  const functions = bound?.map((aggregate): TypedWindowFunction => {
    return { name: aggregate.name, type: aggregate.type, call: { kind: 'aggregate', aggregate } };
  });
  return over && functions && { ...over, functions };
}

function namesOf(node: NodeOf<WindowKind>, path: string): readonly { readonly name: string; readonly path: string }[] {
  if (node.kind === 'window-partition-only') {
    return node.aggregates.map(({ name }, index) => ({ name, path: `${path}.aggregates[${index}].name` }));
  }
  return node.functions.map((call, index) => {
    const at = `${path}.functions[${index}]`;
    return call.kind === 'aggregate'
      ? { name: call.aggregate.name, path: `${at}.aggregate.name` }
      : { name: call.name, path: `${at}.name` };
  });
}

/** Functions and columns of the input that nobody needs are left out; the order of the rows stays, also where none is left. */
export function pruneWindow(node: BoundOf<WindowKind>, needed: ReadonlySet<number>, prune: Prune): Pruned {
  const { window } = node;
  const inputs = node.passthrough.length;
  const kept = window.functions.filter((_, index) => needed.has(inputs + index));
  const passedOn = node.passthrough.filter((_, index) => needed.has(index));
  const read = [...window.partitionBy, ...expressionsOf(window.orderBy), ...kept.flatMap(windowOperands)];
  const { node: input, positionOf } = prune(node.input, withColumnsOf(read, new Set(passedOn)));
  const moved: TypedWindow = {
    partitionBy: window.partitionBy.map((e) => withColumnsAt(e, positionOf)),
    orderBy: sortKeysAt(window.orderBy, positionOf),
    frame: window.frame,
    functions: kept.map((each) => withWindowOperands(each, (e) => withColumnsAt(e, positionOf))),
  };
  const passthrough = passedOn.map(positionOf);
  return {
    node: { ...node, input, window: moved, passthrough, schema: windowSchema(input.schema, moved, passthrough) },
    positionOf: (index) => {
      if (index < inputs) return passedOn.indexOf(node.passthrough[index] as number);
      return passthrough.length + kept.indexOf(window.functions[index - inputs] as TypedWindowFunction);
    },
  };
}

const NAMES: Readonly<Record<WindowKind, string>> = {
  'window-partition-only': 'WindowPartitionOnly',
  'window-partition-and-order-by': 'WindowPartitionAndOrderBy',
  'window-partition-and-dynamic-frame': 'WindowPartitionAndDynamicFrame',
  'window-order-by-only': 'WindowOrderByOnly',
};

export function windowText({ kind, window }: BoundOf<WindowKind>): string {
  const { partitionBy, orderBy, frame, functions } = window;
  const parts = [NAMES[kind]];
  if (partitionBy.length > 0) parts.push(`partition by ${partitionBy.map((e) => expressionText(e)).join(', ')}`);
  if (orderBy.length > 0) parts.push(`order by ${keysText(orderBy)}`);
  if (orderBy.length > 0) parts.push(frameText(frame));
  if (functions.length > 0) parts.push(`functions ${functions.map(functionText).join(', ')}`);
  return parts.join(' ');
}

function frameText({ unit, start, end, minPeriods }: TypedFrame): string {
  const least = minPeriods === 0 ? '' : ` at least ${minPeriods}`;
  return `${unit} ${boundText(start)} to ${boundText(end)}${least}`;
}

const boundText = (bound: TypedBound): string =>
  bound.kind === 'preceding' || bound.kind === 'following'
    ? `${expressionText(bound.offset)} ${bound.kind}`
    : bound.kind.replace('-', ' ');

function functionText({ name, call }: TypedWindowFunction): string {
  return `${call.kind === 'aggregate' ? aggregateText(call.aggregate) : callText(call)} as ${nameText(name)}`;
}

function callText(call: Extract<TypedWindowFunction['call'], { kind: 'function' }>): string {
  const { input, count, default: fallback, ignoreNulls } = call;
  const given = input === undefined ? [] : [expressionText(input)];
  const isCounted = call.function === 'ntile' || call.function === 'nth_value';
  if (isCounted || count !== 1 || fallback !== undefined) given.push(String(count));
  if (fallback !== undefined) given.push(expressionText(fallback));
  return `${call.function}(${given.join(', ')}${ignoreNulls ? ' ignore nulls' : ''})`;
}
