/**
 * Whether, and where, a text stands in another, and how long texts are. Texts are compared by their code points, as their
 * UTF-8 bytes are; places and lengths count characters (code points).
 */

import { bool, int32, int64, list, utf8 } from '../../columnar/data-type.ts';
import { InvalidValue } from '../../errors.ts';
import { byteLength, characterCount, placeOf } from './characters.ts';
import { define, type FunctionDefinition, parameter } from './function-definition.ts';
import { INTEGER, TEXT, TEXT_BYTES_OR_LIST, TEXT_OR_BYTES } from './parameter-kinds.ts';

const MAX_CODE_POINT = 0x10ffffn;
const isSurrogate = (code: bigint): boolean => code >= 0xd800n && code <= 0xdfffn;

const SEARCHES: readonly FunctionDefinition[] = [
  define({
    name: 'starts_with',
    aliases: ['startswith'],
    family: 'text',
    doc: 'Whether the text begins with the prefix; every text begins with the empty one.',
    parameters: [parameter('text', TEXT), parameter('prefix', TEXT)],
    result: bool,
    evaluate: (text, prefix) => text.startsWith(prefix),
    examples: [
      [['PROMO BRASS', 'PROMO'], true],
      [['PROMO BRASS', ''], true],
    ],
  }),
  define({
    name: 'ends_with',
    aliases: ['endswith'],
    family: 'text',
    doc: 'Whether the text ends with the suffix; every text ends with the empty one.',
    parameters: [parameter('text', TEXT), parameter('suffix', TEXT)],
    result: bool,
    evaluate: (text, suffix) => text.endsWith(suffix),
    examples: [[['PROMO BRASS', 'BRASS'], true]],
  }),
  define({
    name: 'contains',
    family: 'text',
    doc: 'Whether the second text stands in the first; the empty one stands in every text.',
    parameters: [parameter('text', TEXT), parameter('part', TEXT)],
    result: bool,
    evaluate: (text, part) => text.includes(part),
    examples: [
      [['PROMO BRASS', 'MO B'], true],
      [['PROMO BRASS', 'promo'], false],
    ],
  }),
  define({
    name: 'find',
    family: 'text',
    doc: 'Where the second text first stands in the first, in characters from 0; -1 where it does not.',
    parameters: [parameter('text', TEXT), parameter('part', TEXT)],
    result: int64,
    evaluate: (text, part) => {
      const at = text.indexOf(part);
      return BigInt(at < 0 ? -1 : placeOf(text, at));
    },
    examples: [
      [['😀 smile', 'smile'], '2'],
      [['smile', 'frown'], '-1'],
    ],
  }),
  define({
    name: 'position',
    aliases: ['strpos', 'instr'],
    family: 'text',
    doc: 'Where the second text first stands in the first, in characters from 1, as SQL counts; 0 where it does not.',
    parameters: [parameter('text', TEXT), parameter('part', TEXT)],
    result: int64,
    evaluate: (text, part) => {
      const at = text.indexOf(part);
      return BigInt(at < 0 ? 0 : placeOf(text, at) + 1);
    },
    examples: [
      [['😀 smile', 'smile'], '3'],
      [['smile', 'frown'], '0'],
    ],
  }),
];

const LENGTHS: readonly FunctionDefinition[] = [
  define({
    name: 'length',
    aliases: ['len', 'char_length', 'character_length'],
    family: 'text',
    doc: 'How many characters a text has, bytes a binary value, items a list.',
    parameters: [parameter('value', TEXT_BYTES_OR_LIST)],
    result: int64,
    evaluate: (value) => BigInt(typeof value === 'string' ? characterCount(value) : value.length),
    examples: [
      [['naïve 😀'], '7'],
      [[{ kind: 'literal', type: { kind: 'binary' }, value: 'AAEC' }], '3'],
      [[{ kind: 'literal', type: list(utf8), value: ['a', null] }], '2'],
    ],
  }),
  define({
    name: 'length_bytes',
    aliases: ['strlen', 'octet_length'],
    family: 'text',
    doc: 'The bytes of a text in UTF-8, or of a binary value.',
    parameters: [parameter('value', TEXT_OR_BYTES)],
    result: int64,
    evaluate: (value) => BigInt(typeof value === 'string' ? byteLength(value) : value.length),
    examples: [[['naïve 😀'], '11']],
  }),
];

const CODES: readonly FunctionDefinition[] = [
  define({
    name: 'ascii',
    aliases: ['unicode', 'ord'],
    family: 'text',
    doc: 'The code point of the first character; 0 for the empty text.',
    parameters: [parameter('text', TEXT)],
    result: int32,
    evaluate: (text) => text.codePointAt(0) ?? 0,
    examples: [
      [['Apple'], 65],
      [['😀'], 128_512],
      [[''], 0],
    ],
  }),
  define({
    name: 'chr',
    family: 'text',
    doc: 'The character with the code point. What is none, also half of a surrogate pair, is refused.',
    parameters: [parameter('code', INTEGER)],
    result: utf8,
    canFail: true,
    evaluate: (code) => {
      if (code >= 0n && code <= MAX_CODE_POINT && !isSurrogate(code)) return String.fromCodePoint(Number(code));
      throw new InvalidValue(`${code} is no code point of a character`);
    },
    examples: [
      [[65n], 'A'],
      [[128_512n], '😀'],
    ],
  }),
];

export const TEXT_SEARCH_FUNCTIONS: readonly FunctionDefinition[] = [...SEARCHES, ...LENGTHS, ...CODES];
