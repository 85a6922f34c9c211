import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { takeKernels, takeOf, zeroNullsOf } from '../../src/kernels/take-kernels.ts';
import { LinearMemory } from '../../src/memory/linear-memory.ts';

const linear = new LinearMemory(1024 * 1024);
const kernels = takeKernels(linear);
const region = linear.allocate(256 * 1024)!;
/** Four areas of 32 KiB. */
const [A, B, C, D] = [0, 1, 2, 3].map((at) => region.address + at * 32_768) as [number, number, number, number];

const bits = (length: number = 300): fc.Arbitrary<boolean[]> =>
  fc.array(fc.boolean(), { maxLength: length, size: 'max' });

function writeBits(address: number, values: readonly boolean[], first: number = 0): void {
  for (const [at, value] of values.entries()) {
    const byte = address + ((first + at) >>> 3);
    const mask = 1 << ((first + at) & 7);
    linear.u8[byte] = value ? linear.u8[byte]! | mask : linear.u8[byte]! & ~mask;
  }
}

const readBits = (address: number, first: number, count: number): boolean[] =>
  Array.from(
    { length: count },
    (_, at) => ((linear.u8[address + ((first + at) >>> 3)]! >>> ((first + at) & 7)) & 1) === 1,
  );

const rowsAt = (address: number, rows: readonly number[]): void => linear.u32.set(rows, address / 4);

describe('bits', () => {
  test('are copied from any bit to any bit, what is before them stays, what is behind becomes zero', () => {
    fc.assert(
      fc.property(bits(), fc.nat({ max: 130 }), fc.nat({ max: 130 }), bits(130), (values, from, to, before) => {
        linear.u8.fill(0xff, A, D + 32_768);
        writeBits(A, values, from);
        writeBits(B, before);
        kernels.copyBits(A, from, values.length, B, to);
        expect(readBits(B, to, values.length)).toEqual(values);
        const kept = Math.min(before.length, to);
        expect(readBits(B, 0, kept)).toEqual(before.slice(0, kept));
        const end = to + values.length;
        if (values.length > 0) expect(readBits(B, end, -end & 63)).not.toContain(true);
        expect(linear.u8[B - 1]).toBe(0xff);
      }),
    );
  });

  test('are set from any bit on', () => {
    fc.assert(
      fc.property(bits(130), fc.nat({ max: 300 }), (before, count) => {
        linear.u8.fill(0, A, B);
        writeBits(A, before);
        kernels.setBits(A, before.length, count);
        expect(readBits(A, 0, before.length)).toEqual(before);
        expect(readBits(A, before.length, count)).not.toContain(false);
        expect(readBits(A, before.length + count, 64)).not.toContain(true);
      }),
    );
  });

  test('are gathered by row number, and counted', () => {
    fc.assert(
      fc.property(
        bits().filter(({ length }) => length > 0),
        fc.array(fc.nat(), { maxLength: 200 }),
        (values, wishes) => {
          const rows = wishes.map((wish) => wish % values.length);
          linear.u8.fill(0xff, A, C);
          writeBits(A, values);
          rowsAt(C, rows);
          kernels.takeBits(A, C, rows.length, B);
          expect(readBits(B, 0, rows.length)).toEqual(rows.map((row) => values[row]));
          expect(readBits(B, rows.length, -rows.length & 63)).not.toContain(true);
          expect(kernels.countBits(A, values.length)).toBe(values.filter(Boolean).length);
        },
      ),
    );
  });

  test('that are null become zero, those before stay', () => {
    fc.assert(
      fc.property(bits(), bits(100), (validity, before) => {
        linear.u8.fill(0xff, A, C);
        writeBits(B, validity, before.length);
        kernels.zeroNullBits(A, validity.length, B, before.length);
        expect(readBits(A, before.length, validity.length)).toEqual(validity);
        expect(readBits(A, 0, before.length)).not.toContain(false);
      }),
    );
  });
});

describe.each([1, 2, 4, 8, 16])('values of %i bytes', (width) => {
  const valueAt = (address: number, row: number): number[] => [
    ...linear.u8.slice(address + row * width, address + (row + 1) * width),
  ];

  test('are gathered by row number', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: width, maxLength: 100 * width, size: 'max' }),
        fc.array(fc.nat(), { maxLength: 100 }),
        (bytes, wishes) => {
          const count = Math.floor(bytes.length / width);
          const rows = wishes.map((wish) => wish % count);
          linear.u8.set(bytes, A);
          rowsAt(C, rows);
          takeOf(kernels, width)(A, C, rows.length, B);
          for (const [at, row] of rows.entries()) expect(valueAt(B, at)).toEqual(valueAt(A, row));
        },
      ),
      { numRuns: 30 },
    );
  });

  test('become zero under nulls', () => {
    fc.assert(
      fc.property(bits(100), fc.nat({ max: 70 }), (validity, first) => {
        linear.u8.fill(0xab, A, B);
        writeBits(B, validity, first);
        zeroNullsOf(kernels, width)(A, validity.length, B, first);
        for (const [row, valid] of validity.entries()) {
          expect(valueAt(A, row)).toEqual(Array.from({ length: width }, () => (valid ? 0xab : 0)));
        }
        expect(linear.u8[A + validity.length * width]).toBe(0xab);
      }),
      { numRuns: 30 },
    );
  });
});

