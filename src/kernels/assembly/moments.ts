// Moments and products of the values of groups.
//
//     squares      Σ x² of integers as 192 bits, exact: with n and Σ x it gives  n Σ x² − (Σ x)²  without rounding
//     moments      n, mean, Σ (x − mean)² and Σ (x − mean)³ of floats, updated value by value (Welford; Terriberry for
//                  the third); those of two parts are joined as Chan, Golub and LeVeque do it (Pébay for the third)
//     product      the magnitude, as long as it fits 64 bits, the sign, and whether there was a zero: so the result does
//                  not depend on the order, and what overflows on the way to a zero is zero
//
// Integers are not made floats first: the difference of large squares is what loses digits, and 256 bits hold all of it.
// Floats are, and so are decimals of more than 18 digits, whose squares would need 256 bits each.

import { floatOf, idOf, isValid, mulHigh } from './numbers';
import { BEYOND, joinMoment, multiply, NEGATIVE, ZERO } from './state-joins';

// ---- squares ---------------------------------------------------------------------------------------------------------

@inline function addTo192(at: usize, low: u64, middle: u64, high: u64): void {
  const sumLow = load<u64>(at) + low, carryLow = <u64>(sumLow < low);
  const sumMiddle = load<u64>(at, 8) + middle, carryMiddle = <u64>(sumMiddle < middle);
  const withCarry = sumMiddle + carryLow;
  store<u64>(at, sumLow);
  store<u64>(at, withCarry, 8);
  store<u64>(at, load<u64>(at, 16) + high + carryMiddle + <u64>(withCarry < carryLow), 16);
}

@inline function squaresOf<T>(values: usize, validity: usize, ids: usize, rows: i32, states: usize, stride: usize): void {
  for (let row = 0; row < rows; row++) {
    if (!isValid(validity, row)) continue;
    const at = states + idOf(ids, row) * stride;
    const value = load<T>(values + <usize>row * sizeof<T>());
    const magnitude = isSigned<T>() && value < 0 ? <u64>(0 - <i64>value) : <u64>value;
    addTo192(at, magnitude * magnitude, sizeof<T>() < 8 ? 0 : mulHigh(magnitude, magnitude), 0);
  }
}

export function addSquares(kind: i32, values: usize, validity: usize, ids: usize, rows: i32, states: usize, stride: usize): void {
  switch (kind) {
    case 0: squaresOf<i8>(values, validity, ids, rows, states, stride); break;
    case 1: squaresOf<i16>(values, validity, ids, rows, states, stride); break;
    case 2: squaresOf<i32>(values, validity, ids, rows, states, stride); break;
    case 3: squaresOf<i64>(values, validity, ids, rows, states, stride); break;
    case 4: squaresOf<u8>(values, validity, ids, rows, states, stride); break;
    case 5: squaresOf<u16>(values, validity, ids, rows, states, stride); break;
    case 6: squaresOf<u32>(values, validity, ids, rows, states, stride); break;
    case 7: squaresOf<u64>(values, validity, ids, rows, states, stride); break;
  }
}

/** Adds the state of each row of `from`, which lie `fromStride` bytes apart. */
export function joinSquares(from: usize, fromStride: usize, ids: usize, rows: i32, states: usize, stride: usize): void {
  for (let row = 0; row < rows; row++) {
    const theirs = from + <usize>row * fromStride;
    addTo192(states + idOf(ids, row) * stride, load<u64>(theirs), load<u64>(theirs, 8), load<u64>(theirs, 16));
  }
}

/** A number of 256 bits, least significant word first, as a float64 rounded once. */
function float256(w0: u64, w1: u64, w2: u64, w3: u64): f64 {
  let top = w3, next = w2, rest = w1 | w0, exponent: i32 = 192;
  if (top == 0) { top = w2; next = w1; rest = w0; exponent = 128; }
  if (top == 0) { top = w1; next = w0; rest = 0; exponent = 64; }
  if (top == 0) return <f64>w0;
  const shift = <i32>clz(top);
  let bits = top;
  if (shift != 0) {
    bits = (top << <u64>shift) | (next >> <u64>(64 - shift));
    rest |= next << <u64>shift;
  } else rest |= next;
  // All that is cut off stands in the last of 64 bits, of which a float64 keeps 53.
  if (rest != 0) bits |= 1;
  return <f64>bits * reinterpret<f64>(<u64>(1023 + exponent - shift) << 52);
}

/**
 * Variances from exact sums: `(n Σ x² − (Σ x)²) / (n (n − ddof)) / scale`, their roots where `root` is 1. Groups of `ddof`
 * values or fewer give 0.
 */
