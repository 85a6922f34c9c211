import { type DataType, sameType, typeName } from '../../columnar/data-type.ts';
import { columnPositions, type Schema } from '../../columnar/schema.ts';
import { aggregateField } from '../../expressions/aggregates.ts';
import { addUnknownColumn } from '../../expressions/bind.ts';
import type { TypedAggregate, TypedColumn } from '../../expressions/expression.ts';
import { type Problems, pathOf, quoted } from '../../expressions/problems.ts';
import { partialField } from '../../state/plan-accumulators.ts';
import type { BoundOf } from '../bind-parts.ts';
import type { BoundNode } from '../bound-plan.ts';
import { columnsAt, expressionsOf, type Prune, type Pruned, unchanged, withColumnsOf } from '../pruning.ts';

/** Keys and aggregates as they are bound over the rows that the partial node aggregated. */
export interface BoundAggregation {
  readonly groupBy: readonly TypedColumn[];
  readonly aggregates: readonly TypedAggregate[];
}

/** A final aggregation over rows of keys and partial states; undefined where it added a problem. */
export function bindFinalAggregate(
  input: BoundNode,
  { groupBy, aggregates }: BoundAggregation,
  problems: Problems,
  path: string,
): BoundNode | undefined {
  const found = (key: string, index: number, name: string, type: DataType, what: string): number | undefined =>
    columnOf(input.schema, name, type, what, problems, `${pathOf(path, key)}[${index}].name`);
  const keys = groupBy.map(({ name, expression: { type } }, index): TypedColumn | undefined => {
    const position = found('groupBy', index, name, type, 'the key');
    const nullable = input.schema.fields[position ?? -1]?.nullable ?? true;
    if (position === undefined) return undefined;
    return { name, expression: { kind: 'column', index: position, name, type, nullable } };
  });
  const states = aggregates.map((aggregate, index) => {
    const { name, type } = partialField(aggregate);
    return found('aggregates', index, name, type, `the partial state of ${aggregate.function}`);
  });
  const bound = keys.filter((key) => key !== undefined);
  const stateColumns = states.filter((position) => position !== undefined);
  if (bound.length < keys.length || stateColumns.length < states.length) return undefined;
  const fields = [
    ...bound.map(({ name, expression: { type, nullable } }) => ({ name, type, nullable })),
    ...aggregates.map((call) => aggregateField(call, groupBy.length > 0)),
  ];
  return { kind: 'final-aggregate', input, groupBy: bound, aggregates, stateColumns, schema: { fields } };
}

export function pruneFinalAggregate(node: BoundOf<'final-aggregate'>, prune: Prune): Pruned {
  const used = withColumnsOf(expressionsOf(node.groupBy), new Set(node.stateColumns));
  const { node: input, positionOf } = prune(node.input, used);
  const groupBy = columnsAt(node.groupBy, positionOf);
  const stateColumns = node.stateColumns.map(positionOf);
  return { node: { ...node, input, groupBy, stateColumns }, positionOf: unchanged };
}

function columnOf(
  schema: Schema,
  name: string,
  type: DataType,
  what: string,
  problems: Problems,
  path: string,
): number | undefined {
  const position = columnPositions(schema).get(name);
  const column = position === undefined ? undefined : schema.fields[position];
  if (column === undefined) {
    addUnknownColumn(name, schema, problems, path);
    return undefined;
  }
  if (sameType(column.type, type)) return position;
  const message = `The column ${quoted(name)} should be ${what}, ${typeName(type)}, and is ${typeName(column.type)}.`;
  problems.add(path, message);
  return undefined;
}
