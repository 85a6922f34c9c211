import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { int64, utf8 } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import { type SampleOptions, sample } from '../../src/operators/streaming-sinks/sample.ts';
import { tables } from '../support/tables.ts';
import { type Row, runStages, testBudget } from '../support/task.ts';
import { obeysContract } from './contract.ts';

const input = schema(field('n', int64, false), field('t', utf8));
const numbered = (count: number): Row[] => Array.from({ length: count }, (_, n): Row => [BigInt(n), `t${n}`]);

type Given = Omit<SampleOptions, 'input' | 'withReplacement' | 'seed'> & Partial<SampleOptions>;
const made = (given: Given) => sample({ input, withReplacement: false, seed: 1, ...given });

/** The numbers of the rows that come out. */
async function sampled(given: Given, count: number, cuts: readonly number[] = []): Promise<number[]> {
  const { rows } = await runStages([made(given)], { schema: input, rows: numbered(count), cuts });
  expect(rows.every(([n, t]) => t === `t${n}`)).toBe(true);
  return rows.map(([n]) => Number(n));
}

/** SplitMix64 as published: the numbers that follow a seed. */
function splitMix64(seed: bigint, count: number): bigint[] {
  const cut = (x: bigint): bigint => BigInt.asUintN(64, x);
  return Array.from({ length: count }, (_, n) => {
    let z = cut(seed + BigInt(n + 1) * 0x9e3779b97f4a7c15n);
    z = cut((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = cut((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  });
}

test('the reference is the published generator', () => {
  expect(splitMix64(1234567n, 2)).toEqual([6457827717110365317n, 3203168211198807973n]);
});

const times = (numbers: readonly number[], count: number): number[] => {
  const found = Array.from({ length: count }, () => 0);
  for (const n of numbers) found[n] = (found[n] ?? 0) + 1;
  return found;
};

describe('sample of a fraction', () => {
  test('takes the rows whose bits are below it', async () => {
    const units = splitMix64(7n, 30_000).map((bits) => Number(bits >> 11n) / 2 ** 53);
    const expected = [...units.keys()].filter((n) => (units[n] as number) < 0.3);
    expect(await sampled({ amount: { fraction: 0.3 }, seed: 7 }, 30_000, [5, 0, 16_000])).toEqual(expected);
    expect(Math.abs(expected.length - 9_000)).toBeLessThan(4 * Math.sqrt(30_000 * 0.3 * 0.7));
    expect(await sampled({ amount: { fraction: 0.3 }, seed: 8 }, 30_000)).not.toEqual(expected);
  });

  test('of nothing and of all', async () => {
    expect(await sampled({ amount: { fraction: 0 } }, 1000)).toEqual([]);
    expect(await sampled({ amount: { fraction: 1 } }, 1000)).toEqual([...Array(1000).keys()]);
  });

  test('with replacement takes a row as often as Poisson says', async () => {
    const taken = times(await sampled({ amount: { fraction: 0.8 }, withReplacement: true, seed: 3 }, 20_000), 20_000);
    let probability = Math.exp(-0.8);
    for (let copies = 0; copies < 6; copies += 1) {
      const rows = taken.filter((count) => count === copies).length;
      expect(Math.abs(rows - 20_000 * probability), `${copies} copies`).toBeLessThan(
        4 * Math.sqrt(20_000 * probability),
      );
      probability *= 0.8 / (copies + 1);
    }
  });

  test('a sample that has more rows than a batch goes on in the next', async () => {
    const numbers = await sampled({ amount: { fraction: 1 }, withReplacement: true, seed: 8 }, 16_384);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    const cut = await sampled({ amount: { fraction: 1 }, withReplacement: true, seed: 8 }, 16_384, [3000, 1, 9000]);
    expect(cut).toEqual(numbers);
    const { stats } = await runStages([made({ amount: { fraction: 1 }, withReplacement: true, seed: 8 })], {
      schema: input,
      rows: numbered(16_384),
    });
    expect([numbers.length > 16_384, stats[0]?.batchesOut]).toEqual([true, 2]);
  });
});

describe('sample of so many rows', () => {
  test('takes those with the least bits, in their order, and keeps few more', async () => {
    const bits = splitMix64(5n, 100_000);
    const least = [...bits.keys()].sort((a, b) => ((bits[a] as bigint) < (bits[b] as bigint) ? -1 : 1)).slice(0, 100);
    const memory = testBudget();
    const { rows } = await runStages(
      [made({ amount: { size: 100 }, seed: 5 })],
      { schema: input, rows: numbered(100_000), cuts: [1000, 0, 1] },
      { memory },
    );
    expect(rows.map(([n]) => Number(n))).toEqual(least.sort((a, b) => a - b));
    expect(memory.peakBytes).toBeLessThan(4_000_000);
  });

  test('is larger than a batch', async () => {
    const numbers = await sampled({ amount: { size: 20_000 } }, 60_000);
    expect(new Set(numbers).size).toBe(20_000);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  });

  test('takes each row as often as any other', async () => {
    const taken = Array.from({ length: 50 }, () => 0);
    for (let seed = 0; seed < 100; seed += 1) {
      for (const n of await sampled({ amount: { size: 10 }, seed }, 50)) taken[n] = (taken[n] ?? 0) + 1;
    }
    // 100 samples take a fifth of the rows each: 20 times, give or take 4.
    expect(Math.min(...taken)).toBeGreaterThan(20 - 16);
    expect(Math.max(...taken)).toBeLessThan(20 + 16);
  });

  test.each([
    [3, 3, [0, 1, 2]],
    [0, 3, []],
    [0, 0, []],
  ])('of %i of %i', async (size, count, expected) => {
    expect(await sampled({ amount: { size } }, count)).toEqual(expected);
  });

  test.each([
    [4, 3],
    [1, 0],
  ])('refuses %i of %i', async (size, count) => {
    const failure = sampled({ amount: { size } }, count);
    await expect(failure).rejects.toThrowError(
      `Sample: ${size} rows are wanted without replacement, and there are ${count}. Ask for fewer`,
    );
    await expect(failure).rejects.toMatchObject({ name: 'InvalidArgument' });
  });

  test('does not depend on where batches are cut', async () => {
    const cuts = fc.array(fc.nat({ max: 90 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 20, max: 200 }), cuts, fc.maxSafeNat(), async (count, cut, seed) => {
        const given = { amount: { size: 20 }, seed };
        expect(await sampled(given, count, cut)).toEqual(await sampled(given, count));
      }),
      { numRuns: 40 },
    );
  });
});

describe('sample of so many rows with replacement', () => {
  const drawn = (size: number, count: number, seed: number) =>
    sampled({ amount: { size }, withReplacement: true, seed }, count);

  test('has as many rows as are wanted, though there are fewer, in their order', async () => {
    const numbers = await drawn(1000, 3, 1);
    expect(numbers.length).toBe(1000);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(Math.min(...times(numbers, 3))).toBeGreaterThan(333 - 60);
  });

  test('has none where there are none', async () => {
    expect(await drawn(5, 0, 1)).toEqual([]);
    expect(await drawn(0, 5, 1)).toEqual([]);
  });

  test('is larger than a batch', async () => {
    expect((await drawn(40_000, 30_000, 1)).length).toBe(40_000);
  });

  test('takes each row as often as any other, whatever was taken before', async () => {
    const [count, size, samples] = [20, 10, 200];
    const all = Array.from({ length: count }, () => 0);
    let different = 0;
    let firstAndLast = 0;
    for (let seed = 0; seed < samples; seed += 1) {
      const taken = times(await drawn(size, count, seed), count);
      different += taken.filter((copies) => copies > 0).length;
      firstAndLast += (taken[0] as number) * (taken[count - 1] as number);
      for (const [n, copies] of taken.entries()) all[n] = (all[n] as number) + copies;
    }
    // Each of 20 rows comes up 100 times in 2000 draws, give or take 10; of 10 draws 8.03 are different, give or take 1.1.
    expect(Math.min(...all)).toBeGreaterThan(100 - 40);
    expect(Math.max(...all)).toBeLessThan(100 + 40);
    const expected = count * (1 - (1 - 1 / count) ** size);
    expect(Math.abs(different / samples - expected)).toBeLessThan(4 * (1.1 / Math.sqrt(samples)));
    // Of two rows: n (n − 1) / N² together on average.
    expect(Math.abs(firstAndLast / samples - (size * (size - 1)) / count ** 2)).toBeLessThan(0.15);
  });
});

describe('sample obeys, as a fraction,', () => obeysContract(() => made({ amount: { fraction: 0.4 } }), tables(input)));
describe('sample obeys, as a fraction with replacement,', () =>
  obeysContract(() => made({ amount: { fraction: 0.9 }, withReplacement: true }), tables(input), { numRuns: 12 }));
describe('sample obeys, as so many rows with replacement,', () =>
  obeysContract(() => made({ amount: { size: 30 }, withReplacement: true }), tables(input), { numRuns: 12 }));
