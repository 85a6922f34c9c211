/** Types and schemas in Arrow's words and back. */

import {
  DataType as ArrowDataType,
  Field as ArrowField,
  Schema as ArrowSchema,
  Binary,
  Bool,
  DateDay,
  Decimal,
  type Dictionary,
  Duration,
  FixedSizeBinary,
  FixedSizeList,
  Float16,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  IntervalMonthDayNano,
  List,
  Map_,
  Null,
  Struct,
  TimeMicrosecond,
  TimeNanosecond,
  Timestamp,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
} from 'apache-arrow';
import { InvalidArgument } from '../errors.ts';
import { extendedType, extensionMetadata } from './arrow-extensions.ts';
import * as types from './data-type.ts';
import { childTypes, type DataType, storageType, type TimeUnit } from './data-type.ts';
import { type Field, field, type Schema } from './schema.ts';

/** In the order of Arrow's TimeUnit. */
const TIME_UNITS: readonly TimeUnit[] = ['s', 'ms', 'us', 'ns'];
const SIGNED: Record<number, DataType> = { 8: types.int8, 16: types.int16, 32: types.int32, 64: types.int64 };
const UNSIGNED: Record<number, DataType> = { 8: types.uint8, 16: types.uint16, 32: types.uint32, 64: types.uint64 };
/** In the order of Arrow's Precision. */
const FLOATS: readonly DataType[] = [types.float16, types.float32, types.float64];

/** Arrow's type for the values of a plain column. Decimals of any precision are Decimal128. */
export function toArrowType(type: DataType): ArrowDataType {
  return toNestedArrowType(
    type,
    childTypes(type).map((child) => toArrowType(child)),
  );
}

/** The same, with these types for what is inside, which may be dictionaries. */
export function toNestedArrowType(type: DataType, children: readonly ArrowDataType[]): ArrowDataType {
  const stored = storageType(type);
  const [item = new Null()] = children;
  switch (stored.kind) {
    case 'list':
      return new List(toArrowField(field('item', stored.item), item));
    case 'fixed-size-list':
      return new FixedSizeList(stored.size, toArrowField(field('item', stored.item), item));
    case 'struct':
      return new Struct(stored.fields.map((one, index) => toArrowField(one, children[index] ?? new Null())));
    case 'map':
      // Its keys and values are fields of the entries.
      return new Map_(new ArrowField('entries', item, false) as ConstructorParameters<typeof Map_>[0]);
    default:
      return toFlatArrowType(stored);
  }
}

function toFlatArrowType(type: DataType): ArrowDataType {
  switch (type.kind) {
    case 'decimal':
      return new Decimal(type.scale, type.precision, 128);
    case 'fixed-size-binary':
      return new FixedSizeBinary(type.size);
    case 'time':
      return type.unit === 'us' ? new TimeMicrosecond() : new TimeNanosecond();
    case 'timestamp':
      return new Timestamp(TIME_UNITS.indexOf(type.unit), type.timezone);
    case 'duration':
      return new Duration(TIME_UNITS.indexOf(type.unit));
    default: {
      const Type = PLAIN_TYPES[type.kind];
      if (Type === undefined) throw new TypeError(`${type.kind} has no form in Arrow`);
      return new Type();
    }
  }
}

const PLAIN_TYPES: Readonly<Partial<Record<DataType['kind'], new () => ArrowDataType>>> = {
  null: Null,
  bool: Bool,
  int8: Int8,
  int16: Int16,
  int32: Int32,
  int64: Int64,
  uint8: Uint8,
  uint16: Uint16,
  uint32: Uint32,
  uint64: Uint64,
  float16: Float16,
  float32: Float32,
  float64: Float64,
  utf8: Utf8,
  binary: Binary,
  date: DateDay,
  interval: IntervalMonthDayNano,
};

/** The field of a column that Arrow holds as `arrowType`, with what its type means. */
export const toArrowField = (
  { name, type, nullable }: Field,
  arrowType: ArrowDataType = toArrowType(type),
): ArrowField => new ArrowField(name, arrowType, nullable, extensionMetadata(type));

/** Every column plain. */
export const toArrowSchema = ({ fields }: Schema): ArrowSchema =>
  new ArrowSchema(fields.map((one) => toArrowField(one)));

