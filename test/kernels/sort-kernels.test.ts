import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type SortStep, STEP_BYTES, sortKernels, WORD_KINDS, writeStep } from '../../src/kernels/sort-kernels.ts';
import { LinearMemory } from '../../src/memory/linear-memory.ts';

const linear = new LinearMemory(4 * 1024 * 1024);
const kernels = sortKernels(linear);
const region = linear.allocate(2 * 1024 * 1024)!;
const AREA = 262_144;
const [A, B, C, D, E, STEPS, SCRATCH] = [0, 1, 2, 3, 4, 5, 6].map((at) => region.address + at * AREA) as [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
];
const PLAIN: SortStep = {
  kind: WORD_KINDS.uint64,
  values: A,
  validity: 0,
  bytes: 0,
  mask: 0n,
  base: 0n,
  depth: 0,
  table: 0,
};
const ALL_ONES = 2n ** 64n - 1n;

const words = fc.oneof(
  fc.array(fc.bigInt(0n, ALL_ONES), { maxLength: 3000, size: 'max' }),
  fc.array(fc.bigInt(0n, 5n), { maxLength: 3000, size: 'max' }),
  fc.array(fc.constantFrom(0n, 1n, 2n ** 63n, ALL_ONES, 2n ** 40n), { maxLength: 3000, size: 'max' }),
);
const read32 = (address: number, count: number): number[] => [...linear.u32.slice(address / 4, address / 4 + count)];
const stable = (values: readonly bigint[]): number[] =>
  values.map((_, row) => row).sort((a, b) => Number(values[a]! > values[b]!) - Number(values[a]! < values[b]!));

/** The words of the first `count` rows by `step`. */
function wordsOf(step: SortStep, count: number): bigint[] {
  writeStep(linear, STEPS, step);
  kernels.sortPack(STEPS, count, B, 64, 0);
  return [...linear.u64.slice(B / 8, B / 8 + count)];
}

const rises = (values: readonly bigint[]): boolean => values.every((value, at) => at === 0 || value > values[at - 1]!);

describe('words order values', () => {
  test('of floats: NaN greatest and one, zeros equal', () => {
    const order = [-Infinity, -1e300, -1, -5e-324, 0, 5e-324, 1, 1e300, Infinity, Number.NaN];
    linear.f64.set(order, A / 8);
    expect(rises(wordsOf({ ...PLAIN, kind: WORD_KINDS.float64 }, order.length))).toBe(true);
    expect(rises(wordsOf({ ...PLAIN, kind: WORD_KINDS.float64, mask: ALL_ONES }, order.length).toReversed())).toBe(
      true,
    );
    linear.u64.set([0n, 2n ** 63n, 0x7ff8000000000000n, 0xfff8000000000001n, 0x7ff0000000000001n], A / 8);
    const [zero, minusZero, ...nans] = wordsOf({ ...PLAIN, kind: WORD_KINDS.float64 }, 5);
    expect(minusZero).toBe(zero);
    expect(new Set(nans).size).toBe(1);
    linear.f32.set([-Infinity, -1, -1e-45, 0, 1e-45, 1, Infinity, Number.NaN], A / 4);
    expect(rises(wordsOf({ ...PLAIN, kind: WORD_KINDS.float32 }, 8))).toBe(true);
    linear.u32.set([0, 2 ** 31, 0x7fc00000, 0xffc00001], A / 4);
    const small = wordsOf({ ...PLAIN, kind: WORD_KINDS.float32 }, 4);
    expect(small[0]).toBe(small[1]);
    expect(small[2]).toBe(small[3]);
  });

  test('of signed integers', () => {
    linear.i64.set([-(2n ** 63n), -1n, 0n, 2n ** 63n - 1n], A / 8);
    expect(rises(wordsOf({ ...PLAIN, kind: WORD_KINDS.int64 }, 4))).toBe(true);
    linear.i32.set([-(2 ** 31), -1, 0, 2 ** 31 - 1], A / 4);
    expect(rises(wordsOf({ ...PLAIN, kind: WORD_KINDS.int32 }, 4))).toBe(true);
    linear.u8.set([128, 255, 0, 127], A);
    expect(rises(wordsOf({ ...PLAIN, kind: WORD_KINDS.int8 }, 4))).toBe(true);
  });

  test('narrowed, and zero under a null', () => {
    linear.u64.set([7n, 0n, 9n], A / 8);
    linear.u8[C] = 0b101;
    const step = { ...PLAIN, validity: C };
    writeStep(linear, STEPS, step);
    kernels.sortBounds(STEPS, 3, D);
    expect([...linear.u64.slice(D / 8, D / 8 + 2)]).toEqual([7n, 9n]);
    expect(wordsOf({ ...step, base: 7n }, 3)).toEqual([0n, 0n, 2n]);
  });

  test('side by side in one prefix', () => {
    linear.u64.set([1n, 2n], A / 8);
    writeStep(linear, STEPS, PLAIN);
    kernels.sortPack(STEPS, 2, B, 64, 0);
    kernels.sortPack(STEPS, 2, B, 8, 0);
    kernels.sortPack(STEPS, 2, B, 1, 1);
    expect([...linear.u64.slice(B / 8, B / 8 + 2)]).toEqual([0x202n, 0x405n]);
  });
});

