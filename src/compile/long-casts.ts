/**
 * Casts from or to long decimals, and those whose power of ten takes more than 64 bits. As in `casts.ts`: the range is
 * checked before multiplying, after dividing.
 */

import type { DataType } from '../columnar/data-type.ts';
import { scaleOf } from '../expressions/exact-arithmetic.ts';
import type { WholeConversion } from '../expressions/whole-conversion.ts';
import { type Code, callImport, get, type Local } from './emit.ts';
import { f64, i32, i64 } from './instructions.ts';
import type { LaneCode } from './lane-code.ts';
import {
  addLong,
  asLong,
  divideLong,
  flagOutsideLong,
  keepLong,
  type Long,
  longConstant,
  lowProduct,
  productOfWords,
} from './long-numbers.ts';
import { INT64, isLong, type Machine } from './machine.ts';
import { type Range, within } from './ranges.ts';

/** Whole numbers that are divided, rounded, and multiplied. */
export interface WholeCast {
  readonly conversion: WholeConversion;
  readonly source: Machine;
  readonly target: Machine;
  /** Of the values that come in. */
  readonly range: Range;
  /** Of the values that may go out; what is outside raises a flag. */
  readonly allowed: Range;
}

/** Where a side is long, or a power of ten is. */
export function wholeToLong(lanes: LaneCode, cast: WholeCast, value: readonly Local[]): Code[] {
  const { conversion, source, target, range, allowed } = cast;
  const { factor, divisor } = conversion;
  const x =
    divisor === 1n ? asLong(lanes, source, value) : longQuotient(lanes, conversion, asLong(lanes, source, value));
  const reach = { least: allowed.least / factor, greatest: allowed.greatest / factor };
  const divided =
    divisor === 1n ? range : { least: range.least / divisor - 1n, greatest: range.greatest / divisor + 1n };
  if (!within(divided, reach)) flagOutsideLong(lanes, reach, x);
  return narrowed(target, factor === 1n ? x : scaledUp(lanes, source, x, factor));
}

function longQuotient(lanes: LaneCode, { divisor, rounding }: WholeConversion, x: Long): Long {
  const one = keepLong(lanes, longConstant(1n));
  const wanted = rounding === 'half-away' ? 'rounded' : 'truncated';
  const quotient = divideLong(lanes, x, one, { wanted, factor: divisor, scales: 'divisor' });
  if (rounding !== 'floor' && rounding !== 'ceil') return quotient;
  const [low, high] = divideLong(lanes, x, one, { wanted: 'rest', factor: divisor, scales: 'divisor' });
  const isNegative = i64.lt(get(high), i64.const(0n));
  const isZero = i64.eqz(i64.or(get(low), get(high)));
  const beyond = rounding === 'floor' ? isNegative : i32.eqz(i32.or(isNegative, isZero));
  const one64: readonly [Code<'i64'>, Code<'i64'>] = [i64.extendU(beyond), i64.const(0n)];
  return addLong(lanes, rounding === 'floor' ? '-' : '+', quotient, one64);
}

function scaledUp(lanes: LaneCode, source: Machine, x: Long, factor: bigint): Long {
  const by = keepLong(lanes, longConstant(factor));
  const isShort = !isLong(source) && (source.signed || source.type === 'i32') && factor <= INT64.greatest;
  return isShort ? productOfWords(lanes, x[0], by[0]) : lowProduct(lanes, x, by);
}

/** What a machine takes of a long number that it holds. */
export function narrowed(target: Machine, [low, high]: Long): Code[] {
  if (isLong(target)) return [get(low), get(high)];
  return [target.type === 'i64' ? get(low) : i32.wrap(get(low))];
}

/** The nearest float. */
export function longToFloat(lanes: LaneCode, from: DataType, target: Machine, [low, high]: Long): Code {
  const type = target.type === 'f32' ? 'f32' : 'f64';
  const suffix = type === 'f32' ? 'float32' : 'float64';
  const scale = scaleOf(from);
  if (scale === 0) {
    const index = lanes.frame.importFunction(`long_to_${suffix}`, ['i64', 'i64'], type);
    return callImport(index, get(low), get(high));
  }
  const index = lanes.frame.importFunction(`decimal_to_${suffix}`, ['i64', 'i64', 'i64', 'i64'], type);
  return callImport(index, get(low), get(high), ...longConstant(10n ** BigInt(scale)));
}

/** A float64 that is a whole number, as a long decimal of so many digits. */
export function floatToLong(lanes: LaneCode, digits: number, whole: Local<'f64'>): Code[] {
  const limit = Number(`1e${digits}`);
  const magnitude = f64.abs(get(whole));
  // Where the power of ten is no float64, the nearest one is either a value that still fits or one that does not.
  const test = BigInt(limit) < 10n ** BigInt(digits) ? f64.le : f64.lt;
  lanes.flagNonZero([i32.eqz(test(magnitude, f64.const(limit)))], 'i32');

  const high = i64.truncF64U(f64.mul(f64.abs(get(whole)), f64.const(2 ** -64)));
  const [top] = lanes.keep([high], 'i64') as [Local<'i64'>];
  const rest = f64.sub(f64.abs(get(whole)), f64.mul(f64.convertI64U(get(top)), f64.const(2 ** 64)));
  const [sign] = lanes.keep([i64.extend(i32.sub(i32.const(0), f64.lt(get(whole), f64.const(0))))], 'i64') as [
    Local<'i64'>,
  ];
  const turned = (half: Code<'i64'>): Code<'i64'> => i64.sub(i64.xor(half, get(sign)), get(sign));
  const [low] = lanes.keep([turned(i64.truncF64U(rest))], 'i64') as [Local<'i64'>];
  // Of a negative number the high half is turned over, and one is added where the low half carries.
  const carry = i64.and(i64.extendU(i64.eqz(get(low))), get(sign));
  return [get(low), i64.add(i64.xor(get(top), get(sign)), carry)];
}