/** A dictionary has the type of its values. @throws InvalidArgument naming a column whose type Millrace does not hold. */
export const fromArrowSchema = ({ fields }: ArrowSchema): Schema => ({ fields: fromArrowFields(fields) });

/** Of the schema, or of the struct at `path`. */
function fromArrowFields(fields: readonly ArrowField[], path?: string): Field[] {
  const names = new Set<string>();
  return fields.map((one) => {
    const { name } = one;
    if (names.has(name)) {
      const whose = path === undefined ? 'schema has two columns' : `column '${path}' has two fields`;
      throw new InvalidArgument(`The Arrow ${whose} named '${name}'.`);
    }
    names.add(name);
    return fromArrowField(one, path === undefined ? name : `${path}.${name}`);
  });
}

/** `path` is the name of the column, and of the parts inside it that lead here. */
function fromArrowField({ name, type, nullable, metadata }: ArrowField, path: string): Field {
  const stored = fromArrowType(ArrowDataType.isDictionary(type) ? (type as Dictionary).dictionary : type, path);
  return field(name, extendedType(stored, metadata), nullable);
}

function fromArrowType(type: ArrowDataType, path: string): DataType {
  const held = fromFlatType(type) ?? fromNestedType(type, path);
  if (held !== undefined) return held;
  throw new InvalidArgument(`The Arrow column '${path}' has the type ${String(type)}, which Millrace does not hold.`);
}

function fromFlatType(type: ArrowDataType): DataType | undefined {
  if (ArrowDataType.isNull(type)) return types.nullType;
  if (ArrowDataType.isBool(type)) return types.bool;
  if (ArrowDataType.isInt(type)) return (type.isSigned ? SIGNED : UNSIGNED)[type.bitWidth];
  if (ArrowDataType.isFloat(type)) return FLOATS[type.precision];
  if (ArrowDataType.isDecimal(type)) return fromArrowDecimal(type);
  if (ArrowDataType.isUtf8(type) || ArrowDataType.isLargeUtf8(type) || ArrowDataType.isUtf8View(type)) {
    return types.utf8;
  }
  if (ArrowDataType.isBinary(type) || ArrowDataType.isLargeBinary(type) || ArrowDataType.isBinaryView(type)) {
    return types.binary;
  }
  if (ArrowDataType.isFixedSizeBinary(type))
    return type.byteWidth > 0 ? types.fixedSizeBinary(type.byteWidth) : undefined;
  return fromTemporalType(type);
}

function fromTemporalType(type: ArrowDataType): DataType | undefined {
  if (ArrowDataType.isDate(type)) return types.date;
  if (ArrowDataType.isInterval(type)) return types.interval;
  if (!ArrowDataType.isTime(type) && !ArrowDataType.isTimestamp(type) && !ArrowDataType.isDuration(type)) {
    return undefined;
  }
  const unit = TIME_UNITS[type.unit];
  if (unit === undefined) return undefined;
  // Coarser times of day are scaled.
  if (ArrowDataType.isTime(type)) return types.time(unit === 'ns' ? 'ns' : 'us');
  return ArrowDataType.isTimestamp(type) ? types.timestamp(unit, type.timezone || null) : types.duration(unit);
}

function fromNestedType(type: ArrowDataType, path: string): DataType | undefined {
  if (ArrowDataType.isStruct(type)) {
    return type.children.length === 0 ? undefined : { kind: 'struct', fields: fromArrowFields(type.children, path) };
  }
  const inside = (child: ArrowField): DataType => fromArrowField(child, `${path}.${child.name}`).type;
  if (ArrowDataType.isList(type) || ArrowDataType.isLargeList(type)) return types.list(inside(type.children[0]!));
  if (ArrowDataType.isFixedSizeList(type)) {
    return type.listSize > 0 ? types.fixedSizeList(inside(type.children[0]!), type.listSize) : undefined;
  }
  if (!ArrowDataType.isMap(type)) return undefined;
  const { children: parts } = type.children[0]!.type as Struct;
  const [key, value] = parts;
  return key && value && types.map(inside(key), inside(value));
}

function fromArrowDecimal({ precision, scale, bitWidth }: Decimal): DataType | undefined {
  const isHeld = bitWidth === 128 && precision >= 1 && precision <= 38 && scale >= 0 && scale <= precision;
  return isHeld ? types.decimal(precision, scale) : undefined;
}
