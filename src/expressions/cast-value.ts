/** Casts of single values, exactly: what the interpreter does where compiled code finds a value that may not fit. */

import assert from 'node:assert/strict';
import { type DataType, isFloat } from '../columnar/data-type.ts';
import type { Value } from '../columnar/value.ts';
import { wholeOf } from '../columnar/value.ts';
import { digitCount, integerRange } from './literal.ts';
import { divideRounded, powerOfTen, wholeConversion } from './whole-conversion.ts';

/** The value as `to`, or undefined where that type cannot hold it. Which casts there are `canCast` says. */
export function castValue(value: NonNullable<Value>, from: DataType, to: DataType): NonNullable<Value> | undefined {
  assert.ok(typeof value !== 'string' && to.kind !== 'utf8', 'there are no casts of text');
  if (to.kind === 'bool') return from.kind === 'bool' ? value : Number(value) !== 0;
  if (isFloat(from)) return isFloat(to) ? rounded(Number(value), to) : floatToWhole(Number(value), to);
  const exact = wholeOf(value);
  if (isFloat(to)) return wholeToFloat(exact, from, to);
  const { factor, divisor, rounding } = wholeConversion(from, to);
  return wholeValue(divideRounded(exact * factor, divisor, rounding), to);
}

/** A whole number as a value of the type, or undefined where that type cannot hold it. */
export function wholeValue(exact: bigint, type: DataType): NonNullable<Value> | undefined {
  switch (type.kind) {
    case 'decimal':
      return digitCount(exact) <= type.precision ? exact : undefined;
    case 'time':
    case 'timestamp':
    case 'duration':
      return BigInt.asIntN(64, exact) === exact ? exact : undefined;
    case 'date':
      return BigInt.asIntN(32, exact) === exact ? Number(exact) : undefined;
    default: {
      const range = integerRange(type);
      assert.ok(range !== undefined, `${type.kind} is not a type of whole numbers`);
      if (exact < range.least || exact > range.greatest) return undefined;
      return type.kind === 'int64' || type.kind === 'uint64' ? exact : Number(exact);
    }
  }
}

/** Beyond the greatest float32 is infinity, as IEEE 754 rounds. */
const rounded = (value: number, to: DataType): number => (to.kind === 'float32' ? Math.fround(value) : value);

function wholeToFloat(exact: bigint, from: DataType, to: DataType): number {
  const scale = from.kind === 'decimal' ? from.scale : 0;
  if (scale > 0) return rounded(Number(exact) / powerOfTen(scale), to);
  return to.kind === 'float32' ? nearestFloat32(exact) : Number(exact);
}

/** Rounded once, to even: through float64 it would be twice. */
function nearestFloat32(exact: bigint): number {
  const magnitude = exact < 0n ? -exact : exact;
  const extraBits = magnitude.toString(2).length - 53;
  if (extraBits <= 0) return Math.fround(Number(exact));
  // A bit below the 53 that are kept stands for all that are cut off: it breaks ties as they would.
  const shift = BigInt(extraBits + 1);
  const kept = magnitude >> shift;
  const sticky = kept << shift === magnitude ? kept : kept | 1n;
  const result = Math.fround(Number(sticky) * 2 ** Number(shift));
  return exact < 0n ? -result : result;
}

/** Truncated; to a decimal the product with its power of ten, a float64, is rounded half away from zero. */
function floatToWhole(value: number, to: DataType): NonNullable<Value> | undefined {
  const whole = to.kind === 'decimal' ? roundedHalfAway(value * powerOfTen(to.scale)) : Math.trunc(value);
  return Number.isFinite(whole) ? wholeValue(BigInt(whole), to) : undefined;
}

function roundedHalfAway(value: number): number {
  const whole = Math.trunc(value);
  return Math.abs(value - whole) >= 0.5 ? whole + Math.sign(value) : whole;
}
