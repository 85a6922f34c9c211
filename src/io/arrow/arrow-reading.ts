/** Which columns of an Arrow file, and which parts of them, become those of a plan. */

import {
  childTypes,
  type DataType,
  fixedSizeList,
  isBytes,
  list,
  map,
  nullType,
  sameType,
  storageType,
  struct,
} from '../../columnar/data-type.ts';
import type { Field } from '../../columnar/schema.ts';
import { matchFields } from '../match-fields.ts';
import { isWidened } from '../widening.ts';
import type { ArrowColumn } from './arrow-metadata.ts';

/** A column that is read, or a part of one. */
export interface ArrowReading {
  readonly column: ArrowColumn;
  /** What its values are read as. */
  readonly type: DataType;
  /** Fields of a struct, the items of a list, the entries of a map: those that the plan wants, in its order. */
  readonly children: readonly ArrowReading[];
}

/**
 * How to read each field; undefined for those that the file does not have, and those that `known` has. What is read may have
 * to be widened. @throws SchemaMismatch, UnsupportedFile
 */
export function matchArrowColumns(
  uri: string,
  columns: readonly ArrowColumn[],
  fields: readonly Field[],
  known: { has(position: number): boolean },
): (ArrowReading | undefined)[] {
  const named = (wanted: string): ArrowColumn[] => columns.filter(({ name }) => name === wanted);
  return matchFields(uri, named, fields, known, (column, { type }) => {
    const reading = readingOf(column, type);
    if (reading !== undefined || column.type === undefined) return reading;
    return readingOf(column, narrower(column.type, type));
  });
}

/** The plan's type with those types of the file that can be widened to it, also in lists, structs and maps. */
function narrower(from: DataType, to: DataType): DataType {
  if (isWidened(from, to)) return from;
  if (from.kind === 'list' && to.kind === 'list') return list(narrower(from.item, to.item));
  if (from.kind === 'fixed-size-list' && to.kind === 'fixed-size-list') {
    return fixedSizeList(narrower(from.item, to.item), to.size);
  }
  if (from.kind === 'map' && to.kind === 'map') return map(narrower(from.key, to.key), narrower(from.value, to.value));
  if (from.kind !== 'struct' || to.kind !== 'struct') return to;
  return struct(
    ...to.fields.map((wanted) => {
      const part = from.fields.find(({ name }) => name === wanted.name);
      return part === undefined ? wanted : { ...wanted, type: narrower(part.type, wanted.type) };
    }),
  );
}

/** Undefined where its values are no values of `type`. */
function readingOf(column: ArrowColumn, type: DataType): ArrowReading | undefined {
  const { children, type: from } = column;
  if (from === undefined) return undefined;
  const [from1, to] = [storageType(from), storageType(type)];
  if (children.length === 0) return isSame(from1, to) ? { column, type, children: [] } : undefined;
  const parts = (given: readonly (ArrowReading | undefined)[]): ArrowReading | undefined => {
    const all = given.filter((part) => part !== undefined);
    return all.length === given.length && all.length > 0 ? { column, type, children: all } : undefined;
  };
  const [first] = children;
  if (first === undefined) return undefined;
  if (from1.kind === 'struct' && to.kind === 'struct') {
    return parts(
      to.fields.map((wanted) => {
        const part = children.find(({ name }) => name === wanted.name);
        return part && readingOf(part, wanted.type);
      }),
    );
  }
  if (from1.kind === 'list' && to.kind === 'list') return parts([readingOf(first, to.item)]);
  if (from1.kind === 'fixed-size-list' && to.kind === 'fixed-size-list' && from1.size === to.size) {
    return parts([readingOf(first, to.item)]);
  }
  if (from1.kind !== 'map' || to.kind !== 'map') return undefined;
  const [key, value] = first.children;
  const [keys, values] = [key && readingOf(key, to.key), value && readingOf(value, to.value)];
  if (keys === undefined || values === undefined) return undefined;
  return { column, type, children: [{ column: first, type: childTypes(to)[0] ?? nullType, children: [keys, values] }] };
}

/** Bytes may be texts, which is looked at; a zone is how an instant is shown. */
function isSame(from: DataType, to: DataType): boolean {
  if (from.kind === 'timestamp' && to.kind === 'timestamp') {
    return from.unit === to.unit && (from.timezone === null) === (to.timezone === null);
  }
  return isBytes(from) ? isBytes(to) : sameType(from, to);
}
