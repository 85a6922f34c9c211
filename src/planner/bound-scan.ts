import type { Field, Schema } from '../columnar/schema.ts';
import { collectColumns, withColumnsAt } from '../expressions/columns.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import type { BoundNode } from './bound-plan.ts';

type BoundScan = Extract<BoundNode, { kind: 'scan' }>;

/**
 * A scan that gives the columns `wanted` of `known`, in that order, and reads beside them those that only `filter`
 * needs. `filter` is over `known`.
 */
export function boundScan(
  { sourceId, format, filePathColumn, limit }: Pick<BoundScan, 'sourceId' | 'format' | 'filePathColumn' | 'limit'>,
  known: Schema,
  wanted: readonly number[],
  filter: TypedExpression | undefined,
): BoundScan {
  const isAll = wanted.length === known.fields.length && wanted.every((index, position) => index === position);
  const same = { kind: 'scan' as const, sourceId, format, filePathColumn, limit };
  if (isAll) return { ...same, schema: known, readSchema: known, filter };
  const filtered = new Set<number>();
  if (filter !== undefined) collectColumns(filter, filtered);
  for (const index of wanted) filtered.delete(index);
  const read = [...wanted, ...[...filtered].sort((a, b) => a - b)];
  const positions = new Map(read.map((index, position) => [index, position]));
  const fieldsOf = (indexes: readonly number[]): readonly Field[] =>
    indexes.flatMap((index) => known.fields[index] ?? []);
  return {
    ...same,
    schema: { fields: fieldsOf(wanted) },
    readSchema: { fields: fieldsOf(read) },
    filter: filter && withColumnsAt(filter, (index) => positions.get(index) ?? -1),
  };
}
