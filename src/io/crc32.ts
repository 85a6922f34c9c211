/**
 * The CRC-32 of two stretches of bytes that follow each other, out of those of each: so that what has been read for one
 * checksum need not be read again for another.
 *
 *     crc(a b) = crc(a) × x^(8 × bytes of b) + crc(b)       polynomials over GF(2), modulo that of CRC-32
 *
 * The technique is that of zlib's `crc32_combine` (Mark Adler).
 */

/** The polynomial of CRC-32, least significant bit first. */
const POLYNOMIAL = 0xedb88320;
const ONE = 0x8000_0000;
/** x^(2^n), by n. */
const POWERS: readonly number[] = powers();

/** The CRC-32 of bytes of which `first` is that of the beginning, and `second` that of the `secondBytes` bytes behind it. */
export function joinedCrc32(first: number, second: number, secondBytes: number): number {
  let shift = ONE;
  // From bytes to bits: the eighth power first.
  for (let left = secondBytes, n = 3; left > 0; left = Math.floor(left / 2), n++) {
    if (left % 2 === 1) shift = product(POWERS[n % 32] ?? 0, shift);
  }
  return (product(shift, first) ^ second) >>> 0;
}

function powers(): number[] {
  const all = [0x4000_0000];
  for (let n = 1; n < 32; n++) all.push(product(all[n - 1] ?? 0, all[n - 1] ?? 0));
  return all;
}

/** Modulo the polynomial. */
function product(a: number, b: number): number {
  let sum = 0;
  let shifted = b;
  for (let bit = 31; bit >= 0; bit--) {
    if ((a >>> bit) & 1) sum ^= shifted;
    shifted = (shifted >>> 1) ^ (shifted & 1 ? POLYNOMIAL : 0);
  }
  return sum >>> 0;
}
