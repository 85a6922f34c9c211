/**
 * Casts between numbers, dates and timestamps. A value that its new type cannot hold raises a flag; the interpreter then
 * says for which row. Those of long decimals are in `long-casts.ts`.
 *
 *     whole → whole    × factor or ÷ divisor (whole-conversion.ts); the range is checked before multiplying, after dividing
 *     timestamp → time the ticks since midnight
 *     whole → float    the nearest; decimals are divided as float64 where that is exact but for one rounding
 *     float → whole    truncated; to decimals multiplied as float64 and rounded half away from zero
 */

import { type DataType, isFloat, type TimeUnit } from '../columnar/data-type.ts';
import { scaleOf } from '../expressions/exact-arithmetic.ts';
import { TICKS_PER_SECOND, ticksPerDay } from '../expressions/temporal-text.ts';
import {
  hasPlainDays,
  isWholeCast,
  powerOfTen,
  type WholeConversion,
  wholeConversion,
} from '../expressions/whole-conversion.ts';
import { heldRange, isTimeOfDay } from './bounds.ts';
import { floorRemainder, unitOf } from './dates.ts';
import { type Code, get, type Local, select } from './emit.ts';
import { f32, f32x4, f64, f64x2, i32, i64, i64x2, v128 } from './instructions.ts';
import { highHalf, joined, type LaneCode } from './lane-code.ts';
import { floatToLong, longToFloat, type WholeCast, wholeToLong } from './long-casts.ts';
import { asLong } from './long-numbers.ts';
import { INT64, isLong, type Machine, machineOf } from './machine.ts';
import { flagOutside } from './overflow.ts';
import { greater, lesser, type Range, within } from './ranges.ts';

const UINT8: Machine = { type: 'i32', bits: 8, signed: false };

/** A cast between machines, of values whose whole numbers lie in `range`. A bool has none, and comes as 0 and 1. */
export interface LaneCast {
  readonly from: DataType;
  readonly to: DataType;
  readonly source: Machine | undefined;
  readonly target: Machine;
  readonly range: Range;
}
/** Powers of ten below it are words. */
const LONG_FACTOR = 10n ** 19n;

const isFloatMachine = ({ type }: Machine): boolean => type === 'f32' || type === 'f64';

/** Whether there is code for it. */
export function isCastCompilable(from: DataType, to: DataType): boolean {
  if (isFloat(from) || isFloat(to)) return !HAS_TICKS.has(from.kind) && !HAS_TICKS.has(to.kind);
  return isWholeCast(from, to) || (isTimeOfDay(from, to) && hasPlainDays(from));
}

const HAS_TICKS: ReadonlySet<string> = new Set(['date', 'time', 'timestamp', 'duration']);

/** Whether four rows at a time have instructions for it, where neither side is long. */
export function isCastVectorizable(from: DataType, to: DataType): boolean {
  if (from.kind === 'bool') return false;
  const source = machineOf(from)!;
  if (to.kind === 'bool') return true;
  const target = machineOf(to)!;
  if (isFloatMachine(source)) return isFloatMachine(target);
  if (isFloatMachine(target)) return source.type === 'i32';
  if (isTimeOfDay(from, to)) return false;
  const { factor, divisor } = wholeConversion(from, to);
  if (divisor > 1n || factor >= LONG_FACTOR) return false;
  return source.type <= target.type && (source.type === 'i32' || source.signed);
}

export function castLanes(lanes: LaneCode, cast: LaneCast, value: readonly Local[]): Code[] {
  const { from, to, source = UINT8, target } = cast;
  if (isFloatMachine(source)) {
    if (isFloatMachine(target)) return floatToFloat(lanes, source, target, value);
    return floatToWhole(lanes, to, source, target, value[0]!);
  }
  if (isFloatMachine(target)) {
    if (isLong(source) || !isExactQuotient(from, target, cast.range)) {
      return [longToFloat(lanes, from, target, asLong(lanes, source, value))];
    }
    return wholeToFloat(lanes, from, source, target, value);
  }
  if (isTimeOfDay(from, to)) return [timeOfDay(lanes, unitOf(from), unitOf(to), value[0] as Local<'i64'>)];
  const conversion = wholeConversion(from, to);
  return castWhole(lanes, { conversion, source, target, range: cast.range, allowed: heldRange(to, target) }, value);
}

/** Divided, rounded, and multiplied, of whole numbers. */
export function castWhole(lanes: LaneCode, cast: WholeCast, value: readonly Local[]): Code[] {
  const { conversion, source, target } = cast;
  const isShort = conversion.factor < LONG_FACTOR && conversion.divisor < LONG_FACTOR;
  return (isShort && !isLong(source) && !isLong(target) ? wholeToWhole : wholeToLong)(lanes, cast, value);
}

/** Of ticks on a clock without a zone. */
function timeOfDay(lanes: LaneCode, from: TimeUnit, to: TimeUnit, ticks: Local<'i64'>): Code<'i64'> {
  const inDay = floorRemainder(lanes, get(ticks), ticksPerDay(from));
  const [up, down] = [TICKS_PER_SECOND[to], TICKS_PER_SECOND[from]];
  return up >= down ? i64.mul(inDay, i64.const(up / down)) : i64.divU(inDay, i64.const(down / up));
}

