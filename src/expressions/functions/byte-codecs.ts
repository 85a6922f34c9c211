/**
 * Bytes and texts in other forms: base64, hex, UTF-8, and compressed. What is compressed may claim to be small and be
 * vast, so that results are bounded, and so is the memory that making them takes. What stands behind the end of what is
 * compressed is an error: it would be lost.
 */

import {
  brotliCompressSync,
  brotliDecompressSync,
  constants,
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
import { InvalidValue } from '../../errors.ts';

/** Bytes of a result, and of what is compressed, at most. */
const MAX_BYTES = 2 ** 24;
/** Bytes that zstd may look back for, as a power of two: it reserves them before it writes anything. */
const MAX_WINDOW_LOG = 24;
/** Frames of zstd that one value may be made of. */
const MAX_FRAMES = 1_000;

export interface Codec {
  /** What encoding gives, and decoding takes. */
  readonly encoded: DataType;
  readonly decoded: DataType;
  readonly encode: (bytes: Buffer) => Uint8Array | string;
  /** @throws InvalidValue where the bytes are not encoded so, or are too many */
  readonly decode: (bytes: Buffer) => Uint8Array | string;
}

const refuse = (what: string): never => {
  throw new InvalidValue(what);
};
const tooLong = (): never => refuse(`The result is more than ${MAX_BYTES} bytes long.`);

/** Without the methods that a Buffer has beside those of its kind; the same memory. */
const plain = (bytes: Buffer): Uint8Array => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** A function of Node's zlib. With `info` it gives more than its types say. */
type Decompress = (bytes: Buffer, options: { readonly maxOutputLength: number; readonly info: boolean }) => Buffer;

interface Decompressed {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/** The decompressed bytes, and how many of the given ones they were made of. */
function decompressed(name: string, decompress: Decompress, bytes: Buffer, most: number): Decompressed {
  const options = { maxOutputLength: most, info: true };
  try {
    return decompress(bytes, options) as unknown as Decompressed;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return tooLong();
    return refuse(`The value is not compressed by ${name}: ${(error as Error).message}.`);
  }
}

const compression = (
  name: string,
  encode: (bytes: Buffer) => Buffer,
  decode: (bytes: Buffer) => Uint8Array,
): [string, Codec] => [
  name,
  {
    encoded: binary,
    decoded: binary,
    encode: (bytes) => (bytes.length > MAX_BYTES ? tooLong() : plain(encode(bytes))),
    decode,
  },
];

/** Of one stream; of gzip of one or several, which zeros may follow. */
const whole =
  (name: string, decompress: Decompress): ((bytes: Buffer) => Uint8Array) =>
  (bytes) => {
    const { buffer, engine } = decompressed(name, decompress, bytes, MAX_BYTES);
    const rest = bytes.subarray(engine.bytesWritten);
    if (rest.length > 0 && !(name === 'gzip' && rest.every((byte) => byte === 0))) {
      refuse(`Behind what is compressed by ${name} there are ${rest.length} bytes more.`);
    }
    return plain(buffer);
  };

const zstd: Decompress = (bytes, options) =>
  zstdDecompressSync(bytes, { ...options, params: { [constants.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG } });

/** Of one frame behind the other. */
function frames(bytes: Buffer): Uint8Array {
  const parts: Buffer[] = [];
  let left = MAX_BYTES;
  for (let rest = bytes; parts.length === 0 || rest.length > 0; ) {
    const { buffer, engine } = decompressed('zstd', zstd, rest, left);
    if (parts.length === MAX_FRAMES) refuse(`A value of more than ${MAX_FRAMES} frames of zstd is not decompressed.`);
    parts.push(buffer);
    left -= buffer.length;
    rest = rest.subarray(engine.bytesWritten);
    if (left <= 0 && rest.length > 0) tooLong();
  }
  return plain(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts));
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function fromUtf8(bytes: Buffer): string {
  try {
    return strict.decode(bytes);
  } catch {
    return refuse('The bytes are not UTF-8.');
  }
}

/** Digits of one alphabet and nothing else. */
const written = (name: 'base64' | 'base64url' | 'hex', isWritten: (text: string) => boolean): [string, Codec] => [
  name,
  {
    encoded: utf8,
    decoded: binary,
    encode: (bytes) => bytes.toString(name),
    decode: (bytes) => {
      const text = bytes.toString('latin1');
      return isWritten(text) ? plain(Buffer.from(text, name)) : refuse(`The value is not written in ${name}.`);
    },
  },
];

export const UTF8: Codec = { encoded: binary, decoded: utf8, encode: plain, decode: fromUtf8 };

/** By name, in the order of the reference. */
export const CODECS: ReadonlyMap<string, Codec> = new Map([
  written('base64', (text) => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)),
  written('base64url', (text) => {
    const digits = /^([A-Za-z0-9_-]*)={0,2}$/.exec(text)?.[1];
    if (digits === undefined || digits.length % 4 === 1) return false;
    return digits.length === text.length || text.length % 4 === 0;
  }),
  written('hex', (text) => text.length % 2 === 0 && /^[0-9A-Fa-f]*$/.test(text)),
  ['utf-8', UTF8],
  compression('deflate', deflateRawSync, whole('deflate', inflateRawSync)),
  compression('zlib', deflateSync, whole('zlib', inflateSync)),
  compression('gzip', gzipSync, whole('gzip', gunzipSync)),
  compression('zstd', zstdCompressSync, frames),
  compression('brotli', brotliCompressSync, whole('brotli', brotliDecompressSync)),
]);
