/**
 * Whole-number arithmetic that notices when it leaves its type. A check never branches: it gathers evidence over all
 * rows and the kernel looks at it once. It may raise a false alarm (rows that are not wanted, branches not taken), never
 * miss an overflow.
 *
 *     signed   a + b   operands of one sign, result of the other:     (a ^ r) & (b ^ r)       sign bit
 *              a - b   operands of two signs, result not the first's: (a ^ b) & (a ^ r)       sign bit
 *     unsigned a + b   carry out:                                     (a & b) | ((a|b) & ~r)  sign bit
 *              a - b   borrow:                                        (~a & b) | ((~a|b) & r) sign bit
 *     a * b            the highest bits ever seen on each side bound every product of the batch
 *     8, 16 bits       computed in 32 bits, exact; the result must equal itself cut to its width
 *
 * What wraps around needs no check: words do it by themselves, and 8 or 16 bits are cut to their width.
 *
 * Of the signed multiply one bit is kept back: x ^ (x >> 63) is one less than a negative's magnitude, so that
 * -(2 ** 31) * -(2 ** 32) shows 31 + 32 bits and is 2 ** 63, which does not fit.
 * Source of the bit tricks: Warren, "Hacker's Delight", 2-13.
 */

import { type Code, get, type Local } from './emit.ts';
import { i32, i32x4, i64, i64x2 } from './instructions.ts';
import { type LaneCode, lowWords } from './lane-code.ts';
import type { Machine } from './machine.ts';

/** What is known of a product. */
export interface Factors {
  /** The constant that the right side is. */
  readonly times?: bigint | undefined;
  /** Both sides fit 32 bits with a sign. */
  readonly areShort?: boolean;
}

/** What is done about a result that its type cannot hold: nothing where there is none. */
export type OnOverflow = 'none' | 'flag' | 'wrap';

/** `a` operator `b` as whole numbers of `machine`: exact, but for what wraps. */
export function wholeArithmetic(
  lanes: LaneCode,
  operator: '+' | '-' | '*',
  machine: Machine,
  a: readonly Local[],
  b: readonly Local[],
  onOverflow: OnOverflow,
  { times, areShort = false }: Factors = {},
): Code[] {
  const { type } = machine;
  const operations = lanes.operations(type);
  const operation = operator === '+' ? operations.add : operator === '-' ? operations.sub : operations.mul;
  const shifts = operator === '*' && lanes.wide && type === 'i64' ? shiftsOf(times) : undefined;
  const isShort = areShort && operator === '*' && lanes.wide && type === 'i64';
  const computed = shifts !== undefined ? a.map((x) => shifted(x, shifts)) : isShort ? shortProducts(a, b) : undefined;
  const result = lanes.keep(computed ?? lanes.zip(operation, a, b), type);
  if (onOverflow === 'wrap') return result.map((r) => cutToWidth(lanes, machine, r));
  if (onOverflow === 'flag') {
    if (machine.bits < 32) flagOutside(lanes, machine, result);
    else if (operator === '*') flagProduct(lanes, machine, a, b);
    else
      lanes.flagNegative(
        result.map((r, n) => signTest(lanes, operator, machine, a[n]!, b[n]!, r)),
        type,
      );
  }
  return result.map((r) => get(r));
}

/** More shifts and additions than this are no quicker than the multiplication of 64 bits, which vectors do not have. */
const MOST_SHIFTS = 3;

/** The bits that are set in a constant that is not negative, where they are few. */
export function shiftsOf(times: bigint | undefined): readonly number[] | undefined {
  if (times === undefined || times <= 0n) return undefined;
  const shifts = [...times.toString(2)].reverse().flatMap((bit, at) => (bit === '1' ? [at] : []));
  return shifts.length <= MOST_SHIFTS ? shifts : undefined;
}

/** Of four rows, by their low 32 bits. */
function shortProducts(a: readonly Local[], b: readonly Local[]): Code<'v128'>[] {
  const words = ([low, high]: readonly Local[]): Code<'v128'> => lowWords(get(low!), get(high!));
  return [i64x2.extmulLow(words(a), words(b)), i64x2.extmulHigh(words(a), words(b))];
}

