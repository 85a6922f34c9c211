/** Hashes are those that others have published. */

import { describe, expect, test } from 'vitest';
import {
  binary,
  type DataType,
  date,
  decimal,
  fixedSizeBinary,
  float32,
  float64,
  int8,
  int32,
  int64,
  list,
  time,
  timestamp,
  uint64,
  utf8,
  uuid,
} from '../../../src/columnar/data-type.ts';
import type { Value } from '../../../src/columnar/value.ts';
import type { Expression } from '../../../src/expressions/expression.ts';
import { murmurhash3, xxhash32, xxhash64 } from '../../../src/expressions/functions/hashing.ts';
import { valueBytes } from '../../../src/expressions/functions/value-bytes.ts';
import { xxh3 } from '../../../src/expressions/functions/xxh3.ts';
import { valueFromJson } from '../../../src/expressions/literal.ts';
import { call, col, evaluated, lit, problemsOf, shown } from './calls.ts';
import { compared } from './duckdb-agreement.ts';

const PRIME32 = 2_654_435_761n;
const PRIME64 = 11_400_714_785_074_694_797n;

/** The bytes that the sanity check of xxHash hashes. */
const SANITY = Buffer.alloc(2_400);
for (let [at, state] = [0, PRIME32]; at < SANITY.length; at += 1) {
  SANITY[at] = Number(state >> 56n);
  state = BigInt.asUintN(64, state * PRIME64);
}

describe('the hashes of the sanity check of xxHash 0.8.3, cli/xsum_sanity_check.c', () => {
  test.each<[number, bigint, bigint]>([
    [0, 0n, 0x2d06800538d394c2n],
    [0, PRIME64, 0xa8a6b918b2f0364an],
    [1, 0n, 0xc44bdff4074eecdbn],
    [1, PRIME64, 0x032be332dd766ef8n],
    [6, 0n, 0x27b56a84cd2d7325n],
    [6, PRIME64, 0x84589c116ab59ab9n],
    [12, 0n, 0xa713daf0dfbb77e7n],
    [12, PRIME64, 0xe7303e1b2336de0en],
    [24, 0n, 0xa3fe70bf9d3510ebn],
    [24, PRIME64, 0x850e80fc35bdd690n],
    [48, 0n, 0x397da259ecba1f11n],
    [48, PRIME64, 0xadc2cbaa44acc616n],
    [80, 0n, 0xbcdefbbb2c47c90an],
    [80, PRIME64, 0xc6dd0cb699532e73n],
    [195, 0n, 0xcd94217ee362ec3an],
    [195, PRIME64, 0xba68003d370cb3d9n],
    [403, 0n, 0xcdeb804d65c6dea4n],
    [403, PRIME64, 0x6259f6ecfd6443fdn],
    [512, 0n, 0x617e49599013cb6bn],
    [512, PRIME64, 0x3ce457de14c27708n],
    [2048, 0n, 0xdd59e2c3a5f038e0n],
    [2048, PRIME64, 0x66f81670669ababcn],
    [2099, 0n, 0xc6b9d9b3fc9ac765n],
    [2099, PRIME64, 0x184f316843663974n],
    [2240, 0n, 0x6e73a90539cf2948n],
    [2240, PRIME64, 0x757ba8487d1b5247n],
    [2367, 0n, 0xcb37aeb9e5d361edn],
    [2367, PRIME64, 0xd2db3415b942b42an],
  ])('XXH3 of %d bytes, seed %d', (length, seed, expected) => {
    expect(xxh3(SANITY.subarray(0, length), seed)).toBe(expected);
  });

  test.each<[number, bigint, bigint]>([
    [0, 0n, 0xef46db3751d8e999n],
    [0, PRIME32, 0xac75fda2929b17efn],
    [1, 0n, 0xe934a84adb052768n],
    [1, PRIME32, 0x5014607643a9b4c3n],
    [4, 0n, 0x9136a0dca57457een],
    [14, 0n, 0x8282dcc4994e35c8n],
    [14, PRIME32, 0xc3bd6bf63deb6df0n],
    [222, 0n, 0xb641ae8cb691c174n],
    [222, PRIME32, 0x20cb8ab7ae10c14an],
  ])('XXH64 of %d bytes, seed %d', (length, seed, expected) => {
    expect(xxhash64(SANITY.subarray(0, length), seed)).toBe(expected);
  });

  test.each<[number, bigint, number]>([
    [0, 0n, 0x02cc5d05],
    [0, PRIME32, 0x36b78ae7],
    [1, 0n, 0xcf65b03e],
    [1, PRIME32, 0xb4545aa4],
    [14, 0n, 0x1208e7e2],
    [14, PRIME32, 0x6af1d1fe],
    [222, 0n, 0x5bd11dbd],
    [222, PRIME32, 0x58803c5f],
  ])('XXH32 of %d bytes, seed %d', (length, seed, expected) => {
    expect(xxhash32(SANITY.subarray(0, length), Number(seed))).toBe(expected);
  });
});

// SMHasher's VerificationTest: the hashes of the first 0 to 255 bytes, with seeds from 256 downwards, hashed once more.
test('MurmurHash3_x86_32 has the verification value that SMHasher gives it', () => {
  const keys = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
  const hashes = Buffer.alloc(1_024);
  for (let length = 0; length < 256; length += 1) {
    hashes.writeInt32LE(murmurhash3(keys.subarray(0, length), 256 - length), length * 4);
  }
  expect(murmurhash3(hashes) >>> 0).toBe(0xb0f57ee3);
});

