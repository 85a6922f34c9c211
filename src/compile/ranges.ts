/** Ranges of whole numbers, and what can be computed of them. */

/** Both inclusive. */
export interface Range {
  readonly least: bigint;
  readonly greatest: bigint;
}

/** `Math.min` and `Math.max` are not for bigints. */
export function lesser(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}
export function greater(a: bigint, b: bigint): bigint {
  if (a > b) return a;
  return b;
}

export const within = (inner: Range, outer: Range): boolean =>
  outer.least <= inner.least && inner.greatest <= outer.greatest;

export const union = (a: Range, b: Range): Range => spanOf(a.least, a.greatest, b.least, b.greatest);

/** Of two ranges that overlap; the second where they do not. */
export function intersection(a: Range, b: Range): Range {
  const least = greater(a.least, b.least);
  const greatest = lesser(a.greatest, b.greatest);
  return least <= greatest ? { least, greatest } : b;
}

/** From the least of the numbers to the greatest. */
export function spanOf(...values: readonly bigint[]): Range {
  return {
    least: values.reduce(lesser),
    greatest: values.reduce(greater),
  };
}

/** Bits that hold the magnitude of every value: 2 ** bits is above all of them. */
export function magnitudeBits(range: Range): number {
  const greatest = magnitude(range);
  return greatest <= 0n ? 0 : greatest.toString(2).length;
}

/** The greatest magnitude. */
export const magnitude = ({ least, greatest }: Range): bigint => greater(-least, greatest);
