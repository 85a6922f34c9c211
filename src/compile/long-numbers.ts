/**
 * Whole numbers of 128 bits in loops over single rows: two locals, in two's complement.
 *
 *     │ high, signed │ low, unsigned │
 *
 * What takes more than a few instructions, the product of two long numbers and division, is done by static kernels,
 * which leave the high half of their result in memory.
 */

import type { ComparisonOperator } from '../expressions/expression.ts';
import { type Code, callImport, get, type Local, type ValueType } from './emit.ts';
import { i32, i64 } from './instructions.ts';
import type { LaneCode } from './lane-code.ts';
import { INT64, INT128, isLong, type Machine } from './machine.ts';
import type { Range } from './ranges.ts';

/** The low half, then the high one. */
export type Long = readonly [low: Local<'i64'>, high: Local<'i64'>];
type LongCode = readonly [low: Code<'i64'>, high: Code<'i64'>];

const ALL_LOW = i64.const(0xffff_ffffn);
const SIGN = i64.const(63n);

const keep = (lanes: LaneCode, value: Code<'i64'>): Local<'i64'> => lanes.keep([value], 'i64')[0] as Local<'i64'>;

/** Both halves evaluated, into locals. */
export const keepLong = (lanes: LaneCode, [low, high]: LongCode): Long => [keep(lanes, low), keep(lanes, high)];

/** The halves as code. */
export const halvesOf = ([low, high]: Long): LongCode => [get(low), get(high)];

/** The halves of a number that is known when code is emitted. */
export const longConstant = (value: bigint): LongCode => [i64.const(value), i64.const(value >> 64n)];

/** A value of any whole-number machine in two halves. */
export function asLong(lanes: LaneCode, machine: Machine, value: readonly Local[]): Long {
  if (isLong(machine)) return value as unknown as Long;
  const [part] = value as readonly [Local];
  const low =
    machine.type === 'i64'
      ? (part as Local<'i64'>)
      : keep(lanes, (machine.signed ? i64.extend : i64.extendU)(get(part as Local<'i32'>)));
  return [low, keep(lanes, machine.signed ? i64.shr(get(low), SIGN) : i64.const(0n))];
}

/** `a` + `b`, or `a` - `b`, modulo 2 ** 128: of decimals, wrong results lie outside of all 38 digits. */
export function addLong(lanes: LaneCode, operator: '+' | '-', a: Long, b: LongCode): Long {
  const [otherLow, otherHigh] = keepLong(lanes, b);
  const operation = operator === '+' ? i64.add : i64.sub;
  const low = keep(lanes, operation(get(a[0]), get(otherLow)));
  const carry = operator === '+' ? i64.ltU(get(low), get(otherLow)) : i64.ltU(get(a[0]), get(otherLow));
  return [low, keep(lanes, operation(operation(get(a[1]), get(otherHigh)), i64.extendU(carry)))];
}

/** The high half of the product of two unsigned words; `hold` puts its parts into locals. Source: Warren, "Hacker's Delight", 8-2. */
export function highProduct(hold: (code: Code<'i64'>) => Local<'i64'>, a: Local<'i64'>, b: Local<'i64'>): Code<'i64'> {
  const lowOf = (x: Local<'i64'>): Code<'i64'> => i64.and(get(x), ALL_LOW);
  const highOf = (x: Local<'i64'>): Code<'i64'> => i64.shrU(get(x), i64.const(32n));
  const [a0, a1, b0, b1] = [lowOf(a), highOf(a), lowOf(b), highOf(b)].map(hold) as [
    Local<'i64'>,
    Local<'i64'>,
    Local<'i64'>,
    Local<'i64'>,
  ];
  const low = hold(i64.mul(get(a0), get(b0)));
  const first = hold(i64.add(i64.mul(get(a1), get(b0)), highOf(low)));
  const second = hold(i64.add(i64.mul(get(a0), get(b1)), lowOf(first)));
  return i64.add(i64.add(i64.mul(get(a1), get(b1)), highOf(first)), highOf(second));
}

/** The product of two signed words: it always fits. */
export function productOfWords(lanes: LaneCode, a: Local<'i64'>, b: Local<'i64'>): Long {
  // Taken for an unsigned number a negative one is 2 ** 64 too high.
  const excess = (x: Local<'i64'>, y: Local<'i64'>): Code<'i64'> => i64.and(i64.shr(get(x), SIGN), get(y));
  const unsigned = highProduct((code) => keep(lanes, code), a, b);
  return keepLong(lanes, [i64.mul(get(a), get(b)), i64.sub(i64.sub(unsigned, excess(a, b)), excess(b, a))]);
}