describe('hashes of values', () => {
  const hashed = (e: Expression, ...more: Expression[]): string => shown(call('hash', e, ...more));
  const whole = (type: DataType, value: number): string => hashed(lit(type, value));

  test('null hashes as nothing does, and zeros, NaN and integers of every width hash alike', () => {
    expect(hashed(lit(utf8, null))).toBe(hashed(lit(utf8, '')));
    expect(hashed(lit(float64, '-0'))).toBe(hashed(lit(float64, 0)));
    expect(hashed(lit(float32, 1.5))).toBe(hashed(lit(float64, 1.5)));
    expect(new Set([int8, int32, int64, uint64].map((type) => whole(type, 7))).size).toBe(1);
    expect(whole(int8, -1)).toBe(whole(int64, -1));
  });

  test('parts of nested values do not run into each other', () => {
    const lists = [[''], ['', ''], ['ab'], ['a', 'b'], ['b', 'a'], []];
    expect(new Set(lists.map((value) => hashed(lit(list(utf8), value)))).size).toBe(lists.length);
  });

  test.each(['xxhash64', 'xxhash3_64', 'xxhash32', 'murmurhash3'])('%s takes a seed', (algorithm) => {
    const of = (seed: number): string => hashed(lit(utf8, 'abc'), lit(int64, seed), lit(utf8, algorithm));
    expect(of(0)).not.toBe(of(1));
    expect(of(-1)).toMatch(/^uint64: "\d+"$/);
  });

  test.each(['md5', 'constructor', ''])('%s is no algorithm', (algorithm) => {
    const given = call('hash', col('a'), lit(int64, 0), lit(utf8, algorithm));
    expect(problemsOf([utf8], given).join()).toContain('xxhash64, xxhash3_64, xxhash32, murmurhash3');
  });
});

describe('texts that are alike have sketches that are', () => {
  const WORDS = Array.from({ length: 400 }, (_, n) => `w${(n * 7_919) % 1_009}`);
  const TEXT = WORDS.join(' ');
  const CHANGED = WORDS.with(100, 'other').with(300, 'one').join(' ');
  const STRANGE = WORDS.map((word) => `x${word}`).join(' ');

  test('minhash', () => {
    const sketch = (text: string): number[] =>
      evaluated([utf8], [text], call('minhash', col('a'), lit(int64, 256), lit(int64, 2))) as number[];
    const shared = (a: string, b: string): number => {
      const other = sketch(b);
      return sketch(a).filter((hash, n) => hash === other[n]).length / 256;
    };
    expect(shared(TEXT, TEXT)).toBe(1);
    // 4 of 399 runs of two words are others: their share is 395 / 403.
    expect(shared(TEXT, CHANGED)).toBeCloseTo(395 / 403, 1);
    expect(shared(TEXT, STRANGE)).toBeLessThan(0.05);
    expect(sketch(`  ${TEXT}\n`)).toEqual(sketch(TEXT));
  });

  test('simhash', () => {
    const bits = (text: string): bigint => evaluated([utf8], [text], call('simhash', col('a'))) as bigint;
    const differing = (a: string, b: string): number => (bits(a) ^ bits(b)).toString(2).split('1').length - 1;
    expect(differing(TEXT, CHANGED)).toBeLessThan(10);
    expect(differing(TEXT, STRANGE)).toBeGreaterThan(15);
  });

  test.each([
    ['no hashes', call('minhash', col('a'), lit(int64, 0), lit(int64, 2))],
    ['too many', call('minhash', col('a'), lit(int64, 100_000), lit(int64, 2))],
    ['no words', call('minhash', col('a'), lit(int64, 2), lit(int64, 0))],
    ['a number that is a column', call('minhash', col('a'), call('list_length', lit(list(int64), [])), lit(int64, 1))],
  ])('%s is refused', (_, e) => expect(problemsOf([utf8], e).join()).toContain('literal from 1 to'));
});

describe("the hashes of Iceberg's specification, appendix B", () => {
  test.each<[DataType, string | number, number]>([
    [int32, 34, 2017239379],
    [int64, 34, 2017239379],
    [decimal(9, 2), '14.20', -500754589],
    [date, '2017-11-16', -653330422],
    [time('us'), '22:31:08', -662762989],
    [timestamp('us'), '2017-11-16T22:31:08', -2047944441],
    [timestamp('us'), '2017-11-16T22:31:08.000001', -1207196810],
    [utf8, 'iceberg', 1210000089],
    [uuid, 'f79c3e09-677c-4bbd-a479-3f349cb785e7', 1488055340],
    [binary, Buffer.from([0, 1, 2, 3]).toString('base64'), -188683207],
    [fixedSizeBinary(4), Buffer.from([0, 1, 2, 3]).toString('base64'), -188683207],
    [float32, 1, -142385009],
    [float64, 1, -142385009],
    [float64, 0, 1669671676],
    [float64, '-0', 1669671676],
  ])('of %o %s', (type, json, expected) => {
    const value: Value = valueFromJson(json, type) ?? null;
    expect(murmurhash3(valueBytes(value, type))).toBe(expected);
  });
});

const TEXTS = ['', 'a', 'ß é', '\u{1F600}', 'x'.repeat(1_000)];

test.each(['md5', 'sha1', 'sha256'])('%s is as in DuckDB', async (name) => {
  const rows = TEXTS.map((text) => [text]);
  for (const { ours, theirs } of await compared({
    types: [utf8],
    rows,
    call: call(name, col('a')),
    sql: `${name}(a)`,
  })) {
    expect(ours).toBe(theirs);
  }
});
