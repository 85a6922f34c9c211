/**
 * The syntax of RE2, read into a tree: for judging a pattern before an engine compiles it. Which names of Unicode's
 * classes there are, and whether names of groups are unique, is left to the engine.
 *
 *     alternation   sequence | sequence | …
 *     sequence      atom repetition? atom repetition? …
 *     atom          a  .  [a-z]  \d  \x41  ^  $  \b  ( alternation )  (?i: alternation )  \Q text \E
 *     repetition    *  +  ?  {n}  {n,}  {n,m}, and behind it a ? to take as few as possible
 */

import { type CodePoints, codePoints, inEveryCase, LAST_CODE_POINT, negated } from './code-points.ts';
import { parseClass, parseEscape } from './regexp-class.ts';
import { type Cursor, isNext, syntaxProblem, takeCharacter, takes, takesMatch } from './regexp-cursor.ts';
import type { Assertion, RegExpNode } from './regexp-node.ts';

const NEWLINE: CodePoints = [0x0a, 0x0a];
/** What engines allow groups to be nested. */
const MAX_DEPTH = 200;

/** What `(?ims)` and `(?U)` switch. */
export interface SyntaxFlags {
  readonly anyCase: boolean;
  readonly lines: boolean;
  readonly dotAll: boolean;
  readonly lazy: boolean;
}

/** @throws InvalidValue */
export function parseRegExp(pattern: string, flags: SyntaxFlags): RegExpNode {
  const cursor = { pattern, at: 0 };
  const node = parseAlternation(cursor, flags, 0);
  if (cursor.at < pattern.length) throw syntaxProblem('a ) has no (');
  return node;
}

/** Up to a `)`, which is left, or to the end. Flags that are switched inside hold to the end of the group. */
function parseAlternation(cursor: Cursor, given: SyntaxFlags, depth: number): RegExpNode {
  if (depth > MAX_DEPTH) throw syntaxProblem(`groups are nested more than ${MAX_DEPTH} deep`);
  const branches: RegExpNode[][] = [[]];
  let flags = given;
  let isRepeated = false;
  while (cursor.at < cursor.pattern.length && !isNext(cursor, ')')) {
    const items = branches.at(-1) ?? [];
    if (takes(cursor, '|')) {
      branches.push([]);
      isRepeated = false;
      continue;
    }
    const repetition = parseRepetition(cursor, flags);
    if (repetition !== undefined) {
      const body = items.pop();
      if (body === undefined) throw syntaxProblem('a repetition has nothing to repeat');
      if (isRepeated) throw syntaxProblem('a repetition is repeated: put it into a group');
      items.push({ kind: 'repeat', body, ...repetition });
      isRepeated = true;
      continue;
    }
    const switched = parseFlags(cursor, flags);
    if (switched === undefined) items.push(...parseAtom(cursor, flags, depth));
    else if (switched.closes) flags = switched.flags;
    else items.push(parseGroup(cursor, switched.flags, depth, false));
    isRepeated = false;
  }
  const sequences = branches.map((items): RegExpNode => ({ kind: 'sequence', items }));
  const [only] = sequences;
  return only !== undefined && sequences.length === 1 ? only : { kind: 'alternation', branches: sequences };
}

type Repetition = Omit<Extract<RegExpNode, { kind: 'repeat' }>, 'kind' | 'body'>;
const COUNTED = /\{(0|[1-9]\d*)(?:(,)(0|[1-9]\d*)?)?\}/y;
const MAX_COUNT = 1_000;

function parseRepetition(cursor: Cursor, { lazy }: SyntaxFlags): Repetition | undefined {
  const bounds = boundsOf(cursor);
  if (bounds === undefined) return undefined;
  const [min, max] = bounds;
  if (min > max) throw syntaxProblem(`a repetition counts from ${min} to ${max}`);
  if (min > MAX_COUNT || (max > MAX_COUNT && Number.isFinite(max))) {
    throw syntaxProblem(`a repetition counts to ${MAX_COUNT} at most`);
  }
  return { min, max, isLazy: takes(cursor, '?') !== lazy };
}

