/** Patterns and texts of few characters, so that they often match. */

import fc from 'fast-check';

const ATOMS = [
  ...['a', 'b', 'c', 'k', 's', '-', '_', ' ', '0', 'é', '😀', '\\.', '.', '\\d', '\\D', '\\w', '\\W', '\\s', '\\S'],
  ...['[ab]', '[^a]', '[a-c]', '[^\\n]', '[\\d_]', '[^\\w]', '[[:alpha:]]', '[[:^alpha:]-]', '\\x61', '\\x{1F600}'],
  ...['[]a]', '[^]a]', '[a-]', '\\Qa.\\E', '\\b', '\\B', '^', '$', '\\A', '\\z', '\\pL', '\\n', '[😀-😂]', '(?:)'],
];
const REPETITIONS = ['', '', '', '', '*', '+', '?', '*?', '+?', '??', '{2}', '{1,3}', '{2,}', '{0,2}?', '{0}', '{,2}'];

const { pattern } = fc.letrec<{ pattern: string; sequence: string; item: string; atom: string }>((tie) => ({
  atom: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { arbitrary: fc.constantFrom(...ATOMS), weight: 40 },
    { arbitrary: tie('pattern').map((body) => `(${body})`), weight: 5 },
    { arbitrary: tie('pattern').map((body) => `(?:${body})`), weight: 5 },
    { arbitrary: tie('pattern').map((body) => `(?P<n>${body})`), weight: 1 },
    { arbitrary: tie('pattern').map((body) => `(?i:${body})`), weight: 2 },
    { arbitrary: tie('pattern').map((body) => `(?s)${body}`), weight: 1 },
  ),
  item: fc.tuple(tie('atom'), fc.constantFrom(...REPETITIONS)).map(([atom, repetition]) => atom + repetition),
  sequence: fc.array(tie('item'), { maxLength: 5 }).map((items) => items.join('')),
  pattern: fc.oneof(
    { depthSize: 'small' },
    { arbitrary: tie('sequence'), weight: 4 },
    { arbitrary: fc.tuple(tie('sequence'), tie('sequence')).map(([a, b]) => `${a}|${b}`), weight: 1 },
    { arbitrary: tie('sequence').map((rest) => `^${rest}`), weight: 1 },
  ),
}));

/** Most of them are patterns, and not all. */
export const anyPattern: fc.Arbitrary<string> = pattern;

const CHARACTERS = [
  'a',
  'b',
  'c',
  'k',
  's',
  'A',
  'K',
  '\u212a',
  'ſ',
  '-',
  '_',
  ' ',
  '0',
  'é',
  '😀',
  '.',
  '\n',
  '\u2028',
  '\r',
];

export const anyText: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...CHARACTERS), { maxLength: 12 })
  .map((all) => all.join(''));

/** Strings that may be anything, of the characters that patterns are made of. */
export const anyScribble: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...'ab\\()[]{}?*+|^$.-:,0123dDpQEx<>=!P i'), { maxLength: 10 })
  .map((all) => all.join(''));
