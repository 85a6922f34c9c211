/**
 * The columns of several files, by name: a column that a file lacks may be null, and one that has several types gets the one that
 * holds the values of all.
 *
 *     a.parquet   id int32    city utf8
 *     b.parquet   id int64                fare float32      ──▶    id int64, city utf8, fare float32
 */

import {
  type DataType,
  fixedSizeList,
  isNested,
  list,
  map,
  sameType,
  struct,
  typeName,
} from '../columnar/data-type.ts';
import { type Field, field, type Schema } from '../columnar/schema.ts';
import { InvalidArgument, SchemaMismatch } from '../errors.ts';
import { commonType, excessDigits } from '../expressions/common-type.ts';
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
  if (a.kind === b.kind && isNested(a) && !sameType(a, b)) return widerParts(a, b);
  const meeting = commonType(a, b);
  return [b, a, ...(meeting === undefined || excessDigits(meeting) !== undefined ? [] : [meeting])].find((type) =>
    [a, b].every((one) => sameType(one, type) || isWidened(one, type)),
  );
};

/** Of two types of one kind; structs have their fields in the order of the first. */
function widerParts(a: DataType, b: DataType): DataType | undefined {
  if (a.kind === 'list' && b.kind === 'list') {
    const item = widerType(a.item, b.item);
    return item && list(item);
  }
  if (a.kind === 'fixed-size-list' && b.kind === 'fixed-size-list' && a.size === b.size) {
    const item = widerType(a.item, b.item);
    return item && fixedSizeList(item, a.size);
  }
  if (a.kind === 'map' && b.kind === 'map') {
    const [key, value] = [widerType(a.key, b.key), widerType(a.value, b.value)];
    return key && value && map(key, value);
  }
  if (a.kind !== 'struct' || b.kind !== 'struct' || a.fields.length !== b.fields.length) return undefined;
  const fields: Field[] = [];
  for (const { name, type, nullable } of a.fields) {
    const other = b.fields.find((one) => one.name === name);
    const wider = other && widerType(type, other.type);
    if (other === undefined || wider === undefined) return undefined;
    fields.push(field(name, wider, nullable || other.nullable));
  }
  return struct(...fields);
}

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
      const wider = given.get(name) ?? common(before.type, type);
      if (wider === undefined) {
        const there = `column ${name} is ${typeName(type)} there and ${typeName(before.type)} in the files before`;
        throw new SchemaMismatch(uri, `${there}, and no type holds both. Give it one`);
      }
      union.set(name, { field: field(name, wider, before.nullable || nullable), count: (known?.count ?? 0) + 1 });
    }
  }
  const unknown = [...given.keys()].find((name) => !union.has(name));
  if (unknown !== undefined) throw new InvalidArgument(`No file has the column ${unknown}, which a type is given to.`);
  return {
    fields: [...union.values()].map((one) => (one.count < files.length ? { ...one.field, nullable: true } : one.field)),
  };
}
