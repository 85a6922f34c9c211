/**
 * Bytes and texts in other forms: base64, hex, UTF-8, and compressed. What is compressed may claim to be small and be
 * vast, so that results are bounded.
 */

import {
  brotliCompressSync,
  brotliDecompressSync,
  deflateRawSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateRawSync,
  inflateSync,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib';
import { binary, type DataType, utf8 } from '../../columnar/data-type.ts';
import type { Value } from '../../columnar/value.ts';
import { InvalidValue } from '../../errors.ts';
import {
  type Call,
  define,
  type Evaluate,
  type Example,
  type FunctionDefinition,
  parameter,
} from './function-definition.ts';
import { TEXT, TEXT_OR_BYTES } from './parameter-kinds.ts';

/** Bytes of one result, at most. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const LIMIT = { maxOutputLength: MAX_OUTPUT_BYTES } as const;

interface Codec {
  /** What encoding gives, and decoding takes. */
  readonly encoded: 'utf8' | 'binary';
  readonly decoded: 'utf8' | 'binary';
  readonly encode: (bytes: Buffer) => Uint8Array | string;
  /** Undefined where it is not encoded so. */
  readonly decode: (bytes: Buffer) => Uint8Array | string | undefined;
}

const compressed = (encode: (bytes: Buffer) => Buffer, decode: (bytes: Buffer) => Buffer): Codec => ({
  encoded: 'binary',
  decoded: 'binary',
  encode,
  decode: (bytes) => {
    try {
      return decode(bytes);
    } catch {
      return undefined;
    }
  },
});

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function fromUtf8(bytes: Buffer): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Digits of one alphabet and nothing else. */
const written = (pattern: RegExp, encoding: 'base64' | 'base64url' | 'hex') => (bytes: Buffer) => {
  const text = bytes.toString('latin1');
  return pattern.test(text) ? Buffer.from(text, encoding) : undefined;
};

const CODECS: Readonly<Record<string, Codec>> = {
  base64: {
    encoded: 'utf8',
    decoded: 'binary',
    encode: (bytes) => bytes.toString('base64'),
    decode: (bytes) => (bytes.length % 4 === 0 ? written(/^[A-Za-z0-9+/]*={0,2}$/, 'base64')(bytes) : undefined),
  },
  base64url: {
    encoded: 'utf8',
    decoded: 'binary',
    encode: (bytes) => bytes.toString('base64url'),
    decode: written(/^[A-Za-z0-9_-]*={0,2}$/, 'base64url'),
  },
  hex: {
    encoded: 'utf8',
    decoded: 'binary',
    encode: (bytes) => bytes.toString('hex'),
    decode: (bytes) => (bytes.length % 2 === 0 ? written(/^[0-9A-Fa-f]*$/, 'hex')(bytes) : undefined),
  },
  'utf-8': { encoded: 'binary', decoded: 'utf8', encode: (bytes) => bytes, decode: fromUtf8 },
  deflate: compressed(deflateRawSync, (bytes) => inflateRawSync(bytes, LIMIT)),
  zlib: compressed(deflateSync, (bytes) => inflateSync(bytes, LIMIT)),
  gzip: compressed(gzipSync, (bytes) => gunzipSync(bytes, LIMIT)),
  zstd: compressed(zstdCompressSync, (bytes) => zstdDecompressSync(bytes, LIMIT)),
  brotli: compressed(brotliCompressSync, (bytes) => brotliDecompressSync(bytes, LIMIT)),
};

const typeOf = (kind: 'utf8' | 'binary'): DataType => (kind === 'utf8' ? utf8 : binary);

/** The codec that the second argument, a literal, names. */
function codecOf({ literals: [, name] }: Call): Codec | string {
  const codec = typeof name === 'string' ? CODECS[name] : undefined;
  return codec ?? `The codec is a literal: one of ${Object.keys(CODECS).join(', ')}.`;
}

const bytesOf = (value: Value | undefined): Buffer =>
  value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : Buffer.from(String(value));

const codecFunction = (
  name: string,
  aliases: readonly string[],
  doc: string,
  nullable: boolean,
  direction: 'encode' | 'decode',
  ...examples: readonly Example[]
): FunctionDefinition =>
  define({
    name,
    aliases,
    family: 'bytes',
    doc,
    mayBeNull: nullable,
    canFail: !nullable,
    parameters: [parameter('value', TEXT_OR_BYTES), parameter('codec', TEXT)],
    result: (call) => {
      const codec = codecOf(call);
      if (typeof codec === 'string') return codec;
      return typeOf(direction === 'encode' ? codec.encoded : codec.decoded);
    },
    prepare: (call) => {
      const codec = codecOf(call);
      if (typeof codec === 'string') throw new TypeError(codec);
      const evaluate: Evaluate = (value) => {
        const result = direction === 'encode' ? encoded(codec, bytesOf(value)) : codec.decode(bytesOf(value));
        if (result !== undefined) return typeof result === 'string' ? result : Uint8Array.from(result);
        if (nullable) return null;
        const limit = `or is more than ${MAX_OUTPUT_BYTES} bytes long`;
        throw new InvalidValue(`The value is not in ${String(call.literals[1])}, ${limit}.`);
      };
      return evaluate;
    },
    examples,
  });

function encoded(codec: Codec, bytes: Buffer): Uint8Array | string | undefined {
  return bytes.length > MAX_OUTPUT_BYTES ? undefined : codec.encode(bytes);
}

const BYTES_OF_HI = { kind: 'literal', type: binary, value: 'SGk=' } as const;

export const CODEC_FUNCTIONS: readonly FunctionDefinition[] = [
  codecFunction(
    'encode',
    ['compress'],
    'A text, as UTF-8, or bytes in base64, base64url or hex, which are text, or as utf-8, deflate, zlib, gzip, zstd or brotli, which are bytes.',
    false,
    'encode',
    [['Hi', 'base64'], 'SGk='],
    [['Hi', 'hex'], '4869'],
  ),
  codecFunction(
    'decode',
    ['decompress'],
    'What `encode` made, as bytes, of utf-8 as text. What is not encoded so is an error.',
    false,
    'decode',
    [['SGk=', 'base64'], 'SGk='],
    [[BYTES_OF_HI, 'utf-8'], 'Hi'],
  ),
  codecFunction('try_encode', ['try_compress'], 'As `encode`; null where the value is too long.', true, 'encode', [
    ['Hi', 'hex'],
    '4869',
  ]),
  codecFunction(
    'try_decode',
    ['try_decompress'],
    'As `decode`; null where the value is not encoded so.',
    true,
    'decode',
    [['no hex', 'hex'], null],
  ),
];