/** The product modulo 2 ** 128. */
export function lowProduct(lanes: LaneCode, a: Long, b: Long): Long {
  const crossed = i64.add(i64.mul(get(a[0]), get(b[1])), i64.mul(get(a[1]), get(b[0])));
  return keepLong(lanes, [
    i64.mul(get(a[0]), get(b[0])),
    i64.add(
      highProduct((code) => keep(lanes, code), a[0], b[0]),
      crossed,
    ),
  ]);
}

/** The product, or -2 ** 127 where that does not fit. */
export const checkedProduct = (lanes: LaneCode, a: Long, b: Long): Long =>
  callLong(lanes, 'long_product', [...a, ...b]);

/** What is wanted of a division. */
const QUOTIENT_MODES = { truncated: 0, rounded: 1, rest: 2 } as const;
const SCALES_DIVISOR = 4;

export interface LongDivision {
  /** The quotient, truncated or rounded half away from zero, or the rest with the sign of the dividend. */
  readonly wanted: keyof typeof QUOTIENT_MODES;
  /** Of less than 128 bits; what it multiplies. */
  readonly factor: bigint;
  readonly scales: 'dividend' | 'divisor';
}

/** A division of two long numbers: -2 ** 127 where the result does not fit, 0 where it is one by zero. */
export function divideLong(lanes: LaneCode, a: Long, b: Long, { wanted, factor, scales }: LongDivision): Long {
  const [low, high] = longConstant(factor);
  const mode = QUOTIENT_MODES[wanted] | (scales === 'divisor' ? SCALES_DIVISOR : 0);
  return callLong(lanes, 'long_quotient', [...a, ...b], [low, high, i32.const(mode)], ['i64', 'i64', 'i32']);
}

function callLong(
  lanes: LaneCode,
  name: string,
  numbers: readonly Local<'i64'>[],
  others: readonly Code[] = [],
  otherTypes: readonly ValueType[] = [],
): Long {
  const { frame } = lanes;
  const types: ValueType[] = [...numbers.map((): ValueType => 'i64'), ...otherTypes, 'i32'];
  const index = frame.importFunction(name, types, 'i64');
  const operands = [...numbers.map((n): Code => get(n)), ...others, get(frame.scratch)];
  return keepLong(lanes, [callImport<'i64'>(index, ...operands), i64.load(get(frame.scratch))]);
}

export function compareLong(operator: ComparisonOperator, a: Long, b: Long): Code<'i32'> {
  const [[aLow, aHigh], [bLow, bHigh]] = [a, b];
  const sameHigh = i64.eq(get(aHigh), get(bHigh));
  switch (operator) {
    case '=':
      return i32.and(sameHigh, i64.eq(get(aLow), get(bLow)));
    case '!=':
      return i32.eqz(compareLong('=', a, b));
    case '<':
      return i32.or(i64.lt(get(aHigh), get(bHigh)), i32.and(sameHigh, i64.ltU(get(aLow), get(bLow))));
    case '>':
      return compareLong('<', b, a);
    case '<=':
      return i32.eqz(compareLong('<', b, a));
    case '>=':
      return i32.eqz(compareLong('<', a, b));
  }
}

/** Repeats the batch if the number is ever outside of the range, which is not empty. */
export function flagOutsideLong(lanes: LaneCode, allowed: Range, [low, high]: Long): void {
  const { least, greatest } = allowed;
  if (least === INT64.least && greatest === INT64.greatest) {
    lanes.flagNonZero([i64.ne(get(high), i64.shr(get(low), SIGN))], 'i32');
    return;
  }
  if (least <= INT128.least && greatest >= INT128.greatest) return;
  // One unsigned comparison: what is below the least wraps around to above.
  const offset = addLong(lanes, '-', [low, high], longConstant(least));
  const [spanLow, spanHigh] = longConstant(greatest - least);
  const above = i64.gtU(get(offset[1]), spanHigh);
  const same = i64.eq(get(offset[1]), spanHigh);
  lanes.flagNonZero([i32.or(above, i32.and(same, i64.gtU(get(offset[0]), spanLow)))], 'i32');
}
