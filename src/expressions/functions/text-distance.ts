/** How much texts differ, and how they sound. */

import { type DataType, float64, int64, utf8 } from '../../columnar/data-type.ts';
import type { Value } from '../../columnar/value.ts';
import { comparable, damerauLevenshteinDistance, hammingDistance, levenshteinDistance } from './edit-distance.ts';
import { define, type Example, type FunctionDefinition, parameter } from './function-definition.ts';
import { jaroSimilarity, jaroWinklerSimilarity } from './jaro-similarity.ts';
import { TEXT } from './parameter-kinds.ts';

interface Comparison {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly doc: string;
  readonly result: DataType;
  readonly mayBeNull?: boolean;
  readonly compare: (a: Int32Array, b: Int32Array) => Value;
  readonly examples: readonly Example[];
}

const comparison = ({ compare, doc, ...rest }: Comparison): FunctionDefinition =>
  define({
    ...rest,
    family: 'text',
    doc: `${doc} Texts of more than 65536 characters are refused: the time is the product of their lengths.`,
    parameters: [parameter('text', TEXT), parameter('other', TEXT)],
    canFail: true,
    evaluate: (text, other) => compare(comparable(text), comparable(other)),
  });

const COMPARISONS: readonly FunctionDefinition[] = [
  comparison({
    name: 'levenshtein_distance',
    aliases: ['levenshtein', 'editdist3'],
    doc: 'How many characters must at least be put in, taken out or exchanged to make one text the other.',
    result: int64,
    compare: (a, b) => BigInt(levenshteinDistance(a, b)),
    examples: [[['kitten', 'sitting'], '3']],
  }),
  comparison({
    name: 'damerau_levenshtein_distance',
    aliases: ['damerau_levenshtein'],
    doc: 'As `levenshtein_distance`, where neighbours that change places are one edit, even with others put between them.',
    result: int64,
    compare: (a, b) => BigInt(damerauLevenshteinDistance(a, b)),
    examples: [
      [['teh', 'the'], '1'],
      [['ca', 'abc'], '2'],
    ],
  }),
  comparison({
    name: 'hamming_distance_str',
    aliases: ['hamming', 'mismatches'],
    doc: 'At how many places the characters differ; null where the texts are not equally long.',
    result: int64,
    mayBeNull: true,
    compare: (a, b) => {
      const distance = hammingDistance(a, b);
      return distance === undefined ? null : BigInt(distance);
    },
    examples: [
      [['karolin', 'kathrin'], '3'],
      [['ab', 'abc'], null],
    ],
  }),
  comparison({
    name: 'jaro_similarity',
    aliases: [],
    doc: 'How alike two names are, from 0 to 1, by the characters that stand at about the same place.',
    result: float64,
    compare: jaroSimilarity,
    examples: [[['MARTHA', 'MARHTA'], 0.944444444]],
  }),
  comparison({
    name: 'jaro_winkler_similarity',
    aliases: [],
    doc: 'As `jaro_similarity`, and above 0.7 the nearer to 1 the more characters they begin with alike, up to four.',
    result: float64,
    compare: jaroWinklerSimilarity,
    examples: [[['MARTHA', 'MARHTA'], 0.961111111]],
  }),
];

const SOUNDS: ReadonlyMap<string, string> = new Map(
  ['BFPV', 'CGJKQSXZ', 'DT', 'L', 'MN', 'R'].flatMap((letters, index) =>
    Array.from(letters, (letter) => [letter, String(index + 1)] as const),
  ),
);
/** Letters on both sides of these count as neighbours. */
const SILENT = 'HW';
const CODE_LENGTH = 4;

/** A letter and three digits, one for each run of consonants that sound alike. */
function soundex(text: string): string {
  const first = text.charAt(0).toUpperCase();
  if (!/^[A-Z]$/.test(first)) return text;
  let code = first;
  let last = SOUNDS.get(first);
  for (let at = 1; at < text.length && code.length < CODE_LENGTH; at++) {
    const letter = text.charAt(at).toUpperCase();
    if (SILENT.includes(letter)) continue;
    const sound = SOUNDS.get(letter);
    if (sound !== undefined && sound !== last) code += sound;
    last = sound;
  }
  return code.padEnd(CODE_LENGTH, '0');
}

export const TEXT_DISTANCE_FUNCTIONS: readonly FunctionDefinition[] = [
  ...COMPARISONS,
  define({
    name: 'soundex',
    family: 'text',
    doc: 'The American Soundex code of a name, a letter and three digits, equal for names that sound alike in English. What does not begin with a letter of ASCII is given back as it is.',
    parameters: [parameter('text', TEXT)],
    result: utf8,
    evaluate: soundex,
    examples: [
      [['Robert'], 'R163'],
      [['Rupert'], 'R163'],
      [['Ashcraft'], 'A261'],
    ],
  }),
];
