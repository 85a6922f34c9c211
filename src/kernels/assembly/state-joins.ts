// Parts of two aggregates become those of one: what kernels that join states do for each pair of them.

import { mulHigh } from './numbers';

/** Flags of a product's state, behind its magnitude. */
export const ZERO: u64 = 1;
export const BEYOND: u64 = 2;
export const NEGATIVE: u64 = 4;

/** Multiplies the product at `at`. */
@inline export function multiply(at: usize, magnitude: u64, flags: u64): void {
  const old = load<u64>(at);
  // The magnitudes of what is not zero never shrink: what was beyond 64 bits stays beyond.
  const beyond = mulHigh(old, magnitude) != 0;
  if (!beyond) store<u64>(at, old * magnitude);
  const known = load<u64>(at, 8);
  store<u64>(at, (known ^ (flags & NEGATIVE)) | (flags & (ZERO | BEYOND)) | (beyond ? BEYOND : 0), 8);
}

/** Joins the moments at `theirs` to those at `at`; `third`: with the third moment. */
@inline export function joinMoment(third: bool, theirs: usize, at: usize): void {
  const a = load<f64>(at), b = load<f64>(theirs), n = a + b;
  if (b == 0) return;
  if (a == 0) { memory.copy(at, theirs, third ? 32 : 24); return; }
  const mean = load<f64>(at, 8), second = load<f64>(at, 16), theirSecond = load<f64>(theirs, 16);
  const delta = load<f64>(theirs, 8) - mean, step = delta / n;
  store<f64>(at, n);
  store<f64>(at, mean + step * b, 8);
  store<f64>(at, second + theirSecond + delta * step * a * b, 16);
  if (third) {
    const cubes = delta * step * step * a * b * (a - b) + 3 * step * (a * theirSecond - b * second);
    store<f64>(at, load<f64>(at, 24) + load<f64>(theirs, 24) + cubes, 24);
  }
}
