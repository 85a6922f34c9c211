/** Types and schemas in Arrow's words and back. */

import {
  DataType as ArrowDataType,
  Field as ArrowField,
  Schema as ArrowSchema,
  Bool,
  DateDay,
  Decimal,
  type Dictionary,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  Precision,
  Timestamp,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
} from 'apache-arrow';
import { InvalidArgument } from '../errors.ts';
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
} from './data-type.ts';
import { type Field, field, type Schema } from './schema.ts';

/** In the order of Arrow's TimeUnit. */
const TIME_UNITS: readonly TimeUnit[] = ['s', 'ms', 'us', 'ns'];
const SIGNED: Record<number, DataType> = { 8: int8, 16: int16, 32: int32, 64: int64 };
const UNSIGNED: Record<number, DataType> = { 8: uint8, 16: uint16, 32: uint32, 64: uint64 };

/** Arrow's type for the values of a plain column. Decimals of any precision are Decimal128. */
export function toArrowType(type: DataType): ArrowDataType {
  switch (type.kind) {
    case 'bool':
      return new Bool();
    case 'int8':
      return new Int8();
    case 'int16':
      return new Int16();
    case 'int32':
      return new Int32();
    case 'int64':
      return new Int64();
    case 'uint8':
      return new Uint8();
    case 'uint16':
      return new Uint16();
    case 'uint32':
      return new Uint32();
    case 'uint64':
      return new Uint64();
    case 'float32':
      return new Float32();
    case 'float64':
      return new Float64();
    case 'decimal':
      return new Decimal(type.scale, type.precision, 128);
    case 'utf8':
      return new Utf8();
    case 'date':
      return new DateDay();
    case 'timestamp':
      return new Timestamp(TIME_UNITS.indexOf(type.unit), type.timezone);
    default:
      throw new InvalidArgument(`${type.kind} has no form in Arrow yet.`);
  }
}

/** Every column plain. */
export function toArrowSchema({ fields }: Schema): ArrowSchema {
  return new ArrowSchema(fields.map(({ name, type, nullable }) => new ArrowField(name, toArrowType(type), nullable)));
}

/** A dictionary has the type of its values. @throws InvalidArgument naming a column whose type Millrace does not hold. */
export function fromArrowSchema({ fields }: ArrowSchema): Schema {
  const names = new Set<string>();
  for (const { name } of fields) {
    if (names.has(name)) throw new InvalidArgument(`The Arrow schema has two columns named '${name}'.`);
    names.add(name);
  }
  return { fields: fields.map(fromArrowField) };
}

function fromArrowField({ name, type, nullable }: ArrowField): Field {
  const ours = fromArrowType(ArrowDataType.isDictionary(type) ? (type as Dictionary).dictionary : type);
  if (ours === undefined) {
    throw new InvalidArgument(`The Arrow column '${name}' has the type ${String(type)}, which Millrace does not hold.`);
  }
  return field(name, ours, nullable);
}

function fromArrowType(type: ArrowDataType): DataType | undefined {
  if (ArrowDataType.isBool(type)) return bool;
  if (ArrowDataType.isInt(type)) return (type.isSigned ? SIGNED : UNSIGNED)[type.bitWidth];
  if (ArrowDataType.isFloat(type)) {
    if (type.precision === Precision.HALF) return undefined;
    return type.precision === Precision.SINGLE ? float32 : float64;
  }
  if (ArrowDataType.isDecimal(type)) return fromArrowDecimal(type);
  if (ArrowDataType.isUtf8(type) || ArrowDataType.isLargeUtf8(type)) return utf8;
  if (ArrowDataType.isDate(type)) return date;
  if (ArrowDataType.isTimestamp(type)) {
    const unit = TIME_UNITS[type.unit];
    return unit && timestamp(unit, type.timezone || null);
  }
  return undefined;
}

function fromArrowDecimal({ precision, scale, bitWidth }: Decimal): DataType | undefined {
  const isHeld = bitWidth === 128 && precision >= 1 && precision <= 38 && scale >= 0 && scale <= precision;
  return isHeld ? decimal(precision, scale) : undefined;
}
