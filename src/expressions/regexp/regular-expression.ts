/**
 * Regular expressions with the syntax and the meaning of RE2, in time that is linear in the text: of the matches that
 * begin first the one that prefers earlier alternatives, and as much as possible where a repetition is greedy. There are
 * no references to groups and no looking around. `\d`, `\s`, `\w` and `\b` know ASCII only.
 *
 * Patterns come from plans and from data. So they have bounds: of their length, and of the program that they are compiled
 * to, in which counted repetitions are written out.
 */

import type { Matcher, RE2JS } from 're2js';
import { InvalidValue } from '../../errors.ts';
import { type NativeForm, nativeForm } from './native-regexp.ts';
import { re2Now } from './re2-now.ts';
import { groupCount, programSize, type RegExpNode } from './regexp-node.ts';
import { parseRegExp, type SyntaxFlags } from './regexp-parser.ts';

const MAX_PATTERN_LENGTH = 10_000;
const MAX_PROGRAM_SIZE = 5_000;
const MAX_GROUPS = 100;
/** The most states that the engine may keep, in bytes: it has 8 MB otherwise, for each pattern. */
const STATE_BYTES = 2 << 20;

/** A match in a text, by offsets in UTF-16 units. */
export interface Match {
  readonly start: number;
  readonly end: number;
  /** What a group holds, 0 being the whole match; undefined where it took no part. */
  group(index: number): string | undefined;
}

/** The first match from an offset on. What stands before the offset is seen by `^` and `\b`. */
type Search = (from: number) => Match | undefined;

export interface RegularExpression {
  /** The number of groups, without the whole match. */
  readonly groupCount: number;
  /** Whether it matches somewhere. */
  test(text: string): boolean;
  /** Whether it matches the whole text. */
  testAll(text: string): boolean;
  first(text: string): Match | undefined;
  /** One match behind the other; an empty one directly behind another match is none. */
  forEach(text: string, visit: (match: Match) => void): void;
}

/** Flags of a pattern, one letter each: i, s, m as in the pattern itself, c for the opposite of i, l for literal text. */
const FLAG_LETTERS = 'icsml';

/**
 * The expression, under flags. One search is linear in the text; all matches together are, too, unless finding each takes
 * looking far behind it.
 * @throws InvalidValue where the pattern is none, or too large, or a flag is unknown
 */
export function compileRegExp(pattern: string, flags: string): RegularExpression {
  for (const flag of flags) {
    if (!FLAG_LETTERS.includes(flag))
      throw new InvalidValue(`there is no flag ${flag}: there are ${[...FLAG_LETTERS].join(', ')}`);
  }
  if (pattern.length > MAX_PATTERN_LENGTH) {
    throw new InvalidValue(`the pattern has ${pattern.length} characters, and ${MAX_PATTERN_LENGTH} are the most`);
  }
  const text = flags.includes('l') ? re2Now().RE2JS.quote(pattern) : pattern;
  const syntax: SyntaxFlags = {
    anyCase: flags.lastIndexOf('i') > flags.lastIndexOf('c'),
    dotAll: flags.includes('s'),
    lines: flags.includes('m'),
    lazy: false,
  };
  const node = parseRegExp(text, syntax);
  if (programSize(node) > MAX_PROGRAM_SIZE) throw new InvalidValue('the pattern is too large: it counts to too much');
  const groups = groupCount(node);
  if (groups > MAX_GROUPS) throw new InvalidValue(`the pattern has ${groups} groups, and ${MAX_GROUPS} are the most`);
  const engine = linearEngine(text, syntax);
  return { groupCount: groups, ...withNative(engine, node) };
}

type Engine = Omit<RegularExpression, 'groupCount'>;

function linearEngine(pattern: string, { anyCase, dotAll, lines }: SyntaxFlags): Engine {
  const { RE2JS } = re2Now();
  const flags = (anyCase ? RE2JS.CASE_INSENSITIVE : 0) | (dotAll ? RE2JS.DOTALL : 0) | (lines ? RE2JS.MULTILINE : 0);
  const compiled = compiledBy(pattern, flags);
  const search = (text: string): Search => {
    // Most texts without a match are told by the automaton, which does not look for groups.
    let matcher: Matcher | undefined;
    return (from) => {
      if (matcher === undefined && !compiled.test(text)) return undefined;
      matcher ??= compiled.matcher(text);
      return matcher.find(from) ? matchOf(matcher) : undefined;
    };
  };
  return {
    test: (text) => compiled.test(text),
    testAll: (text) => compiled.testExact(text),
    first: (text) => search(text)(0),
    forEach: (text, visit) => forEachMatch(text, search(text), visit),
  };
}

function compiledBy(pattern: string, flags: number): RE2JS {
  const { RE2JS, RE2JSException } = re2Now();
  try {
    const compiled = RE2JS.compile(pattern, flags);
    limitStates(compiled);
    return compiled;
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    throw new InvalidValue(`the pattern is no regular expression: ${error.message}`);
  }
}

/** The engine's own names for what has no other way in: a test would notice if they changed. */
interface Internals {
  readonly re2Input?: { readonly dfa?: { stateBudget: number; memBudget: number } };
}

function limitStates(compiled: RE2JS): void {
  const automaton = (compiled as unknown as Internals).re2Input?.dfa;
  if (automaton === undefined) return;
  automaton.stateBudget = STATE_BYTES;
  automaton.memBudget = STATE_BYTES;
}

/** A match as long as the matcher is where it is. */
const matchOf = (matcher: Matcher): Match => ({
  start: matcher.start(),
  end: matcher.end(),
  group: (index) => matcher.group(index) ?? undefined,
});

const BEGIN: RegExpNode = { kind: 'assertion', what: 'text-begin' };
const END: RegExpNode = { kind: 'assertion', what: 'text-end' };

/** The engine, but V8's where it is proven to be linear. */
function withNative(engine: Engine, node: RegExpNode): Engine {
  const whole = nativeForm({ kind: 'sequence', items: [BEGIN, { kind: 'group', body: node, captures: false }, END] });
  const form = nativeForm(node);
  return {
    ...engine,
    ...(form?.isLinear === true ? { test: testBy(form, engine.test) } : {}),
    ...(whole?.isLinear === true ? { testAll: testBy(whole, engine.testAll) } : {}),
    ...(form === undefined ? {} : matchesBy(form, engine)),
  };
}

function testBy({ source, longestText }: NativeForm, otherwise: Engine['test']): Engine['test'] {
  const tester = new RegExp(source, 'u');
  return (text) => (text.length <= longestText ? tester.test(text) : otherwise(text));
}

function matchesBy({ source, longestText }: NativeForm, engine: Engine): Pick<Engine, 'first' | 'forEach'> {
  const finder = new RegExp(source, 'gu');
  const search =
    (text: string): Search =>
    (from) => {
      finder.lastIndex = from;
      const found = finder.exec(text);
      if (found === null) return undefined;
      return { start: found.index, end: found.index + found[0].length, group: (index) => found[index] };
    };
  return {
    first: (text) => (text.length <= longestText ? search(text)(0) : engine.first(text)),
    forEach: (text, visit) =>
      text.length <= longestText ? forEachMatch(text, search(text), visit) : engine.forEach(text, visit),
  };
}

function forEachMatch(text: string, search: Search, visit: (match: Match) => void): void {
  let [from, before] = [0, -1];
  while (from <= text.length) {
    const match = search(from);
    if (match === undefined) return;
    const { start, end } = match;
    if (end > start || start !== before) visit(match);
    from = end > start ? end : end + ((text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1);
    before = end;
  }
}
