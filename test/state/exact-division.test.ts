import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { floatQuotient, roundedQuotient } from '../../src/state/exact-division.ts';

/** A finite float64 as a fraction, exactly: numerator over a power of two. */
function fraction(value: number): { readonly numerator: bigint; readonly denominator: bigint } {
  let denominator = 1n;
  let scaled = value;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    denominator *= 2n;
  }
  return { numerator: BigInt(scaled), denominator };
}

/** The floats next to `value`, from their bits. */
function neighbours(value: number): number[] {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  return [bits - 1n, bits + 1n].map((near) => {
    view.setBigUint64(0, near);
    return view.getFloat64(0);
  });
}

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);
const sums = fc.oneof(fc.bigInt(-(2n ** 127n), 2n ** 127n), fc.bigInt(-(2n ** 60n), 2n ** 60n), fc.bigInt(-9n, 9n));
const counts = fc.oneof(fc.bigInt(1n, 9n), fc.bigInt(1n, 2n ** 40n));

describe('exact division', () => {
  test('gives the nearest float: no neighbour is nearer', () => {
    fc.assert(
      fc.property(sums, counts, (sum, count) => {
        const quotient = floatQuotient(sum, count);
        if (sum === 0n) {
          expect(quotient).toBe(0);
          return;
        }
        // |sum / count - n / d| over the common denominator count × d.
        const error = (value: number): { distance: bigint; denominator: bigint } => {
          const { numerator, denominator } = fraction(value);
          return { distance: magnitude(sum * denominator - numerator * count), denominator };
        };
        const own = error(quotient);
        for (const near of neighbours(quotient)) {
          const other = error(near);
          expect(own.distance * other.denominator <= other.distance * own.denominator).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    { sum: 2n ** 53n + 1n, count: 1n, quotient: 2 ** 53 },
    { sum: 2n ** 53n + 3n, count: 1n, quotient: 2 ** 53 + 4 },
    { sum: -(2n ** 53n) - 1n, count: 1n, quotient: -(2 ** 53) },
    // A hair above the tie that 2 ** 53 + 1 is.
    { sum: (2n ** 53n + 1n) * 2n ** 30n + 1n, count: 2n ** 30n, quotient: 2 ** 53 + 2 },
  ])('ties go to even: $sum / $count', ({ sum, count, quotient }) => {
    expect(floatQuotient(sum, count)).toBe(quotient);
  });

  test('rounds half away from zero', () => {
    expect([1n, 3n, -1n, -3n, 2n, -2n, 0n].map((sum) => roundedQuotient(sum, 2n))).toEqual([
      1n,
      2n,
      -1n,
      -2n,
      1n,
      -1n,
      0n,
    ]);
    expect([1n, 2n, 4n, 5n, -4n, -5n].map((sum) => roundedQuotient(sum, 3n))).toEqual([0n, 1n, 1n, 2n, -1n, -2n]);
  });
});
