import type { Schema } from '../../columnar/schema.ts';
import { addUnknownColumn, bindPredicate, columnPositions } from '../../expressions/bind.ts';
import type { TypedExpression } from '../../expressions/expression.ts';
import { expressionText, nameText } from '../../expressions/expression-text.ts';
import { type Problems, pathOf } from '../../expressions/problems.ts';
import { simplified } from '../../expressions/simplify.ts';
import type { BoundOf, NodeOf } from '../bind-parts.ts';
import type { BoundNode } from '../bound-plan.ts';
import { boundScan } from '../bound-scan.ts';
import { namesText } from '../node-text.ts';
import { inOrder, type Pruned, positionsIn } from '../pruning.ts';
import { bindScanFormat } from './scan-format.ts';

export function bindScan(node: NodeOf<'scan'>, problems: Problems, path: string): BoundNode | undefined {
  const all: Schema = { fields: node.schema };
  const positions = columnPositions(all);
  const columnsPath = pathOf(path, 'columns');
  const wanted = (node.columns ?? node.schema.map(({ name }) => name)).map((name, index) => {
    const position = positions.get(name);
    if (position === undefined) addUnknownColumn(name, all, problems, pathOf(columnsPath, index));
    return position ?? -1;
  });
  let filter: TypedExpression | undefined;
  if (node.filter !== undefined) {
    filter = bindPredicate(node.filter, all, problems, pathOf(path, 'filter'));
    if (filter === undefined) return undefined;
  }
  if (wanted.includes(-1)) return undefined;
  const { sourceId, limit } = node;
  const format = bindScanFormat(node, problems, path);
  return boundScan({ sourceId, format, limit }, all, wanted, filter && simplified(filter));
}

export function pruneScan(node: BoundOf<'scan'>, needed: ReadonlySet<number>): Pruned {
  const wanted = inOrder(needed);
  const { sourceId, format, limit, readSchema, filter } = node;
  return { node: boundScan({ sourceId, format, limit }, readSchema, wanted, filter), positionOf: positionsIn(wanted) };
}

export function scanText({ sourceId, format, schema, readSchema, filter, limit }: BoundOf<'scan'>): string {
  const kind = format.kind === 'parquet' ? '' : ` ${format.kind}`;
  const onlyForFilter = readSchema.fields.slice(schema.fields.length);
  return [
    `Scan ${nameText(sourceId)}${kind} columns ${namesText(schema.fields)}`,
    onlyForFilter.length === 0 ? '' : ` reads also ${namesText(onlyForFilter)}`,
    filter === undefined ? '' : ` filter ${expressionText(filter)}`,
    limit === undefined ? '' : ` limit ${limit}`,
  ].join('');
}
