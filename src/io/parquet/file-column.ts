/**
 * The columns of a Parquet file, as types of ours. Parquet says what is stored (`physical`) and, in one of two places,
 * what it means: the logical type, or the converted type of older writers.
 */

import assert from 'node:assert/strict';
import {
  binary,
  bool,
  type DataType,
  date,
  decimal,
  fixedSizeBinary,
  float16,
  float32,
  float64,
  int8,
  int16,
  int32,
  int64,
  interval,
  list,
  map,
  nullType,
  time,
  timestamp,
  uint8,
  uint16,
  uint32,
  uint64,
  utf8,
  uuid,
} from '../../columnar/data-type.ts';
import type { PhysicalType, SchemaElement } from './schema-element.ts';

/**
 * A column of a file, or a part of a nested one. Its levels say which entries of its leaves are about it:
 *
 *     optional group a (LIST) { repeated group list { optional int32 element } }
 *
 *                    slotLevel   definition   repetition
 *     a                  0           1            0          null: 0, an empty list: 1
 *     element            2           3            1          null: 2, a value: 3
 */
export interface FileColumn {
  /** Within a nested column, the path. */
  readonly name: string;
  /** Undefined where it holds something that Millrace has no type for; `unsupported` says what. */
  readonly type: DataType | undefined;
  readonly unsupported: string;
  readonly nullable: boolean;
  /** Definition level from which on there is a slot for a value or a null. */
  readonly slotLevel: number;
  /** Definition level from which on there is a value; of a leaf the greatest. */
  readonly definition: number;
  /** Greatest repetition level of entries that begin a slot; of a leaf the greatest of all. */
  readonly repetition: number;
  readonly physical: PhysicalType;
  /** Bytes of one value of FIXED_LEN_BYTE_ARRAY. */
  readonly typeBytes: number;
  /** Its position among the column chunks of a row group; of a nested column, of its first. */
  readonly leaf: number;
  /** Fields of a struct, the item of a list, key and value of a map. */
  readonly children: readonly FileColumn[];
}

/** Its leaves, in the order of the file; itself where it is flat. */
export const leavesOfColumn = (column: FileColumn): readonly FileColumn[] =>
  column.children.length === 0 ? [column] : column.children.flatMap(leavesOfColumn);

interface Node {
  readonly element: SchemaElement;
  readonly children: readonly Node[];
  /** Leaves before it. */
  readonly leaf: number;
}

/** The column on the top level that `elements` are, each before its children; its first leaf is number `firstLeaf` of the file. */
export function fileColumn(elements: readonly SchemaElement[], firstLeaf: number): FileColumn {
  let position = 0;
  let leaf = firstLeaf;
  const next = (): Node => {
    const element = elements[position];
    assert.ok(element !== undefined);
    position += 1;
    const first = leaf;
    if (element.physical !== undefined) leaf += 1;
    return { element, leaf: first, children: Array.from({ length: childrenOf(element) }, next) };
  };
  const node = next();
  return columnOf(node, node.element.name, { slotLevel: 0, definition: 0, repetition: 0 });
}

const childrenOf = ({ childCount, physical }: SchemaElement): number => (physical === undefined ? childCount : 0);

