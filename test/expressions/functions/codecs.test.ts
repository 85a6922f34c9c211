import { brotliCompressSync, constants, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { binary, type DataType, fixedSizeBinary, int8, int64, uint64, utf8 } from '../../../src/columnar/data-type.ts';
import type { Value } from '../../../src/columnar/value.ts';
import { InvalidValue } from '../../../src/errors.ts';
import { boundOver, call, col, evaluated, lit, problemsOf } from './calls.ts';
import { compared } from './duckdb-agreement.ts';

const CODECS = ['base64', 'base64url', 'hex', 'deflate', 'zlib', 'gzip', 'zstd', 'brotli'];
const converted = (name: string, codec: string, type: DataType, value: Value): Value =>
  evaluated([type], [value], call(name, col('a'), lit(utf8, codec)));
const decoded = (codec: string, bytes: Uint8Array): Value => converted('decode', codec, binary, bytes);
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const hex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits, 'hex'));

describe('what is encoded is decoded', () => {
  test.each(CODECS)('%s, of any bytes', (codec) => {
    const encoded = boundOver([binary], call('encode', col('a'), lit(utf8, codec))).type;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (given) => {
        const value = converted('encode', codec, binary, given);
        expect(converted('decode', codec, encoded, value)).toEqual(given);
        expect(converted('try_decode', codec, encoded, converted('try_encode', codec, binary, given))).toEqual(given);
      }),
      { numRuns: 60, seed: 31 },
    );
  });

  test.each([...CODECS, 'utf-8'])('%s, of texts by their UTF-8', (codec) => {
    for (const text of ['', 'a', 'ß é', '\u{1F600}', '\uFEFFx', 'x'.repeat(10_000)]) {
      const encoded = boundOver([utf8], call('encode', col('a'), lit(utf8, codec))).type;
      const back = converted('decode', codec, encoded, converted('encode', codec, utf8, text));
      expect(typeof back === 'string' ? back : Buffer.from(back as Uint8Array).toString()).toBe(text);
    }
  });

  test('types of results', () => {
    const typeOf = (name: string, codec: string): string =>
      boundOver([utf8], call(name, col('a'), lit(utf8, codec))).type.kind;
    expect(['base64', 'utf-8', 'utf8', 'gz', 'zstd'].map((codec) => typeOf('encode', codec))).toEqual([
      'utf8',
      'binary',
      'binary',
      'binary',
      'binary',
    ]);
    expect(['base64', 'utf-8', 'gz'].map((codec) => typeOf('try_decode', codec))).toEqual(['binary', 'utf8', 'binary']);
  });
});

describe('what others have published is read', () => {
  test.each<[string, string, string]>([
    // RFC 4648, section 10.
    ['base64', Buffer.from('Zm9vYmE=').toString('hex'), Buffer.from('fooba').toString('hex')],
    ['base64', Buffer.from('Zm9vYg==').toString('hex'), Buffer.from('foob').toString('hex')],
    ['base64url', Buffer.from('-_8').toString('hex'), 'fbff'],
    ['base64url', Buffer.from('-_8=').toString('hex'), 'fbff'],
    ['hex', Buffer.from('00fFA0').toString('hex'), '00ffa0'],
    // Of RFC 1951 a stored block, of RFC 1950 the same with its frame.
    ['deflate', '010100feff61', '61'],
    ['zlib', '7801010100feff6100620062', '61'],
    // RFC 8878: a raw frame of one byte; RFC 7932: no bytes at all.
    ['zstd', '28b52ffd200109000061', '61'],
    ['brotli', '06', ''],
  ])('%s of %s', (codec, given, expected) => {
    expect(decoded(codec, hex(given))).toEqual(hex(expected));
  });
});

describe('values of several parts', () => {
  test('gzip has members, which zeros may follow', () => {
    const twice = Buffer.concat([gzipSync('one '), gzipSync('two')]);
    expect(decoded('gzip', twice)).toEqual(new Uint8Array(Buffer.from('one two')));
    expect(decoded('gzip', Buffer.concat([twice, Buffer.alloc(9)]))).toEqual(new Uint8Array(Buffer.from('one two')));
  });

  test('zstd has frames, all of which are read', () => {
    const frames = ['one ', '', 'two ', 'x'.repeat(100_000)].map((text) => zstdCompressSync(text));
    expect(Buffer.from(decoded('zstd', Buffer.concat(frames)) as Uint8Array).toString()).toBe(
      `one two ${'x'.repeat(100_000)}`,
    );
    const many = Buffer.concat(Array.from({ length: 2_000 }, () => zstdCompressSync('')));
    expect(() => decoded('zstd', many)).toThrow(InvalidValue);
  });
});

