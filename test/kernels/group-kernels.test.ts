import { describe, expect, test } from 'vitest';
import { columnFromValues } from '../../src/columnar/column-from-values.ts';
import { int64, utf8 } from '../../src/columnar/data-type.ts';
import { groupKernels } from '../../src/kernels/group-kernels.ts';
import { testBudget } from '../support/task.ts';

const ROWS = 1 << 16;
const SEEDS = [0n, 0x9e37_79b9_7f4a_7c15n];

/** Where the kernels find bytes of an image and the seed. */
function withHashes<T>(
  seed: bigint,
  hash: (kernels: ReturnType<typeof groupKernels>, handle: number, hashes: number) => void,
  read: (hashes: BigUint64Array) => T,
  values: (holding: ReturnType<ReturnType<typeof testBudget>['reserve']>) => void,
): T {
  const budget = testBudget();
  using holding = budget.reserve('test');
  values(holding);
  const handle = holding.allocateZeroed(64).address;
  holding.linear.u32[(handle + 12) >>> 2] = 8;
  holding.linear.data.setBigUint64(handle + 24, seed, true);
  const hashes = holding.allocate(ROWS * 8).address;
  hash(groupKernels(holding.linear), handle, hashes);
  return read(new BigUint64Array(holding.linear.u8.slice(hashes, hashes + ROWS * 8).buffer));
}

/** How many of the 2 ** 16 values of some 16 bits are met: chance gives about 63 % of them. */
function fill(hashes: BigUint64Array, shift: bigint): number {
  return new Set(Array.from(hashes, (hash) => Number((hash >> shift) & 0xffffn))).size / ROWS;
}

describe('hashes of keys', () => {
  test.each([
    { name: 'counting up', value: (row: number): bigint => BigInt(row) },
    { name: 'multiples of a large power of two', value: (row: number): bigint => BigInt(row) << 44n },
    { name: 'multiples of 1000', value: (row: number): bigint => BigInt(row) * 1000n },
    {
      name: 'floats counting up',
      value: (row: number): bigint => new BigUint64Array(new Float64Array([row]).buffer)[0] as bigint,
    },
  ])('of integers $name are spread at least as chance would, slot bits and tag bits', ({ value }) => {
    for (const seed of SEEDS) {
      let values = 0;
      withHashes(
        seed,
        (kernels, handle, hashes) => kernels.hashImages(handle, values, ROWS, hashes),
        (hashes) => {
          expect(new Set(hashes).size).toBe(ROWS);
          for (const shift of [0n, 32n, 48n]) expect(fill(hashes, shift)).toBeGreaterThan(0.6);
        },
        (holding) => {
          const all = Array.from({ length: ROWS }, (_, row) => BigInt.asIntN(64, value(row)));
          values = columnFromValues(holding, int64, all).values;
        },
      );
    }
  });

  test.each([
    { name: 'short', text: (row: number): string => `${row}` },
    { name: 'with a long common beginning', text: (row: number): string => `${'x'.repeat(50)}${row}` },
    { name: 'that differ in the middle', text: (row: number): string => `${'x'.repeat(20)}${row}${'y'.repeat(20)}` },
  ])('of texts $name are spread at least as chance would, slot bits and tag bits', ({ text }) => {
    for (const seed of SEEDS) {
      let [offsets, bytes] = [0, 0];
      withHashes(
        seed,
        (kernels, handle, hashes) => kernels.hashStrings(handle, offsets, bytes, ROWS, hashes),
        (hashes) => {
          expect(new Set(hashes).size).toBe(ROWS);
          for (const shift of [0n, 32n, 48n]) expect(fill(hashes, shift)).toBeGreaterThan(0.6);
        },
        (holding) => {
          const column = columnFromValues(
            holding,
            utf8,
            Array.from({ length: ROWS }, (_, row) => text(row)),
          );
          [offsets, bytes] = [column.values, column.bytes];
        },
      );
    }
  });

  test('depend on the seed', () => {
    let values = 0;
    const [a, b] = SEEDS.map((seed) =>
      withHashes(
        seed,
        (kernels, handle, hashes) => kernels.hashImages(handle, values, ROWS, hashes),
        (hashes) => Array.from(hashes.subarray(0, 1000)),
        (holding) => {
          values = columnFromValues(
            holding,
            int64,
            Array.from({ length: ROWS }, (_, row) => BigInt(row)),
          ).values;
        },
      ),
    );
    expect(a?.some((hash, row) => hash === b?.[row])).toBe(false);
  });
});
