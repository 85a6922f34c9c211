import { type DataType, isInteger, isNested, typeName, utf8 } from '../../columnar/data-type.ts';
import { field } from '../../columnar/schema.ts';
import type { Value } from '../../columnar/value.ts';
import { bindAggregate } from '../../expressions/aggregates.ts';
import { castLiteral, literal } from '../../expressions/coerce.ts';
import { withColumnsAt } from '../../expressions/columns.ts';
import type { TypedExpression } from '../../expressions/expression.ts';
import { aggregateText, expressionText } from '../../expressions/expression-text.ts';
import { Problems, pathOf } from '../../expressions/problems.ts';
import { type BoundOf, bindName, bindNames, columnAt, columnField, type NodeOf } from '../bind-parts.ts';
import type { BoundNode } from '../bound-plan.ts';
import { columnsText, namesText } from '../node-text.ts';
import {
  aggregatesAt,
  columnsAt,
  expressionsOf,
  inOrder,
  inputsOf,
  type Prune,
  type Pruned,
  part,
  positionsIn,
  withColumnsOf,
} from '../pruning.ts';

/** The name of null, as Daft has it. */
const NULL_NAME = 'None';

export function bindPivot(
  input: BoundNode,
  node: NodeOf<'pivot'>,
  problems: Problems,
  path: string,
): BoundNode | undefined {
  const { schema } = input;
  const positions = bindNames(node.groupBy, schema, problems, pathOf(path, 'groupBy'));
  const pivotAt = bindName(node.pivot, schema, problems, pathOf(path, 'pivot'));
  const valueAt = bindName(node.value, schema, problems, pathOf(path, 'value'));
  if (positions === undefined || pivotAt === undefined || valueAt === undefined) return undefined;
  const { expression } = columnAt(schema, pivotAt);
  if (isNested(expression.type) || expression.type.kind === 'interval') {
    problems.add(
      pathOf(path, 'pivot'),
      `Values of ${typeName(expression.type)} have no names. Cast them, or pivot by a part.`,
    );
    return undefined;
  }
  const found = new Problems();
  const call = { name: node.value, function: node.aggregate, options: node.options };
  const value = { kind: 'column', name: node.value } as const;
  const aggregate = bindAggregate({ ...call, input: value }, schema, found, path);
  for (const { message } of found.found) problems.add(pathOf(path, 'aggregate'), message);
  if (aggregate === undefined) return undefined;
  const groupBy = positions.map((index) => columnAt(schema, index));
  const names = node.names.map((name) => ({ name, value: valueNamed(name, expression.type) }));
  const fields = [...groupBy.map(columnField), ...node.names.map((name) => field(name, aggregate.type))];
  const pivot = withNullNamed(expression, node.names);
  return { kind: 'pivot', input, groupBy, pivot, aggregate, names, schema: { fields } };
}

/** All keys are needed, which say how many rows there are. */
export function prunePivot(node: BoundOf<'pivot'>, needed: ReadonlySet<number>, prune: Prune): Pruned {
  const keys = node.groupBy.length;
  const kept = inOrder(new Set([...node.groupBy.keys(), ...needed]));
  const names = kept.slice(keys).flatMap((index) => node.names[index - keys] ?? []);
  const used = withColumnsOf([...expressionsOf(node.groupBy), node.pivot, ...inputsOf([node.aggregate])]);
  const { node: input, positionOf } = prune(node.input, used);
  const [aggregate = node.aggregate] = aggregatesAt([node.aggregate], positionOf);
  const groupBy = columnsAt(node.groupBy, positionOf);
  const pivot = withColumnsAt(node.pivot, positionOf);
  const schema = part(node.schema, kept);
  return { node: { ...node, input, groupBy, pivot, aggregate, names, schema }, positionOf: positionsIn(kept) };
}

export const pivotText = ({ groupBy, pivot, aggregate, names }: BoundOf<'pivot'>): string =>
  `Pivot ${aggregateText(aggregate)} by ${columnsText(groupBy)} for ${expressionText(pivot)} in ${namesText(names)}`;

/**
 * The value of which a name is the text, however it is written: "2" and "2.0" for 2.0. Undefined for the text of none, and
 * where the type has only a value near it.
 */
function valueNamed(name: string, type: DataType): Value | undefined {
  if (type.kind === 'utf8') return name;
  const value = castLiteral(name, utf8, type);
  if (value === undefined) return name === NULL_NAME ? null : undefined;
  if (!isInteger(type) && type.kind !== 'decimal') return value;
  const written = castLiteral(value, type, utf8);
  return plainNumber(String(written)) === plainNumber(name) ? value : undefined;
}

/** Without zeros that mean nothing. */
const plainNumber = (text: string): string =>
  text
    .trim()
    .replace(/^\+/, '')
    .replace(/^(-?)0+(?=\d)/, '$1')
    .replace(/\.0*$|(\.\d*?)0+$/, '$1');

/** Of texts, null and the text that is its name are one. */
function withNullNamed(pivot: TypedExpression, names: readonly string[]): TypedExpression {
  if (pivot.type.kind !== 'utf8' || !pivot.nullable || !names.includes(NULL_NAME)) return pivot;
  return { kind: 'coalesce', inputs: [pivot, literal(NULL_NAME, utf8)], type: utf8, nullable: false };
}
