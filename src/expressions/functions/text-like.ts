/** SQL's LIKE. */

import { bool } from '../../columnar/data-type.ts';
import { define, type Example, type FunctionDefinition, optional, parameter } from './function-definition.ts';
import { type LikeTest, likeTest } from './like-pattern.ts';
import { TEXT } from './parameter-kinds.ts';
import { problemOf, recentlyMade } from './recently-made.ts';
import { lowerEach } from './text-case.ts';

const REMEMBERED_PATTERNS = 64;

const likeFunction = (
  name: string,
  doc: string,
  testOf: (pattern: string, escaping: string) => LikeTest,
  ...examples: readonly Example[]
): FunctionDefinition =>
  define({
    name,
    family: 'text',
    doc,
    parameters: [parameter('text', TEXT), parameter('pattern', TEXT), optional('escape', TEXT, '')],
    result: ({ literals: [, pattern, escaping] }) => {
      if (typeof pattern !== 'string' || typeof escaping !== 'string') return bool;
      return problemOf(name, () => testOf(pattern, escaping)) ?? bool;
    },
    canFail: true,
    prepare: ({ literals: [, pattern, escaping] }) => {
      if (typeof pattern === 'string' && typeof escaping === 'string') return testOf(pattern, escaping);
      const recent = recentlyMade(REMEMBERED_PATTERNS, testOf);
      return (text: string, given: string, escaped: string) => recent(given, escaped)(text);
    },
    examples,
  });

export const TEXT_LIKE_FUNCTIONS: readonly FunctionDefinition[] = [
  likeFunction(
    'like',
    'Whether the whole text matches the pattern: `%` stands for any characters, `_` for one. Before them an escape, if one is given, makes them stand for themselves; without one nothing does.',
    likeTest,
    [['PROMO BRASS', 'PROMO%'], true],
    [['PROMO BRASS', '%_RASS'], true],
    [['100%', '100!%', '!'], true],
  ),
  likeFunction(
    'ilike',
    'As `like`, whatever the case of letters: each character counts as its lower-case form.',
    (pattern, escaping) => {
      const test = likeTest(lowerEach(pattern), lowerEach(escaping));
      return (text) => test(lowerEach(text));
    },
    [['PROMO Brass', '%brass'], true],
    [['ÄPFEL', 'ä%'], true],
  ),
];
