/** Hashes of values, and sketches of texts that are alike where the texts are. */

import { createHash } from 'node:crypto';
import type { DataType } from '../../columnar/data-type.ts';
import { fixedSizeList, int32, uint32, uint64, utf8 } from '../../columnar/data-type.ts';
import { InvalidValue } from '../../errors.ts';
import { type Call, define, type FunctionDefinition, optional, parameter } from './function-definition.ts';
import { murmurhash3, xxhash32, xxhash64 } from './hashing.ts';
import { ANY, INTEGER, TEXT, TEXT_OR_BYTES } from './parameter-kinds.ts';
import { valueBytes } from './value-bytes.ts';
import { xxh3 } from './xxh3.ts';

const digest = (name: string, algorithm: string, doc: string, example: string): FunctionDefinition =>
  define({
    name,
    family: 'hashes and sketches',
    doc,
    parameters: [parameter('value', TEXT_OR_BYTES)],
    result: utf8,
    evaluate: (value) => createHash(algorithm).update(value).digest('hex'),
    examples: [[['abc'], example]],
  });

/** Runs of so many words of a text, each one word further. */
function shingles(text: string, length: number): string[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  if (words.length <= length) return words.length === 0 ? [] : [words.join(' ')];
  return Array.from({ length: words.length - length + 1 }, (_, at) => words.slice(at, at + length).join(' '));
}

/** The least of each of `count` hashes over the shingles; 2 ** 32 - 1 of a text without words. */
function minhash(text: string, count: number, length: number, seed: number): number[] {
  const least = new Array<number>(count).fill(0xffff_ffff);
  for (const shingle of shingles(text, length)) {
    const bytes = Buffer.from(shingle);
    for (let n = 0; n < count; n += 1) {
      const hash = murmurhash3(bytes, (seed + n) | 0) >>> 0;
      if (hash < (least[n] ?? 0)) least[n] = hash;
    }
  }
  return least;
}

/** Each bit as most of the shingles' hashes have it. Source: Charikar, "Similarity estimation techniques" (2002). */
function simhash(text: string, length: number): bigint {
  const votes = new Array<number>(64).fill(0);
  for (const shingle of shingles(text, length)) {
    const hash = xxhash64(Buffer.from(shingle));
    const halves = [Number(BigInt.asIntN(32, hash)), Number(BigInt.asIntN(32, hash >> 32n))];
    for (let bit = 0; bit < 64; bit += 1) {
      const isSet = (((halves[bit >> 5] ?? 0) >>> (bit & 31)) & 1) === 1;
      votes[bit] = (votes[bit] ?? 0) + (isSet ? 1 : -1);
    }
  }
  return votes.reduce((all, vote, bit) => (vote > 0 ? all | (1n << BigInt(bit)) : all), 0n);
}

type Algorithm = (bytes: Uint8Array, seed: bigint) => bigint;

const ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  xxhash64,
  xxhash3_64: xxh3,
  xxhash32: (bytes, seed) => BigInt(xxhash32(bytes, Number(BigInt.asUintN(32, seed)))),
  murmurhash3: (bytes, seed) => BigInt.asUintN(32, BigInt(murmurhash3(bytes, Number(BigInt.asIntN(32, seed))))),
};

/** That which the third argument, a literal, names. */
const algorithmOf = ({ literals: [, , name] }: Call): Algorithm | undefined =>
  typeof name === 'string' && Object.hasOwn(ALGORITHMS, name) ? ALGORITHMS[name] : undefined;

/** A number that stands in a plan, within bounds. */
function literalCount(value: unknown, what: string, most: number): number | string {
  if (typeof value !== 'bigint' || value < 1n || value > BigInt(most)) return `${what} is a literal from 1 to ${most}.`;
  return Number(value);
}

const MAX_HASHES = 1_024;
const MAX_SHINGLE = 100;

export const HASH_FUNCTIONS: readonly FunctionDefinition[] = [
  define({
    name: 'hash',
    family: 'hashes and sketches',
    doc: 'The hash of the bytes of a value of any type, which are those that Iceberg hashes; of null that of no bytes. The algorithm is xxhash64, xxhash3_64, xxhash32 or murmurhash3; the last two have 32 bits.',
    nulls: 'own',
    parameters: [parameter('value', ANY), optional('seed', INTEGER, 0), optional('algorithm', TEXT, 'xxhash64')],
    result: (call) => {
      const algorithms = Object.keys(ALGORITHMS).join(', ');
      return algorithmOf(call) === undefined ? `The algorithm of hash is a literal: one of ${algorithms}.` : uint64;
    },
    prepare: (call) => {
      const [type] = call.types;
      const compute = algorithmOf(call) ?? xxhash64;
      return (value, seed) => compute(valueBytes(value, type as DataType), BigInt.asUintN(64, seed ?? 0n));
    },
    // The published hashes of no bytes.
    examples: [
      [[''], '17241709254077376921'],
      [['', 0n, 'xxhash3_64'], '3244421341483603138'],
    ],
  }),
  define({
    name: 'murmurhash3',
    family: 'hashes and sketches',
    doc: 'The 32 bits of MurmurHash3 of the bytes of a value, as Iceberg buckets by them.',
    parameters: [parameter('value', ANY)],
    result: int32,
    prepare:
      ({ types: [type] }) =>
      (value) =>
        murmurhash3(valueBytes(value, type as DataType)),
    examples: [
      [['iceberg'], 1210000089],
      [[34n], 2017239379],
    ],
  }),
  digest(
    'md5',
    'md5',
    'The MD5 of a text or bytes, as hexadecimal digits. Not for secrets.',
    '900150983cd24fb0d6963f7d28e17f72',
  ),
  digest(
    'sha1',
    'sha1',
    'The SHA-1 of a text or bytes, as hexadecimal digits.',
    'a9993e364706816aba3e25717850c26c9cd0d89d',
  ),
  digest(
    'sha256',
    'sha256',
    'The SHA-256 of a text or bytes, as hexadecimal digits.',
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  ),
  define({
    name: 'minhash',
    family: 'hashes and sketches',
    doc: 'The least of so many hashes over the runs of so many words of a text: the share of places in which two texts agree is about that of the runs they share.',
    canFail: true,
    parameters: [
      parameter('text', TEXT),
      parameter('hashes', INTEGER),
      parameter('words', INTEGER),
      optional('seed', INTEGER, 1),
    ],
    result: ({ literals: [, hashes, words] }) => {
      const count = literalCount(hashes, 'The number of hashes', MAX_HASHES);
      if (typeof count === 'string') return count;
      const length = literalCount(words, 'The number of words', MAX_SHINGLE);
      return typeof length === 'string' ? length : fixedSizeList(uint32, count);
    },
    evaluate: (text, hashes, words, seed) =>
      minhash(text, Number(hashes), Number(words), Number(BigInt.asIntN(32, seed))),
    examples: [
      [
        ['', 2n, 1n],
        [4294967295, 4294967295],
      ],
    ],
  }),
  define({
    name: 'simhash',
    family: 'hashes and sketches',
    doc: 'Sixty-four bits that differ in few places where texts are alike, over runs of so many words.',
    canFail: true,
    parameters: [parameter('text', TEXT), optional('words', INTEGER, 3)],
    result: uint64,
    evaluate: (text, words) => {
      if (words < 1n || words > BigInt(MAX_SHINGLE))
        throw new InvalidValue(`Runs have 1 to ${MAX_SHINGLE} words, not ${words}.`);
      return simhash(text, Number(words));
    },
    examples: [[[''], '0']],
  }),
];
