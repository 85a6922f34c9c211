/** What becomes of bounds of values where the values are cast, or widened, to another type that has them in the same order. */

import { type DataType, isInteger, sameType } from '../../columnar/data-type.ts';
import { isWholeCast, wholeConversion } from '../../expressions/whole-conversion.ts';
import type { Comparable } from './statistics.ts';

/** Undefined where the order is another one, or bounds would have to be rounded. */
export function boundConversion(from: DataType, to: DataType): ((bound: Comparable) => Comparable) | undefined {
  if (from.kind === 'float32' && to.kind === 'float64') return (bound) => bound;
  if (from.kind === 'float16' && (to.kind === 'float32' || to.kind === 'float64')) return (bound) => bound;
  if (isInteger(from) && to.kind === 'float64') return (bound) => Number(bound);
  const factor = factorBetween(from, to);
  return factor === undefined ? undefined : (bound) => (typeof bound === 'bigint' ? bound * factor : bound);
}

/** What whole numbers of `from` are multiplied by to be those of `to`; undefined where they are divided, or mean something else. */
export function factorBetween(from: DataType, to: DataType): bigint | undefined {
  if (sameType(from, to)) return 1n;
  if (from.kind === 'bool' || to.kind === 'bool' || !isWholeCast(from, to)) return undefined;
  const { factor, divisor } = wholeConversion(from, to);
  return divisor === 1n ? factor : undefined;
}
