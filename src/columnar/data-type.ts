/**
 * The types of values. They are data: the same objects stand in plans, in schemas and in manifests.
 *
 *     flat      null  bool  int8 … uint64  float16 float32 float64  decimal(p, s)
 *               utf8  binary  fixed-size-binary(n)  uuid
 *               date  time(us | ns)  timestamp(unit, zone)  duration(unit)  interval
 *     nested    list(T)  fixed-size-list(T, n)  struct(a T, b U)  map(K, V)
 *     logical   embedding(T, n)   a fixed-size list of numbers
 *               tensor(T)         a struct of data list(T) and shape list(uint64)
 *               tensor(T, shape)  a fixed-size list of as many values as the shape has
 *               file              a struct of uri utf8 and data binary, one of which is there
 *
 * A logical type says what its values mean; how they are stored, `storageType` says.
 */

import type { Field } from './schema.ts';

export type TimeUnit = 's' | 'ms' | 'us' | 'ns';
/** Units of a time of day. */
export type ClockUnit = 'us' | 'ns';

export type DataType =
  /** No value but null. */
  | { readonly kind: 'null' }
  | { readonly kind: 'bool' }
  | { readonly kind: 'int8' }
  | { readonly kind: 'int16' }
  | { readonly kind: 'int32' }
  | { readonly kind: 'int64' }
  | { readonly kind: 'uint8' }
  | { readonly kind: 'uint16' }
  | { readonly kind: 'uint32' }
  | { readonly kind: 'uint64' }
  | { readonly kind: 'float16' }
  | { readonly kind: 'float32' }
  | { readonly kind: 'float64' }
  /** An unscaled integer; `precision` of 1 to 38 digits, `scale` of them after the point. */
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'utf8' }
  | { readonly kind: 'binary' }
  | { readonly kind: 'fixed-size-binary'; readonly size: number }
  /** Sixteen bytes, in the order in which they are written. */
  | { readonly kind: 'uuid' }
  /** Days since 1970-01-01. */
  | { readonly kind: 'date' }
  /** Ticks since midnight, below a day. */
  | { readonly kind: 'time'; readonly unit: ClockUnit }
  /** Ticks since 1970-01-01T00:00:00, in UTC where `timezone` names a zone, else of a clock on the wall. */
  | { readonly kind: 'timestamp'; readonly unit: TimeUnit; readonly timezone: string | null }
  /** Ticks, of either sign. */
  | { readonly kind: 'duration'; readonly unit: TimeUnit }
  /** Months, days and nanoseconds, none of which is ever carried into another. */
  | { readonly kind: 'interval' }
  | { readonly kind: 'list'; readonly item: DataType }
  | { readonly kind: 'fixed-size-list'; readonly item: DataType; readonly size: number }
  | { readonly kind: 'struct'; readonly fields: readonly Field[] }
  /** A list of entries; keys are not null. */
  | { readonly kind: 'map'; readonly key: DataType; readonly value: DataType }
  | { readonly kind: 'embedding'; readonly item: DataType; readonly size: number }
  | { readonly kind: 'tensor'; readonly item: DataType; readonly shape?: readonly number[] | undefined }
  | { readonly kind: 'file' };

export type TypeKind = DataType['kind'];
export type TypeOf<K extends TypeKind> = Extract<DataType, { kind: K }>;
export type DecimalType = TypeOf<'decimal'>;

/** The largest precision whose values always fit 8 bytes. */
export const SHORT_DECIMAL_DIGITS = 18;

