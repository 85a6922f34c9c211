/**
 * SQL's LIKE, by a program that `like-kernels.ts` makes of the pattern.
 *
 *     ab_c % de % f_ % g      head │ ab · c │    middle │ de ┊ f · │    tail, read backwards │ g │
 *     text ──▶                ab_c from the start, g before the end; then, between them and from the left, the first
 *                             place of de, and behind it the first of f and one character more
 *
 * The leftmost place is enough: what stands behind a later one stands behind it too. A step is four u32:
 *
 *     0 skip      │ characters │
 *     1 literal   │ bytes │ · │ where, from the program's start │
 *     2 seek      like a literal, with the position of its rarest byte; steps behind it that fail try its next place
 */

import { NOWHERE, entryAt, isAscii, isNull, put, same, search, skipCharacters, skipCharactersBack } from './text-bytes';

const SKIP: u32 = 0;
const SEEK: u32 = 2;

/** Before the steps: of the head, of the tail, of all, fewest bytes, and 1 where the head must reach the end. */
const HEADER_BYTES: usize = 20;
const STEP_BYTES: usize = 16;

/** Where the step, which is no seek, ends if it begins at `at`. */
// @ts-ignore: decorator
@inline
function forward(program: usize, step: usize, at: usize, end: usize): usize {
  const length = load<i32>(step, 4);
  if (load<u32>(step) == SKIP) return skipCharacters(at, end, length);
  return end - at >= <usize>length && same(at, program + load<u32>(step, 12), length) ? at + length : NOWHERE;
}

/** Where the step begins if it ends at `end`. */
// @ts-ignore: decorator
@inline
function backward(program: usize, step: usize, start: usize, end: usize): usize {
  const length = load<i32>(step, 4);
  if (load<u32>(step) == SKIP) return skipCharactersBack(start, end, length);
  if (end - start < <usize>length) return NOWHERE;
  return same(end - length, program + load<u32>(step, 12), length) ? end - length : NOWHERE;
}

function middleMatches(program: usize, step: usize, last: usize, from: usize, end: usize): bool {
  let at = from;
  let sought: usize = 0;
  let foundAt: usize = 0;
  while (step < last) {
    if (load<u32>(step) == SEEK) {
      sought = step;
      const length = load<i32>(step, 4);
      foundAt = search(at, end, program + load<u32>(step, 12), length, load<i32>(step, 8));
      if (foundAt == NOWHERE) return false;
      at = foundAt + length;
    } else {
      at = forward(program, step, at, end);
      if (at == NOWHERE) {
        if (sought == 0) return false;
        at = foundAt + 1;
        step = sought;
        continue;
      }
    }
    step += STEP_BYTES;
  }
  return true;
}

function matches(program: usize, from: usize, to: usize): bool {
  if (to - from < <usize>load<u32>(program, 12)) return false;
  let at = from;
  let step = program + HEADER_BYTES;
  const tail = step + <usize>load<u32>(program) * STEP_BYTES;
  const middle = tail + <usize>load<u32>(program, 4) * STEP_BYTES;
  const last = program + HEADER_BYTES + <usize>load<u32>(program, 8) * STEP_BYTES;
  for (; step < tail; step += STEP_BYTES) {
    at = forward(program, step, at, to);
    if (at == NOWHERE) return false;
  }
  if (load<u32>(program, 16)) return at == to;
  let end = to;
  for (; step < middle; step += STEP_BYTES) {
    end = backward(program, step, at, end);
    if (end == NOWHERE) return false;
  }
  return middleMatches(program, step, last, at, end);
}

/** Bit r: text r matches; where `among` is 1, of those rows only whose bits are set in `out`. */
export function textLike(offsets: usize, bytes: usize, rows: i32, program: usize, among: i32, out: usize): void {
  for (let base = 0; base < rows; base += 64) {
    const at = out + (<usize>base >> 3);
    const all = rows - base >= 64 ? u64.MAX_VALUE : (<u64>1 << <u64>(rows - base)) - 1;
    let word = among ? load<u64>(at) : all;
    for (let left = word; left; left &= left - 1) {
      const text = offsets + ((<usize>base + <usize>ctz(left)) << 2);
      if (!matches(program, bytes + load<i32>(text), bytes + load<i32>(text, 4))) word ^= left & (0 - left);
    }
    store<u64>(at, word);
  }
}

