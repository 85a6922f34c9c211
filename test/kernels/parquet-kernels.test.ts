import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HYBRID_STATE_BYTES, parquetKernels } from '../../src/kernels/parquet-kernels.ts';
import { LinearMemory } from '../../src/memory/linear-memory.ts';

const linear = new LinearMemory(16 * 1024 * 1024);
const kernels = parquetKernels(linear);
const state = linear.allocate(HYBRID_STATE_BYTES)!.address;
const input = linear.allocate(1 << 20)!.address;
const output = linear.allocate(1 << 20)!.address;
const bits = linear.allocate(1 << 16)!.address;

function put(bytes: readonly number[] | Uint8Array): number {
  linear.u8.set(bytes, input);
  return input + bytes.length;
}

// The hybrid of runs ------------------------------------------------------------------------------------------------

interface Run {
  readonly packed: boolean;
  readonly values: readonly number[];
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}

/** By the letter of the format description, bit by bit. */
function encode(runs: readonly Run[], width: number): number[] {
  return runs.flatMap(({ packed, values }) => {
    if (!packed) {
      const bytes = Array.from(
        { length: Math.ceil(width / 8) },
        (_, at) => Math.floor((values[0] ?? 0) / 256 ** at) % 256,
      );
      return [...varint(values.length << 1), ...bytes];
    }
    const groups = Math.ceil(values.length / 8);
    const bytes: number[] = new Array(groups * width).fill(0);
    for (const [at, value] of values.entries()) {
      for (let bit = 0; bit < width; bit += 1) {
        const place = at * width + bit;
        if (Math.floor(value / 2 ** bit) % 2 === 1) bytes[place >> 3]! |= 1 << (place & 7);
      }
    }
    return [...varint((groups << 1) | 1), ...bytes];
  });
}

/** Runs of values of `width` bits; packed ones in whole groups, but for the last. */
const runsOf = (width: number): fc.Arbitrary<Run[]> => {
  const value = fc
    .integer({ min: 0, max: 2 ** Math.min(width, 31) - 1 })
    .map((v) => (width === 32 ? v * 2 + (v & 1) : v));
  const repeated = fc
    .tuple(value, fc.integer({ min: 1, max: 200 }))
    .map(([v, n]) => ({ packed: false, values: Array(n).fill(v) }));
  const packed = fc
    .integer({ min: 1, max: 12 })
    .chain((groups) => fc.array(value, { minLength: groups * 8, maxLength: groups * 8, size: 'max' }))
    .map((values) => ({ packed: true, values }));
  return fc.array(fc.oneof(repeated, packed), { minLength: 1, maxLength: 8 });
};

const streams = fc
  .integer({ min: 0, max: 32 })
  .chain((width) =>
    fc.record({ width: fc.constant(width), runs: runsOf(width), pieces: fc.array(fc.integer({ min: 1, max: 90 })) }),
  );

