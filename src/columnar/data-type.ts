/** The types of values. They are data: the same objects stand in plans, in schemas and in manifests. */

export type TimeUnit = 's' | 'ms' | 'us' | 'ns';

export type DataType =
  | { readonly kind: 'bool' }
  | { readonly kind: 'int8' }
  | { readonly kind: 'int16' }
  | { readonly kind: 'int32' }
  | { readonly kind: 'int64' }
  | { readonly kind: 'uint8' }
  | { readonly kind: 'uint16' }
  | { readonly kind: 'uint32' }
  | { readonly kind: 'uint64' }
  | { readonly kind: 'float32' }
  | { readonly kind: 'float64' }
  /** An unscaled integer; `precision` of 1 to 38 digits, `scale` of them after the point. */
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'utf8' }
  /** Days since 1970-01-01. */
  | { readonly kind: 'date' }
  /** Ticks since 1970-01-01T00:00:00, in UTC where `timezone` names a zone, else of a clock on the wall. */
  | { readonly kind: 'timestamp'; readonly unit: TimeUnit; readonly timezone: string | null };

export type DecimalType = Extract<DataType, { kind: 'decimal' }>;
export type TypeKind = DataType['kind'];

/** The largest precision whose values always fit 8 bytes. */
export const SHORT_DECIMAL_DIGITS = 18;

export const bool: DataType = { kind: 'bool' };
export const int8: DataType = { kind: 'int8' };
export const int16: DataType = { kind: 'int16' };
export const int32: DataType = { kind: 'int32' };
export const int64: DataType = { kind: 'int64' };
export const uint8: DataType = { kind: 'uint8' };
export const uint16: DataType = { kind: 'uint16' };
export const uint32: DataType = { kind: 'uint32' };
export const uint64: DataType = { kind: 'uint64' };
export const float32: DataType = { kind: 'float32' };
export const float64: DataType = { kind: 'float64' };
export const utf8: DataType = { kind: 'utf8' };
export const date: DataType = { kind: 'date' };
export const decimal = (precision: number, scale: number): DecimalType => ({ kind: 'decimal', precision, scale });
export const timestamp = (unit: TimeUnit, timezone: string | null = null): DataType => ({
  kind: 'timestamp',
  unit,
  timezone,
});

export function sameType(a: DataType, b: DataType): boolean {
  if (a.kind === 'decimal') return b.kind === 'decimal' && a.precision === b.precision && a.scale === b.scale;
  if (a.kind === 'timestamp') return b.kind === 'timestamp' && a.unit === b.unit && a.timezone === b.timezone;
  return a.kind === b.kind;
}

/** The type as users write and read it: `decimal(15, 2)`, `timestamp(us, UTC)`. */
export function typeName(type: DataType): string {
  if (type.kind === 'decimal') return `decimal(${type.precision}, ${type.scale})`;
  if (type.kind === 'timestamp') {
    return type.timezone === null ? `timestamp(${type.unit})` : `timestamp(${type.unit}, ${type.timezone})`;
  }
  return type.kind;
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
export const isFloat = (type: DataType): boolean => type.kind === 'float32' || type.kind === 'float64';
export const isNumeric = (type: DataType): boolean => isInteger(type) || isFloat(type) || type.kind === 'decimal';

/**
 * Bytes of one value in a plain column, where that is fixed by the type: undefined for bool (a bit) and utf8. A decimal
 * of up to 18 digits takes 8; of a longer one each column says whether its values are held in 8 or 16.
 */
export function fixedWidth(type: DataType): number | undefined {
  switch (type.kind) {
    case 'bool':
    case 'utf8':
      return undefined;
    case 'int8':
    case 'uint8':
      return 1;
    case 'int16':
    case 'uint16':
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
    case 'timestamp':
      return 8;
  }
}