// Patterns of each row ------------------------------------------------------------------------------------------------

const ANY: u8 = 0x25;
const ONE: u8 = 0x5f;

// @ts-ignore: decorator
@inline
function folded(byte: u8, isFolded: bool): u8 {
  return isFolded && byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}

/** Whether the pattern ends with its escape, a byte of ASCII or -1. */
function endsEscaping(pattern: usize, end: usize, escaping: i32, isFolded: bool): bool {
  if (escaping < 0) return false;
  for (; pattern < end; pattern++) {
    if (<i32>folded(load<u8>(pattern), isFolded) != escaping) continue;
    pattern++;
    if (pattern == end) return true;
  }
  return false;
}

/** How many bytes of the pattern stand for themselves, from its beginning. */
function literalBytes(pattern: usize, end: usize, escaping: i32): i32 {
  let at = pattern;
  for (; at < end; at++) {
    const byte = load<u8>(at);
    if (byte == ANY || byte == ONE || <i32>byte == escaping) break;
  }
  return <i32>(at - pattern);
}

/**
 * Whether the text matches. What stands behind a `%` is sought from the left: where it fails, one character further; of the
 * `%`s before that no other place has to be tried.
 */
function matchesPattern(
  text: usize,
  textEnd: usize,
  pattern: usize,
  patternEnd: usize,
  escaping: i32,
  isFolded: bool,
): bool {
  let behindAny: usize = 0;
  let literal = 0;
  let triedAt: usize = 0;
  while (true) {
    if (pattern < patternEnd) {
      const byte = folded(load<u8>(pattern), isFolded);
      const isEscape = <i32>byte == escaping;
      if (!isEscape && byte == ANY) {
        behindAny = pattern + 1;
        triedAt = text;
        if (behindAny == patternEnd) return true;
        literal = isFolded ? 0 : literalBytes(behindAny, patternEnd, escaping);
      } else if (text < textEnd && !isEscape && byte == ONE) {
        text = skipCharacters(text, textEnd, 1);
        pattern++;
        continue;
      } else if (text < textEnd && folded(load<u8>(text), isFolded) == (isEscape ? folded(load<u8>(pattern, 1), isFolded) : byte)) {
        text++;
        pattern += isEscape ? 2 : 1;
        continue;
      } else if (behindAny == 0 || triedAt >= textEnd) return false;
      else triedAt = skipCharacters(triedAt, textEnd, 1);
    } else if (text == textEnd) return true;
    else if (behindAny == 0 || triedAt >= textEnd) return false;
    else triedAt = skipCharacters(triedAt, textEnd, 1);
    if (literal > 0) {
      triedAt = search(triedAt, textEnd, behindAny, literal, 0);
      if (triedAt == NOWHERE) return false;
    }
    text = triedAt + literal;
    pattern = behindAny + literal;
  }
}

/**
 * Bit r, whole words: text r matches pattern r. The escape is a byte of ASCII, in lower case where `isFolded`, or -1; that
 * folds the letters of ASCII. Returns 0 where some pattern ends with its escape, or characters beyond ASCII would have to
 * be folded.
 */
export function textLikeEach(
  codes: usize,
  offsets: usize,
  bytes: usize,
  patternCodes: usize,
  patternOffsets: usize,
  patternBytes: usize,
  rows: i32,
  validity: usize,
  escaping: i32,
  isFolded: bool,
  out: usize,
): i32 {
  let word: u64 = 0;
  for (let row = 0; row < rows; row++) {
    word >>= 1;
    if (!isNull(validity, row)) {
      const at = offsets + (entryAt(codes, row) << 2);
      const patternAt = patternOffsets + (entryAt(patternCodes, row) << 2);
      const text = bytes + load<u32>(at);
      const end = bytes + load<u32>(at, 4);
      const pattern = patternBytes + load<u32>(patternAt);
      const patternEnd = patternBytes + load<u32>(patternAt, 4);
      if (endsEscaping(pattern, patternEnd, escaping, isFolded)) return 0;
      if (isFolded && !(isAscii(text, end) && isAscii(pattern, patternEnd))) return 0;
      if (matchesPattern(text, end, pattern, patternEnd, escaping, isFolded)) word |= <u64>1 << 63;
    }
    put(out, row, rows, word);
  }
  return 1;
}