function wholeToWhole(lanes: LaneCode, cast: WholeCast, value: readonly Local[]): Code[] {
  const { conversion, source, target, range, allowed } = cast;
  if (conversion.factor === 1n && conversion.divisor === 1n && source.type === 'i32' && target.type === 'i32') {
    if (!within(range, allowed)) flagRange32(lanes, source, target, value);
    return value.map((v) => get(v));
  }
  const widened = source.type === 'i64' ? value : lanes.keep(extended(lanes, source, value[0]!), 'i64');
  const divided = lanes.keep(
    widened.map((v) => quotient(lanes, v, conversion, { source, range })),
    'i64',
  );
  const reach = shrunk(allowed, conversion.factor);
  if (!within(scaled(range, conversion), reach)) {
    flagRange64(lanes, reach, source.signed ? INT64 : { least: 0n, greatest: 2n ** 64n - 1n }, divided);
  }
  const { mul } = lanes.operations('i64');
  const { factor } = conversion;
  const result = divided.map((v) => (factor === 1n ? get(v) : mul(get(v), lanes.constant('i64', factor))));
  return target.type === 'i64' ? result : result.map((r) => i32.wrap(r as Code<'i64'>));
}

/** The values whose product with `factor` is within `range`. */
const shrunk = ({ least, greatest }: Range, factor: bigint): Range => ({
  least: least / factor,
  greatest: greatest / factor,
});

/** A divided range; rounding may go up to the next unit. */
function scaled({ least, greatest }: Range, { divisor }: WholeConversion): Range {
  return divisor === 1n ? { least, greatest } : { least: least / divisor - 1n, greatest: greatest / divisor + 1n };
}

function extended(lanes: LaneCode, { signed }: Machine, value: Local): Code[] {
  if (!lanes.wide) return [(signed ? i64.extend : i64.extendU)(get(value as Local<'i32'>))];
  const v = get(value as Local<'v128'>);
  return signed ? [i64x2.extendLow(v), i64x2.extendHigh(v)] : [i64x2.extendLowU(v), i64x2.extendHighU(v)];
}

function quotient(
  lanes: LaneCode,
  value: Local,
  { divisor, rounding }: WholeConversion,
  { source, range }: Pick<WholeCast, 'source' | 'range'>,
): Code {
  if (divisor === 1n) return get(value);
  const x = get(value as Local<'i64'>);
  const by = i64.const(divisor);
  const half = (divisor + 1n) / 2n;
  const roomy = { least: range.least - divisor, greatest: range.greatest + divisor };
  if (rounding === 'half-away' && within(roomy, INT64)) {
    // What lacks from the half to the next, with the sign of the number, is added before it is cut off.
    const [sign] = lanes.keep([i64.shr(x, i64.const(63n))], 'i64') as [Local<'i64'>];
    const lacking = i64.sub(i64.xor(i64.const(divisor - half), get(sign)), get(sign));
    return i64.div(i64.add(x, lacking), by);
  }
  if (!source.signed) {
    const down = i64.divU(x, by);
    return rounding === 'half-away' ? i64.add(down, i64.extendU(i64.geU(i64.remU(x, by), i64.const(half)))) : down;
  }
  const truncated = i64.div(x, by);
  const rest = i64.rem(x, by);
  if (rounding === 'truncate') return truncated;
  if (rounding === 'floor') return i64.sub(truncated, i64.extendU(i64.lt(rest, i64.const(0n))));
  if (rounding === 'ceil') return i64.add(truncated, i64.extendU(i64.gt(rest, i64.const(0n))));
  const up = i64.extendU(i64.ge(rest, i64.const(half)));
  return i64.sub(i64.add(truncated, up), i64.extendU(i64.le(rest, i64.const(-half))));
}

function flagRange32(lanes: LaneCode, source: Machine, target: Machine, value: readonly Local[]): void {
  // From unsigned to signed the sign bit is one more that must be zero: sign extension would take it for the number's.
  if (!source.signed && target.signed) flagOutside(lanes, { ...target, bits: target.bits - 1, signed: false }, value);
  else if (target.bits < 32) flagOutside(lanes, target, value);
  else {
    const parts = value.map((v) => get(v));
    lanes.flagNegative(parts, 'i32');
  }
}

function flagRange64(lanes: LaneCode, allowed: Range, source: Range, value: readonly Local[]): void {
  if (lanes.wide) {
    const { gt, lt, or } = lanes.operations('i64');
    const least = lanes.constant('i64', greater(allowed.least, INT64.least));
    const greatest = lanes.constant('i64', lesser(allowed.greatest, INT64.greatest));
    lanes.flagNonZero(
      value.map((v) => or(gt(get(v), greatest), lt(get(v), least))),
      'i64',
    );
    return;
  }
  const least = greater(allowed.least, source.least);
  const greatest = lesser(allowed.greatest, source.greatest);
  // One unsigned comparison: what is below the least wraps around to above.
  const offset = i64.sub(get(value[0] as Local<'i64'>), i64.const(least));
  lanes.flagNonZero([i64.gtU(offset, i64.const(greatest - least))], 'i32');
}

