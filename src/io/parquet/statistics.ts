/**
 * What the footer says about the values of a column chunk, in an order that can be relied on. Used to leave out row
 * groups, never to prove that arithmetic cannot overflow.
 */

import { isUnsigned, sameType } from '../../columnar/data-type.ts';
import { boundConversion } from './bound-conversion.ts';
import type { ColumnChunk } from './row-group.ts';
import type { PhysicalType } from './schema-element.ts';
import type { ColumnReading } from './value-form.ts';

/**
 * A value in the order of its type: bigint for integers, decimals (unscaled), dates, timestamps (ticks of the plan's
 * unit) and bools, number for floats, UTF-8 bytes for text.
 */
export type Comparable = bigint | number | Uint8Array;

/** What holds for all rows of a column. */
export interface ValueRange {
  /** No value is below. Undefined: not known. */
  readonly low: Comparable | undefined;
  /** No value but NaN is above. */
  readonly high: Comparable | undefined;
  readonly mayBeNull: boolean;
  /** False where every row is null. */
  readonly mayBeValue: boolean;
  /** False of what no row has; where absent, any value within the bounds may be there. */
  readonly mayEqual?: ((value: Comparable) => boolean) | undefined;
}

export const UNKNOWN_RANGE: ValueRange = { low: undefined, high: undefined, mayBeNull: true, mayBeValue: true };
/** Of a column that the file does not have. */
export const NULL_RANGE: ValueRange = { low: undefined, high: undefined, mayBeNull: true, mayBeValue: false };

/** The range of a chunk of `rows` rows. */
export function rangeOf(
  reading: ColumnReading,
  { statistics }: Pick<ColumnChunk, 'statistics'>,
  rows: number,
): ValueRange {
  if (statistics === undefined) return { ...UNKNOWN_RANGE, mayBeNull: reading.file.nullable };
  const { nullCount } = statistics;
  const mayBeNull = reading.file.nullable && nullCount !== 0;
  const mayBeValue = nullCount === undefined || nullCount < rows || !reading.file.nullable;
  const hasOldOrder = isSignedInteger(reading);
  const low = comparable(reading, statistics.min ?? (hasOldOrder ? statistics.oldMin : undefined), 'low');
  const high = comparable(reading, statistics.max ?? (hasOldOrder ? statistics.oldMax : undefined), 'high');
  // Bounds that contradict each other say nothing.
  const isSane = low === undefined || high === undefined || order(low, high) <= 0;
  return { low: isSane ? low : undefined, high: isSane ? high : undefined, mayBeNull, mayBeValue };
}

/** Negative, 0 or positive; both of one type. Zeros are equal whatever their sign; NaN must not come. */
export function order(a: Comparable, b: Comparable): number {
  if (typeof a === 'object' && typeof b === 'object') return Buffer.compare(a, b);
  return a < b ? -1 : a > b ? 1 : 0;
}

function isSignedInteger({ file }: ColumnReading): boolean {
  const isInteger = file.physical === 'INT32' || file.physical === 'INT64';
  return isInteger && file.type !== undefined && !isUnsigned(file.type);
}

/** As a value of the plan's type. */
function comparable(
  reading: ColumnReading,
  bytes: Uint8Array | undefined,
  side: 'low' | 'high',
): Comparable | undefined {
  const { file, field } = reading;
  const stored = storedBound(reading, bytes, side);
  // Texts and bytes are read as each other, and have one order.
  if (stored === undefined || file.type === undefined || typeof stored === 'object') return stored;
  return sameType(file.type, field.type) ? stored : boundConversion(file.type, field.type)?.(stored);
}

/** Undefined where the bytes are not those of one value, or their order is not known. */
function storedBound(
  { file }: ColumnReading,
  bytes: Uint8Array | undefined,
  side: 'low' | 'high',
): Comparable | undefined {
  const { type, physical } = file;
  if (bytes === undefined || type === undefined || bytes.byteLength !== (BOUND_BYTES[physical] ?? bytes.byteLength)) {
    return undefined;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type.kind) {
    case 'bool':
      return BigInt(view.getUint8(0) === 1);
    case 'utf8':
    case 'binary':
      return bytes;
    case 'float16':
      return bytes.byteLength === 2 ? floatBound(view.getFloat16(0, true), side) : undefined;
    case 'float32':
      return floatBound(view.getFloat32(0, true), side);
    case 'float64':
      return floatBound(view.getFloat64(0, true), side);
    case 'decimal':
      return physical === 'FIXED_LEN_BYTE_ARRAY' && bytes.byteLength === file.typeBytes
        ? bigEndian(bytes)
        : integerBound(view, physical, false);
    case 'time': {
      // Milliseconds are microseconds to us.
      const ticks = integerBound(view, physical, false);
      return ticks && ticks * (physical === 'INT32' ? 1_000n : 1n);
    }
    default:
      return integerBound(view, physical, isUnsigned(type));
  }
}

/** Of physical types of which all values have as many bytes. */
const BOUND_BYTES: Partial<Record<PhysicalType, number>> = { BOOLEAN: 1, INT32: 4, INT64: 8, FLOAT: 4, DOUBLE: 8 };

function floatBound(bound: number, side: 'low' | 'high'): number | undefined {
  if (Number.isNaN(bound)) return undefined;
  // Writers may have put one zero for the other.
  return bound === 0 ? (side === 'low' ? -0 : 0) : bound;
}

/** Of INT96, and of bytes that are no number, nothing is known. */
function integerBound(view: DataView, physical: PhysicalType, isUnsigned: boolean): bigint | undefined {
  if (physical === 'INT32') return BigInt(isUnsigned ? view.getUint32(0, true) : view.getInt32(0, true));
  if (physical === 'INT64') return isUnsigned ? view.getBigUint64(0, true) : view.getBigInt64(0, true);
  return undefined;
}

const bigEndian = (bytes: Uint8Array): bigint =>
  BigInt.asIntN(bytes.byteLength * 8, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
