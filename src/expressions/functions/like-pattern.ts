/**
 * Patterns of SQL's LIKE: `%` stands for any characters, `_` for one, all else for itself.
 *
 *     pattern  a_c%de%f      pieces  a_c · de · f
 *     text     abcxxdeyyydezf        ^^^   ^^      ^     the first at the beginning, the last at the end,
 *                                                        the others one behind the other, each as early as possible
 *
 * Taking each piece as early as possible never loses a match, so nothing is tried twice: the time is at most that of
 * comparing each piece at each place of the text.
 */

import { InvalidValue } from '../../errors.ts';

/** The literal texts between `_`s. */
type Piece = readonly string[];

export type LikeTest = (text: string) => boolean;

/**
 * The test for texts that match the whole pattern; `escaping` is a character before which `%`, `_` and itself stand for
 * themselves, or empty.
 * @throws InvalidValue where the escape is no single character, or the last one of the pattern
 */
export function likeTest(pattern: string, escaping: string): LikeTest {
  const pieces = piecesOf(pattern, escaping);
  const [first, last] = [pieces[0] ?? [''], pieces.at(-1) ?? ['']];
  if (pieces.every((piece) => piece.length === 1)) return literalTest(pieces.map(([literal]) => literal ?? ''));
  if (pieces.length === 1) return (text) => matchEnd(text, 0, first) === text.length;
  const middle = pieces.slice(1, -1);
  return (text) => {
    let at = matchEnd(text, 0, first);
    for (const piece of middle) at = at < 0 ? at : findEnd(text, at, piece);
    return at >= 0 && endsWith(text, at, last);
  };
}

/** Where no piece has a wildcard. */
function literalTest(pieces: readonly string[]): LikeTest {
  const [first = '', last = ''] = [pieces[0], pieces.at(-1)];
  if (pieces.length === 1) return (text) => text === first;
  const middle = pieces.slice(1, -1).filter((piece) => piece !== '');
  const least = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return (text) => {
    if (text.length < least || !text.startsWith(first) || !text.endsWith(last)) return false;
    let at = first.length;
    for (const piece of middle) {
      const found = text.indexOf(piece, at);
      if (found < 0) return false;
      at = found + piece.length;
    }
    return at <= text.length - last.length;
  };
}

function piecesOf(pattern: string, escaping: string): readonly Piece[] {
  if (escaping !== '' && String.fromCodePoint(escaping.codePointAt(0) ?? 0) !== escaping) {
    throw new InvalidValue('an escape is one character, or none');
  }
  const pieces: string[][] = [['']];
  let isEscaped = false;
  for (const character of pattern) {
    const piece = pieces.at(-1) ?? [];
    if (!isEscaped && character === escaping) isEscaped = true;
    else if (!isEscaped && character === '%') pieces.push(['']);
    else if (!isEscaped && character === '_') piece.push('');
    else {
      piece.push((piece.pop() ?? '') + character);
      isEscaped = false;
    }
  }
  if (isEscaped) throw new InvalidValue('a pattern does not end with its escape');
  return pieces;
}

const isHighSurrogate = (unit: number): boolean => (unit & 0xfc00) === 0xd800;

/** The offset behind the piece, if it stands at `at`; -1 if it does not. */
function matchEnd(text: string, at: number, piece: Piece): number {
  let end = at;
  for (const [index, literal] of piece.entries()) {
    if (index > 0) {
      if (end >= text.length) return -1;
      end += isHighSurrogate(text.charCodeAt(end)) ? 2 : 1;
    }
    if (!text.startsWith(literal, end)) return -1;
    end += literal.length;
  }
  return end;
}

/** The offset behind the first place, from `at` on, where the piece stands; -1 where there is none. */
function findEnd(text: string, at: number, piece: Piece): number {
  const first = piece[0] ?? '';
  let from = text.indexOf(first, at);
  while (from >= 0) {
    const end = matchEnd(text, from, piece);
    if (end >= 0) return end;
    if (from >= text.length) return -1;
    const next = from + (isHighSurrogate(text.charCodeAt(from)) ? 2 : 1);
    from = text.indexOf(first, next);
  }
  return -1;
}

/** Whether the piece stands at the end of the text, not before `least`. */
function endsWith(text: string, least: number, piece: Piece): boolean {
  let at = text.length;
  for (let index = piece.length - 1; index >= 0; index--) {
    const literal = piece[index] ?? '';
    at -= literal.length;
    if (at < least || !text.startsWith(literal, at)) return false;
    if (index === 0) return true;
    if (at <= least) return false;
    at -= at > 1 && isHighSurrogate(text.charCodeAt(at - 2)) ? 2 : 1;
    if (at < least) return false;
  }
  return true;
}
