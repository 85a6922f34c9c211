/**
 * Texts as decimals and floats: digits, of which some may stand behind a point, and perhaps an exponent, as in `12.50`,
 * `5.`, `.5` or `-1.5e-3`. Readers are given a text without the spaces around it; what they cannot read they `fail`.
 */

import { digitRun, digitsAt, fail, powerOfTen } from './digits';

/** What `readNumber` has found: digits without the zeros before them, in the two runs. */
let isNegative: bool = false;
let wholeAt: usize = 0;
let wholeDigits: i32 = 0;
let fractionAt: usize = 0;
let fractionDigits: i32 = 0;
/** The number is 0.d1d2d3… times ten to this power. */
let point: i64 = 0;

function readNumber(start: usize, end: usize): bool {
  if (start == end) return false;
  const sign = load<u8>(start);
  isNegative = sign == 0x2d;
  if (sign == 0x2b || sign == 0x2d) start++;
  wholeAt = start;
  wholeDigits = digitRun(start, end);
  start += wholeDigits;
  fractionAt = start;
  fractionDigits = 0;
  if (start < end && load<u8>(start) == 0x2e) {
    fractionAt = start + 1;
    fractionDigits = digitRun(fractionAt, end);
    start = fractionAt + fractionDigits;
  }
  if (wholeDigits + fractionDigits == 0) return false;
  point = 0;
  if (start < end) {
    if ((load<u8>(start) | 0x20) != 0x65) return false;
    start++;
    const down = start < end && load<u8>(start) == 0x2d;
    if (down || (start < end && load<u8>(start) == 0x2b)) start++;
    const digits = <i32>(end - start);
    if (digits < 1 || digits > 9 || digitRun(start, end) != digits) return false;
    point = <i64>digitsAt(start, digits);
    if (down) point = -point;
  }
  while (wholeDigits > 0 && load<u8>(wholeAt) == 0x30) {
    wholeAt++;
    wholeDigits--;
  }
  if (wholeDigits == 0) {
    while (fractionDigits > 0 && load<u8>(fractionAt) == 0x30) {
      fractionAt++;
      fractionDigits--;
      point--;
    }
  }
  point += wholeDigits;
  return true;
}

/** The number that the first `count` of the digits found are, at most 19; there are as many. */
function leadingDigits(count: i32): u64 {
  const whole = min(count, wholeDigits);
  const value = digitsAt(wholeAt, whole);
  const more = count - whole;
  return more == 0 ? value : value * powerOfTen(more) + digitsAt(fractionAt, more);
}

/** Decimals of 8 bytes and at most 18 digits, rounded half away from zero. */
export function readDecimal(start: usize, end: usize, precision: i32, scale: i32): u64 {
  if (!readNumber(start, end)) return fail();
  const digits = wholeDigits + fractionDigits;
  const kept = point + scale;
  if (digits == 0 || kept < 0) return 0;
  if (kept > precision) return fail();
  const count = <i32>kept;
  let value = leadingDigits(min(count, digits));
  if (count > digits) value *= powerOfTen(count - digits);
  else if (count < digits) {
    const next = count < wholeDigits ? wholeAt + count : fractionAt + count - wholeDigits;
    if (load<u8>(next) >= 0x35) value++;
  }
  if (value >= powerOfTen(precision)) return fail();
  return isNegative ? 0 - value : value;
}

// Floats --------------------------------------------------------------------------------------------------------------
// w digits times 10 ** e is w times 5 ** e times 2 ** e, and for e from -27 to 27 the power of five has at most 63 bits.
// So the product, or the quotient with its remainder, is exact in 128 bits, and is rounded once: to the upper 64 bits with
// the lowest telling whether there was more, and from there to a float by the processor. Where w has at most 53 bits and e
// is from -22 to 22, both are floats, and one multiplication or division rounds as it should (Clinger, "How to read
// floating point numbers accurately").

