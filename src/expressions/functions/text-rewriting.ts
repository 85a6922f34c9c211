/** Texts made into others, character by character or part by part. */

import { utf8 } from '../../columnar/data-type.ts';
import { checkGrownLength } from './characters.ts';
import {
  define,
  exactly,
  type FunctionDefinition,
  optional,
  type ParameterKind,
  parameter,
} from './function-definition.ts';
import { BOOL, TEXT } from './parameter-kinds.ts';

function replaced(text: string, search: string, replacement: string): string {
  if (search === '') return text;
  const growth = replacement.length - search.length;
  if (growth > 0) {
    const most = text.length + Math.floor(text.length / search.length) * growth;
    // Counting takes as long as replacing, and is rarely needed.
    if (most > text.length * 2) checkGrownLength(text.length + growth * (text.split(search).length - 1));
  }
  return text.replaceAll(search, () => replacement);
}

/** The first of equal characters of `from` counts; null where a character is taken out. */
function translation(from: string, to: string): ReadonlyMap<string, string> {
  const table = new Map<string, string>();
  const targets = Array.from(to);
  for (const [index, character] of Array.from(from).entries()) {
    if (!table.has(character)) table.set(character, targets[index] ?? '');
  }
  return table;
}

function translated(text: string, table: ReadonlyMap<string, string>): string {
  let result = '';
  for (const character of text) result += table.get(character) ?? character;
  return result;
}

/** Made when it is needed first: that takes milliseconds, which every start would pay. */
let graphemes: Intl.Segmenter | undefined;
// Of the characters below U+0300 only \r is joined to another one.
const HAS_PAIRS = /[\u0300-\uffff]|\r\n/;

/** What is seen as one character stays as it is: a letter and its accents, an emoji of several code points. */
function reversed(text: string): string {
  if (!HAS_PAIRS.test(text)) return Array.from(text).reverse().join('');
  const parts: string[] = [];
  graphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  for (const { segment } of graphemes.segment(text)) parts.push(segment);
  return parts.reverse().join('');
}

const FORMS = ['NFC', 'NFD', 'NFKC', 'NFKD'] as const;
type Form = (typeof FORMS)[number];
const FORM: ParameterKind<Form> = exactly<Form>(utf8);
const isForm = (value: unknown): value is Form => FORMS.some((form) => form === value);

interface Cleaning {
  readonly withoutPunctuation: boolean;
  readonly lowerCase: boolean;
  readonly decomposed: boolean;
  readonly singleSpaces: boolean;
}

function cleaned(text: string, { withoutPunctuation, lowerCase, decomposed, singleSpaces }: Cleaning): string {
  let result = withoutPunctuation ? text.replace(/[!-/:-@[-`{-~]+/g, '') : text;
  if (singleSpaces) {
    result = result.replace(/\p{White_Space}+/gu, ' ');
    result = result.slice(result.startsWith(' ') ? 1 : 0, result.endsWith(' ') ? -1 : undefined);
  }
  if (lowerCase) result = result.toLowerCase();
  return decomposed ? result.normalize('NFD') : result;
}

export const TEXT_REWRITING_FUNCTIONS: readonly FunctionDefinition[] = [
  define({
    name: 'replace',
    family: 'text',
    doc: 'The text with a replacement for each place where the search text stands; the empty one stands nowhere.',
    parameters: [parameter('text', TEXT), parameter('search', TEXT), parameter('replacement', TEXT)],
    result: utf8,
    canFail: true,
    evaluate: replaced,
    examples: [
      [['a-b-c', '-', '+'], 'a+b+c'],
      [['abc', '', '+'], 'abc'],
    ],
  }),
  define({
    name: 'translate',
    family: 'text',
    doc: 'The text with each character that stands in the second text replaced by the one at the same place of the third, or left out where that is shorter.',
    parameters: [parameter('text', TEXT), parameter('characters', TEXT), parameter('targets', TEXT)],
    result: utf8,
    prepare: ({ literals: [, from, to] }) => {
      const known = typeof from === 'string' && typeof to === 'string' ? translation(from, to) : undefined;
      return (text: string, given: string, targets: string) => translated(text, known ?? translation(given, targets));
    },
    examples: [[['12-345', '14-', 'ax'], 'a23x5']],
  }),
  define({
    name: 'reverse',
    family: 'text',
    doc: 'The text backwards; what is seen as one character, as a letter with its accents, stays as it is.',
    parameters: [parameter('text', TEXT)],
    result: utf8,
    evaluate: reversed,
    examples: [
      [['BRASS'], 'SSARB'],
      [['ae\u0301b'], 'be\u0301a'],
    ],
  }),
  define({
    name: 'normalize',
    family: 'text',
    doc: 'The text made alike for finding duplicates, by what is asked for, in this order: without punctuation (of ASCII), with single spaces for white space and none at the ends, in lower case, decomposed (NFD).',
    parameters: [
      parameter('text', TEXT),
      optional('remove_punct', BOOL, false),
      optional('lowercase', BOOL, false),
      optional('nfd_unicode', BOOL, false),
      optional('white_space', BOOL, false),
    ],
    result: utf8,
    evaluate: (text, withoutPunctuation, lowerCase, decomposed, singleSpaces) =>
      cleaned(text, { withoutPunctuation, lowerCase, decomposed, singleSpaces }),
    examples: [
      [['  It’s\ta TEST! ', true, true, false, true], 'it’s a test'],
      [['  It’s\ta TEST! '], '  It’s\ta TEST! '],
    ],
  }),
  define({
    name: 'unicode_normalize',
    aliases: ['nfc_normalize'],
    family: 'text',
    doc: 'The text in one of the normal forms of Unicode: NFC, NFD, NFKC or NFKD.',
    parameters: [parameter('text', TEXT), optional('form', FORM, 'NFC')],
    result: ({ literals: [, form] }) =>
      isForm(form) || form === null
        ? utf8
        : `unicode_normalize takes one of the forms ${FORMS.join(', ')}, as a literal.`,
    evaluate: (text, form) => text.normalize(form),
    examples: [
      [['e\u0301'], 'é'],
      [['ﬁ', 'NFKC'], 'fi'],
    ],
  }),
];
