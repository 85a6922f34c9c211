/** Upper and lower case, by Unicode's full mappings, whatever the language: ß becomes SS, a Σ at the end of a word ς. */

import { utf8 } from '../../columnar/data-type.ts';
import { define, type Example, type FunctionDefinition, parameter } from './function-definition.ts';
import { TEXT } from './parameter-kinds.ts';

/**
 * Each character in lower case, always as one character and whatever stands beside it: for comparing, and for counting
 * what was matched.
 */
export const lowerEach = (text: string): string =>
  text.replace(/[\u03a3\u0130]/g, (letter) => (letter === '\u03a3' ? '\u03c3' : 'i')).toLowerCase();

const firstOf = (text: string): string => (text === '' ? '' : String.fromCodePoint(text.codePointAt(0) ?? 0));

function capitalized(text: string): string {
  const first = firstOf(text);
  // In lower case as a whole, because a letter may depend on what stands before it.
  return first.toUpperCase() + text.toLowerCase().slice(first.toLowerCase().length);
}

/**
 * The words of a text: separated by what is no letter and no digit, and parted where a capital follows a small letter,
 * or where the last of several capitals begins a word.
 *
 *     HTTPServer_name2 isUp      HTTP · Server · name2 · is · Up
 */
function wordsOf(text: string): readonly string[] {
  return text.split(/[^\p{Alphabetic}\p{N}]+/u).flatMap(partsOf);
}

type Case = 'lower' | 'upper' | 'none';
const caseOf = (character: string | undefined): Case =>
  character === undefined
    ? 'none'
    : /^\p{Lowercase}/u.test(character)
      ? 'lower'
      : /^\p{Uppercase}/u.test(character)
        ? 'upper'
        : 'none';

function partsOf(run: string): readonly string[] {
  const parts: string[] = [];
  const characters = Array.from(run);
  let [from, at, before] = [0, 0, 'none' as Case];
  for (const [index, character] of characters.entries()) {
    const own = caseOf(character);
    const next = caseOf(characters[index + 1]);
    const end = at + character.length;
    // What has no case, as a digit, goes with what stands before it.
    const kind = own === 'none' ? before : own;
    if (kind === 'lower' && next === 'upper') {
      parts.push(run.slice(from, end));
      [from, before] = [end, 'none'];
    } else if (before === 'upper' && own === 'upper' && next === 'lower') {
      parts.push(run.slice(from, at));
      [from, before] = [at, 'none'];
    } else before = kind;
    at = end;
  }
  parts.push(run.slice(from));
  return parts.filter((part) => part !== '');
}

const caseStyle = (
  name: string,
  doc: string,
  separator: string,
  style: (word: string, index: number) => string,
  ...examples: readonly Example[]
): FunctionDefinition =>
  define({
    name,
    family: 'text',
    doc: `The words of the text ${doc}. A word ends at what is neither letter nor digit, before a capital behind a small letter, and before the last of several capitals if a small letter follows it.`,
    parameters: [parameter('text', TEXT)],
    result: utf8,
    evaluate: (text) => wordsOf(text).map(style).join(separator),
    examples,
  });

const lower = (word: string): string => word.toLowerCase();
const upper = (word: string): string => word.toUpperCase();

const CASES: readonly FunctionDefinition[] = [
  define({
    name: 'lower',
    aliases: ['lcase'],
    family: 'text',
    doc: 'The text in lower case.',
    parameters: [parameter('text', TEXT)],
    result: utf8,
    evaluate: (text) => text.toLowerCase(),
    examples: [[['PROMO Ärger'], 'promo ärger']],
  }),
  define({
    name: 'upper',
    aliases: ['ucase'],
    family: 'text',
    doc: 'The text in upper case.',
    parameters: [parameter('text', TEXT)],
    result: utf8,
    evaluate: (text) => text.toUpperCase(),
    examples: [
      [['promo ärger'], 'PROMO ÄRGER'],
      [['Straße'], 'STRASSE'],
    ],
  }),
  define({
    name: 'capitalize',
    family: 'text',
    doc: 'The first character in upper case, all others in lower case.',
    parameters: [parameter('text', TEXT)],
    result: utf8,
    evaluate: capitalized,
    examples: [[['pROMO BRASS'], 'Promo brass']],
  }),
];

const INITCAP = define({
  name: 'initcap',
  family: 'text',
  doc: 'Each word with its first character in upper case and the others in lower case; words are runs of letters and digits. All else stays: see `to_title_case`, and `capitalize` for the first word alone.',
  parameters: [parameter('text', TEXT)],
  result: utf8,
  evaluate: (text) =>
    text.toLowerCase().replace(/[\p{Alphabetic}\p{M}\p{N}]+/gu, (word) => {
      const first = firstOf(word);
      return first.toUpperCase() + word.slice(first.length);
    }),
  examples: [
    [['PROMO burnished-BRASS, 2nd'], 'Promo Burnished-Brass, 2nd'],
    [['élan VITAL'], 'Élan Vital'],
  ],
});

const STYLES: readonly FunctionDefinition[] = [
  caseStyle('to_camel_case', 'as in camelCase', '', (word, index) => (index === 0 ? lower(word) : capitalized(word)), [
    ['order-line ID'],
    'orderLineId',
  ]),
  caseStyle('to_upper_camel_case', 'as in CamelCase', '', capitalized, [['order-line ID'], 'OrderLineId']),
  caseStyle('to_snake_case', 'as in snake_case', '_', lower, [['orderLineID'], 'order_line_id']),
  caseStyle('to_upper_snake_case', 'as in SNAKE_CASE', '_', upper, [['orderLineID'], 'ORDER_LINE_ID']),
  caseStyle('to_kebab_case', 'as in kebab-case', '-', lower, [['HTTPServer name2'], 'http-server-name2']),
  caseStyle('to_upper_kebab_case', 'as in KEBAB-CASE', '-', upper, [['HTTPServer name2'], 'HTTP-SERVER-NAME2']),
  caseStyle('to_title_case', 'as in Title Case', ' ', capitalized, [['order_lineID'], 'Order Line Id']),
];

export const TEXT_CASE_FUNCTIONS: readonly FunctionDefinition[] = [...CASES, INITCAP, ...STYLES];