test('8-byte integers keep their value in 16 bytes', () => {
  const values = [0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n)];
  linear.i64.set(values, A / 8);
  kernels.widen16(A, values.length, B);
  const wide = values.map((_, row) => (linear.i64[B / 8 + 2 * row + 1]! << 64n) | linear.u64[B / 8 + 2 * row]!);
  expect(wide).toEqual(values);
});

describe('texts', () => {
  const texts = ['', 'a', 'exactly sixteen!', 'more than sixteen bytes', 'b'];

  function write(): void {
    let end = 0;
    for (const [row, text] of texts.entries()) {
      linear.u32[A / 4 + row] = 5 + end;
      end += Buffer.from(text).copy(linear.u8, B + 5 + end);
    }
    linear.u32[A / 4 + texts.length] = 5 + end;
  }

  const read = (count: number, bytes: number): string[] =>
    Array.from({ length: count }, (_, row) => {
      const [start, end] = [linear.u32[D / 4 + row]!, linear.u32[D / 4 + row + 1]!];
      return Buffer.from(linear.u8.slice(bytes + start, bytes + end)).toString();
    });

  test('are gathered, as many as fit', () => {
    write();
    const rows = [3, 0, 2, 4, 1, 3];
    rowsAt(C, rows);
    expect(kernels.takeOffsets(A, C, rows.length, 1000, D)).toBe(6);
    kernels.takeText(A, B, C, 6, D, D + 4096);
    expect(read(6, D + 4096)).toEqual(rows.map((row) => texts[row]));
    expect(kernels.takeOffsets(A, C, rows.length, 40, D)).toBe(4);
    expect(kernels.takeOffsets(A, C, rows.length, 3, D)).toBe(1);
  });

  test('are appended behind others, empty where null', () => {
    write();
    rowsAt(C, [1, 3, 4]);
    writeBits(C + 64, [true, false, true], 7);
    expect(kernels.appendTakenOffsets(A, C, 3, 10, C + 64, 7, D)).toBe(12);
    kernels.takeText(A, B, C, 3, D, D + 4096);
    expect(read(3, D + 4096)).toEqual(['a', '', 'b']);
    kernels.appendOffsets(A, texts.length, 100, D);
    expect([...linear.u32.slice(D / 4, D / 4 + 6)]).toEqual([100, 100, 101, 117, 140, 141]);
  });

  test('say where they end, even beyond what an offset can say', () => {
    linear.u32.set([0, 2 ** 31 - 1], A / 4);
    rowsAt(C, [0, 0, 0]);
    expect(kernels.appendTakenOffsets(A, C, 3, 0, 0, 0, D)).toBe(3 * (2 ** 31 - 1));
  });
});

test('codes that are not known yet are listed once, and then known', () => {
  linear.u32.fill(0xffffffff, A / 4, A / 4 + 10);
  rowsAt(B, [3, 1, 3, 7, 1]);
  expect(kernels.listUnseen(B, 5, A, C)).toBe(3);
  expect([...linear.u32.slice(C / 4, C / 4 + 3)]).toEqual([3, 1, 7]);
  expect(kernels.listUnseen(B, 5, A, C)).toBe(0);
  linear.u32.set([30, 10, 70], D / 4);
  rowsAt(C, [3, 1, 7]);
  kernels.put4(D, C, 3, A);
  kernels.take4(A, B, 5, D);
  expect([...linear.u32.slice(D / 4, D / 4 + 5)]).toEqual([30, 10, 30, 70, 10]);
});

test.each([1, 2, 4, 8, 16, 24])('values of %i bytes are gathered, in any number of rows', (width) => {
  const values = Uint8Array.from({ length: 20 * width }, (_, at) => (at * 37 + width) % 251);
  linear.u8.set(values, A);
  for (let count = 0; count < 12; count++) {
    const rows = Array.from({ length: count }, (_, at) => (at * 7 + 3) % 20);
    rowsAt(B, rows);
    takeOf(kernels, width)(A, B, count, C);
    const expected = rows.flatMap((row) => [...values.slice(row * width, (row + 1) * width)]);
    expect([...linear.u8.slice(C, C + count * width)]).toEqual(expected);
  }
});
