/**
 * Words of texts: numbers in which each position counts only the characters that come there.
 *
 *     texts     k17   k305   k9       symbols by position    k    1 … 9    0 … 7, end    5, end
 *     words     16    39     144      how many               1    9        9             2
 *
 * The end of a text is the least symbol wherever some text ends, so the order of words is that of bytes, embedded zeros
 * included, and a text that is wholly in its word is told from all others. Ten digits take 34 bits, not 80.
 *
 * A table of 64 bytes describes the at most eight positions of a word:
 *
 *     0 what is taken from characters, u16 × 8 │ 16 symbols of positions 1, 3, 5, 7, u32 × 4
 *     32 symbols of positions 2 and 3, 6 and 7, u32 × 2 │ 40 symbols of 4 to 7, u64 │ 48 positions, u32
 */

/** The word of what is left of a text, at least one byte. Reads 8 bytes. */
@inline
export function compactWord(table: usize, address: usize, left: i32): u64 {
  const here = min(left, load<i32>(table, 48));
  const present = i16x8.gt_s(i16x8.splat(<i16>here), i16x8(0, 1, 2, 3, 4, 5, 6, 7));
  const symbols = v128.and(i16x8.sub(v128.load_ext<u8>(address), v128.load(table)), present);
  const even = i32x4.mul(v128.and(symbols, i32x4.splat(0xffff)), v128.load(table, 16));
  const pairs = i32x4.add(even, i32x4.shr_u(symbols, 16));
  const first = i64x2.extmul_low_i32x4_u(i32x4.shuffle(pairs, pairs, 0, 2, 0, 2), v128.load64_zero(table, 32));
  const halves = i64x2.add(first, i64x2.extend_low_i32x4_u(i32x4.shuffle(pairs, pairs, 1, 3, 1, 3)));
  return i64x2.extract_lane(halves, 0) * load<u64>(table, 40) + i64x2.extract_lane(halves, 1);
}
