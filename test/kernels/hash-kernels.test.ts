import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { columnFromValues } from '../../src/columnar/column-from-values.ts';
import { binary, type DataType, decimal, fixedSizeBinary, uuid } from '../../src/columnar/data-type.ts';
import type { Value } from '../../src/columnar/value.ts';
import { murmurhash3, xxhash32, xxhash64 } from '../../src/expressions/functions/hashing.ts';
import { valueBytes } from '../../src/expressions/functions/value-bytes.ts';
import { xxh3 } from '../../src/expressions/functions/xxh3.ts';
import { canHash, type HashRequest, hashColumn, hashWidth } from '../../src/kernels/hash-kernels.ts';
import { texts, withHolding } from './text-columns.ts';

const of = (kind: string): DataType => ({ kind }) as DataType;

function hashed(
  type: DataType,
  values: readonly Value[],
  request: HashRequest,
  width?: 8 | 16,
  dictionary: boolean = false,
): bigint[] {
  return withHolding((holding) => {
    const column = columnFromValues(holding, type, values, { dictionary, ...(width === undefined ? {} : { width }) });
    const size = hashWidth(request);
    const out = holding.allocate(values.length * size).address;
    hashColumn(holding.linear, request, column, values.length, out);
    const { i32, u64 } = holding.linear;
    return values.map((_, row) => (size === 8 ? u64[out / 8 + row]! : BigInt(i32[out / 4 + row]!)));
  });
}

const integer = (bits: number, isSigned: boolean): fc.Arbitrary<Value> => {
  const value = isSigned
    ? fc.bigInt({ min: -(1n << BigInt(bits - 1)), max: (1n << BigInt(bits - 1)) - 1n })
    : fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });
  return bits === 64 ? value : value.map(Number);
};
/** Whole numbers of up to so many digits, near where a byte more is needed too. */
const wholes = (digits: number): fc.Arbitrary<bigint> =>
  fc
    .oneof(
      fc.bigInt({ min: -(10n ** BigInt(digits)) + 1n, max: 10n ** BigInt(digits) - 1n }),
      fc.tuple(fc.nat({ max: 126 }), fc.integer({ min: -1, max: 1 }), fc.boolean()).map(([bit, more, isNegative]) => {
        const value = (1n << BigInt(bit)) + BigInt(more);
        return isNegative ? -value : value;
      }),
    )
    .filter((value) => (value < 0n ? -value : value) < 10n ** BigInt(digits));
const bytesOf = (size: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: size, maxLength: size });

type Case = readonly [name: string, type: DataType, value: fc.Arbitrary<Value>, width: 8 | 16 | undefined];

const CASES: readonly Case[] = [
  ...[8, 16, 32, 64].flatMap((bits) =>
    (['int', 'uint'] as const).map(
      (kind) => [`${kind}${bits}`, of(`${kind}${bits}`), integer(bits, kind === 'int'), undefined] as const,
    ),
  ),
  ['bool', of('bool'), fc.boolean(), undefined],
  ['date', of('date'), integer(32, true), undefined],
  ['timestamp', { kind: 'timestamp', unit: 'us', timezone: null }, integer(64, true), undefined],
  ['float32', of('float32'), fc.oneof(fc.float(), fc.constantFrom(-0, Number.NaN)), undefined],
  ['float64', of('float64'), fc.oneof(fc.double(), fc.constantFrom(-0, Number.NaN)), undefined],
  ['decimal in 8 bytes', decimal(18, 2), wholes(18), undefined],
  ['decimal in 16 bytes', decimal(38, 2), wholes(38), undefined],
  ['short decimal in 16 bytes', decimal(18, 2), wholes(18), 16],
  ['utf8', of('utf8'), texts(), undefined],
  ['binary', binary, fc.uint8Array({ maxLength: 80, size: 'max' }), undefined],
  ['fixed-size binary', fixedSizeBinary(5), bytesOf(5), undefined],
  ['uuid', uuid, fc.uuid(), undefined],
];

