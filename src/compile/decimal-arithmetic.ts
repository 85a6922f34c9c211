/**
 * Arithmetic of decimals beyond `overflow.ts`: what is long on some side, and division.
 *
 *     short × short    two words make a long product at once, by four multiplications of 32 bits
 *     long × long      modulo 2 ** 128 where the bounds prove that enough, else by a static kernel
 *     a / b            a × 10 ** up / (b × 10 ** down), in one word where the bounds prove that enough, else by a static
 *                      kernel with up to 256 bits between
 *
 * A long result of more digits than its type has raises the flag. Null by a zero divisor is seen to by the word domain;
 * here only no trap may happen.
 */

import { divisionShift } from '../expressions/exact-arithmetic.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { type Bounds, heldRange } from './bounds.ts';
import { divideWhole } from './division.ts';
import { type Code, get, type Local, select } from './emit.ts';
import { i64 } from './instructions.ts';
import type { LaneCode } from './lane-code.ts';
import { narrowed } from './long-casts.ts';
import {
  addLong,
  asLong,
  checkedProduct,
  divideLong,
  flagOutsideLong,
  halvesOf,
  type Long,
  lowProduct,
  productOfWords,
} from './long-numbers.ts';
import { INT64, INT128, isLong, type Machine, machineOf } from './machine.ts';
import { type Range, within } from './ranges.ts';

type Arithmetic = TypedExpression & { readonly kind: 'arithmetic' };

/** Factors beyond that take more than 128 bits. */
const MAX_SHIFT = 38;

/** Whether compiled code divides decimals of these scales. */
export function isDivisionCompilable(e: Arithmetic): boolean {
  const { up, down } = divisionShift(e);
  return up <= MAX_SHIFT && down <= MAX_SHIFT;
}

/** `+`, `-` or `*` where an operand or the result is long. */
export function longArithmetic(
  lanes: LaneCode,
  e: Arithmetic,
  bounds: Bounds,
  left: readonly Local[],
  right: readonly Local[],
): Code[] {
  const [leftMachine, rightMachine] = [machineIn(bounds, e.left), machineIn(bounds, e.right)];
  const [a, b] = [asLong(lanes, leftMachine, left), asLong(lanes, rightMachine, right)];
  let result: Long;
  if (e.operator !== '*') result = addLong(lanes, e.operator === '+' ? '+' : '-', a, halvesOf(b));
  else if (!isLong(leftMachine) && !isLong(rightMachine)) result = productOfWords(lanes, a[0], b[0]);
  else result = (within(bounds.of(e), INT128) ? lowProduct : checkedProduct)(lanes, a, b);
  return checked(lanes, e, bounds, result);
}

/** `/`, `//` or `%`. */
export function divideDecimals(
  lanes: LaneCode,
  e: Arithmetic,
  bounds: Bounds,
  left: readonly Local[],
  right: readonly Local[],
): Code[] {
  const { up, down } = divisionShift(e);
  const [leftMachine, rightMachine] = [machineIn(bounds, e.left), machineIn(bounds, e.right)];
  const fits = (side: TypedExpression, exponent: number): boolean =>
    within(timesTen(bounds.held(side), exponent), WORD);
  if (fits(e.left, up) && fits(e.right, down)) {
    const [a, b] = [inWord(lanes, leftMachine, left, up), inWord(lanes, rightMachine, right, down)];
    const quotient = e.operator === '/' ? roundedQuotient(lanes, a, b) : wordQuotient(lanes, e.operator, a, b);
    return narrowed(machineIn(bounds, e), asLong(lanes, WORD_MACHINE, lanes.keep([quotient], 'i64')));
  }
  const [a, b] = [asLong(lanes, leftMachine, left), asLong(lanes, rightMachine, right)];
  const wanted = e.operator === '/' ? 'rounded' : e.operator === '//' ? 'truncated' : 'rest';
  const scales = down > 0 ? 'divisor' : 'dividend';
  return checked(lanes, e, bounds, divideLong(lanes, a, b, { wanted, factor: 10n ** BigInt(up + down), scales }));
}

function checked(lanes: LaneCode, e: Arithmetic, bounds: Bounds, result: Long): Code[] {
  const machine = machineIn(bounds, e);
  if (!bounds.fits(e)) flagOutsideLong(lanes, heldRange(e.type, machine), result);
  return narrowed(machine, result);
}

const machineIn = (bounds: Bounds, e: TypedExpression): Machine => bounds.machine(e)!;

const WORD_MACHINE: Machine = machineOf({ kind: 'int64' })!;
/** With the negative of each of its values. */
const WORD: Range = { least: -INT64.greatest, greatest: INT64.greatest };

const timesTen = ({ least, greatest }: Range, exponent: number): Range => {
  const factor = 10n ** BigInt(exponent);
  return { least: least * factor, greatest: greatest * factor };
};

/** A decimal whose values fit one word, times a power of ten. */
function inWord(lanes: LaneCode, machine: Machine, value: readonly Local[], exponent: number): Local<'i64'> {
  const [low] = asLong(lanes, machine, value);
  if (exponent === 0) return low;
  return lanes.keep([i64.mul(get(low), i64.const(10n ** BigInt(exponent)))], 'i64')[0] as Local<'i64'>;
}

const wordQuotient = (lanes: LaneCode, operator: Arithmetic['operator'], a: Local<'i64'>, b: Local<'i64'>): Code =>
  divideWhole(lanes, operator === '//' ? '//' : '%', WORD_MACHINE, a, b, true);

/** Half away from zero; neither is the least number. */
function roundedQuotient(lanes: LaneCode, a: Local<'i64'>, b: Local<'i64'>): Code<'i64'> {
  const keep = (value: Code<'i64'>): Local<'i64'> => lanes.keep([value], 'i64')[0] as Local<'i64'>;
  const magnitude = (x: Local<'i64'>): Code<'i64'> => {
    const sign = keep(i64.shr(get(x), i64.const(63n)));
    return i64.sub(i64.xor(get(x), get(sign)), get(sign));
  };
  const divisor = keep(select(i64.const(1n), get(b), i64.eqz(get(b))));
  const quotient = keep(i64.div(get(a), get(divisor)));
  const rest = keep(i64.sub(get(a), i64.mul(get(quotient), get(divisor))));
  const [left, whole] = [keep(magnitude(rest)), keep(magnitude(divisor))];
  // The rest is at least what lacks to the divisor: twice the rest may be more than a word.
  const isUp = i64.ge(get(left), i64.sub(get(whole), get(left)));
  const away = i64.or(i64.shr(i64.xor(get(a), get(divisor)), i64.const(63n)), i64.const(1n));
  return i64.add(get(quotient), select(away, i64.const(0n), isUp));
}
