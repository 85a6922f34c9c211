/**
 * What the footer says about the values of a column chunk, in an order that can be relied on. Used to leave out row
 * groups, never to prove that arithmetic cannot overflow.
 */

import { type DataType, isUnsigned } from '../../columnar/data-type.ts';
import type { ColumnChunk, RawBound } from './footer.ts';
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

/** Floats scaled back to integers are exact below this, with room to spare. */
const EXACT = 2 ** 49;

function comparable(
  { file, field }: ColumnReading,
  bound: RawBound | undefined,
  side: 'low' | 'high',
): Comparable | undefined {
  const { type } = file;
  if (bound === undefined || type === undefined || file.physical === 'INT96') return undefined;
  switch (type.kind) {
    case 'bool':
      return typeof bound === 'boolean' ? BigInt(bound) : undefined;
    case 'utf8':
    case 'binary':
      return bound instanceof Uint8Array ? bound : undefined;
    case 'float16':
    case 'float32':
    case 'float64':
      if (typeof bound !== 'number' || Number.isNaN(bound)) return undefined;
      // Writers may have put one zero for the other.
      return bound === 0 ? (side === 'low' ? -0 : 0) : bound;
    case 'decimal':
      return decimalBound(bound, type.scale, file.boundsAreScaled, file.physical);
    case 'time':
      return timeBound(bound, file.physical === 'INT32' ? 1_000n : 1n, ticksPer(type, field.type));
    case 'timestamp':
      return typeof bound === 'bigint' ? bound * ticksPer(type, field.type) : undefined;
    default:
      return typeof bound === 'bigint' || Number.isSafeInteger(bound) ? BigInt(bound as bigint | number) : undefined;
  }
}

function timeBound(bound: RawBound, ticks: bigint, factor: bigint): bigint | undefined {
  return typeof bound === 'bigint' || Number.isSafeInteger(bound)
    ? BigInt(bound as bigint | number) * ticks * factor
    : undefined;
}

function decimalBound(bound: RawBound, scale: number, isScaled: boolean, physical: string): bigint | undefined {
  if (physical === 'BYTE_ARRAY') return undefined;
  if (typeof bound === 'bigint') return bound;
  if (typeof bound === 'number') {
    const unscaled = isScaled ? Math.round(bound * 10 ** scale) : bound;
    return Math.abs(unscaled) < EXACT ? BigInt(unscaled) : undefined;
  }
  if (!(bound instanceof Uint8Array) || bound.byteLength === 0) return undefined;
  const hex = Buffer.from(bound).toString('hex');
  return BigInt.asIntN(bound.byteLength * 8, BigInt(`0x${hex}`));
}

const TICKS = { s: 1n, ms: 1_000n, us: 1_000_000n, ns: 1_000_000_000n } as const;

/** Ticks of `to` in one of `from`, which is as coarse or coarser. */
export function ticksPer(from: DataType, to: DataType): bigint {
  const isTime = from.kind === 'time' && to.kind === 'time';
  if (!isTime && (from.kind !== 'timestamp' || to.kind !== 'timestamp')) return 1n;
  return TICKS[to.unit] / TICKS[from.unit];
}