/** The sum of `x` shifted by each. */
const shifted = (x: Local, shifts: readonly number[]): Code<'v128'> =>
  shifts
    .map((by) => (by === 0 ? get(x as Local<'v128'>) : i64x2.shl(get(x as Local<'v128'>), i32.const(by))))
    .reduce((sum, each) => i64x2.add(sum, each));

/** Repeats the batch if any 32-bit value is not one of the narrower `machine`. */
export function flagOutside(lanes: LaneCode, machine: Machine, values: readonly Local[]): void {
  const { and, xor } = lanes.operations('i32');
  lanes.flagNonZero(
    values.map((v) => {
      if (!machine.signed) return and(get(v), lanes.constant('i32', -(1 << machine.bits)));
      return xor(get(v), signExtended(lanes, machine.bits, v));
    }),
    'i32',
  );
}

/** What leaves the type is lost. */
export function cutToWidth(lanes: LaneCode, machine: Machine, value: Local): Code {
  if (machine.bits >= 32) return get(value);
  if (machine.signed) return signExtended(lanes, machine.bits, value);
  return lanes.operations('i32').and(get(value), lanes.constant('i32', (1 << machine.bits) - 1));
}

function signExtended(lanes: LaneCode, bits: number, value: Local): Code {
  const by = i32.const(32 - bits);
  if (lanes.wide) return i32x4.shr(i32x4.shl(get(value as Local<'v128'>), by), by);
  return (bits === 8 ? i32.extend8 : i32.extend16)(get(value as Local<'i32'>));
}

function signTest(lanes: LaneCode, operator: '+' | '-', machine: Machine, a: Local, b: Local, r: Local): Code {
  const { xor, and, or } = lanes.operations(machine.type);
  const not = (x: Local): Code => xor(get(x), lanes.constant(machine.type, -1n));
  if (machine.signed) {
    if (operator === '+') return and(xor(get(a), get(r)), xor(get(b), get(r)));
    return and(xor(get(a), get(b)), xor(get(a), get(r)));
  }
  if (operator === '+') return or(and(get(a), get(b)), and(or(get(a), get(b)), not(r)));
  return or(and(not(a), get(b)), and(or(not(a), get(b)), get(r)));
}

function flagProduct(lanes: LaneCode, machine: Machine, a: readonly Local[], b: readonly Local[]): void {
  const total = i64.add(usedBits(lanes, machine, a), usedBits(lanes, machine, b));
  const allowed = machine.signed ? machine.bits - 2 : machine.bits;
  lanes.frame.flags.push(i64.gt(total, i64.const(BigInt(allowed))));
}

/** How many bits the magnitudes ever took: exact for unsigned values; of a negative one that of its magnitude less 1. */
function usedBits(lanes: LaneCode, { type, bits, signed }: Machine, values: readonly Local[]): Code<'i64'> {
  const machine = type === 'i32' ? 'i32' : 'i64';
  const { xor } = lanes.operations(machine);
  const folded = values.map((v) => (signed ? xor(get(v), signOf(lanes, machine, v)) : get(v)));
  // A scalar of 32 bits is sign-extended on its way; only its own bits count.
  const own = i64.const((1n << BigInt(bits)) - 1n);
  return i64.sub(i64.const(64n), i64.clz(i64.and(lanes.everSet(folded, machine), own)));
}

export function signOf(lanes: LaneCode, type: 'i32' | 'i64', value: Local): Code {
  if (lanes.wide) {
    const shift = type === 'i32' ? i32x4.shr : i64x2.shr;
    return shift(get(value as Local<'v128'>), i32.const(type === 'i32' ? 31 : 63));
  }
  if (type === 'i32') return i32.shr(get(value as Local<'i32'>), i32.const(31));
  return i64.shr(get(value as Local<'i64'>), i64.const(63n));
}
