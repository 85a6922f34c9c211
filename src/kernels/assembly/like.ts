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

import { NOWHERE, same, search, skipCharacters, skipCharactersBack } from './text-bytes';

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
