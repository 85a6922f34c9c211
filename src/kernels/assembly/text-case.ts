/**
 * Texts of ASCII in upper and lower case, and backwards, sixteen bytes at a time: offsets stay what they are. Of others the
 * bytes that are ASCII are turned, or all of them are written backwards, and somebody else has to write these texts again.
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

/**
 * Writes the bytes of each text backwards, of the first to `to`, and up to 16 bytes more; `to` may not overlap them.
 * Returns 0, and writes nothing, where a carriage return may be one character with the line feed behind it.
 */
export function reverseBytes(offsets: usize, bytes: usize, rows: i32, to: usize): i32 {
  const first = load<u32>(offsets);
  const last = load<u32>(offsets + (<usize>rows << 2));
  for (let p = bytes + first; p < bytes + last; p += 16) {
    const returns = i8x16.bitmask(i8x16.eq(v128.load(p), i8x16.splat(13)));
    if (returns && p + ctz(returns) < bytes + last) return 0;
  }
  const forwards = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  let start = first;
  for (let row: usize = 0; row < <usize>rows; row++) {
    const end = load<u32>(offsets + (row << 2), 4);
    // From the end of the text; what the last block overruns is written again by the next row.
    for (let k: u32 = 0; k < end - start; k += 16) {
      const count = min<u32>(16, end - start - k);
      const backwards = i8x16.sub(i8x16.splat(<i8>(count - 1)), forwards);
      v128.store(to + (start - first + k), v128.swizzle(v128.load(bytes + end - k - count), backwards));
    }
    start = end;
  }
  return 1;
}
