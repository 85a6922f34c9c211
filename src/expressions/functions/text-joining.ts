/** Values put together into one text. */

import { type DataType, isBytes, utf8 } from '../../columnar/data-type.ts';
import { InvalidValue } from '../../errors.ts';
import { canCast } from '../coerce.ts';
import {
  common,
  define,
  type FunctionDefinition,
  type ParameterKind,
  parameter,
  repeated,
} from './function-definition.ts';
import { TEXT } from './parameter-kinds.ts';
import { problemOf, recentlyMade } from './recently-made.ts';

const REMEMBERED_FORMATS = 16;

/** Anything that has a text. */
const AS_TEXT: ParameterKind<string> = {
  takes: 'what can be cast to utf8',
  preferred: utf8,
  accept: (type) => (canCast(type, utf8) ? utf8 : undefined),
};
/** The same, but binary as it is. */
const AS_TEXT_OR_BYTES: ParameterKind<string | Uint8Array> = {
  takes: 'what can be cast to utf8, or binary',
  preferred: utf8,
  accept: (type: DataType) => (isBytes(type) ? type : AS_TEXT.accept(type)),
};

const isText = (value: string | Uint8Array): value is string => typeof value === 'string';
const isBinary = (value: string | Uint8Array): value is Uint8Array => !isText(value);

/** What stands between places for arguments, and the argument of each place. */
interface Format {
  readonly texts: readonly string[];
  readonly arguments: readonly number[];
}

const PLACE = /\{\{|\}\}|\{(\d{0,9})\}|[{}]/g;

/** @throws InvalidValue where the format cannot be read, or asks for an argument that there is not */
function readFormat(format: string, count: number): Format {
  const texts = [''];
  const places: number[] = [];
  let [end, next, isNumbered] = [0, 0, undefined as boolean | undefined];
  const add = (text: string): void => {
    texts.push((texts.pop() ?? '') + text);
  };
  for (const { 0: found, 1: number, index } of format.matchAll(PLACE)) {
    add(format.slice(end, index));
    end = index + found.length;
    if (found === '{{' || found === '}}') {
      add(found.charAt(0));
      continue;
    }
    if (number === undefined)
      throw new InvalidValue(`the format has a lone ${found}: to have one in the text, double it`);
    isNumbered ??= number !== '';
    if (isNumbered !== (number !== '')) throw new InvalidValue('the format has both {} and numbered places');
    const place = isNumbered ? Number(number) : next++;
    if (place >= count) throw new InvalidValue(`the format asks for argument ${place}, and there are ${count}, from 0`);
    places.push(place);
    texts.push('');
  }
  add(format.slice(end));
  return { texts, arguments: places };
}

const filled = ({ texts, arguments: places }: Format, values: readonly string[]): string =>
  texts.map((text, n) => (n === 0 ? text : (values[places[n - 1] ?? 0] ?? '') + text)).join('');

export const TEXT_JOINING_FUNCTIONS: readonly FunctionDefinition[] = [
  define({
    name: 'concat',
    family: 'text',
    doc: 'The values one behind the other, as text or, if they are, as binary; null where one is null: see `concat_ws`.',
    parameters: [common(repeated('values', AS_TEXT_OR_BYTES))],
    result: ({ types: [type = utf8] }) => type,
    evaluate: (...values: readonly (string | Uint8Array)[]) =>
      values.every(isText) ? values.join('') : new Uint8Array(Buffer.concat(values.filter(isBinary))),
    examples: [
      [['PROMO', ' ', 'BRASS'], 'PROMO BRASS'],
      [['order ', 7n], 'order 7'],
      [['PROMO', null], null],
    ],
  }),
  define({
    name: 'concat_ws',
    family: 'text',
    doc: 'The values that are not null, as text, with the separator between them; null only where the separator is.',
    parameters: [parameter('separator', TEXT), repeated('values', AS_TEXT)],
    result: utf8,
    nulls: 'own',
    mayBeNull: true,
    evaluate: (separator, ...values: readonly (string | null)[]) =>
      separator === null ? null : values.filter((value) => value !== null).join(separator),
    examples: [
      [[', ', 'Rome', null, 'Italy'], 'Rome, Italy'],
      [[', ', null], ''],
    ],
  }),
  define({
    name: 'format',
    family: 'text',
    doc: 'The format with the values, as text, in place of `{}`, one after the other, or of `{0}`, `{1}` and so on. `{{` and `}}` stand for single braces. Null where a value is.',
    parameters: [parameter('format', TEXT), repeated('values', AS_TEXT)],
    result: ({ types, literals: [format] }) =>
      (typeof format === 'string' ? problemOf('format', () => readFormat(format, types.length - 1)) : undefined) ??
      utf8,
    canFail: true,
    prepare: ({ types, literals: [format] }) => {
      const count = types.length - 1;
      const read = recentlyMade(REMEMBERED_FORMATS, (given: string) => readFormat(given, count));
      const known = typeof format === 'string' ? readFormat(format, count) : undefined;
      return (given: string, ...values: readonly string[]) => filled(known ?? read(given), values);
    },
    examples: [
      [['{} of {}', 1n, 5n], '1 of 5'],
      [['{1}/{0} {{}}', 'a', 'b'], 'b/a {}'],
    ],
  }),
];
