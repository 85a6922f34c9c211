/** How often one of several words stands in a text. */

import { type DataType, int64, list, utf8 } from '../../columnar/data-type.ts';
import { compileRegExp, type RegularExpression } from '../regexp/regular-expression.ts';
import { define, type FunctionDefinition, optional, type ParameterKind, parameter } from './function-definition.ts';
import { BOOL, itemType, TEXT } from './parameter-kinds.ts';
import { problemOf, recentlyMade } from './recently-made.ts';

/** Words of a column that stay compiled. */
const REMEMBERED_WORDS = 8;

type Words = string | readonly (string | null)[];
const WORDS: ParameterKind<Words> = {
  takes: 'utf8 or a list of utf8',
  preferred: utf8,
  accept: (type: DataType) => (type.kind === 'utf8' ? utf8 : itemType(type).kind === 'utf8' ? list(utf8) : undefined),
};

const isWord = (word: string | null): word is string => word !== null && word !== '';
const wordsOf = (words: Words): readonly string[] => (typeof words === 'string' ? [words] : words).filter(isWord);

/** Letters of ASCII only, each as one unit, so that places stay the same. */
const inLowerCase = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

/** Finds the longest of the words at the first place where one stands; undefined where there are none. */
function expressionOf(...words: readonly string[]): RegularExpression | undefined {
  if (words.length === 0) return undefined;
  const longestFirst = words.toSorted((a, b) => b.length - a.length);
  return compileRegExp(longestFirst.map((word) => word.replace(/[\0-/:-@[-`{-\x7f]/g, '\\$&')).join('|'), '');
}

const ENDS_IN_LETTER = /\p{Alphabetic}$/u;
const BEGINS_WITH_LETTER = /^\p{Alphabetic}/u;

/** Whether no letter stands directly before or behind. */
const standsAlone = (text: string, start: number, end: number): boolean =>
  !ENDS_IN_LETTER.test(text.slice(Math.max(start - 2, 0), start)) && !BEGINS_WITH_LETTER.test(text.slice(end, end + 2));

const prepared = (words: Words, isCaseSensitive: boolean): readonly string[] =>
  isCaseSensitive ? wordsOf(words) : wordsOf(words).map(inLowerCase);

export const COUNT_MATCHES: FunctionDefinition = define({
  name: 'count_matches',
  family: 'text',
  doc: 'How often the word, or one of the words of a list, stands in the text: at each place the longest one, each behind the one before. Whole words have no letter directly beside them; other cases are those of letters in ASCII. All words together have at most 10000 characters.',
  parameters: [
    parameter('text', TEXT),
    parameter('words', WORDS),
    optional('whole_words', BOOL, false),
    optional('case_sensitive', BOOL, true),
  ],
  result: ({ literals: [, words] }) =>
    (words === undefined || words === null
      ? undefined
      : problemOf('count_matches', () => expressionOf(...wordsOf(words as Words)))) ?? int64,
  canFail: true,
  prepare: () => {
    const compiled = recentlyMade(REMEMBERED_WORDS, expressionOf);
    return (text: string, words: Words, isWhole: boolean, isCaseSensitive: boolean) => {
      let count = 0n;
      compiled(...prepared(words, isCaseSensitive))?.forEach(
        isCaseSensitive ? text : inLowerCase(text),
        ({ start, end }) => {
          if (!isWhole || standsAlone(text, start, end)) count++;
        },
      );
      return count;
    };
  },
  examples: [
    [['hello hello world', 'hello'], '2'],
    [[`Heat the theatre`, 'the', true, false], '1'],
    [['hello world', { kind: 'literal', type: list(utf8), value: ['hello', 'world', 'hello world'] }], '1'],
  ],
});
