/** Values of a result as text and as JSON. */

import type { DataType } from '../columnar/data-type.ts';
import type { Schema } from '../columnar/schema.ts';
import type { Value } from '../columnar/value.ts';
import { type JsonValue, valueToJson } from '../expressions/literal.ts';

export type Row = readonly Value[];

/** The value as text; null as an empty one. */
export function valueText(value: Value, type: DataType): string {
  if (value === null) return '';
  const json = valueToJson(value, type);
  return typeof json === 'object' ? JSON.stringify(json) : String(json);
}

/** The value in JSON: a number where JSON numbers hold it exactly, else text as in a plan. */
function jsonValue(value: Value, type: DataType): JsonValue {
  if (typeof value === 'bigint' && (type.kind === 'int64' || type.kind === 'uint64')) {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  return valueToJson(value, type);
}

/** The row as an object in JSON. */
export function jsonRow({ fields }: Schema, row: Row): Record<string, unknown> {
  return Object.fromEntries(fields.map(({ name, type }, index) => [name, jsonValue(row[index] ?? null, type)]));
}
