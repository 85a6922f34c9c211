/** Bytes and texts in other forms, by the codecs of byte-codecs.ts. */

import { binary, integerBits, isBytes, utf8 } from '../../columnar/data-type.ts';
import { type Value, wholeOf } from '../../columnar/value.ts';
import { InvalidValue } from '../../errors.ts';
import { CODECS, type Codec, UTF8 } from './byte-codecs.ts';
import {
  type Call,
  define,
  type Evaluate,
  type Example,
  type FunctionDefinition,
  type ParameterKind,
  parameter,
} from './function-definition.ts';
import { TEXT, TEXT_OR_BYTES } from './parameter-kinds.ts';

const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ['utf8', 'utf-8'],
  ['gz', 'gzip'],
]);

/** The codec that the second argument, a literal, names. */
function codecOf({ literals: [, name] }: Call): Codec | undefined {
  return typeof name === 'string' ? CODECS.get(OTHER_NAMES.get(name) ?? name) : undefined;
}

const bytesOf = (value: Value | undefined): Buffer =>
  value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : Buffer.from(String(value));

/** What `convert` gives for the bytes of a text or of binary; null where it refuses, and is only tried. */
const converting =
  (convert: (bytes: Buffer) => Uint8Array | string, isTry: boolean): Evaluate =>
  (value) => {
    try {
      return convert(bytesOf(value));
    } catch (error) {
      if (isTry && error instanceof InvalidValue) return null;
      throw error;
    }
  };

const codecFunction = (
  name: string,
  alias: string,
  doc: string,
  direction: 'encode' | 'decode',
  ...examples: readonly Example[]
): FunctionDefinition => {
  const isTry = name.startsWith('try');
  return define({
    name,
    aliases: [alias],
    family: 'bytes',
    doc,
    mayBeNull: isTry,
    canFail: !isTry,
    parameters: [parameter('value', TEXT_OR_BYTES), parameter('codec', TEXT)],
    result: (call) => {
      const codec = codecOf(call);
      if (codec === undefined) return `The codec is a literal: one of ${[...CODECS.keys()].join(', ')}.`;
      return direction === 'encode' ? codec.encoded : codec.decoded;
    },
    prepare: (call) => converting((codecOf(call) ?? UTF8)[direction], isTry),
    examples,
  });
};

/** A conversion by one codec, under a name of its own. */
const named = (
  name: string,
  alias: string,
  doc: string,
  codec: string,
  direction: 'encode' | 'decode',
  example: Example,
): FunctionDefinition => {
  const { encoded, decoded, [direction]: convert } = CODECS.get(codec) ?? UTF8;
  return define({
    name,
    aliases: [alias],
    family: 'bytes',
    doc,
    canFail: direction === 'decode',
    parameters: [parameter('value', TEXT_OR_BYTES)],
    result: direction === 'encode' ? encoded : decoded,
    prepare: () => converting(convert, false),
    examples: [example],
  });
};

const BYTES_OR_INTEGER: ParameterKind<Value & {}> = {
  takes: 'utf8, binary or an integer',
  preferred: utf8,
  accept: (type) => (isBytes(type) || integerBits(type) !== undefined ? type : undefined),
};

const BYTES_OF_HI = { kind: 'literal', type: binary, value: 'SGk=' } as const;

export const CODEC_FUNCTIONS: readonly FunctionDefinition[] = [
  codecFunction(
    'encode',
    'compress',
    'A text, as UTF-8, or bytes in base64, base64url or hex, which are text, or as utf-8, deflate, zlib, gzip, zstd or brotli, which are bytes.',
    'encode',
    [['Hi', 'base64'], 'SGk='],
    [['Hi', 'hex'], '4869'],
  ),
  codecFunction(
    'decode',
    'decompress',
    'What `encode` made, as bytes, of utf-8 as text. What is not encoded so is an error, and so is what would be longer than 16 MiB.',
    'decode',
    [['SGk=', 'base64'], 'SGk='],
    [[BYTES_OF_HI, 'utf-8'], 'Hi'],
  ),
  codecFunction('try_encode', 'try_compress', 'As `encode`; null where the value is too long.', 'encode', [
    ['Hi', 'hex'],
    '4869',
  ]),
  codecFunction('try_decode', 'try_decompress', 'As `decode`; null where that is an error.', 'decode', [
    ['no hex', 'hex'],
    null,
  ]),
  named('to_base64', 'base64', 'The bytes, of a text its UTF-8, in base64.', 'base64', 'encode', [['Hi'], 'SGk=']),
  named('from_base64', 'unbase64', 'The bytes that are written in base64.', 'base64', 'decode', [['SGk='], 'SGk=']),
  named('from_hex', 'unhex', 'The bytes that are written in hexadecimal digits.', 'hex', 'decode', [['4869'], 'SGk=']),
  define({
    name: 'hex',
    aliases: ['to_hex'],
    family: 'bytes',
    doc: 'The bytes, of a text its UTF-8, in hexadecimal digits in upper case; of an integer its 64 bits, without zeros at the beginning.',
    parameters: [parameter('value', BYTES_OR_INTEGER)],
    result: utf8,
    prepare: ({ types: [type] }) =>
      type !== undefined && isBytes(type)
        ? (value) => bytesOf(value).toString('hex').toUpperCase()
        : (value) => BigInt.asUintN(64, wholeOf(value)).toString(16).toUpperCase(),
    examples: [
      [['Hi'], '4869'],
      [[255n], 'FF'],
    ],
  }),
];
