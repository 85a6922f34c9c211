import { type DataType, typeName } from '../columnar/data-type.ts';
import { type Field, field, type Schema } from '../columnar/schema.ts';
import { SchemaMismatch, UnsupportedFile } from '../errors.ts';

/** A column as a file has it. */
interface FoundColumn {
  /** Undefined for types that Millrace does not hold; `unsupported` says which. */
  readonly type: DataType | undefined;
  readonly unsupported: string;
}

export interface TypedColumns {
  readonly schema: Schema;
  /** What is with the other columns, a clause for each. */
  readonly leftOut: readonly string[];
}

/** The columns that Millrace has types for, and that are the only ones of their name. @throws UnsupportedFile where a file has none */
export function typedColumns(
  uri: string,
  columns: readonly (FoundColumn & { readonly name: string; readonly nullable: boolean })[],
): TypedColumns {
  const fields: Field[] = [];
  const leftOut: string[] = [];
  const counts = new Map<string, number>();
  for (const { name } of columns) counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const [name, count] of counts) if (count > 1) leftOut.push(`column ${name} comes ${count} times`);
  for (const { name, type, nullable, unsupported } of columns) {
    if (counts.get(name) !== 1) continue;
    if (type === undefined) leftOut.push(`column ${name} holds ${unsupported}`);
    else fields.push(field(name, type, nullable));
  }
  if (columns.length === 0) throw new UnsupportedFile(uri, 'it has no columns');
  if (fields.length === 0) throw new UnsupportedFile(uri, `it has no column that Millrace reads: ${leftOut[0]}`);
  return { schema: { fields }, leftOut };
}

/**
 * How to read each field of `fields` of a file that has the columns `named`, as `readingOf` says; undefined for a column that the file does not have, and for those at
 * the positions that `known` holds, whose values are had from elsewhere.
 * @throws SchemaMismatch, UnsupportedFile
 */
export function matchFields<Column extends FoundColumn, Reading>(
  uri: string,
  named: (name: string) => readonly Column[],
  fields: readonly Field[],
  known: { has(position: number): boolean } | undefined,
  readingOf: (column: Column, field: Field) => Reading | undefined,
): (Reading | undefined)[] {
  return fields.map((field, position) => {
    if (known?.has(position)) return undefined;
    const found = named(field.name);
    const [column] = found;
    if (column === undefined) {
      if (field.nullable) return undefined;
      throw new SchemaMismatch(uri, `it has no column ${field.name}, which may not be null`);
    }
    if (found.length > 1) throw new SchemaMismatch(uri, `it has ${found.length} columns with the name ${field.name}`);
    if (column.type === undefined) throw new UnsupportedFile(uri, `column ${field.name} holds ${column.unsupported}`);
    // No value of such a column is ever read.
    if (column.type.kind === 'null' && field.nullable) return undefined;
    const reading = readingOf(column, field);
    if (reading !== undefined) return reading;
    const types = `is ${typeName(column.type)} there and ${typeName(field.type)} in the plan`;
    const advice =
      "Give it a type that both fit, which schemaFrom: 'all' or --from all may find, or leave the file out";
    throw new SchemaMismatch(uri, `column ${field.name} ${types}. ${advice}`);
  });
}