function boundsOf(cursor: Cursor): readonly [number, number] | undefined {
  if (takes(cursor, '*')) return [0, Number.POSITIVE_INFINITY];
  if (takes(cursor, '+')) return [1, Number.POSITIVE_INFINITY];
  if (takes(cursor, '?')) return [0, 1];
  const counted = takesMatch(cursor, COUNTED);
  if (counted === null) return undefined;
  const [, min = '', comma, max] = counted;
  if (comma === undefined) return [Number(min), Number(min)];
  return [Number(min), max === undefined ? Number.POSITIVE_INFINITY : Number(max)];
}

const FLAGS = /\(\?([imsU]*)(?:(-)([imsU]+))?([:)])/y;

/** Flags with what they open, a group or, with `closes`, nothing. */
function parseFlags(cursor: Cursor, before: SyntaxFlags): { flags: SyntaxFlags; closes: boolean } | undefined {
  const found = takesMatch(cursor, FLAGS);
  if (found === null) return undefined;
  const [, on = '', , off = '', end] = found;
  const is = (letter: string, now: boolean): boolean => !off.includes(letter) && (on.includes(letter) || now);
  const flags = {
    anyCase: is('i', before.anyCase),
    lines: is('m', before.lines),
    dotAll: is('s', before.dotAll),
    lazy: is('U', before.lazy),
  };
  return { flags, closes: end === ')' };
}

const OPENS_NAMED = /\(\?P?<[\p{L}\p{N}_]+>/uy;

/** The rest of a group whose beginning has been read. */
function parseGroup(cursor: Cursor, flags: SyntaxFlags, depth: number, captures: boolean): RegExpNode {
  const body = parseAlternation(cursor, flags, depth + 1);
  if (!takes(cursor, ')')) throw syntaxProblem('a ( has no )');
  return { kind: 'group', body, captures };
}

const ASSERTIONS: ReadonlyMap<string, Assertion> = new Map([
  ['\\A', 'text-begin'],
  ['\\z', 'text-end'],
  ['\\b', 'word-boundary'],
  ['\\B', 'no-word-boundary'],
]);

/** One atom; of quoted text each character is one. */
function parseAtom(cursor: Cursor, flags: SyntaxFlags, depth: number): readonly RegExpNode[] {
  if (takesMatch(cursor, OPENS_NAMED) !== null) return [parseGroup(cursor, flags, depth, true)];
  if (isNext(cursor, '(?'))
    throw syntaxProblem('what (? begins is no group, no flag and no name: there is no looking around');
  if (takes(cursor, '(')) return [parseGroup(cursor, flags, depth, true)];
  if (takes(cursor, '^')) return [{ kind: 'assertion', what: flags.lines ? 'line-begin' : 'text-begin' }];
  if (takes(cursor, '$')) return [{ kind: 'assertion', what: flags.lines ? 'line-end' : 'text-end' }];
  if (takes(cursor, '.')) return [{ kind: 'set', points: flags.dotAll ? [0, LAST_CODE_POINT] : negated(NEWLINE) }];
  if (takes(cursor, '[')) return [{ kind: 'set', points: parseClass(cursor, flags.anyCase) }];
  if (takes(cursor, '\\Q')) return parseQuoted(cursor, flags);
  const assertion = ASSERTIONS.get(cursor.pattern.slice(cursor.at, cursor.at + 2));
  if (assertion !== undefined) {
    cursor.at += 2;
    return [{ kind: 'assertion', what: assertion }];
  }
  const code = isNext(cursor, '\\') ? parseEscape(cursor, flags.anyCase) : takeCharacter(cursor);
  return [{ kind: 'set', points: typeof code === 'number' ? literal(code, flags) : code.points }];
}

function parseQuoted(cursor: Cursor, flags: SyntaxFlags): readonly RegExpNode[] {
  const end = cursor.pattern.indexOf('\\E', cursor.at);
  const text = cursor.pattern.slice(cursor.at, end < 0 ? undefined : end);
  cursor.at = end < 0 ? cursor.pattern.length : end + 2;
  return Array.from(text, (character) => ({ kind: 'set', points: literal(character.codePointAt(0) ?? 0, flags) }));
}

function literal(code: number, { anyCase }: SyntaxFlags): CodePoints | undefined {
  const set = codePoints([[code, code]]);
  return anyCase ? inEveryCase(set) : set;
}
