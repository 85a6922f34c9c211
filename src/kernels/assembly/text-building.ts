/**
 * Texts that are longer than those they are made of: first their offsets, then, in memory of that size, their bytes.
 *
 * Kernels for offsets return the bytes of all texts, or -1 where they are more than offsets can say, or those of one row
 * more than `mostBytes`. Rows whose bit in `validity` is 0 are empty (address 0: none).
 */

import { MOST_BYTES, copyText, countAt, countCharacters, entryAt, isNull, skipCharacters } from './text-bytes';

// Concatenation -------------------------------------------------------------------------------------------------------
// A piece is four u32: codes or 0, offsets, bytes, and the validity of its rows or 0: where it is null it is left out,
// with its separator.

const PIECE_BYTES: usize = 16;

/** The address of the piece's two offsets in the row. */
// @ts-ignore: decorator
@inline
function pieceAt(piece: usize, row: i32): usize {
  return <usize>load<u32>(piece, 4) + (entryAt(load<u32>(piece), row) << 2);
}

export function concatOffsets(
  pieces: usize,
  count: i32,
  rows: i32,
  separatorLength: i32,
  validity: usize,
  mostBytes: u32,
  out: usize,
): i32 {
  const end = pieces + <usize>count * PIECE_BYTES;
  let total: u64 = 0;
  store<u32>(out, 0);
  for (let row = 0; row < rows; row++) {
    let size: u64 = 0;
    let met = 0;
    if (!isNull(validity, row)) {
      for (let piece = pieces; piece < end; piece += PIECE_BYTES) {
        if (isNull(load<u32>(piece, 12), row)) continue;
        const at = pieceAt(piece, row);
        size += <u64>(load<u32>(at, 4) - load<u32>(at)) + (met++ ? <u64>separatorLength : 0);
      }
    }
    total += size;
    if (size > <u64>mostBytes || total > MOST_BYTES) return -1;
    store<u32>(out + (<usize>row << 2), <u32>total, 4);
  }
  return <i32>total;
}

/** May overrun the last text by 16 bytes. */
export function concatTexts(
  pieces: usize,
  count: i32,
  rows: i32,
  separator: usize,
  separatorLength: i32,
  validity: usize,
  to: usize,
): void {
  const end = pieces + <usize>count * PIECE_BYTES;
  for (let row = 0; row < rows; row++) {
    if (isNull(validity, row)) continue;
    let met = 0;
    for (let piece = pieces; piece < end; piece += PIECE_BYTES) {
      if (isNull(load<u32>(piece, 12), row)) continue;
      if (separatorLength && met++) {
        copyText(to, separator, separatorLength);
        to += separatorLength;
      }
      const at = pieceAt(piece, row);
      const length = load<u32>(at, 4) - load<u32>(at);
      copyText(to, <usize>load<u32>(piece, 8) + load<u32>(at), length);
      to += length;
    }
  }
}

// Repetition ----------------------------------------------------------------------------------------------------------

/** Each text as often as its count says, an int64 value; not at all where that is not positive. */
export function repeatOffsets(
  codes: usize,
  offsets: usize,
  rows: i32,
  counts: usize,
  countStep: usize,
  validity: usize,
  mostBytes: u32,
  out: usize,
): i32 {
  let total: u64 = 0;
  store<u32>(out, 0);
  for (let row = 0; row < rows; row++) {
    if (!isNull(validity, row)) {
      const at = offsets + (entryAt(codes, row) << 2);
      const count = <u64>max<i64>(countAt(counts, countStep, row), 0);
      const size = <u64>(load<u32>(at, 4) - load<u32>(at)) * count;
      total += size;
      if (size > <u64>mostBytes || total > MOST_BYTES) return -1;
    }
    store<u32>(out + (<usize>row << 2), <u32>total, 4);
  }
  return <i32>total;
}

/** Fills `size` bytes with `length` ones, again and again. May overrun by 16 bytes. */
function fill(to: usize, size: usize, from: usize, length: usize): void {
  if (size == 0) return;
  let done = min(length, size);
  copyText(to, from, done);
  for (; done < size; ) {
    // What is there already is copied as a whole, so that short texts take few steps too.
    const more = min(done, size - done);
    memory.copy(to + done, to, more);
    done += more;
  }
}

export function repeatTexts(codes: usize, offsets: usize, bytes: usize, rows: i32, outOffsets: usize, to: usize): void {
  for (let row = 0; row < rows; row++) {
    const text = offsets + (entryAt(codes, row) << 2);
    const start = load<u32>(text);
    const at = load<u32>(outOffsets + (<usize>row << 2));
    fill(to + at, load<u32>(outOffsets + (<usize>row << 2), 4) - at, bytes + start, load<u32>(text, 4) - start);
  }
}

// Padding -------------------------------------------------------------------------------------------------------------

/**
 * Texts of as many characters as their length says, an int64 value: cut, or filled up with the characters of `filling`, of
 * which there is one at least.
 */
export function padOffsets(
  codes: usize,
  offsets: usize,
  bytes: usize,
  rows: i32,
  lengths: usize,
  lengthStep: usize,
  filling: usize,
  fillingLength: i32,
  validity: usize,
  mostBytes: u32,
  out: usize,
): i32 {
  const fillingCount = countCharacters(filling, filling + fillingLength);
  let total: u64 = 0;
  store<u32>(out, 0);
  for (let row = 0; row < rows; row++) {
    let size: u64 = 0;
    if (!isNull(validity, row)) {
      const at = offsets + (entryAt(codes, row) << 2);
      const text = bytes + load<u32>(at);
      const end = bytes + load<u32>(at, 4);
      const length = <i32>min<i64>(max<i64>(countAt(lengths, lengthStep, row), 0), <i64>MOST_BYTES);
      const missing = length - countCharacters(text, end);
      if (missing <= 0) size = skipCharacters(text, end, length) - text;
      else {
        const part = skipCharacters(filling, filling + fillingLength, missing % fillingCount) - filling;
        size = <u64>(end - text) + <u64>(missing / fillingCount) * fillingLength + part;
      }
    }
    total += size;
    if (size > <u64>mostBytes || total > MOST_BYTES) return -1;
    store<u32>(out + (<usize>row << 2), <u32>total, 4);
  }
  return <i32>total;
}

/** May overrun the last text by 16 bytes. */
export function padTexts(
  codes: usize,
  offsets: usize,
  bytes: usize,
  rows: i32,
  atStart: i32,
  filling: usize,
  fillingLength: i32,
  outOffsets: usize,
  to: usize,
): void {
  for (let row = 0; row < rows; row++) {
    const at = offsets + (entryAt(codes, row) << 2);
    const start = load<u32>(at);
    const length = load<u32>(at, 4) - start;
    const target = to + load<u32>(outOffsets + (<usize>row << 2));
    const size = load<u32>(outOffsets + (<usize>row << 2), 4) - load<u32>(outOffsets + (<usize>row << 2));
    const missing: usize = size > length ? <usize>(size - length) : 0;
    if (atStart) fill(target, missing, filling, fillingLength);
    copyText(target + (atStart ? missing : 0), bytes + start, <usize>min(size, length));
    if (!atStart) fill(target + length, missing, filling, fillingLength);
  }
}
