/**
 * The shortest digits that are read as the same float, and of these the nearest to it: Raffaello Giulietti's Schubfach
 * ("The Schubfach way to render doubles", 2020), in the form of Alexander Bolz's Drachennest.
 *
 *     floats      ───┼─────────┼─────────┼───        v = c · 2 ** q; what lies between the middles is read as v, and
 *                      │   lower  v  upper │          k is so small that multiples of 10 ** k lie there, but at most
 *     10 ** k     ┼────┼────┼────┼────┼────┼          one of 10 ** (k + 1): where there is one, it is the result
 *
 * The three are multiplied by 10 ** -k, of which a table has 128 bits, rounded up, from exponent -292 to 324. Of each
 * product the bits that are cut off leave a 1 in the last place, so that comparing it with whole numbers is exact.
 */

import { mulHigh } from './numbers';

/** 10 ** `exponent` times which the digits returned last are the float. */
export let exponent: i32 = 0;

const LEAST_EXPONENT = -292;

// @ts-ignore: decorator
@inline
function rounded(high: u64, low: u64, factor: u64): u64 {
  const carried = mulHigh(low, factor);
  const middle = high * factor + carried;
  return (mulHigh(high, factor) + <u64>(middle < carried)) | <u64>(middle > 1);
}

/**
 * The digits of c · 2 ** q, which is positive, with c of at most 53 bits. `isLowerNear`: the float below is only half as far
 * away as the one above. There may be zeros at the end. `powers` is the address of the table: of each power the low and
 * the high half.
 */
export function shortestDigits(c: u64, q: i32, isLowerNear: bool, powers: usize): u64 {
  if (q <= 0 && q > -53 && (c & ((<u64>1 << -q) - 1)) == 0) {
    exponent = 0;
    return c >> -q;
  }
  // The logarithms, rounded down, of 2 ** q or three quarters of it, and of 10 ** -k.
  const k = (q * 1262611 - (isLowerNear ? 524031 : 0)) >> 22;
  const h = <u64>(q + ((-k * 1741647) >> 19) + 1);
  const power = powers + (<usize>(-k - LEAST_EXPONENT) << 4);
  const low = load<u64>(power);
  const high = load<u64>(power, 8);
  // Four times each; a middle is read as v where v is even.
  const isOdd = c & 1;
  const value = rounded(high, low, (4 * c) << h);
  const lower = rounded(high, low, (4 * c - 2 + <u64>isLowerNear) << h) + isOdd;
  const upper = rounded(high, low, (4 * c + 2) << h) - isOdd;

  const s = value >> 2;
  const tens = s / 10;
  if (s >= 10) {
    const isBelow = lower <= 40 * tens;
    const isAbove = 40 * tens + 40 <= upper;
    if (isBelow != isAbove) {
      exponent = k + 1;
      return tens + <u64>isAbove;
    }
  }
  exponent = k;
  const isBelow = lower <= 4 * s;
  const isAbove = 4 * s + 4 <= upper;
  if (isBelow != isAbove) return s + <u64>isAbove;
  const middle = 4 * s + 2;
  return s + <u64>(value > middle || (value == middle && (s & 1) != 0));
}
