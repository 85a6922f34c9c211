/** Whether, and where, a text stands in another. Texts are compared by their code points, as their UTF-8 bytes are. */

import { bool } from '../../columnar/data-type.ts';
import { define, type FunctionDefinition, parameter } from './function-definition.ts';
import { TEXT } from './parameter-kinds.ts';

export const TEXT_SEARCH_FUNCTIONS: readonly FunctionDefinition[] = [
  define({
    name: 'starts_with',
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
];
