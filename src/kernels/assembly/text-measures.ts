/** Lengths of texts, in characters and in bytes, as 64-bit integers. */

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
