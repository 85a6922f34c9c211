import { utf8 } from '../../columnar/data-type.ts';
import { columnPositions, field, type Schema } from '../../columnar/schema.ts';
import { addUnknownColumn, bindPredicate } from '../../expressions/bind.ts';
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
  const { filePathColumn } = node;
  const all: Schema = {
    fields: filePathColumn === undefined ? node.schema : [...node.schema, field(filePathColumn, utf8, false)],
  };
  const columnsPath = pathOf(path, 'columns');
  const positionOf = (name: string, index: number): number => {
    const position = columnPositions(all).get(name);
    if (position === undefined) addUnknownColumn(name, all, problems, pathOf(columnsPath, index));
    return position ?? -1;
  };
  const wanted = node.columns?.map(positionOf) ?? [...all.fields.keys()];
  let filter: TypedExpression | undefined;
  if (node.filter !== undefined) {
    filter = bindPredicate(node.filter, all, problems, pathOf(path, 'filter'));
    if (filter === undefined) return undefined;
  }
  if (wanted.includes(-1)) return undefined;
  const { sourceId, limit } = node;
  const format = bindScanFormat(node, problems, path);
  return boundScan({ sourceId, format, filePathColumn, limit }, all, wanted, filter && simplified(filter));
}

export function pruneScan(node: BoundOf<'scan'>, needed: ReadonlySet<number>): Pruned {
  const wanted = inOrder(needed);
  return { node: boundScan(node, node.readSchema, wanted, node.filter), positionOf: positionsIn(wanted) };
}

export function scanText({
  sourceId,
  format,
  schema,
  readSchema,
  filePathColumn,
  filter,
  limit,
  runtimeFilters = [],
}: BoundOf<'scan'>): string {
  const kind = format.kind === 'parquet' ? '' : ` ${format.kind}`;
  const reader = format.kind === 'parquet' && format.reader !== undefined ? ` by ${format.reader}` : '';
  const told = runtimeFilters.map(({ key, from }) => `${expressionText(key)} from ${from}`);
  const onlyForFilter = readSchema.fields.slice(schema.fields.length);
  return [
    `Scan ${nameText(sourceId)}${kind}${reader} columns ${namesText(schema.fields)}`,
    onlyForFilter.length === 0 ? '' : ` reads also ${namesText(onlyForFilter)}`,
    readSchema.fields.some(({ name }) => name === filePathColumn) ? ` file path ${nameText(filePathColumn ?? '')}` : '',
    filter === undefined ? '' : ` filter ${expressionText(filter)}`,
    told.length === 0 ? '' : ` runtime filter${told.length > 1 ? 's' : ''} on ${told.join(', ')}`,
    limit === undefined ? '' : ` limit ${limit}`,
  ].join('');
}
