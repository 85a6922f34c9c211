/**
 * The columns of several files, by name: a column that a file lacks may be null, and one that has several types gets the one that
 * holds the values of all.
 *
 *     a.parquet   id int32    city utf8
 *     b.parquet   id int64                fare float32      ──▶    id int64, city utf8, fare float32
 */

import { type DataType, isNested, sameType, typeName } from '../columnar/data-type.ts';
import { type Field, field, type Schema } from '../columnar/schema.ts';
import { InvalidArgument, SchemaMismatch } from '../errors.ts';
import { commonType, excessDigits, meetParts } from '../expressions/common-type.ts';
import { isWidened } from './widening.ts';

export interface FileSchema {
  readonly uri: string;
  readonly schema: Schema;
}

/** The type that holds the values of two; undefined where there is none. */
export type CommonType = (a: DataType, b: DataType) => DataType | undefined;

/**
 * What scans of Parquet and Arrow widen to: one of the two, or where neither holds the other's values, the type in which they meet.
 * Lists, maps, and structs of the same fields are what their parts are.
 */
export const widerType: CommonType = (a, b) => {
  if (a.kind === b.kind && isNested(a) && !sameType(a, b)) {
    return isPartwise(a, b) ? meetParts(a, b, widerType) : undefined;
  }
  const meeting = commonType(a, b);
  return [b, a, ...(meeting === undefined || excessDigits(meeting) !== undefined ? [] : [meeting])].find((type) =>
    [a, b].every((one) => sameType(one, type) || isWidened(one, type)),
  );
};

/** Whether scans widen one to the other part by part, in the order of the first. */
function isPartwise(a: DataType, b: DataType): boolean {
  switch (a.kind) {
    case 'list':
    case 'map':
      return b.kind === a.kind;
    case 'fixed-size-list':
      return b.kind === a.kind && b.size === a.size;
    case 'struct':
      return (
        b.kind === 'struct' &&
        a.fields.length === b.fields.length &&
        a.fields.every(({ name }) => b.fields.some((other) => other.name === name))
      );
    default:
      return false;
  }
}

/** The type of the one that has values, where the other has none but nulls. */
const withValues: CommonType = (a, b) => (a.kind === 'null' ? b : b.kind === 'null' ? a : undefined);

/**
 * The columns of all files, in the order in which they come first. Types that are given win, whatever the files have.
 * @throws SchemaMismatch naming the file and the column that does not go with those before; InvalidArgument for a type that is
 * given to a column that no file has
 */
export function unionSchema(
  files: readonly FileSchema[],
  common: CommonType,
  given: ReadonlyMap<string, DataType> = new Map(),
): Schema {
  const union = new Map<string, { field: Field; count: number }>();
  for (const { uri, schema } of files) {
    for (const { name, type, nullable } of schema.fields) {
      const known = union.get(name);
      const before = known?.field ?? field(name, type, nullable);
      const wider = given.get(name) ?? withValues(before.type, type) ?? common(before.type, type);
      if (wider === undefined) {
        const there = `column ${name} is ${typeName(type)} there and ${typeName(before.type)} in the files before`;
        throw new SchemaMismatch(uri, `${there}, and no type holds both. Give it one`);
      }
      const hasNulls = before.nullable || nullable || before.type.kind === 'null' || type.kind === 'null';
      union.set(name, { field: field(name, wider, hasNulls), count: (known?.count ?? 0) + 1 });
    }
  }
  const unknown = [...given.keys()].find((name) => !union.has(name));
  if (unknown !== undefined) throw new InvalidArgument(`No file has the column ${unknown}, which a type is given to.`);
  return {
    fields: [...union.values()].map((one) => (one.count < files.length ? { ...one.field, nullable: true } : one.field)),
  };
}
