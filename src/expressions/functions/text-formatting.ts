/**
 * Values put into the places of a format:
 *
 *     format     {} and {2:>8.2f}     places in the manner of Python and of the fmt library
 *     printf     %s and %8.2f         places in the manner of C
 */

import { type DataType, isNumeric, utf8 } from '../../columnar/data-type.ts';
import type { Value } from '../../columnar/value.ts';
import { InvalidValue } from '../../errors.ts';
import { canCast } from '../coerce.ts';
import { checkGrownLength } from './characters.ts';
import { type FormatSpec, isConversion, type Write, writerOf } from './format-spec.ts';
import {
  define,
  type Example,
  type FunctionDefinition,
  type ParameterKind,
  parameter,
  repeated,
} from './function-definition.ts';
import { TEXT } from './parameter-kinds.ts';
import { problemOf, recentlyMade } from './recently-made.ts';

const REMEMBERED_FORMATS = 16;

/** Numbers as they are, anything else that has a text as that. */
const FORMATTED: ParameterKind<Value & {}> = {
  takes: 'what can be cast to utf8',
  preferred: utf8,
  accept: (type) => (isNumeric(type) ? type : canCast(type, utf8) ? utf8 : undefined),
};

interface Place {
  readonly argument: number;
  readonly spec: FormatSpec;
}

/** Texts and places for arguments. */
type Piece = string | Place;
type ReadFormat = (format: string) => readonly Piece[];

const PLAIN: FormatSpec = {
  fill: ' ',
  align: undefined,
  sign: '',
  zeros: false,
  width: 0,
  grouping: '',
  precision: undefined,
  conversion: '',
  asBits: false,
};