/**
 * Whether dividing by a power of ten rounds as it should, for both are floats: of a float32 they have to be such, too, for
 * then it does not matter that a float64 is rounded again (Figueroa, "When is double rounding innocuous?", 1995).
 */
function isExactQuotient(from: DataType, target: Machine, range: Range): boolean {
  const scale = scaleOf(from);
  if (scale === 0) return true;
  const [bits, greatestScale] = target.type === 'f32' ? [24n, 10] : [53n, 22];
  return scale <= greatestScale && within(range, { least: -(1n << bits), greatest: 1n << bits });
}

function wholeToFloat(
  lanes: LaneCode,
  from: DataType,
  source: Machine,
  target: Machine,
  value: readonly Local[],
): Code[] {
  const scale = scaleOf(from);
  const direct = scale === 0 ? target.type : 'f64';
  if (lanes.wide) {
    const v = get(value[0] as Local<'v128'>);
    if (direct === 'f32') return [(source.signed ? f32x4.convertI32 : f32x4.convertI32U)(v)];
    const convert = source.signed ? f64x2.convertLow : f64x2.convertLowU;
    return [convert(v), convert(highHalf(v))];
  }
  const converted = scalarToFloat(source, direct, value[0]!);
  if (scale === 0) return [converted];
  const divided = f64.div(converted as Code<'f64'>, f64.const(powerOfTen(scale)));
  return [target.type === 'f64' ? divided : f32.demote(divided)];
}

function scalarToFloat(source: Machine, target: 'i32' | 'i64' | 'f32' | 'f64', value: Local): Code {
  const table = target === 'f32' ? f32 : f64;
  if (source.type === 'i32') return (source.signed ? table.convertI32 : table.convertI32U)(get(value as Local<'i32'>));
  return (source.signed ? table.convertI64 : table.convertI64U)(get(value as Local<'i64'>));
}

/** Between float32 and float64. */
export function floatToFloat(lanes: LaneCode, source: Machine, target: Machine, value: readonly Local[]): Code[] {
  if (source.type === target.type) return value.map((v) => get(v));
  if (!lanes.wide) {
    return [
      target.type === 'f64' ? f64.promote(get(value[0] as Local<'f32'>)) : f32.demote(get(value[0] as Local<'f64'>)),
    ];
  }
  const parts = value.map((v): Code<'v128'> => get(v as Local<'v128'>));
  if (target.type === 'f64') return [f64x2.promoteLow(parts[0]!), f64x2.promoteLow(highHalf(parts[0]!))];
  const low = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
  return [v128.shuffle(f32x4.demote(parts[0]!), f32x4.demote(parts[1]!), low)];
}

function floatToWhole(lanes: LaneCode, to: DataType, source: Machine, target: Machine, value: Local): Code[] {
  const x = source.type === 'f32' ? f64.promote(get(value as Local<'f32'>)) : get(value as Local<'f64'>);
  const exact =
    to.kind === 'decimal' ? roundedHalfAway(lanes, f64.mul(x, f64.const(powerOfTen(to.scale)))) : f64.trunc(x);
  const [whole] = lanes.keep([exact], 'f64') as [Local<'f64'>];
  if (isLong(target)) return floatToLong(lanes, to.kind === 'decimal' ? to.precision : 0, whole);
  const { least, greatest } = heldRange(to, target);
  // Of decimals the least is one above a power of ten, which is a float64 where the least itself is not.
  const above = to.kind === 'decimal' && least > INT64.least;
  const low = above ? f64.gt(get(whole), f64.const(Number(least - 1n))) : f64.ge(get(whole), f64.const(Number(least)));
  const fits = i32.and(low, f64.lt(get(whole), f64.const(Number(greatest + 1n))));
  lanes.flagNonZero([i32.eqz(fits)], 'i32');
  const table = target.type === 'i32' ? i32 : i64;
  return [(target.signed ? table.truncF64 : table.truncF64U)(get(whole))];
}

function roundedHalfAway(lanes: LaneCode, value: Code<'f64'>): Code<'f64'> {
  const [x] = lanes.keep([value], 'f64') as [Local<'f64'>];
  const [whole] = lanes.keep([f64.trunc(get(x))], 'f64') as [Local<'f64'>];
  const beyond = f64.ge(f64.abs(f64.sub(get(x), get(whole))), f64.const(0.5));
  return select(f64.add(get(whole), f64.copysign(f64.const(1), get(x))), get(whole), beyond);
}

/** Which rows are not zero, as masks of the value's parts: the cast to bool. */
export function notZero(lanes: LaneCode, machine: Machine, value: readonly Local[]): Code {
  if (isLong(machine)) {
    const [low, high] = asLong(lanes, machine, value);
    return i64.ne(i64.or(get(low), get(high)), i64.const(0n));
  }
  const { ne } = lanes.operations(machine.type);
  const parts = value.map((v) => ne(get(v), lanes.constant(machine.type, 0)));
  return joined(lanes, parts);
}
