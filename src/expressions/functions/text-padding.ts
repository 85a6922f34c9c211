/** Texts made longer and shorter at their ends. Lengths count characters (code points). */

import { utf8 } from '../../columnar/data-type.ts';
import { InvalidValue } from '../../errors.ts';
import { characterCount, checkGrownLength, clamped, offsetAfter } from './characters.ts';
import { define, type FunctionDefinition, optional, parameter } from './function-definition.ts';
import { INTEGER, TEXT } from './parameter-kinds.ts';

/** What makes `text` as long as asked: empty where it is long enough, when it is cut. */
function padding(text: string, length: number, fill: string): string {
  const missing = length - characterCount(text);
  if (missing <= 0) return '';
  if (fill === '') throw new InvalidValue('the text is too short, and there is nothing to fill it up with');
  checkGrownLength(text.length + missing);
  const whole = fill.repeat(Math.ceil(missing / characterCount(fill)));
  return whole.slice(0, offsetAfter(whole, missing));
}

const cut = (text: string, length: number): string => text.slice(0, offsetAfter(text, Math.max(length, 0)));

function repeated(text: string, count: number): string {
  if (count <= 0 || text === '') return '';
  checkGrownLength(text.length * count);
  return text.repeat(count);
}

/** Characters with the Unicode property White_Space; all of them are one UTF-16 unit long. */
export const WHITE_SPACE =
  '\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000';

type Side = 'left' | 'right';

/** Without the characters of the set at the sides: looked at one by one, so that long runs take linear time. */
function stripped(text: string, characters: ReadonlySet<string>, sides: readonly Side[]): string {
  let [from, to] = [0, text.length];
  while (sides.includes('left') && from < to) {
    const next = String.fromCodePoint(text.codePointAt(from) ?? 0);
    if (!characters.has(next)) break;
    from += next.length;
  }
  while (sides.includes('right') && to > from) {
    const pair = text.codePointAt(to - 2) ?? 0;
    const last = pair > 0xffff ? String.fromCodePoint(pair) : text.charAt(to - 1);
    if (!characters.has(last)) break;
    to -= last.length;
  }
  return text.slice(from, to);
}

const strip = (
  name: string,
  aliases: readonly string[],
  where: string,
  sides: readonly Side[],
  ...results: readonly string[]
): FunctionDefinition =>
  define({
    name,
    aliases,
    family: 'text',
    doc: `Without white space ${where} (Unicode's, so also tabs, line ends and no-break spaces); or without the characters that are given.`,
    parameters: [parameter('text', TEXT), optional('characters', TEXT, WHITE_SPACE)],
    result: utf8,
    prepare: ({ literals: [, characters] }) => {
      const known = typeof characters === 'string' ? new Set(characters) : undefined;
      return (text: string, given: string) => stripped(text, known ?? new Set(given), sides);
    },
    examples: [
      [[' \t a b\n'], results[0] ?? ''],
      [['xyaxbyx', 'xy'], results[1] ?? ''],
    ],
  });

const pad = (name: string, where: string, side: Side, ...results: readonly string[]): FunctionDefinition =>
  define({
    name,
    family: 'text',
    doc: `The text made as long as asked: filled up ${where}, or cut at its end.`,
    parameters: [parameter('text', TEXT), parameter('length', INTEGER), optional('fill', TEXT, ' ')],
    result: utf8,
    canFail: true,
    evaluate: (text, length, fill) => {
      const filling = padding(text, clamped(length), fill);
      if (filling === '') return cut(text, clamped(length));
      return side === 'left' ? filling + text : text + filling;
    },
    examples: [
      [['42', 5n, '0'], results[0] ?? ''],
      [['42', 5n, 'abc'], results[1] ?? ''],
      [['PROMO', 3n, '0'], 'PRO'],
    ],
  });

export const TEXT_PADDING_FUNCTIONS: readonly FunctionDefinition[] = [
  pad('lpad', 'at its beginning', 'left', '00042', 'abc42'),
  pad('rpad', 'at its end', 'right', '42000', '42abc'),
  strip('strip', ['trim'], 'at both ends', ['left', 'right'], 'a b', 'axb'),
  strip('lstrip', ['ltrim'], 'at the beginning', ['left'], 'a b\n', 'axbyx'),
  strip('rstrip', ['rtrim'], 'at the end', ['right'], ' \t a b', 'xyaxb'),
  define({
    name: 'repeat',
    family: 'text',
    doc: 'The text so many times over; empty where the count is not positive.',
    parameters: [parameter('text', TEXT), parameter('count', INTEGER)],
    result: utf8,
    canFail: true,
    evaluate: (text, count) => repeated(text, clamped(count)),
    examples: [
      [['ab', 3n], 'ababab'],
      [['ab', -1n], ''],
    ],
  }),
  define({
    name: 'space',
    family: 'text',
    doc: 'So many spaces; none where the count is not positive.',
    parameters: [parameter('count', INTEGER)],
    result: utf8,
    canFail: true,
    evaluate: (count) => repeated(' ', clamped(count)),
    examples: [[[3n], '   ']],
  }),
];
