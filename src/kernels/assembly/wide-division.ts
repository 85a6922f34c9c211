/** Division of two words of 64 bits by one. */

/** What `digit` has left. */
export let rest: u64 = 0;

/** `n1` n0 / d, where n1 < d: a digit of the quotient. */
export function digit(n1: u64, n0: u64, d: u64): u64 {
  if (n1 == 0) {
    const q = n0 / d;
    rest = n0 - q * d;
    return q;
  }
  // Knuth's algorithm D (TAOCP 4.3.1), with digits of 32 bits, whose guesses are at most 2 too high.
  const shift = clz(d);
  d <<= shift;
  const top = shift == 0 ? n1 : (n1 << shift) | (n0 >> (64 - shift));
  n0 <<= shift;
  const d1 = d >> 32, d0 = d & 0xffff_ffff;
  let qHigh = top / d1, r = top - qHigh * d1;
  while (qHigh > 0xffff_ffff || qHigh * d0 > ((r << 32) | (n0 >> 32))) {
    qHigh--;
    r += d1;
    if (r > 0xffff_ffff) break;
  }
  const middle = (top << 32) + (n0 >> 32) - qHigh * d;
  let qLow = middle / d1;
  r = middle - qLow * d1;
  while (qLow > 0xffff_ffff || qLow * d0 > ((r << 32) | (n0 & 0xffff_ffff))) {
    qLow--;
    r += d1;
    if (r > 0xffff_ffff) break;
  }
  rest = ((middle << 32) + (n0 & 0xffff_ffff) - qLow * d) >> shift;
  return (qHigh << 32) + qLow;
}
