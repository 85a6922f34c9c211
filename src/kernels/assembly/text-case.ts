/**
 * Upper and lower case of ASCII, sixteen bytes at a time over the bytes of all rows: offsets stay what they are.
 */

/**
 * Writes `count` bytes, letters of ASCII in the other case: upper where `upper` is 1, else lower. Returns 1 if all bytes
 * are ASCII. Up to 15 bytes more are written; `to` may be `from`.
 */
export function asciiCase(from: usize, count: usize, upper: i32, to: usize): i32 {
  const first = i8x16.splat(upper ? 0x61 : 0x41);
  const letters = i8x16.splat(26);
  const bit = i8x16.splat(0x20);
  let seen = i8x16.splat(0);
  let k: usize = 0;
  for (; k + 16 <= count; k += 16) {
    const block = v128.load(from + k);
    seen = v128.or(seen, block);
    const turned = v128.and(i8x16.lt_u(i8x16.sub(block, first), letters), bit);
    v128.store(to + k, v128.xor(block, turned));
  }
  let others = i8x16.bitmask(seen);
  if (k < count) {
    const block = v128.load(from + k);
    others |= i8x16.bitmask(block) & ((1 << <i32>(count - k)) - 1);
    const turned = v128.and(i8x16.lt_u(i8x16.sub(block, first), letters), bit);
    v128.store(to + k, v128.xor(block, turned));
  }
  return others ? 0 : 1;
}
