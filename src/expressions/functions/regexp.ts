/**
 * Functions of regular expressions. They have the syntax of RE2 and take linear time: there are no references to groups
 * inside a pattern and no looking around; `\d`, `\w`, `\s` and `\b` know ASCII only, `\pL` and its like all of Unicode.
 */

import { bool, type DataType, int64, list, utf8 } from '../../columnar/data-type.ts';
import type { Value } from '../../columnar/value.ts';
import { InvalidValue } from '../../errors.ts';
import { compileRegExp, type RegularExpression } from '../regexp/regular-expression.ts';
import {
  type Call,
  define,
  type Example,
  type FunctionDefinition,
  optional,
  parameter,
} from './function-definition.ts';
import { INTEGER, TEXT } from './parameter-kinds.ts';
import { problemOf, recentlyMade } from './recently-made.ts';
import { checkReplacement, replaced, replacementOf } from './regexp-replacement.ts';

/** Patterns of a column that stay compiled: each may hold some megabytes of states. */
const REMEMBERED_PATTERNS = 8;
const REMEMBERED_REPLACEMENTS = 16;

const FLAGS = optional('flags', TEXT, '');
const SUBJECT = [parameter('text', TEXT), parameter('pattern', TEXT)] as const;
const FLAGS_DOC =
  'Flags: `i` for any case, `s` to have `.` match line ends, `m` to have `^` and `$` match at them, `l` for literal text.';

/** Where a pattern of JavaScript's is none here, or means something else. */
const PATTERN_DOC =
  "Patterns are those of RE2, which take linear time. Unlike JavaScript's they have no references to groups (`\\1`) and no looking ahead or behind; `.` matches all but `\\n`, and a character beyond U+FFFF is one; `\\s`, `\\d`, `\\w` and `\\b` know ASCII only, `\\pL` and `\\p{Greek}` all of Unicode; there are `\\A`, `\\z`, `\\Q…\\E`, `[[:alpha:]]` and `(?i)`; a repetition counts to 1000 at most.";

/** Replaces all matches, not only the first; the other flags belong to the pattern. */
const GLOBAL = 'g';
const compileForReplacing = (pattern: string, flags: string): RegularExpression =>
  compileRegExp(pattern, flags.replaceAll(GLOBAL, ''));

type Compile = typeof compileRegExp;

/** What compiles the patterns of a call: once, where they are a literal, and the flags too. */
function compilerFor({ literals }: Call, flagsAt: number, compile: Compile = compileRegExp): Compile {
  const [, pattern] = literals;
  const flags = literals[flagsAt];
  if (typeof pattern !== 'string' || typeof flags !== 'string') return recentlyMade(REMEMBERED_PATTERNS, compile);
  const compiled = compile(pattern, flags);
  return () => compiled;
}

/** The type, or what is wrong with the literals of a call; `check` is given the pattern if that is one. */
function checked(
  name: string,
  type: DataType,
  { literals }: Call,
  flagsAt: number,
  compile: Compile = compileRegExp,
  check: (pattern: RegularExpression | undefined) => void = () => undefined,
): DataType | string {
  const [, pattern] = literals;
  const flags = literals[flagsAt] ?? '';
  const attempt = (): void => {
    const compiled = compile(typeof pattern === 'string' ? pattern : '', typeof flags === 'string' ? flags : '');
    check(typeof pattern === 'string' ? compiled : undefined);
  };
  return problemOf(name, attempt) ?? type;
}

interface Simple {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly doc: string;
  readonly result: DataType;
  readonly compute: (text: string, pattern: RegularExpression) => Value;
  readonly examples: readonly Example[];
}

/** A function of a text, a pattern and flags. */
const simple = ({ name, result, doc, compute, ...rest }: Simple): FunctionDefinition =>
  define({
    ...rest,
    name,
    family: 'regular expressions',
    doc: `${doc} ${FLAGS_DOC}`,
    parameters: [...SUBJECT, FLAGS],
    result: (call) => checked(name, result, call, 2),
    canFail: true,
    prepare: (call) => {
      const compile = compilerFor(call, 2);
      return (text: string, pattern: string, flags: string) => compute(text, compile(pattern, flags));
    },
    examples: rest.examples,
  });

function parts(text: string, pattern: RegularExpression): readonly string[] {
  const result: string[] = [];
  let from = 0;
  pattern.forEach(text, ({ start, end }) => {
    if (start === end && (start === 0 || end === text.length)) return;
    result.push(text.slice(from, start));
    from = end;
  });
  result.push(text.slice(from));
  return result;
}

function count(text: string, pattern: RegularExpression): bigint {
  let matches = 0n;
  pattern.forEach(text, () => {
    matches++;
  });
  return matches;
}

