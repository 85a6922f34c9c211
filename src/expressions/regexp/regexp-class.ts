/** Escapes and classes of characters: `\x41`, `\d`, `\p{Greek}`, `[^a-z[:digit:]]`. */

import { type CodePoints, codePoints, inEveryCase, negated, union } from './code-points.ts';
import { type Cursor, syntaxProblem, takeCharacter, takes, takesMatch } from './regexp-cursor.ts';

const named = (...pairs: readonly (readonly [string, string])[]): CodePoints =>
  codePoints(pairs.map(([first, last]) => [first.charCodeAt(0), last.charCodeAt(0)]));

const DIGIT = named(['0', '9']);
const WORD = named(['0', '9'], ['A', 'Z'], ['a', 'z'], ['_', '_']);

/** Of ASCII, as in Perl. */
const PERL_CLASSES: ReadonlyMap<string, CodePoints> = new Map([
  ['d', DIGIT],
  ['s', named(['\t', '\n'], ['\f', '\r'], [' ', ' '])],
  ['w', WORD],
]);

const POSIX_CLASSES: ReadonlyMap<string, CodePoints> = new Map([
  ['alnum', named(['0', '9'], ['A', 'Z'], ['a', 'z'])],
  ['alpha', named(['A', 'Z'], ['a', 'z'])],
  ['ascii', [0, 0x7f]],
  ['blank', named(['\t', '\t'], [' ', ' '])],
  ['cntrl', [0, 0x1f, 0x7f, 0x7f]],
  ['digit', DIGIT],
  ['graph', named(['!', '~'])],
  ['lower', named(['a', 'z'])],
  ['print', named([' ', '~'])],
  ['punct', named(['!', '/'], [':', '@'], ['[', '`'], ['{', '~'])],
  ['space', named(['\t', '\r'], [' ', ' '])],
  ['upper', named(['A', 'Z'])],
  ['word', WORD],
  ['xdigit', named(['0', '9'], ['A', 'F'], ['a', 'f'])],
]);

const CONTROLS: ReadonlyMap<string, number> = new Map([
  ['a', 7],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
  ['v', 11],
]);

/** `points` is undefined where only the engine knows the set. */
interface KnownSet {
  readonly points: CodePoints | undefined;
}

const PERL = /\\([dswDSW])/y;
const UNICODE = /\\[pP](?:\{[^}]*\}|[^{])/uy;
const POSIX = /\[:(\^?)([^:]*):\]/y;
const HEX = /\\x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/y;
// A single digit but 0 would refer back to a group.
const OCTAL = /\\(0[0-7]{0,2}|[1-7][0-7]{1,2})/y;
const ESCAPED = /\\([\0-\x7f])/y;

/** A set in the case of a pattern, and turned round where it is written in capitals. */
function inCase(set: CodePoints, anyCase: boolean, isNegated: boolean): CodePoints | undefined {
  const folded = anyCase ? inEveryCase(set) : set;
  return folded !== undefined && isNegated ? negated(folded) : folded;
}

/** A class that an escape stands for, or `[:alpha:]` inside of brackets. */
function namedClass(cursor: Cursor, anyCase: boolean): KnownSet | undefined {
  const perl = takesMatch(cursor, PERL)?.[1];
  if (perl !== undefined) {
    const lower = perl.toLowerCase();
    return { points: inCase(PERL_CLASSES.get(lower) ?? [], anyCase, lower !== perl) };
  }
  return takesMatch(cursor, UNICODE) === null ? undefined : { points: undefined };
}

function posixClass(cursor: Cursor, anyCase: boolean): KnownSet | undefined {
  const found = takesMatch(cursor, POSIX);
  if (found === null) return undefined;
  const [, negation, name = ''] = found;
  const set = POSIX_CLASSES.get(name);
  if (set === undefined) throw syntaxProblem(`there is no class [:${name}:]`);
  return { points: inCase(set, anyCase, negation === '^') };
}

/** What an escape stands for: a character or a set of them. */
export function parseEscape(cursor: Cursor, anyCase: boolean): number | KnownSet {
  return namedClass(cursor, anyCase) ?? escapedCharacter(cursor);
}

function escapedCharacter(cursor: Cursor): number {
  const hex = takesMatch(cursor, HEX);
  if (hex !== null) {
    const code = Number.parseInt(hex[1] ?? hex[2] ?? '', 16);
    if (code <= 0x10ffff) return code;
    throw syntaxProblem(`${hex[0]} is beyond the last character`);
  }
  const octal = takesMatch(cursor, OCTAL)?.[1];
  if (octal !== undefined) return Number.parseInt(octal, 8);
  const character = takesMatch(cursor, ESCAPED)?.[1] ?? '';
  const control = CONTROLS.get(character);
  if (control !== undefined) return control;
  if (/^[^0-9A-Za-z]$/.test(character)) return character.charCodeAt(0);
  throw syntaxProblem(
    character === ''
      ? 'it ends with a lone \\'
      : `there is no escape \\${character}: nor are there references to groups`,
  );
}

/** The set in brackets, of which the first has been read; undefined where only the engine knows it. */
export function parseClass(cursor: Cursor, anyCase: boolean): CodePoints | undefined {
  const isNegated = takes(cursor, '^');
  const sets: (CodePoints | undefined)[] = [];
  const pairs: [number, number][] = [];
  for (let isFirst = true; isFirst || !takes(cursor, ']'); isFirst = false) {
    const set = posixClass(cursor, anyCase) ?? namedClass(cursor, anyCase);
    if (set !== undefined) {
      sets.push(set.points);
      continue;
    }
    const first = classCharacter(cursor);
    const isRange = cursor.pattern.charAt(cursor.at) === '-' && cursor.pattern.charAt(cursor.at + 1) !== ']';
    if (isRange) cursor.at += 1;
    const last = isRange ? classCharacter(cursor) : first;
    if (last < first) throw syntaxProblem('a range of characters ends before it begins');
    pairs.push([first, last]);
  }
  sets.push(inCase(codePoints(pairs), anyCase, false));
  if (sets.includes(undefined)) return undefined;
  const all = union(...sets.map((set) => set ?? []));
  return isNegated ? negated(all) : all;
}

const classCharacter = (cursor: Cursor): number =>
  cursor.pattern.charAt(cursor.at) === '\\' ? escapedCharacter(cursor) : takeCharacter(cursor);