describe('the hybrid of runs and packed values', () => {
  test('comes out as it went in, in pieces of any size', () => {
    fc.assert(
      fc.property(streams, ({ width, runs, pieces }) => {
        const values = runs.flatMap((run) => run.values);
        kernels.beginHybrid(state, input, put(encode(runs, width)), width);
        for (let done = 0, turn = 0; done < values.length; turn += 1) {
          const count = Math.min(pieces[turn % pieces.length] ?? values.length, values.length - done);
          const greatest = kernels.decodeHybrid(state, count, output);
          const decoded = Array.from(linear.u32.subarray(output / 4, output / 4 + count));
          expect(decoded).toEqual(values.slice(done, done + count));
          expect(greatest).toBe(Math.max(...decoded));
          expect(kernels.maxCode(output, count) >>> 0).toBe(greatest);
          done += count;
        }
        expect(kernels.decodeHybrid(state, 1, output)).toBe(-1);
      }),
      { numRuns: 150 },
    );
  });

  test('values may be passed over', () => {
    fc.assert(
      fc.property(streams, fc.nat(500), ({ width, runs }, at) => {
        const values = runs.flatMap((run) => run.values);
        const skipped = Math.min(at, values.length);
        kernels.beginHybrid(state, input, put(encode(runs, width)), width);
        expect(kernels.skipHybrid(state, skipped)).toBe(1);
        const count = values.length - skipped;
        expect(kernels.decodeHybrid(state, count, output)).toBeGreaterThanOrEqual(0);
        expect(Array.from(linear.u32.subarray(output / 4, output / 4 + count))).toEqual(values.slice(skipped));
      }),
      { numRuns: 100 },
    );
  });

  test('of width 1, as bits at any bit', () => {
    fc.assert(
      fc.property(runsOf(1), fc.nat(70), fc.nat(40), (runs, toBit, cut) => {
        const values = runs.flatMap((run) => run.values);
        const first = Math.min(cut, values.length);
        linear.u8.fill(0, bits, bits + 4096);
        kernels.beginHybrid(state, input, put(encode(runs, 1)), 1);
        const ones =
          kernels.decodeHybridBits(state, first, bits, toBit) +
          kernels.decodeHybridBits(state, values.length - first, bits, toBit + first);
        expect(ones).toBe(values.filter((value) => value === 1).length);
        const bitAt = (bit: number): number => ((linear.u8[bits + (bit >> 3)] ?? 0) >> (bit & 7)) & 1;
        expect(values.map((_, at) => bitAt(toBit + at))).toEqual(values);
        expect(kernels.countOnes(bits, toBit, values.length)).toBe(ones);
        expect(bitAt(toBit + values.length)).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  test('any bytes: decoded, or refused, and nothing behind the output but the padding is written', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 60 }),
        fc.integer({ min: 0, max: 32 }),
        fc.nat(300),
        (bytes, width, count) => {
          linear.u8.fill(0x5a, output, output + 4096);
          kernels.beginHybrid(state, input, put(bytes), width);
          kernels.decodeHybrid(state, count, output);
          expect(linear.u8.subarray(output + count * 4 + 32, output + 4096).every((byte) => byte === 0x5a)).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});

// Snappy ------------------------------------------------------------------------------------------------------------

type Element = { readonly literal: readonly number[] } | { readonly offset: number; readonly length: number };

/** Elements by the format description, and what they make. */
function snappy(elements: readonly Element[]): { compressed: number[]; plain: number[] } {
  const plain: number[] = [];
  const body: number[] = [];
  for (const element of elements) {
    if ('literal' in element) {
      const n = element.literal.length - 1;
      body.push(...(n < 60 ? [n << 2] : n < 256 ? [60 << 2, n] : [61 << 2, n & 255, n >> 8]), ...element.literal);
      plain.push(...element.literal);
      continue;
    }
    if (plain.length === 0) continue;
    const offset = 1 + (element.offset % plain.length);
    const { length } = element;
    if (length >= 4 && length <= 11 && offset < 2048)
      body.push(((offset >> 8) << 5) | ((length - 4) << 2) | 1, offset & 255);
    else if (offset % 2 === 0) body.push(((length - 1) << 2) | 2, offset & 255, offset >> 8);
    else body.push(((length - 1) << 2) | 3, offset & 255, offset >> 8, 0, 0);
    for (let at = 0; at < length; at += 1) plain.push(plain[plain.length - offset] ?? 0);
  }
  return { compressed: [...varint(plain.length), ...body], plain };
}

const elements = fc.array(
  fc.oneof(
    fc.array(fc.nat(255), { minLength: 1, maxLength: 400, size: 'max' }).map((literal) => ({ literal })),
    fc.record({ offset: fc.oneof(fc.nat(20), fc.nat(3000)), length: fc.integer({ min: 1, max: 64 }) }),
  ),
  { maxLength: 30, size: 'max' },
);

describe('snappy', () => {
  test('literals and copies of every form', () => {
    fc.assert(
      fc.property(elements, (parts) => {
        const { compressed, plain } = snappy(parts);
        const end = put(compressed);
        linear.u8.fill(0x5a, output, output + plain.length + 4096);
        expect(kernels.snappyDecompress(input, end - input, output, plain.length)).toBe(1);
        expect(Array.from(linear.u8.subarray(output, output + plain.length))).toEqual(plain);
        const behind = linear.u8.subarray(output + plain.length + 64, output + plain.length + 4096);
        expect(behind.every((byte) => byte === 0x5a)).toBe(true);
        expect(kernels.snappyDecompress(input, end - input, output, plain.length + 1)).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  test('damaged bytes: nothing before the output or behind its padding is written', () => {
    fc.assert(
      fc.property(
        elements,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
        fc.nat(),
        (parts, changes, cut) => {
          const { compressed, plain } = snappy(parts);
          for (const [at, byte] of changes) compressed[at % compressed.length] = byte;
          const taken = compressed.slice(0, 1 + (cut % compressed.length));
          const end = put(taken);
          const to = output + 4096;
          linear.u8.fill(0x5a, output, to + plain.length + 4096);
          kernels.snappyDecompress(input, end - input, to, plain.length);
          expect(linear.u8.subarray(output, to).every((byte) => byte === 0x5a)).toBe(true);
          const behind = linear.u8.subarray(to + plain.length + 64, to + plain.length + 4096);
          expect(behind.every((byte) => byte === 0x5a)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});

// Values ------------------------------------------------------------------------------------------------------------

describe('big-endian numbers', () => {
  test.each([8, 16] as const)('to %d bytes, where they fit', (width) => {
    const value = fc.oneof(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.bigInt({ min: -(2n ** 127n), max: 2n ** 127n - 1n }),
      fc.bigInt({ min: -300n, max: 300n }),
    );
    fc.assert(
      fc.property(value, fc.integer({ min: 1, max: 20 }), (number, bytes) => {
        const kept = BigInt.asIntN(bytes * 8, number);
        const unsigned = BigInt.asUintN(bytes * 8, kept);
        put(Array.from({ length: bytes }, (_, at) => Number((unsigned >> BigInt((bytes - 1 - at) * 8)) & 255n)));
        const fits = BigInt.asIntN(width * 8, kept) === kept;
        expect(kernels.convertBigEndian(input, bytes, 1, width, output)).toBe(Number(fits));
        if (!fits) return;
        const high = width === 16 ? linear.data.getBigInt64(output + 8, true) << 64n : 0n;
        const low = width === 16 ? linear.data.getBigUint64(output, true) : linear.data.getBigInt64(output, true);
        expect(high + low).toBe(kept);
        const magnitude = kept < 0n ? -kept : kept;
        const needed = magnitude === 0n ? 0 : magnitude.toString(2).length;
        if (width === 16) expect(kernels.magnitudeBits16(output, 1)).toBe(needed);
        else expect(BigInt.asUintN(64, kernels.magnitude8(output, 1))).toBe(magnitude);
      }),
      { numRuns: 300 },
    );
  });
});

test('dates of INT96 that do not fit nanoseconds are refused', () => {
  const put96 = (julianDay: number, nanoseconds: bigint): void => {
    linear.data.setBigInt64(input, nanoseconds, true);
    linear.data.setInt32(input + 8, julianDay, true);
  };
  put96(2_440_588, 5n);
  expect(kernels.convertInt96(input, 1, 1n, output)).toBe(1);
  expect(linear.data.getBigInt64(output, true)).toBe(5n);
  put96(2_440_588 + 3_000_000, 0n);
  expect(kernels.convertInt96(input, 1, 1n, output)).toBe(0);
});

test('factors of ticks that do not fit are refused', () => {
  linear.data.setBigInt64(input, 9_223_372_036_854_775n, true);
  expect(kernels.scale8(input, 1, 1000n, output)).toBe(1);
  expect(linear.data.getBigInt64(output, true)).toBe(9_223_372_036_854_775_000n);
  linear.data.setBigInt64(input, -9_223_372_036_854_776n, true);
  expect(kernels.scale8(input, 1, 1000n, output)).toBe(0);
});

test('texts are valid UTF-8, each of them, as the platform says', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }).map((text) => new TextEncoder().encode(text)),
    fc.string({ unit: 'grapheme-ascii', maxLength: 40 }).map((text) => new TextEncoder().encode(text)),
    fc.uint8Array({ maxLength: 4 }),
    fc.constantFrom(
      ...['c080', 'eda080', 'f4908080', 'e0a0', 'f09f9880', 'c3', 'a9', 'f48fbfbf'].map((hex) =>
        Buffer.from(hex, 'hex'),
      ),
    ),
  );
  const isValid = (bytes: Uint8Array): boolean => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes);
      return true;
    } catch {
      return false;
    }
  };
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (texts) => {
      let end = 0;
      linear.data.setInt32(bits, 0, true);
      for (const [at, text] of texts.entries()) {
        linear.u8.set(text, input + end);
        end += text.byteLength;
        linear.data.setInt32(bits + at * 4 + 4, end, true);
      }
      expect(kernels.textsAreValid(bits, texts.length, input)).toBe(Number(texts.every(isValid)));
    }),
    { numRuns: 500 },
  );
});
