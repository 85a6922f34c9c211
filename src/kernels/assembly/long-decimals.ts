// Arithmetic of 128 bits, one number at a time, called by compiled kernels: what takes a loop, or more than a few
// instructions. A number is a low half and a high one, in two's complement; the low half of a result is returned and the
// high one stored at `out`. A result whose magnitude needs more than 127 bits is -2 ** 127, which no decimal is.
//
//     256 bits  │ n3 │ n2 │ n1 │ n0 │  /  │ d1 │ d0 │   =   │ q1 │ q0 │   rest │ r1 │ r0 │
//
// Division is Knuth's algorithm D (TAOCP 4.3.1) with digits of 64 bits. For a divisor of two digits the guess of a
// quotient digit is tested with all of the divisor, so that it is right and nothing ever has to be added back.

import { digit, rest } from './wide-division';

// Second result of `product64`: the high half.
let high: u64 = 0;
// Of `product128`.
let p3: u64 = 0, p2: u64 = 0, p1: u64 = 0, p0: u64 = 0;
// Of `divide256`.
let q1: u64 = 0, q0: u64 = 0, r1: u64 = 0, r0: u64 = 0;

const LOW32: u64 = 0xffff_ffff;

// @ts-ignore: decorator
@inline
function product64(a: u64, b: u64): u64 {
  const a0 = a & LOW32, a1 = a >> 32, b0 = b & LOW32, b1 = b >> 32;
  const k = a1 * b0 + ((a0 * b0) >> 32);
  high = a1 * b1 + (k >> 32) + ((a0 * b1 + (k & LOW32)) >> 32);
  return a * b;
}

/** Into p3 … p0. */
function product128(a1: u64, a0: u64, b1: u64, b0: u64): void {
  p0 = product64(a0, b0);
  p1 = high;
  const x0 = product64(a1, b0), x1 = high;
  const y0 = product64(a0, b1), y1 = high;
  p2 = product64(a1, b1);
  p3 = high;
  p1 += x0;
  let carry = <u64>(p1 < x0);
  p1 += y0;
  carry += <u64>(p1 < y0);
  const z = x1 + carry;
  p3 += <u64>(z < carry);
  p2 += z;
  p3 += <u64>(p2 < z);
  p2 += y1;
  p3 += <u64>(p2 < y1);
}

/** A digit of the quotient of u2 u1 u0 by d1 d0, whose highest bit is set; leaves the rest in r1 r0. */
function longDigit(u2: u64, u1: u64, u0: u64, d1: u64, d0: u64): u64 {
  let q: u64, r: u64, isSmall = true;
  if (u2 >= d1) {
    q = u64.MAX_VALUE;
    r = u1 + d1;
    isSmall = r >= d1;
  } else {
    q = digit(u2, u1, d1);
    r = rest;
  }
  while (isSmall) {
    const low = product64(q, d0);
    if (high < r || (high == r && low <= u0)) break;
    q--;
    r += d1;
    isSmall = r >= d1;
  }
  const low = product64(q, d0);
  r1 = u1 - (high + q * d1) - <u64>(u0 < low);
  r0 = u0 - low;
  return q;
}

/** Into q1 q0 and r1 r0; false where the quotient has more than these 128 bits. The divisor is not zero. */
function divide256(n3: u64, n2: u64, n1: u64, n0: u64, d1: u64, d0: u64): bool {
  if (n3 > d1 || (n3 == d1 && n2 >= d0)) {
    divide256(0, 0, n3, n2, d1, d0);
    divide256(r1, r0, n1, n0, d1, d0);
    return false;
  }
  if (d1 == 0) {
    q1 = digit(n2, n1, d0);
    q0 = digit(rest, n0, d0);
    r1 = 0;
    r0 = rest;
    return true;
  }
  const shift = clz(d1);
  if (shift != 0) {
    const back = 64 - shift;
    d1 = (d1 << shift) | (d0 >> back);
    d0 <<= shift;
    n3 = (n3 << shift) | (n2 >> back);
    n2 = (n2 << shift) | (n1 >> back);
    n1 = (n1 << shift) | (n0 >> back);
    n0 <<= shift;
  }
  q1 = longDigit(n3, n2, n1, d1, d0);
  q0 = longDigit(r1, r0, n0, d1, d0);
  if (shift != 0) {
    r0 = (r0 >> shift) | (r1 << (64 - shift));
    r1 >>= shift;
  }
  return true;
}

