/** Texts as integers and bools. Readers are given a text without the spaces around it; what is none they `fail`. */

import { digitRun, digitsAt, fail } from './digits';

/** Digits, behind a sign or none. Most may be `most`, and least the negative of `mostNegative`. */
export function readInteger(start: usize, end: usize, most: u64, mostNegative: u64): u64 {
  if (start == end) return fail();
  const sign = load<u8>(start);
  if (sign == 0x2b || sign == 0x2d) start++;
  if (start == end || digitRun(start, end) != <i32>(end - start)) return fail();
  while (start < end && load<u8>(start) == 0x30) start++;
  const count = <i32>(end - start);
  if (count > 20) return fail();
  let value = digitsAt(start, min(count, 19));
  if (count == 20) {
    const last = <u64>(load<u8>(end - 1) - 0x30);
    if (value > 1844674407370955161 || (value == 1844674407370955161 && last > 5)) return fail();
    value = value * 10 + last;
  }
  if (value > (sign == 0x2d ? mostNegative : most)) return fail();
  return sign == 0x2d ? 0 - value : value;
}

/** 1 for true, t, yes, y and 1, 0 for false, f, no, n and 0, in any case. */
export function readBool(start: usize, end: usize): u64 {
  const length = end - start;
  if (length == 0 || length > 5) return fail();
  const first = load<u8>(start);
  if (length == 1 && (first == 0x30 || first == 0x31)) return first & 1;
  // This bit makes capitals small letters, and nothing else a letter.
  const word = (load<u64>(start) | 0x2020202020202020) & ((<u64>1 << (<u64>length << 3)) - 1);
  if (word == 0x74 || word == 0x79 || word == 0x65757274 || word == 0x736579) return 1;
  if (word == 0x66 || word == 0x6e || word == 0x65736c6166 || word == 0x6f6e) return 0;
  return fail();
}