const SIMPLE: readonly FunctionDefinition[] = [
  simple({
    name: 'regexp_match',
    aliases: ['regexp', 'regexp_matches', 'regexp_like'],
    doc: `Whether the pattern matches somewhere in the text. ${PATTERN_DOC}`,
    result: bool,
    compute: (text, pattern) => pattern.test(text),
    examples: [
      [['PROMO BRASS', '^PROMO.*S+$'], true],
      [['PROMO BRASS', 'brass'], false],
      [['PROMO BRASS', 'brass', 'i'], true],
    ],
  }),
  simple({
    name: 'regexp_full_match',
    doc: 'Whether the pattern matches the whole text.',
    result: bool,
    compute: (text, pattern) => pattern.testAll(text),
    examples: [
      [['2024-05', '\\d+-\\d+'], true],
      [['2024-05-17', '\\d+-\\d+'], false],
    ],
  }),
  simple({
    name: 'regexp_count',
    doc: 'How often the pattern matches, each match behind the one before.',
    result: int64,
    compute: count,
    examples: [[['2024-05-17', '\\d+'], '3']],
  }),
  simple({
    name: 'regexp_split',
    aliases: ['regexp_split_to_array', 'string_split_regex', 'str_split_regex'],
    doc: 'The parts between matches of the pattern. Where it matches nothing it parts characters, but not at the ends.',
    result: list(utf8),
    compute: parts,
    examples: [
      [
        ['a1b22c', '\\d+'],
        ['a', 'b', 'c'],
      ],
      [
        ['abc', ''],
        ['a', 'b', 'c'],
      ],
    ],
  }),
];

function groupIndex({ groupCount }: RegularExpression, group: bigint): number {
  if (group >= 0n && group <= BigInt(groupCount)) return Number(group);
  throw new InvalidValue(`the pattern has no group ${group}: it has ${groupCount}, and 0 is the whole match`);
}

interface Extraction extends Omit<Simple, 'compute'> {
  readonly mayBeNull: boolean;
  readonly compute: (text: string, pattern: RegularExpression, group: number) => Value;
}

const extraction = ({ name, result, doc, compute, examples, ...rest }: Extraction): FunctionDefinition =>
  define({
    ...rest,
    name,
    family: 'regular expressions',
    doc: `${doc} ${FLAGS_DOC}`,
    parameters: [...SUBJECT, optional('group', INTEGER, 0), FLAGS],
    result: (call) => {
      const [, , group] = call.literals;
      return checked(name, result, call, 3, compileRegExp, (pattern) => {
        if (pattern !== undefined && typeof group === 'bigint') groupIndex(pattern, group);
      });
    },
    canFail: true,
    prepare: (call) => {
      const compile = compilerFor(call, 3);
      return (text: string, given: string, group: bigint, flags: string) => {
        const pattern = compile(given, flags);
        return compute(text, pattern, groupIndex(pattern, group));
      };
    },
    examples,
  });

const EXTRACTIONS: readonly FunctionDefinition[] = [
  extraction({
    name: 'regexp_extract',
    aliases: ['extract'],
    doc: 'What the first match of the pattern holds, or one of its groups, counted from 1; null where nothing matches, or the group took no part.',
    result: utf8,
    mayBeNull: true,
    compute: (text, pattern, group) => pattern.first(text)?.group(group) ?? null,
    examples: [
      [['order 42 of 2024', '\\d+'], '42'],
      [['order 42 of 2024', '(\\d+) of (\\d+)', 2n], '2024'],
      [['order', '\\d+'], null],
    ],
  }),
  extraction({
    name: 'regexp_extract_all',
    aliases: ['extract_all'],
    doc: 'What each match of the pattern holds, or one of its groups, counted from 1: null where the group took no part.',
    result: list(utf8),
    mayBeNull: false,
    compute: (text, pattern, group) => {
      const found: (string | null)[] = [];
      pattern.forEach(text, (match) => found.push(match.group(group) ?? null));
      return found;
    },
    examples: [
      [
        ['order 42 of 2024', '\\d+'],
        ['42', '2024'],
      ],
      [
        ['a=1, b=2', '(\\w)=(\\w)', 1n],
        ['a', 'b'],
      ],
    ],
  }),
];

const REPLACE = define({
  name: 'regexp_replace',
  family: 'regular expressions',
  doc: `The text with the first match of the pattern replaced or, with the flag \`g\`, all of them. In the replacement \`\\1\` to \`\\9\` are what groups hold, \`\\0\` the whole match. ${FLAGS_DOC}`,
  parameters: [...SUBJECT, parameter('replacement', TEXT), FLAGS],
  result: (call) => {
    const [, , replacement] = call.literals;
    return checked('regexp_replace', utf8, call, 3, compileForReplacing, (pattern) => {
      if (typeof replacement !== 'string') return;
      const parsed = replacementOf(replacement);
      if (pattern !== undefined) checkReplacement(parsed, pattern);
    });
  },
  canFail: true,
  prepare: (call) => {
    const compile = compilerFor(call, 3, compileForReplacing);
    const parse = recentlyMade(REMEMBERED_REPLACEMENTS, replacementOf);
    return (text: string, given: string, replacement: string, flags: string) => {
      const [pattern, parsed] = [compile(given, flags), parse(replacement)];
      checkReplacement(parsed, pattern);
      return replaced(text, pattern, parsed, flags.includes(GLOBAL));
    };
  },
  examples: [
    [['a1b2', '\\d', '#'], 'a#b2'],
    [['a1b2', '\\d', '#', 'g'], 'a#b#'],
    [['Ada Lovelace', '(\\w+) (\\w+)', '\\2, \\1'], 'Lovelace, Ada'],
  ],
});

export const REGEXP_FUNCTIONS: readonly FunctionDefinition[] = [...SIMPLE, ...EXTRACTIONS, REPLACE];