// @ts-ignore: decorator
@inline
function give(low: u64, highHalf: u64, negative: bool, out: usize): u64 {
  store<u64>(out, negative ? ~highHalf + <u64>(low == 0) : highHalf);
  return negative ? 0 - low : low;
}

// @ts-ignore: decorator
@inline
function giveTooLarge(out: usize): u64 {
  store<i64>(out, i64.MIN_VALUE);
  return 0;
}

/** a × b. */
export function long_product(aLow: u64, aHigh: i64, bLow: u64, bHigh: i64, out: usize): u64 {
  const negative = (aHigh ^ bHigh) < 0;
  const a0 = aHigh < 0 ? 0 - aLow : aLow, a1 = <u64>(aHigh < 0 ? ~aHigh + <i64>(aLow == 0) : aHigh);
  const b0 = bHigh < 0 ? 0 - bLow : bLow, b1 = <u64>(bHigh < 0 ? ~bHigh + <i64>(bLow == 0) : bHigh);
  if ((a1 | b1) == 0) {
    const low = product64(a0, b0);
    return high >> 63 == 0 ? give(low, high, negative, out) : giveTooLarge(out);
  }
  product128(a1, a0, b1, b0);
  return (p3 | p2 | (p1 >> 63)) == 0 ? give(p0, p1, negative, out) : giveTooLarge(out);
}

/** What `long_quotient` is asked for; the face of it is in `compile/long-numbers.ts`. */
const ROUNDED = 1, REST = 2, SCALES_DIVISOR = 4;

/**
 * a / b, truncated or rounded half away from zero, or what it leaves, which has the sign of a. A factor, of less than 128
 * bits, comes to the one of them or to the other. Of a division by zero the result is 0.
 */
export function long_quotient(
  aLow: u64, aHigh: i64, bLow: u64, bHigh: i64, factorLow: u64, factorHigh: u64, what: i32, out: usize,
): u64 {
  const negative = aHigh < 0, divisorNegative = bHigh < 0;
  const a0 = negative ? 0 - aLow : aLow, a1 = <u64>(negative ? ~aHigh + <i64>(aLow == 0) : aHigh);
  let b0 = divisorNegative ? 0 - bLow : bLow, b1 = <u64>(divisorNegative ? ~bHigh + <i64>(bLow == 0) : bHigh);
  if ((b0 | b1) == 0) return give(0, 0, false, out);

  let fits: bool;
  if ((what & SCALES_DIVISOR) != 0) {
    product128(b1, b0, factorHigh, factorLow);
    // A divisor beyond 128 bits is more than twice any dividend.
    if ((p3 | p2) != 0) return (what & REST) != 0 ? give(a0, a1, negative, out) : give(0, 0, false, out);
    b0 = p0;
    b1 = p1;
    fits = divide256(0, 0, a1, a0, b1, b0);
  } else if ((factorHigh | a1) == 0) {
    const low = product64(a0, factorLow);
    fits = divide256(0, 0, high, low, b1, b0);
  } else {
    product128(a1, a0, factorHigh, factorLow);
    fits = divide256(p3, p2, p1, p0, b1, b0);
  }
  if ((what & REST) != 0) return give(r0, r1, negative, out);
  if ((what & ROUNDED) != 0) {
    // Whether the rest is at least what lacks to the divisor, which is no more than 128 bits where twice the rest may be.
    const lacks0 = b0 - r0, lacks1 = b1 - r1 - <u64>(b0 < r0);
    const up = <u64>(r1 > lacks1 || (r1 == lacks1 && r0 >= lacks0));
    q0 += up;
    q1 += <u64>(q0 < up);
  }
  return fits && q1 >> 63 == 0 ? give(q0, q1, negative != divisorNegative, out) : giveTooLarge(out);
}

/** The highest 64 bits of a magnitude of 128; the lowest of them is also set for any that is cut off. */
// @ts-ignore: decorator
@inline
function leading(low: u64, highHalf: u64, shift: u64): u64 {
  const top = shift == 0 ? highHalf : (highHalf << shift) | (low >> (64 - shift));
  return top | <u64>((low << shift) != 0);
}

/** The nearest float, ties to even: rounded once, from 64 bits that break ties as all of them would. */
// @ts-ignore: decorator
@inline
function nearest<T>(low: u64, highHalf: i64): T {
  const negative = highHalf < 0;
  const a0 = negative ? 0 - low : low, a1 = <u64>(negative ? ~highHalf + <i64>(low == 0) : highHalf);
  if (a1 == 0) return negative ? -<T>a0 : <T>a0;
  const shift = clz(a1);
  const magnitude = <T>leading(a0, a1, shift) * <T>(<u64>1 << (63 - shift)) * <T>2;
  return negative ? -magnitude : magnitude;
}