/** `around` are the levels of what is around it: of an item, those from which on the list has it. */
function columnOf(node: Node, name: string, around: ColumnLevels): FileColumn {
  const { element } = node;
  if (element.repetition === 'REPEATED') {
    // Repeated without being the inside of a list: a list that is never null, of items that are not.
    const item = { ...node, element: { ...element, repetition: 'REQUIRED' as const } };
    return listOf(node, name, around, item);
  }
  const isNullable = element.repetition !== 'REQUIRED';
  const levels = { ...around, definition: around.definition + (isNullable ? 1 : 0) };
  if (element.physical !== undefined) {
    const found = typeOf(element, element.physical);
    return {
      ...columnBase(node, name, levels),
      ...(typeof found === 'string' ? { unsupported: found } : { type: found }),
      physical: element.physical,
      typeBytes: element.typeBytes,
    };
  }
  const annotation = element.logical?.kind ?? element.converted;
  const [only, ...others] = node.children;
  if (only === undefined) return { ...columnBase(node, name, levels), unsupported: 'a group without fields' };
  if (only.element.repetition === 'REPEATED' && others.length === 0) {
    if (annotation === 'LIST') return listOf(node, name, levels, itemOf(element.name, only));
    if (annotation === 'MAP' || annotation === 'MAP_KEY_VALUE') return mapOf(node, name, levels, only);
  }
  // What else is annotated is read as it is stored: of a variant its metadata, its bytes, and what was taken out of them.
  const children = node.children.map((child) => columnOf(child, `${name}.${child.element.name}`, levels));
  return nested({ ...columnBase(node, name, levels), children }, (types) => ({
    kind: 'struct',
    fields: types.map((type, at) => ({
      name: node.children[at]?.element.name ?? '',
      type,
      nullable: children[at]?.nullable ?? true,
    })),
  }));
}

interface ColumnLevels {
  readonly slotLevel: number;
  readonly definition: number;
  readonly repetition: number;
}

/** Levels of what is in a list. */
const inside = ({ definition, repetition }: ColumnLevels): ColumnLevels => ({
  slotLevel: definition + 1,
  definition: definition + 1,
  repetition: repetition + 1,
});

const columnBase = (node: Node, name: string, levels: ColumnLevels): FileColumn => ({
  name,
  type: undefined,
  unsupported: '',
  nullable: node.element.repetition === 'OPTIONAL',
  ...levels,
  physical: 'BYTE_ARRAY',
  typeBytes: 0,
  leaf: node.leaf,
  children: [],
});

/** A column of the type that its children's types make, where they all have one. */
function nested(column: FileColumn, make: (types: readonly DataType[]) => DataType): FileColumn {
  const types: DataType[] = [];
  for (const { type, unsupported } of column.children) {
    // Inside of others there is no column that could be left out.
    if (type === undefined) return { ...column, unsupported };
    types.push(type);
  }
  return { ...column, type: make(types) };
}

/**
 * The item of a list whose repeated field is `repeated`: the one field inside of it, or itself where an older writer left
 * out a level. https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#lists
 */
function itemOf(listName: string, repeated: Node): Node {
  const { element, children } = repeated;
  const [only, ...others] = children;
  const isItem =
    only === undefined ||
    others.length > 0 ||
    element.name === 'array' ||
    element.name === `${listName}_tuple` ||
    only.element.repetition === 'REPEATED' ||
    element.logical !== undefined ||
    element.converted !== undefined;
  return isItem ? { ...repeated, element: { ...element, repetition: 'REQUIRED' } } : only;
}

function listOf(node: Node, name: string, levels: ColumnLevels, item: Node): FileColumn {
  const children = [columnOf(item, `${name}.${item.element.name}`, inside(levels))];
  return nested({ ...columnBase(node, name, levels), children }, ([type = nullType]) => list(type));
}

function mapOf(node: Node, name: string, levels: ColumnLevels, entries: Node): FileColumn {
  const base = columnBase(node, name, levels);
  const [key] = entries.children;
  // Without values it is a set of keys.
  if (key !== undefined && entries.children.length === 1) return listOf(node, name, levels, key);
  if (entries.children.length !== 2) return { ...base, unsupported: 'a map without keys and values' };
  const children = entries.children.map((child) => columnOf(child, `${name}.${child.element.name}`, inside(levels)));
  return nested({ ...base, children }, ([keys = nullType, values = nullType]) => map(keys, values));
}

/** The type, or what it would have to be. */
function typeOf(element: SchemaElement, physical: PhysicalType): DataType | string {
  const { logical, converted, precision, scale } = element;
  if (logical?.kind === 'DECIMAL') return decimalType(element, logical.precision, logical.scale);
  if (converted === 'DECIMAL') return decimalType(element, precision, scale ?? 0);
  if (logical?.kind === 'UNKNOWN') return nullType;
  switch (physical) {
    case 'BOOLEAN':
      return bool;
    case 'FLOAT':
      return float32;
    case 'DOUBLE':
      return float64;
    case 'INT96':
      // As DuckDB reads them: nanoseconds would reach from 1677 to 2262 only, and dates beyond are what many files mark with.
      return timestamp('us');
    case 'INT32':
      return int32Type(element);
    case 'INT64':
      return int64Type(element);
    case 'BYTE_ARRAY':
      return textType(element);
    case 'FIXED_LEN_BYTE_ARRAY':
      return fixedBytesType(element);
  }
}