const BRACES = /\{\{|\}\}|\{(\d{0,9})(?::([^{}]*))?\}|[{}]/g;
const SPEC =
  /^(?:(?<fill>.)?(?<align>[<>^]))?(?<sign>[+\- ])?(?<zeros>0)?(?<width>\d{0,9})(?<grouping>[,_']?)(?:\.(?<precision>\d{1,9}))?(?<conversion>\w?)$/su;

function specOf(text: string): FormatSpec {
  const { fill, align, sign, zeros, width, grouping, precision, conversion } = SPEC.exec(text)?.groups ?? {};
  if (conversion === undefined || !isConversion(conversion)) {
    throw new InvalidValue(
      `':${text}' is no specification of a place, which is [[fill]< > ^][+][0][width][,][.precision][d x X o b e f g s]`,
    );
  }
  return {
    ...PLAIN,
    fill: fill ?? ' ',
    align: align as FormatSpec['align'],
    sign: sign === '+' || sign === ' ' ? sign : '',
    zeros: zeros !== undefined,
    width: Number(width),
    grouping: grouping as FormatSpec['grouping'],
    precision: precision === undefined ? undefined : Number(precision),
    conversion,
  };
}

/** @throws InvalidValue where the format cannot be read */
function readBraces(format: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let [end, next, isNumbered] = [0, 0, undefined as boolean | undefined];
  for (const { 0: found, 1: number, 2: spec, index } of format.matchAll(BRACES)) {
    pieces.push(format.slice(end, index));
    end = index + found.length;
    if (found === '{{' || found === '}}') {
      pieces.push(found.charAt(0));
      continue;
    }
    if (number === undefined)
      throw new InvalidValue(`the format has a lone ${found}: to have one in the text, double it`);
    isNumbered ??= number !== '';
    if (isNumbered !== (number !== '')) throw new InvalidValue('the format has both {} and numbered places');
    pieces.push({ argument: isNumbered ? Number(number) : next++, spec: spec === undefined ? PLAIN : specOf(spec) });
  }
  return [...pieces, format.slice(end)];
}

const PERCENT =
  /%(?:%|(?<flags>[-+ 0,_']*)(?<width>\d{0,9})(?:\.(?<precision>\d{0,9}))?(?:hh?|ll?|[jztqL])?(?<conversion>[a-zA-Z]?))/g;

/** @throws InvalidValue where the format cannot be read */
function readPercents(format: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let [end, next] = [0, 0];
  for (const { 0: found, groups = {}, index } of format.matchAll(PERCENT)) {
    pieces.push(format.slice(end, index));
    end = index + found.length;
    if (found === '%%') pieces.push('%');
    else pieces.push({ argument: next++, spec: percentSpec(found, groups) });
  }
  return [...pieces, format.slice(end)];
}

function percentSpec(
  found: string,
  { flags = '', width, precision, conversion = '' }: Readonly<Record<string, string | undefined>>,
): FormatSpec {
  const letter = conversion === 'i' ? 'd' : conversion;
  if (letter === '' || !isConversion(letter)) {
    throw new InvalidValue(
      `'${found}' is no place, which is %[- + 0 ,][width][.precision] and one of d i x X o b e f g s: for a percent sign write %%`,
    );
  }
  return {
    ...PLAIN,
    align: flags.includes('-') ? '<' : letter === 's' ? '>' : undefined,
    sign: flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '',
    zeros: flags.includes('0'),
    width: Number(width),
    grouping: (/[,_']/.exec(flags)?.[0] ?? '') as FormatSpec['grouping'],
    precision: precision === undefined ? undefined : Number(precision),
    conversion: letter,
    asBits: true,
  };
}

/** Texts, and how which argument is written. */
type Written = string | { readonly argument: number; readonly write: Write };

/** @throws InvalidValue where the format asks for an argument that there is not, or cannot write one */
const written = (pieces: readonly Piece[], types: readonly DataType[]): readonly Written[] =>
  pieces.map((piece) => {
    if (typeof piece === 'string') return piece;
    const { argument, spec } = piece;
    const type = types[argument];
    if (type === undefined)
      throw new InvalidValue(`the format asks for argument ${argument}, and there are ${types.length}, from 0`);
    return { argument, write: writerOf(spec, type) };
  });

function filled(pieces: readonly Written[], values: readonly Value[]): string {
  let text = '';
  for (const piece of pieces) {
    text += typeof piece === 'string' ? piece : piece.write(values[piece.argument] ?? null);
    checkGrownLength(text.length);
  }
  return text;
}

const formatting = (
  name: string,
  doc: string,
  read: ReadFormat,
  ...examples: readonly Example[]
): FunctionDefinition => {
  const make = (format: string, types: readonly DataType[]): readonly Written[] =>
    written(read(format), types.slice(1));
  return define({
    name,
    family: 'text',
    doc,
    parameters: [parameter('format', TEXT), repeated('values', FORMATTED)],
    result: ({ types, literals: [format] }) =>
      (typeof format === 'string' ? problemOf(name, () => make(format, types)) : undefined) ?? utf8,
    canFail: true,
    prepare: ({ types, literals: [format] }) => {
      const recent = recentlyMade(REMEMBERED_FORMATS, (given: string) => make(given, types));
      const known = typeof format === 'string' ? make(format, types) : undefined;
      return (given: string, ...values: readonly Value[]) => filled(known ?? recent(given), values);
    },
    examples,
  });
};

const SPEC_DOC =
  '`d`, `x`, `X`, `o` and `b` write integers, `f`, `e` and `g` numbers, rounded half to even, `s` anything as text.';

export const TEXT_FORMATTING_FUNCTIONS: readonly FunctionDefinition[] = [
  formatting(
    'format',
    `The format with the values in place of \`{}\`, one after the other, or of \`{0}\`, \`{1}\` and so on. Behind a colon a place says how: \`[[fill]align][sign][0][width][,][.precision][type]\`, as in \`{:>8.2f}\` and \`{:,d}\`. ${SPEC_DOC} \`{{\` and \`}}\` stand for single braces. Null where a value is.`,
    readBraces,
    [['{} of {}', 1n, 5n], '1 of 5'],
    [['{1}/{0} {{}}', 'a', 'b'], 'b/a {}'],
    [['{:05d}|{:,d}|{:*^7}|{:.2f}', 42n, 1234567n, 'abc', 0.125], '00042|1,234,567|**abc**|0.12'],
  ),
  formatting(
    'printf',
    `The format with the values in place of \`%s\`, \`%d\`, \`%8.2f\` and so on, one after the other, as C has it: \`%[- + 0 ,][width][.precision]type\`. ${SPEC_DOC} \`%%\` stands for a percent sign. Null where a value is.`,
    readPercents,
    [['%s: %d of %d', 'order', 1n, 5n], 'order: 1 of 5'],
    [['%05d|%-5s|%.1e|%x|100 %%', 42n, 'ab', 12345.678, 255n], '00042|ab   |1.2e+04|ff|100 %'],
  ),
];
