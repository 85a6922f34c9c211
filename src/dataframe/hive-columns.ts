/**
 * Columns that the directories of files tell, as other writers and Millrace name them.
 *
 *     sales/shop=Bonn/year=2025/part-0.parquet      shop utf8 "Bonn"      year int64 2025
 */

import { type DataType, int64, typeName, utf8 } from '../columnar/data-type.ts';
import { type Field, field } from '../columnar/schema.ts';
import { SchemaMismatch } from '../errors.ts';
import { valueFromJson } from '../expressions/literal.ts';
import { parseHiveSegment } from '../io/uri.ts';
import type { ScanFile } from '../plan/task.ts';

const WHOLE_NUMBER = /^(0|-?[1-9]\d{0,17})$/;

/** Whole numbers where all values are such, else text; of the types that are given. @throws SchemaMismatch where a value has none */
export function hiveColumns(
  files: readonly ScanFile[],
  types: Readonly<Record<string, DataType>>,
): { readonly fields: readonly Field[]; readonly files: readonly ScanFile[] } {
  const told = files.map(({ uri }) => new Map(uri.split('/').slice(0, -1).flatMap(columnOf)));
  const names = [...new Set(told.flatMap((columns) => [...columns.keys()]))];
  const fields = names.map((name) => {
    const values = told.map((columns) => columns.get(name) ?? null);
    const isWhole = values.every((value) => value === null || WHOLE_NUMBER.test(value));
    return field(name, types[name] ?? (isWhole && values.some((value) => value !== null) ? int64 : utf8));
  });
  const partitionOf = (uri: string, columns: ReadonlyMap<string, string | null>): NonNullable<ScanFile['partition']> =>
    Object.fromEntries(
      fields.map(({ name, type }) => {
        const text = columns.get(name) ?? null;
        const value = literal(text, type);
        if (value !== null && valueFromJson(value, type) === undefined) {
          throw new SchemaMismatch(uri, `the value of ${name} in its path, ${text}, is no ${typeName(type)}`);
        }
        return [name, value];
      }),
    );
  return {
    fields,
    files: files.map((file, at) => ({ ...file, partition: partitionOf(file.uri, told[at] ?? new Map()) })),
  };
}

function columnOf(segment: string): readonly (readonly [string, string | null])[] {
  const column = parseHiveSegment(segment);
  return column === undefined ? [] : [[column.name, column.value]];
}

/** The text as a literal of the type is written. */
function literal(text: string | null, { kind }: DataType): null | boolean | number | string {
  if (text === null) return null;
  if (kind === 'bool' && (text === 'true' || text === 'false')) return text === 'true';
  return /^(u?int(8|16|32)|float\d\d)$/.test(kind) && text.trim() !== '' && Number.isFinite(Number(text))
    ? Number(text)
    : text;
}
