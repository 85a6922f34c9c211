/**
 * How a cast between types whose values are whole numbers (integers, decimals, dates, timestamps) changes the number:
 * it is multiplied or divided, and a division rounds as the types say.
 *
 *     decimal to a smaller scale       rounds half away from zero       1.25 → 1.3, -1.25 → -1.3
 *     decimal to an integer            truncates towards zero           -1.9 → -1
 *     timestamp to coarser, to a date  floors                           one tick before 1970 → 1969-12-31
 */

import type { DataType } from '../columnar/data-type.ts';
import { TICKS_PER_SECOND, ticksPerDay } from './temporal-text.ts';

export type Rounding = 'half-away' | 'truncate' | 'floor';

export interface WholeConversion {
  /** Above 1 for at most one of both. */
  readonly factor: bigint;
  readonly divisor: bigint;
  readonly rounding: Rounding;
}

/** Of a cast between two types of whole numbers. Bool counts as 0 and 1. */
export function wholeConversion(from: DataType, to: DataType): WholeConversion {
  const rounding: Rounding =
    from.kind === 'timestamp' ? 'floor' : from.kind === 'decimal' && to.kind === 'decimal' ? 'half-away' : 'truncate';
  const [up, down] = [unitsOf(to, from), unitsOf(from, to)];
  return up >= down ? { factor: up / down, divisor: 1n, rounding } : { factor: 1n, divisor: down / up, rounding };
}

/** Units of `type` in one of what it stands for: 100 in a decimal of scale 2. Plain numbers are raw beside times. */
function unitsOf(type: DataType, other: DataType): bigint {
  switch (type.kind) {
    case 'decimal':
      return 10n ** BigInt(type.scale);
    case 'timestamp':
      return other.kind === 'date'
        ? ticksPerDay(type.unit)
        : other.kind === 'timestamp'
          ? TICKS_PER_SECOND[type.unit]
          : 1n;
    default:
      return 1n;
  }
}

/** `value` / `divisor`, rounded. */
export function divideRounded(value: bigint, divisor: bigint, rounding: Rounding): bigint {
  const quotient = value / divisor;
  const rest = value - quotient * divisor;
  if (rest === 0n || rounding === 'truncate') return quotient;
  if (rounding === 'floor') return rest < 0n ? quotient - 1n : quotient;
  const twice = 2n * (rest < 0n ? -rest : rest);
  return twice < divisor ? quotient : value < 0n ? quotient - 1n : quotient + 1n;
}

/** 10 ** exponent as the nearest float64: both forms of execution scale by it. */
export const powerOfTen = (exponent: number): number => Number(`1e${exponent}`);
