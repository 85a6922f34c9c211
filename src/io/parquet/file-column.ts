/**
 * The columns of a Parquet file, as types of ours. Parquet says what is stored (`physical`) and, in one of two places,
 * what it means: the logical type, or the converted type of older writers.
 */

import type { SchemaElement } from 'hyparquet';
import {
  bool,
  type DataType,
  date,
  decimal,
  float32,
  float64,
  int8,
  int16,
  int32,
  int64,
  type TimeUnit,
  timestamp,
  uint8,
  uint16,
  uint32,
  uint64,
  utf8,
} from '../../columnar/data-type.ts';
import { MalformedFile } from '../../errors.ts';

type PhysicalType =
  | 'BOOLEAN'
  | 'INT32'
  | 'INT64'
  | 'INT96'
  | 'FLOAT'
  | 'DOUBLE'
  | 'BYTE_ARRAY'
  | 'FIXED_LEN_BYTE_ARRAY';

/** A column on the top level of a file. */
export interface FileColumn {
  readonly name: string;
  /** Undefined where it holds something that Millrace has no type for; `unsupported` says what. */
  readonly type: DataType | undefined;
  readonly unsupported: string;
  readonly nullable: boolean;
  readonly physical: PhysicalType;
  /** Bytes of one value of FIXED_LEN_BYTE_ARRAY. */
  readonly typeBytes: number;
  /** Whether `hyparquet` gives bounds of a decimal as floats, scaled. */
  readonly boundsAreScaled: boolean;
  /** Its position among the column chunks of a row group; of a nested column, of its first. */
  readonly leaf: number;
}

/** @throws MalformedFile where the elements are not a tree. */
export function fileColumns(uri: string, elements: readonly SchemaElement[]): FileColumn[] {
  const columns: FileColumn[] = [];
  const top = elements[0]?.num_children ?? 0;
  let position = 1;
  let leaf = 0;
  for (let child = 0; child < top; child += 1) {
    const element = elements[position];
    if (element === undefined) throw new MalformedFile(uri, 'its schema ends too early');
    columns.push(fileColumn(element, leaf));
    // Past the whole subtree: as many elements as are still owed.
    for (let owed = 1; owed > 0; position += 1) {
      const next = elements[position];
      if (next === undefined) throw new MalformedFile(uri, 'its schema ends too early');
      const children = childrenOf(next);
      if (next.type !== undefined) leaf += 1;
      owed += children - 1;
    }
  }
  return columns;
}

function childrenOf({ num_children: children = 0, type }: SchemaElement): number {
  return type === undefined && Number.isSafeInteger(children) && children > 0 ? children : 0;
}

function fileColumn(element: SchemaElement, leaf: number): FileColumn {
  const { name, type: physical, repetition_type: repetition, type_length: typeBytes = 0 } = element;
  const found = physical === undefined || repetition === 'REPEATED' ? 'nested values' : typeOf(element);
  return {
    name,
    type: typeof found === 'string' ? undefined : found,
    unsupported: typeof found === 'string' ? found : '',
    nullable: repetition !== 'REQUIRED',
    physical: physical ?? 'BYTE_ARRAY',
    typeBytes,
    boundsAreScaled: element.converted_type === 'DECIMAL',
    leaf,
  };
}

/** The type, or what it would have to be. */
function typeOf(element: SchemaElement): DataType | string {
  const { type: physical, logical_type: logical, converted_type: converted, precision, scale } = element;
  if (logical?.type === 'DECIMAL') return decimalType(element, logical.precision, logical.scale);
  if (converted === 'DECIMAL') return decimalType(element, precision, scale ?? 0);
  switch (physical) {
    case 'BOOLEAN':
      return bool;
    case 'FLOAT':
      return float32;
    case 'DOUBLE':
      return float64;
    case 'INT96':
      return timestamp('ns');
    case 'INT32':
      return int32Type(element);
    case 'INT64':
      return int64Type(element);
    case 'BYTE_ARRAY':
      return textType(element);
    default:
      return logical?.type ?? converted ?? 'bytes of a fixed length';
  }
}

function decimalType(
  { type: physical, type_length: bytes = 0 }: SchemaElement,
  precision: unknown,
  scale: unknown,
): DataType | string {
  const isSane =
    Number.isInteger(precision) &&
    Number.isInteger(scale) &&
    Number(precision) >= 1 &&
    Number(scale) >= 0 &&
    Number(scale) <= Number(precision);
  const isStored =
    physical === 'INT32' ||
    physical === 'INT64' ||
    physical === 'BYTE_ARRAY' ||
    (physical === 'FIXED_LEN_BYTE_ARRAY' && bytes >= 1 && bytes <= 1024);
  if (!isSane || !isStored || Number(precision) > 38) return `a decimal(${precision}, ${scale})`;
  return decimal(Number(precision), Number(scale));
}

function int32Type({ logical_type: logical, converted_type: converted }: SchemaElement): DataType | string {
  if (logical?.type === 'DATE' || converted === 'DATE') return date;
  if (logical?.type === 'INTEGER') {
    const types = logical.isSigned ? { 8: int8, 16: int16, 32: int32 } : { 8: uint8, 16: uint16, 32: uint32 };
    return (types as Record<number, DataType>)[logical.bitWidth] ?? `integers of ${logical.bitWidth} bits`;
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
  return logical?.type ?? int32;
}

const UNITS: Readonly<Record<string, TimeUnit>> = { MILLIS: 'ms', MICROS: 'us', NANOS: 'ns' };

function int64Type({ logical_type: logical, converted_type: converted }: SchemaElement): DataType | string {
  if (logical?.type === 'TIMESTAMP') {
    const unit = UNITS[logical.unit];
    return unit === undefined
      ? 'timestamps of an unknown unit'
      : timestamp(unit, logical.isAdjustedToUTC ? 'UTC' : null);
  }
  if (logical?.type === 'INTEGER') {
    if (logical.bitWidth !== 64) return `integers of ${logical.bitWidth} bits`;
    return logical.isSigned ? int64 : uint64;
  }
  // Converted types know no local time: they are UTC by definition.
  if (converted === 'TIMESTAMP_MILLIS') return timestamp('ms', 'UTC');
  if (converted === 'TIMESTAMP_MICROS') return timestamp('us', 'UTC');
  if (converted === 'UINT_64') return uint64;
  if (converted === 'INT_64') return int64;
  return converted ?? logical?.type ?? int64;
}

/** Bytes without a meaning are taken for text, which old writers do not mark; they are checked to be UTF-8 when read. */
function textType({ logical_type: logical, converted_type: converted }: SchemaElement): DataType | string {
  const meaning = logical?.type ?? converted;
  const isText = meaning === undefined || ['STRING', 'UTF8', 'ENUM', 'JSON'].includes(meaning);
  return isText ? utf8 : meaning;
}
