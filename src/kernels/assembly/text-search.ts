/**
 * Where a needle of at least one byte stands, and what becomes of texts where it is replaced. The bytes of all rows are
 * searched as one text; a place that reaches into the next row is none.
 */

import { MOST_BYTES, NOWHERE, countCharacters, entryAt, search } from './text-bytes';

/**
 * `to[row]`, as i64, is the place of the needle's first character, where the text's first is `first`; one less than that
 * where it stands nowhere.
 */
export function textFind(
  offsets: usize,
  bytes: usize,
  rows: i32,
  needle: usize,
  length: i32,
  rare: i32,
  first: i32,
  to: usize,
): void {
  for (let row: usize = 0; row < <usize>rows; row++) store<i64>(to + (row << 3), first - 1);
  const end = bytes + load<u32>(offsets + (<usize>rows << 2));
  let from = bytes + load<u32>(offsets);
  let row: usize = 0;
  for (;;) {
    const at = search(from, end, needle, length, rare);
    if (at == NOWHERE) return;
    while (bytes + load<u32>(offsets + (row << 2), 4) <= at) row++;
    from = bytes + load<u32>(offsets + (row << 2), 4);
    if (at + length > from) continue;
    store<i64>(to + (row << 3), countCharacters(bytes + load<u32>(offsets + (row << 2)), at) + first);
  }
}

/** The same of a needle of each row; the empty one stands at the beginning. Codes are 0 of a plain column. */
export function textFindEach(
  codes: usize,
  offsets: usize,
  bytes: usize,
  needleCodes: usize,
  needleOffsets: usize,
  needleBytes: usize,
  rows: i32,
  first: i32,
  to: usize,
): void {
  for (let row = 0; row < rows; row++) {
    const text = offsets + (entryAt(codes, row) << 2);
    const from = bytes + load<u32>(text);
    const sought = needleOffsets + (entryAt(needleCodes, row) << 2);
    const length = load<i32>(sought, 4) - load<i32>(sought);
    const needle = needleBytes + load<u32>(sought);
    const at = length == 0 ? from : search(from, bytes + load<u32>(text, 4), needle, length, 0);
    store<i64>(to + (<usize>row << 3), at == NOWHERE ? first - 1 : countCharacters(from, at) + first);
  }
}

/**
 * Offsets of the texts with a replacement for each needle; returns the bytes of all, or -1 where they are more than
 * offsets can say, or those of one row more than `mostBytes`.
 */
export function replacedOffsets(
  offsets: usize,
  bytes: usize,
  rows: i32,
  needle: usize,
  length: i32,
  rare: i32,
  replacementLength: i32,
  mostBytes: u32,
  out: usize,
): i32 {
  const growth = <i64>replacementLength - length;
  const end = bytes + load<u32>(offsets + (<usize>rows << 2));
  let from = bytes + load<u32>(offsets);
  let at = search(from, end, needle, length, rare);
  let total: u64 = 0;
  store<u32>(out, 0);
  for (let row: usize = 0; row < <usize>rows; row++) {
    const next = bytes + load<u32>(offsets + (row << 2), 4);
    let size: i64 = next - (bytes + load<u32>(offsets + (row << 2)));
    while (at < next) {
      const isWhole = at + length <= next;
      if (isWhole) size += growth;
      at = search(isWhole ? at + length : next, end, needle, length, rare);
    }
    total += size;
    if (<u64>size > <u64>mostBytes || total > MOST_BYTES) return -1;
    store<u32>(out + (row << 2), <u32>total, 4);
  }
  return <i32>total;
}

/** The bytes of those texts. */
export function replaceTexts(
  offsets: usize,
  bytes: usize,
  rows: i32,
  needle: usize,
  length: i32,
  rare: i32,
  replacement: usize,
  replacementLength: i32,
  to: usize,
): void {
  const end = bytes + load<u32>(offsets + (<usize>rows << 2));
  let copied = bytes + load<u32>(offsets);
  let from = copied;
  let row: usize = 0;
  for (;;) {
    const at = search(from, end, needle, length, rare);
    const stop = at == NOWHERE ? end : at;
    if (at != NOWHERE) {
      while (bytes + load<u32>(offsets + (row << 2), 4) <= at) row++;
      const next = bytes + load<u32>(offsets + (row << 2), 4);
      if (at + length > next) {
        from = next;
        continue;
      }
    }
    memory.copy(to, copied, stop - copied);
    to += stop - copied;
    if (at == NOWHERE) return;
    memory.copy(to, replacement, replacementLength);
    to += replacementLength;
    from = at + length;
    copied = from;
  }
}
