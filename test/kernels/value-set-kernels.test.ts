import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { integersInSet, makeIntegerSet, makeTextSet, textsInSet } from '../../src/kernels/value-set-kernels.ts';
import { columnsOf, dirtyBits, readBits, texts, withHolding, writeTexts } from './text-columns.ts';

type Text = string | Uint8Array;

const foundTexts = (values: readonly Text[], list: readonly Text[]): boolean[] =>
  withHolding((holding) => {
    const set = makeTextSet(holding, list);
    const { offsets, bytes, rows } = writeTexts(holding, values);
    const out = dirtyBits(holding, rows);
    textsInSet(holding.linear, set, offsets, bytes, rows, out);
    return readBits(holding, out, rows);
  });

describe('a set of texts', () => {
  test('finds those that are in the list', () => {
    fc.assert(
      fc.property(columnsOf(texts()), fc.array(texts()), fc.array(fc.nat()), (values, others, picked) => {
        const list = [...others, ...picked.map((at) => values[at % values.length] ?? 'a')];
        expect(foundTexts(values, list)).toEqual(values.map((value) => list.includes(value)));
      }),
    );
  });

  test('finds thousands, of the same length and with the same ends, and none that differ in the middle', () => {
    const url = (n: number): string => `https://example.com/${String(n).padStart(8, '0')}/index.html`;
    const list = Array.from({ length: 5_000 }, (_, n) => url(n * 2));
    const values = Array.from({ length: 10_000 }, (_, n) => url(n));
    expect(foundTexts(values, list)).toEqual(values.map((_, n) => n % 2 === 0));
  });

  test('of nothing, of the empty text, and of bytes that are no text', () => {
    const values = ['', 'a', Uint8Array.of(0), Uint8Array.of(0, 0), Uint8Array.of(0xff, 0x80)];
    expect(foundTexts(values, [])).toEqual([false, false, false, false, false]);
    expect(foundTexts(values, [''])).toEqual([true, false, false, false, false]);
    expect(foundTexts(values, [Uint8Array.of(0)])).toEqual([false, false, true, false, false]);
    expect(foundTexts(values, [Uint8Array.of(0xff, 0x80), 'a'])).toEqual([false, true, false, false, true]);
    expect(foundTexts([], ['a'])).toEqual([]);
  });
});

const foundIntegers = (width: 1 | 2 | 4 | 8, values: readonly bigint[], list: readonly bigint[]): boolean[] =>
  withHolding((holding) => {
    const set = makeIntegerSet(holding, width, list);
    const { address } = holding.allocate(values.length * width);
    const { data } = holding.linear;
    // What lies behind the last row is in the list: it must not be seen.
    for (let at = 0; at < (values.length + 64) * width; at += width) {
      const value = values[at / width] ?? list[0] ?? 0n;
      for (let byte = 0; byte < width; byte++)
        data.setUint8(address + at + byte, Number((value >> BigInt(byte * 8)) & 0xffn));
    }
    const out = dirtyBits(holding, values.length);
    integersInSet(holding.linear, set, address, values.length, out);
    return readBits(holding, out, values.length);
  });

describe.each([1, 2, 4, 8] as const)('a set of integers of %i bytes', (width) => {
  const bits = width * 8;
  const near = (middle: bigint): fc.Arbitrary<bigint> =>
    fc.bigInt({ min: middle - 20n, max: middle + 20n }).map((value) => BigInt.asIntN(bits, value));
  const integers = fc.oneof(near(0n), near(1n << BigInt(bits - 1)), near(1n << BigInt(bits / 2)));

  test('finds those that are in the list, few or many', () => {
    fc.assert(
      fc.property(
        fc.array(integers, { maxLength: 200, size: 'max' }),
        fc.oneof(fc.array(integers, { maxLength: 17 }), fc.array(integers, { maxLength: 60, size: 'max' })),
        (values, list) => {
          expect(foundIntegers(width, values, list)).toEqual(values.map((value) => list.includes(value)));
        },
      ),
    );
  });

  test('takes what is written without a sign for the same bits', () => {
    const most = (1n << BigInt(bits)) - 1n;
    for (const others of [[], Array.from({ length: 30 }, (_, n) => BigInt(n + 1))]) {
      expect(foundIntegers(width, [-1n, 0n, most, 100n], [most, ...others])).toEqual([true, false, true, false]);
    }
  });

  test('with every number from 0 on still knows what is not in it', () => {
    const list = Array.from({ length: 100 }, (_, n) => BigInt(n));
    expect(foundIntegers(width, [0n, 99n, 100n, 101n, -1n], list)).toEqual([true, true, false, false, false]);
  });

  test('of nothing finds nothing', () => {
    expect(foundIntegers(width, [0n, 1n, -1n], [])).toEqual([false, false, false]);
    expect(foundIntegers(width, [], [1n])).toEqual([]);
  });
});