describe('what is not encoded so is an error, or null where it is tried', () => {
  const cut = (codec: string): Uint8Array => (converted('encode', codec, utf8, 'some text') as Uint8Array).slice(0, -1);
  const more = (codec: string): Uint8Array =>
    Buffer.concat([converted('encode', codec, utf8, 'some text') as Uint8Array, bytes(1, 2)]);
  const COMPRESSED = ['deflate', 'zlib', 'gzip', 'zstd', 'brotli'];
  test.each<[string, Uint8Array]>([
    ['base64', Buffer.from('Zg=')],
    ['base64', Buffer.from('Z g=')],
    ['base64', Buffer.from('Zg==Zg==')],
    ['base64', Buffer.from('-_8=')],
    ['base64', Buffer.from('Zé==')],
    ['base64url', Buffer.from('a')],
    ['base64url', Buffer.from('+/8')],
    ['base64url', Buffer.from('Zg=')],
    ['hex', Buffer.from('abc')],
    ['hex', Buffer.from('0x')],
    ['utf-8', bytes(0xff)],
    ['utf-8', bytes(0xed, 0xa0, 0x80)],
    ['utf-8', bytes(0xc3)],
    ...COMPRESSED.map((codec): [string, Uint8Array] => [codec, bytes()]),
    ...COMPRESSED.map((codec): [string, Uint8Array] => [codec, Buffer.from('certainly not')]),
    ...COMPRESSED.map((codec): [string, Uint8Array] => [codec, cut(codec)]),
    ...COMPRESSED.map((codec): [string, Uint8Array] => [codec, more(codec)]),
  ])('%s %#', (codec, given) => {
    expect(() => decoded(codec, given)).toThrow(InvalidValue);
    expect(() => decoded(codec, given)).toThrow(/^row 1: /);
    expect(converted('try_decode', codec, binary, given)).toBeNull();
  });

  test('damage anywhere is an error or other bytes, never a crash', () => {
    fc.assert(
      fc.property(fc.constantFrom(...COMPRESSED), fc.nat(60), fc.integer({ min: 1, max: 255 }), (codec, at, by) => {
        const given = converted('encode', codec, utf8, 'a text that repeats a text that repeats') as Uint8Array;
        const damaged = given.map((byte, n) => (n === at % given.length ? byte ^ by : byte));
        const result = converted('try_decode', codec, binary, damaged);
        expect(result === null || result instanceof Uint8Array).toBe(true);
      }),
      { numRuns: 300, seed: 32 },
    );
  });
});

describe('no value grows beyond bounds', () => {
  const LIMIT = 2 ** 24;
  const vast = Buffer.alloc(LIMIT + 1);
  const fast = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
  test.each([
    ['gzip', gzipSync(vast, { level: 1 })],
    ['zstd', zstdCompressSync(vast)],
    ['brotli', brotliCompressSync(vast, fast)],
    ['zstd', Buffer.concat([zstdCompressSync(vast.subarray(0, LIMIT)), zstdCompressSync('x')])],
  ])('%s of a few bytes that stand for very many', (codec, given) => {
    expect(given.length).toBeLessThan(LIMIT / 200);
    expect(() => decoded(codec, given)).toThrow(`more than ${LIMIT} bytes`);
    expect(converted('try_decode', codec, binary, given)).toBeNull();
  });

  test('zstd is not given the memory that a frame asks for', () => {
    // A frame whose header asks for a window of 2 ** 27 bytes.
    expect(() => decoded('zstd', hex('28b52ffd008809000061'))).toThrow(InvalidValue);
  });

  test('what is as long as allowed is decompressed, and longer is not compressed', () => {
    const most = decoded('gzip', gzipSync(vast.subarray(0, LIMIT), { level: 1 })) as Uint8Array;
    expect(most.byteLength).toBe(LIMIT);
    expect(() => converted('encode', 'gzip', binary, vast)).toThrow(InvalidValue);
    expect(converted('try_encode', 'gzip', binary, vast)).toBeNull();
  });
});

test.each(['base32', 'constructor', '__proto__', '', 'BASE64'])('there is no codec %s', (codec) => {
  expect(problemsOf([utf8], call('decode', col('a'), lit(utf8, codec))).join()).toContain(
    'base64, base64url, hex, utf-8',
  );
});

test('a codec is a literal', () => {
  expect(problemsOf([utf8, utf8], call('encode', col('a'), col('b')))).toHaveLength(1);
  expect(problemsOf([int64], call('encode', col('a'), lit(utf8, 'hex')))).toHaveLength(1);
  expect(problemsOf([fixedSizeBinary(2)], call('hex', col('a')))).toHaveLength(1);
});

describe('as DuckDB has it', () => {
  const BLOBS = [
    null,
    bytes(),
    bytes(0),
    bytes(255, 254, 0, 1),
    bytes(97, 98),
    Uint8Array.from({ length: 256 }, (_, n) => n),
  ];
  const TEXTS = [null, '', 'a', 'ß é', '\u{1F600}'];
  test.each<[string, DataType, readonly Value[], string]>([
    ['to_base64', binary, BLOBS, 'to_base64(a)'],
    ['hex', binary, BLOBS, 'hex(a)'],
    ['hex', utf8, TEXTS, 'hex(a)'],
    ['hex', int64, [0n, 1n, 255n, -1n, -(2n ** 63n), null], 'hex(a)'],
    ['hex', int8, [0, 127, -128], 'hex(a)'],
    ['hex', uint64, [2n ** 64n - 1n], 'hex(a)'],
    ['from_hex', utf8, [null, '', '00', 'fFa0'], 'from_hex(a)'],
    ['from_base64', utf8, [null, '', 'YQ==', 'YWI=', 'YWJj', '+/8='], 'from_base64(a)'],
  ])('%s of %o', async (name, type, values, sql) => {
    const rows = values.map((value) => [value]);
    for (const { ours, theirs, row } of await compared({ types: [type], rows, call: call(name, col('a')), sql })) {
      expect(ours, String(row[0])).toEqual(theirs);
    }
  });
});