const POWERS_OF_FIVE: usize = memory.data<u64>([
  1, 5, 25, 125, 625, 3125, 15625, 78125, 390625, 1953125, 9765625, 48828125, 244140625, 1220703125, 6103515625,
  30517578125, 152587890625, 762939453125, 3814697265625, 19073486328125, 95367431640625, 476837158203125,
  2384185791015625, 11920928955078125, 59604644775390625, 298023223876953125, 1490116119384765625, 7450580596923828125,
]);

// @ts-ignore: decorator
@inline
function powerOfTwo(exponent: i32): f64 {
  return reinterpret<f64>(<u64>(exponent + 1023) << 52);
}

/** a times b, as the upper 64 of the bits that the product has from its highest on, odd where there are more. */
function roundedProduct(a: u64, b: u64, exponent: i32): f64 {
  const aHigh = a >> 32;
  const bHigh = b >> 32;
  a &= 0xffffffff;
  b &= 0xffffffff;
  const crossed = (a * b >> 32) + ((aHigh * b) & 0xffffffff) + a * bHigh;
  let high = aHigh * bHigh + (aHigh * b >> 32) + (crossed >> 32);
  let low = (crossed << 32) | ((a * b) & 0xffffffff);
  if (high == 0) return <f64>low * powerOfTwo(exponent);
  const shift = clz(high);
  if (shift) {
    high = (high << shift) | (low >> (64 - shift));
    low <<= shift;
  }
  return <f64>(high | <u64>(low != 0)) * powerOfTwo(exponent + 64 - <i32>shift);
}

/** a / b likewise; by long division with digits of 32 bits (Knuth, algorithm D). */
function roundedQuotient(a: u64, b: u64, exponent: i32): f64 {
  const aShift = clz(a);
  const bShift = clz(b);
  a <<= aShift;
  b <<= bShift;
  // Half of a stays below b, so the quotient has 63 or 64 bits.
  const high = b >> 32;
  const low = b & 0xffffffff;
  let rest = a >> 1;
  let first = rest / high;
  let left = rest % high;
  const carried = (a & 1) << 31;
  while (first >> 32 || first * low > ((left << 32) | carried)) {
    first--;
    left += high;
    if (left >> 32) break;
  }
  rest = ((rest << 32) | carried) - first * b;
  let second = rest / high;
  left = rest % high;
  while (second >> 32 || second * low > left << 32) {
    second--;
    left += high;
    if (left >> 32) break;
  }
  rest = (rest << 32) - second * b;
  const quotient = (first << 32) | second;
  return <f64>(quotient | <u64>(rest != 0)) * powerOfTwo(exponent + <i32>bShift - <i32>aShift - 63);
}

/**
 * The bits of a float of 4 or 8 bytes, as near as can be. Fails, besides for what is no number, where another reader has to
 * take over: more than 19 digits, an exponent far from 0, `nan`, and a float32 where rounding twice could matter.
 */
export function readFloat(start: usize, end: usize, width: i32): u64 {
  if (!readNumber(start, end)) return fail();
  const digits = wholeDigits + fractionDigits;
  let value: f64 = 0;
  if (digits > 0) {
    const far = point - digits;
    if (digits > 19 || far < -27 || far > 27) return fail();
    value = scaled(leadingDigits(digits), <i32>far);
    if (width == 4) {
      // Halfway between two floats of 4 bytes, or beyond the greatest; the least are out of reach.
      if ((reinterpret<u64>(value) & 0x1fffffff) == 0x10000000 || value > f32.MAX_VALUE) return fail();
    }
  }
  if (isNegative) value = -value;
  return width == 4 ? reinterpret<u32>(<f32>value) : reinterpret<u64>(value);
}

/** digits times 10 ** exponent */
function scaled(digits: u64, exponent: i32): f64 {
  const five = load<u64>(POWERS_OF_FIVE + (<usize>abs(exponent) << 3));
  if (digits <= 9007199254740992 && abs(exponent) <= 22) {
    return (exponent < 0 ? <f64>digits / <f64>five : <f64>digits * <f64>five) * powerOfTwo(exponent);
  }
  return exponent < 0 ? roundedQuotient(digits, five, exponent) : roundedProduct(digits, five, exponent);
}