export function exactSpreads(
  sums: usize, squares: usize, counts: usize, stride: usize, groups: i32, ddof: f64, scale: f64, root: i32, values: usize,
): void {
  for (let group = 0; group < groups; group++) {
    const at = <usize>group * stride, count = load<u64>(counts + at), n = <f64>count;
    let result: f64 = 0;
    if (n > ddof) {
      const low = load<u64>(sums + at), high = load<i64>(sums + at, 8), negative = high < 0;
      const s0 = negative ? 0 - low : low, s1 = <u64>(negative ? ~high + <i64>(low == 0) : high);
      const q0 = load<u64>(squares + at), q1 = load<u64>(squares + at, 8), q2 = load<u64>(squares + at, 16);
      // n Σ x²
      const a0 = q0 * count;
      let a1 = q1 * count, a2 = q2 * count, a3 = mulHigh(q2, count);
      const h0 = mulHigh(q0, count), h1 = mulHigh(q1, count);
      a1 += h0;
      const c1 = <u64>(a1 < h0);
      a2 += h1;
      let c2 = <u64>(a2 < h1);
      a2 += c1;
      c2 += <u64>(a2 < c1);
      a3 += c2;
      // (Σ x)²: the cross product is there twice
      const x0 = s0 * s0, cross = s0 * s1, crossHigh = mulHigh(s0, s1);
      let x1 = mulHigh(s0, s0), x2 = s1 * s1, x3 = mulHigh(s1, s1);
      const twice0 = cross << 1, twice1 = (crossHigh << 1) | (cross >> 63), twice2 = crossHigh >> 63;
      x1 += twice0;
      const d1 = <u64>(x1 < twice0);
      x2 += twice1;
      let d2 = <u64>(x2 < twice1);
      x2 += d1;
      d2 += <u64>(x2 < d1);
      x3 += twice2 + d2;
      // the difference, which is never negative
      const r0 = a0 - x0, b0 = <u64>(a0 < x0);
      const t1 = a1 - x1, r1 = t1 - b0, b1 = <u64>(a1 < x1) | <u64>(t1 < b0);
      const t2 = a2 - x2, r2 = t2 - b1, b2 = <u64>(a2 < x2) | <u64>(t2 < b1);
      const r3 = a3 - x3 - b2;
      result = float256(r0, r1, r2, r3) / (n * (n - ddof)) / scale;
      if (root != 0) result = Math.sqrt(result);
    }
    store<f64>(values + (<usize>group << 3), result);
  }
}

// ---- moments ---------------------------------------------------------------------------------------------------------

@inline function momentsOf(third: bool, kind: i32, values: usize, validity: usize, ids: usize, rows: i32, states: usize, stride: usize): void {
  for (let row = 0; row < rows; row++) {
    if (!isValid(validity, row)) continue;
    const at = states + idOf(ids, row) * stride;
    const before = load<f64>(at), n = before + 1, mean = load<f64>(at, 8), second = load<f64>(at, 16);
    const delta = floatOf(kind, values, row) - mean, step = delta / n, term = delta * step * before;
    store<f64>(at, n);
    store<f64>(at, mean + step, 8);
    store<f64>(at, second + term, 16);
    if (third) store<f64>(at, load<f64>(at, 24) + term * step * (n - 2) - 3 * step * second, 24);
  }
}

/** `third` 1: with the third moment. */
export function addMoments(
  third: i32, kind: i32, values: usize, validity: usize, ids: usize, rows: i32, states: usize, stride: usize,
): void {
  if (third != 0) momentsOf(true, kind, values, validity, ids, rows, states, stride);
  else if (kind == 9) momentsOf(false, 9, values, validity, ids, rows, states, stride);
  else momentsOf(false, kind, values, validity, ids, rows, states, stride);
}

/** Joins the state of each row of `from`, which lie `fromStride` bytes apart, to that of its group. */
export function joinMoments(
  third: i32, from: usize, fromStride: usize, ids: usize, rows: i32, states: usize, stride: usize,
): void {
  for (let row = 0; row < rows; row++) {
    joinMoment(third != 0, from + <usize>row * fromStride, states + idOf(ids, row) * stride);
  }
}

/** Variances over `scale`, or their roots; null, and 0, where `ddof` values or fewer took part. Returns how many are not. */
export function spreads(
  moments: usize, stride: usize, groups: i32, ddof: f64, scale: f64, root: i32, values: usize, bitmap: usize,
): i32 {
  let present = 0;
  for (let base = 0; base < groups; base += 64) {
    let word: u64 = 0;
    const end = min(64, groups - base);
    for (let i = 0; i < end; i++) {
      const group = <usize>(base + i), at = moments + group * stride, n = load<f64>(at);
      let result: f64 = 0;
      if (n > ddof) {
        word |= <u64>1 << <u64>i;
        // Where a value is infinite it depends on the order what the squares are; the mean is never finite.
        const mean = load<f64>(at, 8);
        result = mean - mean != 0 ? NaN : load<f64>(at, 16) / (n - ddof) / scale;
        if (root != 0) result = Math.sqrt(result);
      }
      store<f64>(values + (group << 3), result);
    }
    present += <i32>popcnt(word);
    store<u64>(bitmap + (base >> 3), word);
  }
  return present;
}

