/**
 * How a cast between types whose values are whole numbers (integers, decimals, dates, times) changes the number: it is
 * multiplied or divided, and a division rounds as the types say.
 *
 *     decimal to a smaller scale             rounds half away from zero       1.25 → 1.3, -1.25 → -1.3
 *     decimal to an integer                  truncates towards zero           -1.9 → -1
 *     timestamp, time to coarser, to a date  floors                           one tick before 1970 → 1969-12-31
 *     duration to coarser                    truncates towards zero           -1.9 s → -1 s
 */

import { type DataType, isInteger } from '../columnar/data-type.ts';
import { TICKS_PER_SECOND, ticksPerDay } from './temporal-text.ts';
import { isUtc } from './time-zone.ts';

export type Rounding = 'half-away' | 'truncate' | 'floor' | 'ceil';

export interface WholeConversion {
  /** Of a cast, above 1 for at most one of both; else the quotient is multiplied. */
  readonly factor: bigint;
  readonly divisor: bigint;
  readonly rounding: Rounding;
}

/** Whether a day of the type's clock is a day of its ticks: clocks without a zone, and UTC. */
export const hasPlainDays = (type: DataType): boolean =>
  type.kind === 'timestamp' && (type.timezone === null || isUtc(type.timezone));

/** Whether the ticks of both stand for the same, so that only their units differ. */
function sameClock(a: DataType, b: DataType): boolean {
  if (a.kind !== 'timestamp' || b.kind !== 'timestamp') return false;
  return (a.timezone === null) === (b.timezone === null) || (hasPlainDays(a) && hasPlainDays(b));
}

const HAS_TICKS: ReadonlySet<string> = new Set(['date', 'time', 'timestamp', 'duration']);
const isCount = (type: DataType): boolean => type.kind === 'bool' || type.kind === 'decimal' || isInteger(type);

/** Whether the cast is one of whole numbers that `wholeConversion` tells all about. */
export function isWholeCast(from: DataType, to: DataType): boolean {
  if (isCount(from) && isCount(to)) return true;
  if (isInteger(from)) return HAS_TICKS.has(to.kind);
  if (isInteger(to)) return HAS_TICKS.has(from.kind);
  if (from.kind === 'date') return hasPlainDays(to);
  if (to.kind === 'date') return hasPlainDays(from);
  return sameClock(from, to) || (from.kind === to.kind && (to.kind === 'time' || to.kind === 'duration'));
}

/** Of a cast between two types of whole numbers. Bool counts as 0 and 1. */
export function wholeConversion(from: DataType, to: DataType): WholeConversion {
  const rounding = roundingOf(from, to);
  const [up, down] = [unitsOf(to, from), unitsOf(from, to)];
  return up >= down ? { factor: up / down, divisor: 1n, rounding } : { factor: 1n, divisor: down / up, rounding };
}

function roundingOf(from: DataType, to: DataType): Rounding {
  if (from.kind === 'timestamp' || from.kind === 'time') return 'floor';
  return from.kind === 'decimal' && to.kind === 'decimal' ? 'half-away' : 'truncate';
}

/** Units of `type` in one of what it stands for: 100 in a decimal of scale 2. Plain numbers are raw beside times. */
function unitsOf(type: DataType, other: DataType): bigint {
  switch (type.kind) {
    case 'decimal':
      return 10n ** BigInt(type.scale);
    case 'timestamp':
      if (other.kind === 'date') return ticksPerDay(type.unit);
      return other.kind === 'timestamp' ? TICKS_PER_SECOND[type.unit] : 1n;
    case 'time':
    case 'duration':
      return other.kind === type.kind ? TICKS_PER_SECOND[type.unit] : 1n;
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
  if (rounding === 'ceil') return rest > 0n ? quotient + 1n : quotient;
  const twice = 2n * (rest < 0n ? -rest : rest);
  return twice < divisor ? quotient : value < 0n ? quotient - 1n : quotient + 1n;
}

/** 10 ** exponent as the nearest float64: both forms of execution scale by it. */
export const powerOfTen = (exponent: number): number => Number(`1e${exponent}`);
