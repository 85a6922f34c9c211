/**
 * Digits in texts, found sixteen at a time and read eight at a time: a multiplication adds neighbours up, then pairs, then
 * fours.
 *
 *     │ 1 │ 2 │ 3 │ 4 │ 5 │ 6 │ 7 │ 8 │  ──▶  │ 12 │ 34 │ 56 │ 78 │  ──▶  │ 1234 │ 5678 │  ──▶  │ 12345678 │
 */

/** How many digits stand from `at` on, before `end`. */
export function digitRun(at: usize, end: usize): i32 {
  const start = at;
  while (at < end) {
    const digits = i8x16.bitmask(i8x16.lt_u(i8x16.sub(v128.load(at), i8x16.splat(0x30)), i8x16.splat(10)));
    const run = ctz(~digits);
    at += run;
    if (run < 16) break;
  }
  return <i32>(min(at, end) - start);
}

// @ts-ignore: decorator
@inline
function eightDigits(word: u64): u64 {
  word = (word & 0x0f0f0f0f0f0f0f0f) * 2561 >> 8;
  word = (word & 0x00ff00ff00ff00ff) * 6553601 >> 16;
  return (word & 0x0000ffff0000ffff) * 42949672960001 >> 32;
}

/** The number that `count` digits are, at most 19. */
export function digitsAt(at: usize, count: i32): u64 {
  let value: u64 = 0;
  for (; count >= 8; count -= 8) {
    value = value * 100000000 + eightDigits(load<u64>(at));
    at += 8;
  }
  if (count == 0) return value;
  // The last digits, as if zeros stood before them.
  const word = (load<u64>(at) << (<u64>(8 - count) << 3)) | (0x3030303030303030 >> (<u64>count << 3));
  return value * powerOfTen(count) + eightDigits(word);
}

/** 10 ** 0 to 10 ** 19. */
const POWERS_OF_TEN: usize = memory.data<u64>([
  1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000,
  10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000,
  10000000000000000000,
]);

// @ts-ignore: decorator
@inline
export function powerOfTen(exponent: i32): u64 {
  return load<u64>(POWERS_OF_TEN + (<usize>exponent << 3));
}

let isWrong: bool = false;

/** For readers: the text is none of the kind. */
export function fail(): u64 {
  isWrong = true;
  return 0;
}

/** Whether `fail` was called since this was last asked. */
// @ts-ignore: decorator
@inline
export function hasFailed(): bool {
  const result = isWrong;
  isWrong = false;
  return result;
}
