/**
 * Which types of a file are narrower than another, as schemas that grow leave them behind: no value is lost.
 *
 *     whole numbers    to wider ones, to decimals with room for their digits, to float64 where that holds all of them
 *     float16, float32 to wider ones                decimals     to those with room for their digits on both sides
 *     date             to a timestamp               timestamps, times, durations     to finer units
 */

import { type DataType, integerBits, isUnsigned, sameType, type TimeUnit } from '../columnar/data-type.ts';
import { asDecimal } from '../expressions/common-type.ts';

const UNITS: readonly TimeUnit[] = ['s', 'ms', 'us', 'ns'];
/** Whole numbers that float64 holds. */
const FLOAT_BITS = 53;

/** Whether every value of `from` is one of `to`, which is another type; dates and times that `to` does not reach are errors. */
export function isWidened(from: DataType, to: DataType): boolean {
  if (sameType(from, to)) return false;
  const bits = integerBits(from);
  if (bits !== undefined) {
    const valueBits = isUnsigned(from) ? bits : bits - 1;
    const toBits = integerBits(to);
    if (toBits !== undefined) {
      return isUnsigned(to) ? isUnsigned(from) && toBits >= bits : toBits - 1 >= valueBits;
    }
    if (to.kind === 'float64') return valueBits <= FLOAT_BITS;
    return to.kind === 'decimal' && to.precision - to.scale >= asDecimal(from).precision;
  }
  switch (from.kind) {
    case 'float16':
      return to.kind === 'float32' || to.kind === 'float64';
    case 'float32':
      return to.kind === 'float64';
    case 'decimal':
      return to.kind === 'decimal' && to.scale >= from.scale && to.precision - to.scale >= from.precision - from.scale;
    case 'date':
      return to.kind === 'timestamp' && to.timezone === null;
    case 'time':
    case 'duration':
      return to.kind === from.kind && UNITS.indexOf(to.unit) >= UNITS.indexOf(from.unit);
    case 'timestamp':
      return (
        to.kind === 'timestamp' &&
        (to.timezone === null) === (from.timezone === null) &&
        UNITS.indexOf(to.unit) >= UNITS.indexOf(from.unit)
      );
    default:
      return false;
  }
}