export function long_to_float64(low: u64, highHalf: i64): f64 {
  return nearest<f64>(low, highHalf);
}

export function long_to_float32(low: u64, highHalf: i64): f32 {
  return nearest<f32>(low, highHalf);
}

// A quotient of two positive numbers, both shifted up as far as they go, has 127 or 128 bits. Of these the upper 64 are
// kept, odd where anything is cut off, so that they round as all of them would.

/** What the last quotient is to be multiplied by: a power of two. */
let quotientExponent: i32 = 0;

/** The leading bits of a magnitude, not zero, divided by d1 d0. */
function leadingQuotient(a0: u64, a1: u64, d0: u64, d1: u64): u64 {
  const up = a1 != 0 ? clz(a1) : 64 + clz(a0), downUp = d1 != 0 ? clz(d1) : 64 + clz(d0);
  // One bit less than it could be: so it is below the divisor.
  shiftUp(a0, a1, up - 1);
  const n1 = shifted1, n0 = shifted0;
  shiftUp(d0, d1, downUp);
  divide256(n1, n0, 0, 0, shifted1, shifted0);
  const rest = <u64>((r1 | r0) != 0), shift = clz(q1);
  quotientExponent = <i32>downUp - <i32>(up - 1) - 64 - <i32>shift;
  return leading(q0, q1, shift) | rest;
}

let shifted1: u64 = 0, shifted0: u64 = 0;

/** By 0 to 127. */
function shiftUp(low: u64, highHalf: u64, by: u64): void {
  if (by == 0) {
    shifted1 = highHalf;
    shifted0 = low;
  } else if (by < 64) {
    shifted1 = (highHalf << by) | (low >> (64 - by));
    shifted0 = low << by;
  } else {
    shifted1 = low << (by - 64);
    shifted0 = 0;
  }
}

// @ts-ignore: decorator
@inline
function powerOfTwo(exponent: i32): f64 {
  return reinterpret<f64>(<u64>(1023 + exponent) << 52);
}

/** Whether numerator and divisor are float64 values, so that one division rounds as it should. */
// @ts-ignore: decorator
@inline
function areFloats(low: i64, highHalf: i64, d0: u64, d1: u64): bool {
  return highHalf == low >> 63 && <u64>abs(low) <= 1 << 53 && (d1 == 0 ? d0 <= 10_000_000_000_000_000_000 : d1 < 543);
}

// @ts-ignore: decorator
@inline
function floatQuotient(low: i64, d0: u64, d1: u64): f64 {
  return <f64>low / (<f64>d1 * 18446744073709551616.0 + <f64>d0);
}

/** A number divided by a power of ten, the nearest float64. */
export function decimal_to_float64(low: u64, highHalf: i64, d0: u64, d1: u64): f64 {
  if (areFloats(low, highHalf, d0, d1)) return floatQuotient(low, d0, d1);
  const negative = highHalf < 0;
  const a0 = negative ? 0 - low : low, a1 = <u64>(negative ? ~highHalf + <i64>(low == 0) : highHalf);
  const bits = leadingQuotient(a0, a1, d0, d1);
  const magnitude = <f64>bits * powerOfTwo(quotientExponent);
  return negative ? -magnitude : magnitude;
}

/** The nearest float32: rounded once, from a float64 that is odd where it is not exact. */
export function decimal_to_float32(low: u64, highHalf: i64, d0: u64, d1: u64): f32 {
  if (areFloats(low, highHalf, d0, d1)) {
    const quotient = floatQuotient(low, d0, d1);
    // Not in the middle between two: of these it would have to be known where the quotient was before it was rounded.
    if ((reinterpret<u64>(quotient) & 0x1fff_ffff) != 0x1000_0000) return <f32>quotient;
  }
  const negative = highHalf < 0;
  const a0 = negative ? 0 - low : low, a1 = <u64>(negative ? ~highHalf + <i64>(low == 0) : highHalf);
  if ((a0 | a1) == 0) return 0;
  const bits = leadingQuotient(a0, a1, d0, d1);
  const odd = (bits >> 11) | <u64>((bits & 0x7ff) != 0);
  const magnitude = <f32>(<f64>odd * powerOfTwo(quotientExponent + 11));
  return negative ? -magnitude : magnitude;
}