export const nullType: TypeOf<'null'> = { kind: 'null' };
export const bool: TypeOf<'bool'> = { kind: 'bool' };
export const int8: TypeOf<'int8'> = { kind: 'int8' };
export const int16: TypeOf<'int16'> = { kind: 'int16' };
export const int32: TypeOf<'int32'> = { kind: 'int32' };
export const int64: TypeOf<'int64'> = { kind: 'int64' };
export const uint8: TypeOf<'uint8'> = { kind: 'uint8' };
export const uint16: TypeOf<'uint16'> = { kind: 'uint16' };
export const uint32: TypeOf<'uint32'> = { kind: 'uint32' };
export const uint64: TypeOf<'uint64'> = { kind: 'uint64' };
export const float16: TypeOf<'float16'> = { kind: 'float16' };
export const float32: TypeOf<'float32'> = { kind: 'float32' };
export const float64: TypeOf<'float64'> = { kind: 'float64' };
/** Every type of integers, and of floats. */
export const INTEGER_TYPES: readonly DataType[] = [int8, int16, int32, int64, uint8, uint16, uint32, uint64];
export const FLOAT_TYPES: readonly DataType[] = [float16, float32, float64];
export const utf8: TypeOf<'utf8'> = { kind: 'utf8' };
export const binary: TypeOf<'binary'> = { kind: 'binary' };
export const uuid: TypeOf<'uuid'> = { kind: 'uuid' };
export const date: TypeOf<'date'> = { kind: 'date' };
export const interval: TypeOf<'interval'> = { kind: 'interval' };
export const file: TypeOf<'file'> = { kind: 'file' };
export const decimal = (precision: number, scale: number): DecimalType => ({ kind: 'decimal', precision, scale });
export const fixedSizeBinary = (size: number): TypeOf<'fixed-size-binary'> => ({ kind: 'fixed-size-binary', size });
export const time = (unit: ClockUnit): TypeOf<'time'> => ({ kind: 'time', unit });
export const timestamp = (unit: TimeUnit, timezone: string | null = null): TypeOf<'timestamp'> => ({
  kind: 'timestamp',
  unit,
  timezone,
});
export const duration = (unit: TimeUnit): TypeOf<'duration'> => ({ kind: 'duration', unit });
export const list = <I extends DataType>(item: I): TypeOf<'list'> & { readonly item: I } => ({ kind: 'list', item });
export const fixedSizeList = <I extends DataType>(
  item: I,
  size: number,
): TypeOf<'fixed-size-list'> & { readonly item: I } => ({ kind: 'fixed-size-list', item, size });
export const struct = <F extends readonly Field[]>(...fields: F): TypeOf<'struct'> & { readonly fields: F } => ({
  kind: 'struct',
  fields,
});
export const map = <K extends DataType, V extends DataType>(
  key: K,
  value: V,
): TypeOf<'map'> & { readonly key: K; readonly value: V } => ({ kind: 'map', key, value });
export const embedding = <I extends DataType>(item: I, size: number): TypeOf<'embedding'> & { readonly item: I } => ({
  kind: 'embedding',
  item,
  size,
});
export const tensor = (item: DataType, shape?: readonly number[]): TypeOf<'tensor'> => ({
  kind: 'tensor',
  item,
  shape,
});

/** Types without parts: every other one of the same kind is the same. */
type PlainKind =
  | 'null'
  | 'bool'
  | `${'int' | 'uint'}${8 | 16 | 32 | 64}`
  | `float${16 | 32 | 64}`
  | 'utf8'
  | 'binary'
  | 'uuid'
  | 'date'
  | 'interval'
  | 'file';

export function sameType(a: DataType, b: DataType): boolean {
  if (a === b) return true;
  return a.kind === b.kind && sameParts(a, b);
}

function sameParts(a: DataType, b: DataType): boolean {
  switch (a.kind) {
    case 'decimal':
      return b.kind === 'decimal' && a.precision === b.precision && a.scale === b.scale;
    case 'timestamp':
      return b.kind === 'timestamp' && a.unit === b.unit && a.timezone === b.timezone;
    case 'time':
    case 'duration':
      return b.kind === a.kind && a.unit === b.unit;
    case 'fixed-size-binary':
      return b.kind === 'fixed-size-binary' && a.size === b.size;
    case 'list':
      return b.kind === 'list' && sameType(a.item, b.item);
    case 'fixed-size-list':
    case 'embedding':
      return b.kind === a.kind && a.size === b.size && sameType(a.item, b.item);
    case 'struct':
      return (
        b.kind === 'struct' &&
        a.fields.length === b.fields.length &&
        a.fields.every((f, n) => sameField(f, b.fields[n]!))
      );
    case 'map':
      return b.kind === 'map' && sameType(a.key, b.key) && sameType(a.value, b.value);
    case 'tensor':
      return b.kind === 'tensor' && sameType(a.item, b.item) && String(a.shape) === String(b.shape);
    default:
      return (a satisfies { kind: PlainKind }).kind === b.kind;
  }
}

/** Whether a part of a struct may be null is no part of its type, as it is none of a column's. */
const sameField = (a: Field, b: Field): boolean => a.name === b.name && sameType(a.type, b.type);