function decimalType(
  { physical, typeBytes }: SchemaElement,
  precision: number | undefined,
  scale: number | undefined,
): DataType | string {
  const isStored =
    physical === 'INT32' ||
    physical === 'INT64' ||
    physical === 'BYTE_ARRAY' ||
    (physical === 'FIXED_LEN_BYTE_ARRAY' && typeBytes >= 1 && typeBytes <= 1024);
  const isSane = precision !== undefined && scale !== undefined && precision >= 1 && scale >= 0 && scale <= precision;
  return isSane && isStored && precision <= 38 ? decimal(precision, scale) : `a decimal(${precision}, ${scale})`;
}

function int32Type({ logical, converted }: SchemaElement): DataType | string {
  if (logical?.kind === 'DATE' || converted === 'DATE') return date;
  if (logical?.kind === 'TIME') return logical.unit === 'ms' ? time('us') : `a time of ${logical.unit} in 4 bytes`;
  if (converted === 'TIME_MILLIS') return time('us');
  if (logical?.kind === 'INTEGER') {
    const types = logical.isSigned ? { 8: int8, 16: int16, 32: int32 } : { 8: uint8, 16: uint16, 32: uint32 };
    return (types as Record<number, DataType>)[logical.bits ?? 0] ?? `integers of ${logical.bits} bits`;
  }
  const byConverted: Record<string, DataType> = {
    INT_8: int8,
    INT_16: int16,
    INT_32: int32,
    UINT_8: uint8,
    UINT_16: uint16,
    UINT_32: uint32,
  };
  if (converted !== undefined) return byConverted[converted] ?? converted;
  return logical?.kind ?? int32;
}

function int64Type({ logical, converted }: SchemaElement): DataType | string {
  if (logical?.kind === 'TIMESTAMP' || logical?.kind === 'TIME') {
    const { kind, unit, isUtc } = logical;
    if (unit === undefined) return `${kind} of an unknown unit`;
    if (kind === 'TIMESTAMP') return timestamp(unit, isUtc ? 'UTC' : null);
    return unit === 'ms' ? 'milliseconds in 8 bytes' : time(unit);
  }
  if (converted === 'TIME_MICROS') return time('us');
  if (logical?.kind === 'INTEGER') {
    if (logical.bits !== 64) return `integers of ${logical.bits} bits`;
    return logical.isSigned ? int64 : uint64;
  }
  // Converted types know no local time: they are UTC by definition.
  if (converted === 'TIMESTAMP_MILLIS') return timestamp('ms', 'UTC');
  if (converted === 'TIMESTAMP_MICROS') return timestamp('us', 'UTC');
  if (converted === 'UINT_64') return uint64;
  if (converted === 'INT_64') return int64;
  return converted ?? logical?.kind ?? int64;
}

/** Old writers do not mark texts: where a plan says that such bytes are text, they are checked to be UTF-8 when read. */
function textType({ logical, converted }: SchemaElement): DataType {
  return ['STRING', 'UTF8', 'ENUM', 'JSON'].includes(logical?.kind ?? converted ?? '') ? utf8 : binary;
}

function fixedBytesType({ typeBytes, logical, converted }: SchemaElement): DataType | string {
  if (logical?.kind === 'UUID' && typeBytes === 16) return uuid;
  if (logical?.kind === 'FLOAT16' && typeBytes === 2) return float16;
  if (converted === 'INTERVAL' && typeBytes === 12) return interval;
  return typeBytes > 0 ? fixedSizeBinary(typeBytes) : `values of ${typeBytes} bytes`;
}