test('8-byte records are sorted by the bits asked for, stably', () => {
  fc.assert(
    fc.property(words, fc.nat({ max: 40 }), (values, drop) => {
      const count = values.length;
      linear.u64.set(values, A / 8);
      kernels.sortRecords8(A, count, drop + 12, 12, B);
      const sorted = kernels.sortRadix8(B, C, count, 12, 64 - drop, SCRATCH) >>> 0;
      kernels.sortRows8(sorted, count, 12, D);
      expect(read32(D, count)).toEqual(stable(values.map((value) => value >> BigInt(drop + 12))));
    }),
    { numRuns: 40 },
  );
});

test('16-byte records are sorted by all bits, stably', () => {
  fc.assert(
    fc.property(words, (values) => {
      const count = values.length;
      linear.u64.set(values, A / 8);
      kernels.sortRecords16(A, count, B);
      const sorted = kernels.sortRadix16(B, C, count, SCRATCH) >>> 0;
      kernels.sortRows16(sorted, count, D);
      expect(read32(D, count)).toEqual(stable(values));
    }),
    { numRuns: 40 },
  );
});

test('runs of equal prefixes are refined by steps, within the scratch they ask for', () => {
  fc.assert(
    fc.property(words, fc.nat({ max: 3 }), (values, cut) => {
      const count = values.length;
      const prefixes = values.map((_, row) => BigInt(Math.floor((row * (cut + 1)) / Math.max(1, count))));
      linear.u64.set(values, A / 8);
      linear.u64.set(prefixes, B / 8);
      kernels.sortRanks(0, count, D);
      linear.u8.fill(0, STEPS, STEPS + 2 * STEP_BYTES);
      writeStep(linear, STEPS, PLAIN);
      kernels.sortRuns(B, 8, 0, count, C);
      kernels.sortTies(C, count, E);
      const longest = linear.u32[E / 4 + 1] ?? 0;
      const scratchBytes = kernels.sortScratchBytes(longest);
      linear.u8.fill(0xee, SCRATCH + scratchBytes, SCRATCH + scratchBytes + 64);
      kernels.sortRefine(C, count, D, STEPS, 1, longest, SCRATCH);
      expect(new Set(linear.u8.slice(SCRATCH + scratchBytes, SCRATCH + scratchBytes + 64))).toEqual(new Set([0xee]));
      const expected = stable(prefixes.map((prefix, row) => (prefix << 64n) | values[row]!));
      expect(read32(D, count)).toEqual(expected);

      kernels.sortRanks(0, count, D);
      kernels.sortByWords(C, count, A, D, longest, SCRATCH);
      expect(new Set(linear.u8.slice(SCRATCH + scratchBytes, SCRATCH + scratchBytes + 64))).toEqual(new Set([0xee]));
      expect(read32(D, count)).toEqual(expected);
      const keys = expected.map((row) => `${prefixes[row]} ${values[row]}`);
      const firsts = keys.map((key, at) => key !== keys[at - 1]);
      expect(firsts.map((_, at) => ((linear.u8[C + (at >>> 3)]! >>> (at & 7)) & 1) === 1)).toEqual(firsts);
    }),
    { numRuns: 40 },
  );
});

test('order is told: rising, with ties, none', () => {
  const orderOf = (values: bigint[]): number => {
    linear.u64.set(values, A / 8);
    return kernels.sortOrderOf(A, values.length);
  };
  expect(orderOf([])).toBe(0);
  expect(orderOf([1n, 2n, ALL_ONES])).toBe(0);
  expect(orderOf([1n, 1n, 2n])).toBe(1);
  expect(orderOf([1n, 1n, 0n])).toBe(2);
  expect(orderOf([2n, 1n, 2n])).toBe(2);
});