/** The type as users write and read it: `decimal(15, 2)`, `timestamp(us, UTC)`, `list(struct(a int64, b utf8))`. */
export function typeName(type: DataType): string {
  switch (type.kind) {
    case 'decimal':
      return `decimal(${type.precision}, ${type.scale})`;
    case 'timestamp':
      return type.timezone === null ? `timestamp(${type.unit})` : `timestamp(${type.unit}, ${type.timezone})`;
    case 'time':
    case 'duration':
      return `${type.kind}(${type.unit})`;
    case 'fixed-size-binary':
      return `fixed-size-binary(${type.size})`;
    case 'list':
      return `list(${typeName(type.item)})`;
    case 'fixed-size-list':
    case 'embedding':
      return `${type.kind}(${typeName(type.item)}, ${type.size})`;
    case 'struct':
      return `struct(${type.fields.map((f) => `${f.name} ${typeName(f.type)}`).join(', ')})`;
    case 'map':
      return `map(${typeName(type.key)}, ${typeName(type.value)})`;
    case 'tensor':
      return `tensor(${[typeName(type.item), ...(type.shape === undefined ? [] : [`[${type.shape.join(', ')}]`])].join(', ')})`;
    default:
      return type.kind;
  }
}

const INTEGER_BITS: Partial<Record<TypeKind, number>> = {
  int8: 8,
  int16: 16,
  int32: 32,
  int64: 64,
  uint8: 8,
  uint16: 16,
  uint32: 32,
  uint64: 64,
};

/** Bits of an integer type, undefined for every other type. */
export const integerBits = (type: DataType): number | undefined => INTEGER_BITS[type.kind];
export const isInteger = (type: DataType): boolean => INTEGER_BITS[type.kind] !== undefined;
export const isUnsigned = (type: DataType): boolean => type.kind.startsWith('uint');
export const isFloat = (type: DataType): boolean =>
  type.kind === 'float64' || type.kind === 'float32' || type.kind === 'float16';
export const isNumeric = (type: DataType): boolean => isInteger(type) || isFloat(type) || type.kind === 'decimal';

/** Whether values are whole numbers, or stored as such: decimals and times too. */
export const isWhole = (type: DataType): boolean =>
  isInteger(type) || ['date', 'time', 'timestamp', 'duration', 'decimal'].includes(type.kind);

/** Whether plain columns of the type are offsets into bytes. */
export const isBytes = (type: DataType): boolean => type.kind === 'utf8' || type.kind === 'binary';

/** Whether rows can be sorted by values of the type. */
export const isOrderable = (type: DataType): boolean =>
  ['bool', 'utf8', 'binary', 'date', 'time', 'timestamp', 'duration', 'decimal', 'float32', 'float64'].includes(
    type.kind,
  ) || isInteger(type);

/** Whether columns of the type have columns inside. */
export const isNested = (type: DataType): boolean => childTypes(type).length > 0;

/** The type as which the values of a logical type are stored; every other type itself. */
export function storageType(type: DataType): DataType {
  switch (type.kind) {
    case 'uuid':
      return fixedSizeBinary(16);
    case 'embedding':
      return fixedSizeList(type.item, type.size);
    case 'tensor':
      if (type.shape !== undefined)
        return fixedSizeList(
          type.item,
          type.shape.reduce((a, b) => a * b, 1),
        );
      return struct(part('data', list(type.item)), part('shape', list(uint64)));
    case 'file':
      return struct(part('uri', utf8), part('data', binary));
    default:
      return type;
  }
}

const part = (name: string, type: DataType): Field => ({ name, type, nullable: true });

/** The type of an entry of a map, as Arrow lays it out. */
const entryType = (key: DataType, value: DataType): DataType =>
  struct({ name: 'key', type: key, nullable: false }, part('value', value));

/** Types of the columns inside a column of the type: one of a list and of a map (its entries), one per field of a struct. */
export function childTypes(type: DataType): readonly DataType[] {
  const stored = storageType(type);
  switch (stored.kind) {
    case 'list':
    case 'fixed-size-list':
      return [stored.item];
    case 'struct':
      return stored.fields.map((f) => f.type);
    case 'map':
      return [entryType(stored.key, stored.value)];
    default:
      return [];
  }
}

/**
 * Bytes of one value in a plain column, where that is fixed by the type: undefined for bool (a bit), for what has
 * offsets, for null and for nested types. A decimal of up to 18 digits takes 8; of a longer one each column says whether
 * its values are held in 8 or 16.
 */
export function fixedWidth(type: DataType): number | undefined {
  switch (type.kind) {
    case 'int8':
    case 'uint8':
      return 1;
    case 'int16':
    case 'uint16':
    case 'float16':
      return 2;
    case 'int32':
    case 'uint32':
    case 'float32':
    case 'date':
      return 4;
    case 'decimal':
      return type.precision <= SHORT_DECIMAL_DIGITS ? 8 : 16;
    case 'int64':
    case 'uint64':
    case 'float64':
    case 'time':
    case 'timestamp':
    case 'duration':
      return 8;
    case 'uuid':
    case 'interval':
      return 16;
    case 'fixed-size-binary':
      return type.size;
    default:
      return undefined;
  }
}
