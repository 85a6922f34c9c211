/** Parts of texts, by place and by what separates them. Places and lengths count characters (code points). */

import { isBytes, list, utf8 } from '../../columnar/data-type.ts';
import type { Value } from '../../columnar/value.ts';
import { characterCount, clamped, offsetAfter, offsetBeforeEnd } from './characters.ts';
import { define, type FunctionDefinition, optional, parameter } from './function-definition.ts';
import { INTEGER, itemType, TEXT, TEXT_BYTES_OR_LIST } from './parameter-kinds.ts';

const TO_THE_END = '9223372036854775807';

const left = (text: string, count: number): string =>
  text.slice(0, count < 0 ? offsetBeforeEnd(text, -count) : offsetAfter(text, count));
const right = (text: string, count: number): string =>
  text.slice(count < 0 ? offsetAfter(text, -count) : offsetBeforeEnd(text, count));

/** From `start`, counted from 0, or from the end where it is negative. */
function substr(text: string, start: number, length: number): string {
  return left(text.slice(offsetAt(text, start)), Math.max(length, 0));
}

/**
 * As SQL has it: `start` counts from 1, or from the end where it is negative; places before the text count, and a
 * negative length goes backwards from the start.
 */
function substring(text: string, start: number, length: number): string {
  const first = start < 0 ? characterCount(text) + start : start - 1;
  const [from, to] = length < 0 ? [first + length, first] : [first, first + length];
  return text.slice(offsetAfter(text, from), offsetAfter(text, Math.max(to, 0)));
}

const offsetAt = (text: string, place: number): number =>
  place < 0 ? offsetBeforeEnd(text, -place) : offsetAfter(text, place);

/** From one place to before another, both counted from 0, or from the end where they are negative. */
function slice<T extends string | Uint8Array | readonly Value[]>(value: T, start: number, end: number): Value {
  if (typeof value !== 'string') return value.slice(start, end);
  return value.slice(offsetAt(value, start), Math.max(offsetAt(value, end), offsetAt(value, start)));
}

/** All before the `count`th separator, or all behind it, counted from the end, where `count` is negative. */
function substringIndex(text: string, separator: string, count: number): string {
  if (count === 0 || separator === '') return '';
  let at = count > 0 ? -separator.length : text.length;
  for (let left = Math.abs(count); left > 0; left--) {
    if (count < 0 && at < separator.length) return text;
    at =
      count > 0 ? text.indexOf(separator, at + separator.length) : text.lastIndexOf(separator, at - separator.length);
    if (at < 0) return text;
  }
  return count > 0 ? text.slice(0, at) : text.slice(at + separator.length);
}

/** By the empty separator into characters, of which the empty text still has one, empty. */
const split = (text: string, separator: string): readonly string[] => {
  const parts = separator === '' ? Array.from(text) : text.split(separator);
  return parts.length === 0 ? [''] : parts;
};

const BY_PLACE: readonly FunctionDefinition[] = [
  define({
    name: 'left',
    family: 'text',
    doc: 'The first characters; with a negative count all but the last ones.',
    parameters: [parameter('text', TEXT), parameter('count', INTEGER)],
    result: utf8,
    evaluate: (text, count) => left(text, clamped(count)),
    examples: [
      [['PROMO BRASS', 5n], 'PROMO'],
      [['PROMO BRASS', -6n], 'PROMO'],
    ],
  }),
  define({
    name: 'right',
    family: 'text',
    doc: 'The last characters; with a negative count all but the first ones.',
    parameters: [parameter('text', TEXT), parameter('count', INTEGER)],
    result: utf8,
    evaluate: (text, count) => right(text, clamped(count)),
    examples: [
      [['PROMO BRASS', 5n], 'BRASS'],
      [['PROMO BRASS', -6n], 'BRASS'],
    ],
  }),
  define({
    name: 'substr',
    family: 'text',
    doc: 'The characters from a start, counted from 0 or, if negative, from the end: as many as are given, or all. SQL counts from 1: see `substring`.',
    parameters: [parameter('text', TEXT), parameter('start', INTEGER), optional('length', INTEGER, TO_THE_END)],
    result: utf8,
    evaluate: (text, start, length) => substr(text, clamped(start), clamped(length)),
    examples: [
      [['PROMO BRASS', 6n, 3n], 'BRA'],
      [['PROMO BRASS', -2n], 'SS'],
    ],
  }),
  define({
    name: 'substring',
    aliases: ['mid'],
    family: 'text',
    doc: 'The characters from a start, as SQL counts: from 1 or, if negative, from the end. A negative length goes backwards from the start. See `substr` for counting from 0.',
    parameters: [parameter('text', TEXT), parameter('start', INTEGER), optional('length', INTEGER, TO_THE_END)],
    result: utf8,
    evaluate: (text, start, length) => substring(text, clamped(start), clamped(length)),
    examples: [
      [['PROMO BRASS', 7n, 3n], 'BRA'],
      [['PROMO BRASS', -2n], 'SS'],
      [['PROMO BRASS', 0n, 2n], 'P'],
    ],
  }),
];