test('rows up to a bound are listed, nulls where asked', () => {
  linear.u64.set([5n, 0n, 3n, 9n, 4n], A / 8);
  linear.u8[C] = 0b11101;
  writeStep(linear, STEPS, { ...PLAIN, validity: C });
  expect(kernels.sortBelow(STEPS, 5, D, 4n, 0)).toBe(2);
  expect(read32(D, 2)).toEqual([2, 4]);
  expect(kernels.sortBelow(STEPS, 5, D, 4n, 1)).toBe(3);
  expect(read32(D, 3)).toEqual([1, 2, 4]);
  expect(kernels.sortBelow(STEPS, 5, D, ALL_ONES, 1)).toBe(5);
});

test.each([WORD_KINDS.int64, WORD_KINDS.int32, WORD_KINDS.float64, WORD_KINDS.uint64])(
  'bounds are those of the words, and rows up to one are listed, also where blocks are passed over: kind %i',
  (kind) => {
    const special = [0n, 2n ** 63n, 0x7ff8000000000000n, 0xfff8000000000001n, 0x7ff0000000000000n, ALL_ONES];
    const value = fc.oneof(fc.constantFrom(...special), fc.bigInt(0n, ALL_ONES), fc.bigInt(0n, 2n ** 33n));
    const values = fc.array(value, { minLength: 1, maxLength: 60, size: 'max' });
    fc.assert(
      fc.property(values, fc.boolean(), fc.boolean(), fc.nat(), (all, descending, withNulls, at) => {
        linear.u64.set(all, A / 8);
        linear.u8.fill(0b10110111, C, C + 16);
        const step = { ...PLAIN, kind, mask: descending ? ALL_ONES : 0n };
        const order = wordsOf(step, all.length);
        const bound = order[at % all.length]!;
        writeStep(linear, STEPS, { ...step, validity: withNulls ? C : 0 });
        const expected = order.flatMap((word, row) =>
          word <= bound && (!withNulls || ((0b10110111 >>> (row & 7)) & 1) === 1) ? [row] : [],
        );
        expect(read32(D, kernels.sortBelow(STEPS, all.length, D, bound, 0))).toEqual(expected);
        kernels.sortBounds(STEPS, all.length, D);
        const counted = order
          .filter((_, row) => !withNulls || ((0b10110111 >>> (row & 7)) & 1) === 1)
          .sort((a, b) => (a < b ? -1 : 1));
        expect([...linear.u64.slice(D / 8, D / 8 + 2)]).toEqual([counted[0], counted.at(-1)]);
      }),
    );
  },
);

test('texts before another one are listed, either way, with equals and nulls where asked', () => {
  const text = fc.oneof(
    fc.constantFrom(
      '',
      'a',
      'a\0',
      'ab',
      'abcdefgh',
      'abcdefghi',
      'abcdefgh\0',
      'abcdefghijklmnopq',
      'abcdefghijklmnopz',
    ),
    fc.string({ unit: 'grapheme', maxLength: 20 }),
  );
  fc.assert(
    fc.property(
      fc.array(fc.option(text), { maxLength: 60 }),
      text,
      fc.boolean(),
      fc.boolean(),
      fc.boolean(),
      (texts, other, descending, equalToo, nullsToo) => {
        let end = 0;
        linear.u8.fill(0, C, C + 64);
        for (const [row, value] of texts.entries()) {
          linear.u32[A / 4 + row] = end;
          if (value === null) continue;
          end += Buffer.from(value).copy(linear.u8, B + end);
          linear.u8[C + (row >>> 3)]! |= 1 << (row & 7);
        }
        linear.u32[A / 4 + texts.length] = end;
        // What lies behind a text is not part of it.
        linear.u8.fill(0x7a, B + end, B + end + 32);
        linear.u8.fill(0x7a, D, D + 128);
        const size = Buffer.from(other).copy(linear.u8, D);
        const [down, equal, nulls] = [descending, equalToo, nullsToo].map(Number) as [number, number, number];
        const count = kernels.sortBelowText(A, B, C, texts.length, D, size, down, equal, nulls, SCRATCH);
        const expected = texts.flatMap((value, row) => {
          if (value === null) return nullsToo ? [row] : [];
          const order = Buffer.compare(Buffer.from(value), Buffer.from(other));
          return (order === 0 ? equalToo : order < 0 !== descending) ? [row] : [];
        });
        expect(read32(SCRATCH, count)).toEqual(expected);
      },
    ),
    { numRuns: 300 },
  );
});