/** Skewness of the population: NaN where all values are equal. Null, and 0, without values; returns how many are not. */
export function skews(moments: usize, stride: usize, groups: i32, values: usize, bitmap: usize): i32 {
  let present = 0;
  for (let base = 0; base < groups; base += 64) {
    let word: u64 = 0;
    const end = min(64, groups - base);
    for (let i = 0; i < end; i++) {
      const group = <usize>(base + i), at = moments + group * stride, n = load<f64>(at), second = load<f64>(at, 16);
      let result: f64 = 0;
      if (n > 0) {
        word |= <u64>1 << <u64>i;
        const variance = second / n;
        result = load<f64>(at, 24) / n / (variance * Math.sqrt(variance));
      }
      store<f64>(values + (group << 3), result);
    }
    present += <i32>popcnt(word);
    store<u64>(bitmap + (base >> 3), word);
  }
  return present;
}

/** Which counts are above `least`, as a bitmap. Returns how many. */
export function groupsAbove(counts: usize, stride: usize, groups: i32, least: f64, bitmap: usize): i32 {
  let present = 0;
  for (let base = 0; base < groups; base += 64) {
    let word: u64 = 0;
    const end = min(64, groups - base);
    for (let i = 0; i < end; i++) word |= <u64>(<f64>load<u64>(counts + <usize>(base + i) * stride) > least) << <u64>i;
    present += <i32>popcnt(word);
    store<u64>(bitmap + (base >> 3), word);
  }
  return present;
}

// ---- products --------------------------------------------------------------------------------------------------------
// A product's state: magnitude, then flags.

@inline function productsOf<T>(values: usize, validity: usize, ids: usize, rows: i32, states: usize, stride: usize): void {
  for (let row = 0; row < rows; row++) {
    if (!isValid(validity, row)) continue;
    const value = load<T>(values + <usize>row * sizeof<T>());
    const at = states + idOf(ids, row) * stride;
    if (value == 0) multiply(at, 1, ZERO);
    else if (isSigned<T>() && value < 0) multiply(at, <u64>(0 - <i64>value), NEGATIVE);
    else multiply(at, <u64>value, 0);
  }
}

export function multiplyIntegers(kind: i32, values: usize, validity: usize, ids: usize, rows: i32, states: usize, stride: usize): void {
  switch (kind) {
    case 0: productsOf<i8>(values, validity, ids, rows, states, stride); break;
    case 1: productsOf<i16>(values, validity, ids, rows, states, stride); break;
    case 2: productsOf<i32>(values, validity, ids, rows, states, stride); break;
    case 3: productsOf<i64>(values, validity, ids, rows, states, stride); break;
    case 4: productsOf<u8>(values, validity, ids, rows, states, stride); break;
    case 5: productsOf<u16>(values, validity, ids, rows, states, stride); break;
    case 6: productsOf<u32>(values, validity, ids, rows, states, stride); break;
    case 7: productsOf<u64>(values, validity, ids, rows, states, stride); break;
  }
}

export function joinProducts(from: usize, fromStride: usize, ids: usize, rows: i32, states: usize, stride: usize): void {
  for (let row = 0; row < rows; row++) {
    const theirs = from + <usize>row * fromStride;
    multiply(states + idOf(ids, row) * stride, load<u64>(theirs), load<u64>(theirs, 8));
  }
}

/** Products as integers of 8 bytes. Returns the first group whose product does not fit, or -1. */
export function narrowProducts(states: usize, stride: usize, groups: i32, unsigned: i32, values: usize): i32 {
  for (let group = 0; group < groups; group++) {
    const at = states + <usize>group * stride, magnitude = load<u64>(at), flags = load<u64>(at, 8);
    let result: u64 = 0;
    if ((flags & ZERO) == 0) {
      const negative = (flags & NEGATIVE) != 0;
      const limit: u64 = unsigned != 0 ? -1 : negative ? 1 << 63 : (1 << 63) - 1;
      if ((flags & BEYOND) != 0 || magnitude > limit) return group;
      result = negative ? 0 - magnitude : magnitude;
    }
    store<u64>(values + (<usize>group << 3), result);
  }
  return -1;
}

export function multiplyFloats(width: i32, values: usize, validity: usize, ids: usize, rows: i32, states: usize, stride: usize): void {
  for (let row = 0; row < rows; row++) {
    if (!isValid(validity, row)) continue;
    const at = states + idOf(ids, row) * stride;
    const value = width == 8 ? load<f64>(values + (<usize>row << 3)) : <f64>load<f32>(values + (<usize>row << 2));
    store<f64>(at, load<f64>(at) * value);
  }
}