describe.each(CASES)('hashes of %s', (_, type, value, width) => {
  test('are those of the bytes that Iceberg hashes', () => {
    const list = { maxLength: 60, size: 'max' } as const;
    const columns = fc.oneof(fc.array(fc.option(value, { freq: 5 }), list), fc.array(value, list));
    fc.assert(
      fc.property(
        columns,
        fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
        fc.integer({ min: 1, max: 2 ** 31 - 1 }),
        fc.boolean(),
        (values, seed, buckets, coded) => {
          const bytes = values.map((each) => valueBytes(each, type));
          const read = (request: HashRequest): bigint[] => hashed(type, values, request, width, coded);
          expect(read({ hash: 'xxhash64', seed })).toEqual(bytes.map((each) => xxhash64(each, seed)));
          expect(read({ hash: 'xxh3', seed })).toEqual(bytes.map((each) => xxh3(each, seed)));
          const short = Number(BigInt.asUintN(32, seed));
          expect(read({ hash: 'xxhash32', seed })).toEqual(bytes.map((each) => BigInt(xxhash32(each, short))));
          const murmur = bytes.map((each) => BigInt(murmurhash3(each, Number(BigInt.asIntN(32, seed)))));
          expect(read({ hash: 'murmur3', seed, bytes: 4 })).toEqual(murmur);
          const unsigned = murmur.map((each) => BigInt.asUintN(32, each));
          expect(read({ hash: 'murmur3', seed, bytes: 8 })).toEqual(unsigned);
          expect(read({ hash: 'bucket', buckets })).toEqual(
            bytes.map((each) => BigInt((murmurhash3(each) & 0x7fff_ffff) % buckets)),
          );
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('published hashes', () => {
  // Appendix B of Iceberg's specification.
  test.each([
    [of('int32'), 34, 2017239379],
    [of('int64'), 34n, 2017239379],
    [decimal(9, 2), 1420n, -500754589],
    [of('date'), 17_486, -653330422],
    [{ kind: 'time', unit: 'us' } as const, 81_068_000_000n, -662762989],
    [of('utf8'), 'iceberg', 1210000089],
    [uuid, 'f79c3e09-677c-4bbd-a479-3f349cb785e7', 1488055340],
    [fixedSizeBinary(4), Uint8Array.of(0, 1, 2, 3), -188683207],
    [binary, Uint8Array.of(0, 1, 2, 3), -188683207],
  ])('of %o %s is %i', (type, value, hash) => {
    expect(hashed(type, [value], { hash: 'murmur3', seed: 0n, bytes: 4 })).toEqual([BigInt(hash)]);
  });

  test('of every length at which the algorithms do something else', () => {
    const lengths = [
      ...Array.from({ length: 260 }, (_, length) => length),
      511,
      512,
      1023,
      1024,
      1025,
      1088,
      2048,
      5000,
    ];
    const values = lengths.map((length) => Uint8Array.from({ length }, (_, at) => (at * 167 + length) & 255));
    for (const seed of [0n, 1n, 0x9e3779b185ebca8dn, 2n ** 64n - 1n]) {
      expect(hashed(binary, values, { hash: 'xxh3', seed })).toEqual(values.map((each) => xxh3(each, seed)));
      expect(hashed(binary, values, { hash: 'xxhash64', seed })).toEqual(values.map((each) => xxhash64(each, seed)));
      const short = Number(BigInt.asUintN(32, seed));
      expect(hashed(binary, values, { hash: 'xxhash32', seed })).toEqual(
        values.map((each) => BigInt(xxhash32(each, short))),
      );
    }
  });

  test('of no bytes and of long texts', () => {
    expect(hashed(of('utf8'), ['', 'abc'], { hash: 'xxhash64', seed: 0n })).toEqual([
      0xef46db3751d8e999n,
      0x44bc2cf5ad770999n,
    ]);
  });
});

test('some types have no kernel', () => {
  for (const kind of ['float16', 'interval', 'list', 'struct', 'null']) expect(canHash(of(kind))).toBe(false);
  expect(hashed(of('int32'), [], { hash: 'bucket', buckets: 16 })).toEqual([]);
});