const SLICE = define({
  name: 'slice',
  aliases: ['list_slice', 'array_slice'],
  family: 'text',
  doc: 'The characters of a text, bytes of a binary value or items of a list from one place to before another, both counted from 0 or, if negative, from the end.',
  parameters: [
    parameter('value', TEXT_BYTES_OR_LIST),
    parameter('start', INTEGER),
    optional('end', INTEGER, TO_THE_END),
  ],
  result: ({ types: [type = utf8] }) => (isBytes(type) ? type : list(itemType(type))),
  evaluate: (value, start, end) => slice(value, clamped(start), clamped(end)),
  examples: [
    [['PROMO BRASS', 6n, 9n], 'BRA'],
    [['PROMO BRASS', -5n, -2n], 'BRA'],
    [[{ kind: 'literal', type: { kind: 'binary' }, value: 'AAECAw==' }, 1n, 3n], 'AQI='],
    [
      [{ kind: 'literal', type: list(utf8), value: ['a', 'b', 'c'] }, 1n],
      ['b', 'c'],
    ],
  ],
});

const BY_SEPARATOR: readonly FunctionDefinition[] = [
  define({
    name: 'split',
    aliases: ['string_split', 'str_split', 'string_to_array'],
    family: 'text',
    doc: 'The parts between separators; by the empty separator each character. There is one part at least, if an empty one.',
    parameters: [parameter('text', TEXT), parameter('separator', TEXT)],
    result: list(utf8),
    evaluate: split,
    examples: [
      [
        ['a,b,,c', ','],
        ['a', 'b', '', 'c'],
      ],
      [['', ','], ['']],
      [
        ['a😀', ''],
        ['a', '😀'],
      ],
    ],
  }),
  define({
    name: 'split_part',
    family: 'text',
    doc: 'One of the parts that `split` gives, from 1 or, if negative, from the end; empty where there is none.',
    parameters: [parameter('text', TEXT), parameter('separator', TEXT), parameter('part', INTEGER)],
    result: utf8,
    evaluate: (text, separator, part) => {
      const parts = split(text, separator);
      return parts.at(clamped(part > 0n ? part - 1n : part || BigInt(parts.length))) ?? '';
    },
    examples: [
      [['2024-05-17', '-', 2n], '05'],
      [['2024-05-17', '-', -1n], '17'],
      [['2024-05-17', '-', 4n], ''],
    ],
  }),
  define({
    name: 'substring_index',
    family: 'text',
    doc: 'All before the separator of the number; with a negative number all behind the one counted from the end. The whole text where there are fewer, nothing for 0.',
    parameters: [parameter('text', TEXT), parameter('separator', TEXT), parameter('number', INTEGER)],
    result: utf8,
    evaluate: (text, separator, number) => substringIndex(text, separator, clamped(number)),
    examples: [
      [['www.example.com', '.', 2n], 'www.example'],
      [['www.example.com', '.', -2n], 'example.com'],
    ],
  }),
];

export const TEXT_PART_FUNCTIONS: readonly FunctionDefinition[] = [...BY_PLACE, SLICE, ...BY_SEPARATOR];
