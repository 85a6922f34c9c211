/** Quotients of whole numbers, exact before they are rounded once. */

/** `sum / count` as the nearest float64, ties to even. */
export function floatQuotient(sum: bigint, count: bigint): number {
  const magnitude = sum < 0n ? -sum : sum;
  // 64 bits of quotient are more than a float64 keeps, so that the last one can stand for all that is cut off.
  const shift = BigInt(Math.max(0, 64 + bitLength(count) - bitLength(magnitude)));
  const shifted = magnitude << shift;
  const quotient = shifted / count;
  const sticky = quotient * count === shifted ? quotient : quotient | 1n;
  const result = Number(sticky) / 2 ** Number(shift);
  return sum < 0n ? -result : result;
}

/** `sum / count`, rounded half away from zero. */
export function roundedQuotient(sum: bigint, count: bigint): bigint {
  const magnitude = sum < 0n ? -sum : sum;
  const quotient = (magnitude * 2n + count) / (count * 2n);
  return sum < 0n ? -quotient : quotient;
}

const bitLength = (value: bigint): number => value.toString(2).length;
