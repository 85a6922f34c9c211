/** Casts among numbers and bools, and of whole numbers to the ticks of dates and times and back, exactly. */

import { type DataType, isFloat, isInteger } from '../../columnar/data-type.ts';
import { type Value, wholeOf } from '../../columnar/value.ts';
import { roundedTo } from '../literal.ts';
import { divideRounded, isWholeCast, powerOfTen, wholeConversion } from '../whole-conversion.ts';
import { wholeHolder, wholeRange } from '../whole-value.ts';
import { always, type Cast, type Convert, perhaps } from './cast.ts';

/** Undefined where one of both is no number. Times count as numbers beside integers and each other. */
export function numberCast(from: DataType, to: DataType): Cast | undefined {
  if (isFloat(from)) return floatCast(from, to);
  if (isFloat(to)) return wholeToFloat(from, to);
  if (!isWholeCast(from, to)) return undefined;
  return to.kind === 'bool' ? always((value) => wholeOf(value) !== 0n) : wholeCast(from, to);
}

function wholeCast(from: DataType, to: DataType): Cast {
  const { factor, divisor, rounding } = wholeConversion(from, to);
  const hold = wholeHolder(to);
  const convert: Convert =
    divisor > 1n
      ? (value) => hold(divideRounded(wholeOf(value), divisor, rounding))
      : (value) => hold(wholeOf(value) * factor);
  // Greater values never become smaller, so that the least and the greatest decide for all.
  const { least, greatest } = wholeRange(from) ?? { least: 0n, greatest: 0n };
  return { convert, canFail: convert(least) === undefined || convert(greatest) === undefined };
}

/** Truncated; to a decimal the product with its power of ten, a float64, is rounded half away from zero. */
function floatCast(from: DataType, to: DataType): Cast | undefined {
  // Beyond the greatest value of a float is infinity, as IEEE 754 rounds.
  if (isFloat(to)) return always(from.kind === 'float16' ? (value) => value : (value) => roundedTo(to, Number(value)));
  if (to.kind === 'bool') return always((value) => value !== 0);
  if (to.kind === 'decimal') {
    const factor = powerOfTen(to.scale);
    return floatToWhole((value) => roundedHalfAway(value * factor), to);
  }
  return isInteger(to) ? floatToWhole(Math.trunc, to) : undefined;
}

function floatToWhole(round: (value: number) => number, to: DataType): Cast {
  const hold = wholeHolder(to);
  return perhaps((value) => {
    const whole = round(Number(value));
    return Number.isFinite(whole) ? hold(BigInt(whole)) : undefined;
  });
}

function roundedHalfAway(value: number): number {
  const whole = Math.trunc(value);
  return Math.abs(value - whole) >= 0.5 ? whole + Math.sign(value) : whole;
}

function wholeToFloat(from: DataType, to: DataType): Cast | undefined {
  const nearest = to.kind === 'float32' ? nearestFloat32 : (exact: bigint): number => roundedTo(to, Number(exact));
  if (from.kind === 'decimal' && from.scale > 0) {
    const { scale } = from;
    if (to.kind === 'float32') return always((value) => nearestQuotient32(wholeOf(value), scale));
    // What reads numbers rounds them once, however many digits they have.
    return always((value) => roundedTo(to, Number(`${wholeOf(value)}e-${scale}`)));
  }
  const isCount = from.kind === 'bool' || from.kind === 'decimal' || isInteger(from);
  return isCount ? always((value: NonNullable<Value>) => nearest(wholeOf(value))) : undefined;
}

/** The nearest float32 of a decimal. */
function nearestQuotient32(exact: bigint, scale: number): number {
  const magnitude = exact < 0n ? -exact : exact;
  // So many bits that the quotient has more than a float64; one more, below them, stands for all that is cut off.
  const shift = 256n;
  const divisor = 10n ** BigInt(scale);
  const quotient = (magnitude << shift) / divisor;
  const sticky = quotient * divisor === magnitude << shift ? 0n : 1n;
  const result = oddFloat((quotient << 1n) | sticky, Number(shift) + 1);
  return Math.fround(exact < 0n ? -result : result);
}

/** `whole` / 2 ** `exponent` as a float64 that is exact, or else odd, so that a float32 of it is rounded once. */
function oddFloat(whole: bigint, exponent: number): number {
  const extra = whole.toString(2).length - 53;
  if (extra <= 0) return Number(whole) * 2 ** -exponent;
  const kept = whole >> BigInt(extra);
  const odd = kept << BigInt(extra) === whole ? kept : kept | 1n;
  return Number(odd) * 2 ** (extra - exponent);
}

/** Rounded once, to even: through float64 it would be twice. */
function nearestFloat32(exact: bigint): number {
  const result = oddFloat(exact < 0n ? -exact : exact, 0);
  return Math.fround(exact < 0n ? -result : result);
}
