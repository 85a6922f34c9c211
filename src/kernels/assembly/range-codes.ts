// Whole numbers of a small range as codes: how much more they are than the least.
//
//     values │ 1993 │ 1998 │ 1992 │     least 1992     codes │ 1 │ 6 │ 0 │

import { wholeAt } from './join';

/** The least and the greatest of `rows` whole numbers of `width` bytes, at least one: int64 at `range`, and behind it. */
export function rangeOfValues(values: usize, width: i32, rows: i32, range: usize): void {
  let least = i64.MAX_VALUE, greatest = i64.MIN_VALUE;
  for (let row: usize = 0, n = <usize>rows; row < n; row++) {
    const value = wholeAt(values, width, row);
    least = min(least, value);
    greatest = max(greatest, value);
  }
  store<i64>(range, least);
  store<i64>(range, greatest, 8);
}

/** Writes the codes, uint32, and returns whether all are below `size`. May write 16 bytes more. */
export function rangeCodes(values: usize, width: i32, rows: i32, least: i64, size: u32, codes: usize): bool {
  const n = <usize>rows;
  let row: usize = 0;
  let beyond: u64 = 0;
  let most: u32 = 0;
  if (width == 8) {
    const base = i64x2.splat(least);
    let upper = i32x4.splat(0), greatest = i32x4.splat(0);
    for (const blocks = n & ~3; row < blocks; row += 4) {
      const a = i64x2.sub(v128.load(values + (row << 3)), base), b = i64x2.sub(v128.load(values + (row << 3), 16), base);
      const lower = v128.shuffle<i32>(a, b, 0, 2, 4, 6);
      upper = v128.or(upper, v128.shuffle<i32>(a, b, 1, 3, 5, 7));
      greatest = i32x4.max_u(greatest, lower);
      v128.store(codes + (row << 2), lower);
    }
    beyond = u64(v128.any_true(upper));
    most = max(max(i32x4.extract_lane(greatest, 0) as u32, i32x4.extract_lane(greatest, 1) as u32),
      max(i32x4.extract_lane(greatest, 2) as u32, i32x4.extract_lane(greatest, 3) as u32));
  }
  for (; row < n; row++) {
    const code = <u64>(wholeAt(values, width, row) - least);
    beyond |= code >> 32;
    most = max(most, <u32>code);
    store<u32>(codes + (row << 2), <u32>code);
  }
  return beyond == 0 && most < size;
}

/** The `size` whole numbers from `least` on, `width` bytes each. */
export function writeRange(least: i64, size: u32, width: i32, values: usize): void {
  for (let i: usize = 0, n = <usize>size; i < n; i++) {
    const value = least + <i64>i;
    if (width == 8) store<i64>(values + (i << 3), value);
    else if (width == 4) store<i32>(values + (i << 2), <i32>value);
    else if (width == 2) store<i16>(values + (i << 1), <i16>value);
    else store<i8>(values + i, <i8>value);
  }
}
