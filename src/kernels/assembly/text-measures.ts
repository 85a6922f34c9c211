/** Lengths of texts, in characters and in bytes, as 64-bit integers; and which texts are not ASCII. */

import { countCharacters } from './text-bytes';

/** `to[row]` is the number of characters of each text. */
export function textCharacters(offsets: usize, bytes: usize, rows: i32, to: usize): void {
  let start = load<i32>(offsets);
  for (let row = 0; row < rows; row++) {
    const end = load<i32>(offsets + (<usize>row << 2), 4);
    store<i64>(to + (<usize>row << 3), countCharacters(bytes + start, bytes + end));
    start = end;
  }
}

/** `to[row]` is the number of bytes of each text. */
export function textByteLengths(offsets: usize, rows: i32, to: usize): void {
  let start = load<i32>(offsets);
  for (let row = 0; row < rows; row++) {
    const end = load<i32>(offsets + (<usize>row << 2), 4);
    store<i64>(to + (<usize>row << 3), end - start);
    start = end;
  }
}

/** Lists, as u32, the rows whose texts have bytes that are not ASCII; returns how many. */
export function listNotAscii(offsets: usize, bytes: usize, rows: i32, list: usize): i32 {
  let listed = 0;
  const end = bytes + load<u32>(offsets + (<usize>rows << 2));
  let row = 0;
  let at = bytes + load<u32>(offsets);
  while (at < end) {
    const others = i8x16.bitmask(v128.load(at));
    if (others == 0) {
      at += 16;
      continue;
    }
    at += ctz(others);
    if (at >= end) break;
    while (bytes + load<u32>(offsets + (<usize>row << 2), 4) <= at) row++;
    store<u32>(list + (<usize>listed << 2), row);
    listed++;
    at = bytes + load<u32>(offsets + (<usize>row << 2), 4);
  }
  return listed;
}
