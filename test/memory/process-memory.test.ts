import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { InvalidArgument } from '../../src/errors.ts';
import { borrowLinearMemory, budgetFor, collectGarbage, forgetLinearMemory } from '../../src/memory/process-memory.ts';

const MIB = 1024 * 1024;

describe('the budget of a process', () => {
  test('is what Node and the engine leave of it', () => {
    expect(budgetFor(512 * MIB, 50 * MIB)).toBe(384 * MIB);
    expect(budgetFor(1024 * MIB, 50 * MIB)).toBe(896 * MIB);
  });

  test('is smaller where the process holds other things', () => {
    expect(budgetFor(512 * MIB, 200 * MIB)).toBe(272 * MIB);
  });

  test.each([0, 100 * MIB, 135 * MIB, Number.NaN])('is refused where nothing would be left: %d', (bytes) => {
    expect(() => budgetFor(bytes, 50 * MIB)).toThrow(InvalidArgument);
  });
});

test('a heap that is to be small has a small young generation', () => {
  const program = `
    import { getHeapSpaceStatistics } from 'node:v8';
    import { keepHeapSmall } from './src/memory/process-memory.ts';
    if (process.argv[1] === 'small') keepHeapSmall();
    const alive = new Array(20000);
    let peak = 0;
    for (let n = 0; n < 3_000_000; n += 1) {
      alive[n % 20000] = { n, pair: [n, n] };
      if (n % 100_000 !== 0) continue;
      peak = Math.max(peak, getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size);
    }
    console.log(peak);`;
  const peak = (mode: string): number => {
    const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program, mode];
    return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }));
  };
  expect(peak('small')).toBeLessThan(peak('large') / 2);
});

describe('the linear memory of a process', () => {
  test('is reused by the next task of the same size', () => {
    using first = borrowLinearMemory(4 * MIB);
    const { memory } = first.linear;
    first[Symbol.dispose]();
    using second = borrowLinearMemory(4 * MIB);
    expect(second.linear.memory).toBe(memory);
  });

  test('is given back to the system where it has grown too far for the next task', () => {
    const maximumBytes = 256 * MIB;
    const rounds = 8;
    let peakBytes = 0;
    for (let round = 0; round < rounds; round++) {
      if (forgetLinearMemory(64 * MIB)) collectGarbage('major');
      using loan = borrowLinearMemory(maximumBytes);
      expect(loan.linear.committedBytes).toBeLessThan(MIB);
      const region = loan.linear.allocate(128 * MIB);
      if (region === undefined) throw new Error('128 of 256 MiB are not to be had');
      loan.linear.u8.fill(1, region.address, region.address + region.byteLength);
      peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
      loan.linear.free(region);
    }
    // Kept, all rounds together would be resident.
    expect(peakBytes).toBeLessThan((rounds - 2) * 128 * MIB);
  });

  test('is kept for the next task where it has not', () => {
    const first = borrowLinearMemory(4 * MIB);
    const { memory } = first.linear;
    first[Symbol.dispose]();
    expect(forgetLinearMemory(MIB)).toBe(false);
    using second = borrowLinearMemory(4 * MIB);
    expect(second.linear.memory).toBe(memory);
  });

  test('is given back once only', () => {
    const first = borrowLinearMemory(4 * MIB);
    first[Symbol.dispose]();
    using second = borrowLinearMemory(4 * MIB);
    first[Symbol.dispose]();
    using third = borrowLinearMemory(4 * MIB);
    expect(third.linear).not.toBe(second.linear);
  });

  test('is reused for a smaller task as long as half of that is left to grow in', () => {
    forgetLinearMemory(0);
    const large = borrowLinearMemory(64 * MIB);
    large[Symbol.dispose]();
    const small = borrowLinearMemory(8 * MIB);
    expect(small.linear).toBe(large.linear);
    const region = small.linear.allocate(5 * MIB);
    if (region !== undefined) small.linear.free(region);
    small[Symbol.dispose]();
    using next = borrowLinearMemory(8 * MIB);
    expect(next.linear).not.toBe(large.linear);
  });

  test('is not shared by two tasks at a time', () => {
    using first = borrowLinearMemory(4 * MIB);
    using second = borrowLinearMemory(4 * MIB);
    expect(second.linear.memory).not.toBe(first.linear.memory);
  });

  test('is not reused for a larger task, nor with something of it in use', () => {
    const first = borrowLinearMemory(4 * MIB);
    first[Symbol.dispose]();
    using larger = borrowLinearMemory(8 * MIB);
    expect(larger.linear.maximumBytes).toBe(8 * MIB);
    const used = borrowLinearMemory(4 * MIB);
    used.linear.allocate(1);
    used[Symbol.dispose]();
    using next = borrowLinearMemory(4 * MIB);
    expect(next.linear).not.toBe(used.linear);
  });
});
