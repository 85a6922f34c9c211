/**
 * Values that all rows of a file have: those of the columns that its place tells, as in `month=3/part-0.parquet`.
 *
 *     filter   month = 3 and delay > 5      file with month 3     delay > 5
 *                                           file with month 4     false: it is not read
 */

import type { Field } from '../columnar/schema.ts';
import type { Value } from '../columnar/value.ts';
import { operandsOf, withOperands } from '../expressions/columns.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { type JsonValue, valueFromJson } from '../expressions/literal.ts';
import { simplified } from '../expressions/simplify.ts';
import { redactUri } from './uri.ts';

/** By column, as literals write them. */
export type PartitionJson = Readonly<Record<string, JsonValue>>;

/** The values by the position of their column in `fields`; those of other columns are left out. */
function partitionValues(partition: PartitionJson, fields: readonly Field[]): ReadonlyMap<number, Value> {
  const values = new Map<number, Value>();
  for (const [position, { name, type }] of fields.entries()) {
    if (!Object.hasOwn(partition, name)) continue;
    const json = partition[name] ?? null;
    // The task has been checked: what is undefined here is null.
    values.set(position, json === null ? null : (valueFromJson(json, type) ?? null));
  }
  return values;
}

/** The same, and the uri of the file where `filePathColumn` is asked for. */
export function knownValues(
  { uri, partition = {} }: { readonly uri: string; readonly partition?: PartitionJson | undefined },
  fields: readonly Field[],
  filePathColumn: string | undefined,
): ReadonlyMap<number, Value> {
  const values = partitionValues(partition, fields);
  const position = fields.findIndex(({ name }) => name === filePathColumn);
  return position === -1 ? values : new Map([...values, [position, redactUri(uri)]]);
}

/** What is left of `filter` for rows with these values; `never` where it is true for none of them. */
export function filterOfPartition(
  filter: TypedExpression,
  values: ReadonlyMap<number, Value>,
): TypedExpression | 'never' {
  // Without values there is nothing new to simplify.
  const left = values.size === 0 ? filter : simplified(withValues(filter, values));
  return left.kind === 'literal' && left.value !== true ? 'never' : left;
}

/** `e` with these values in place of the columns that have them. */
export function withValues(e: TypedExpression, values: ReadonlyMap<number, Value>): TypedExpression {
  if (e.kind === 'column') {
    const value = values.get(e.index);
    return value === undefined ? e : { kind: 'literal', type: e.type, value, nullable: value === null };
  }
  return operandsOf(e).length === 0 ? e : withOperands(e, (operand) => withValues(operand, values));
}
