import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemoryBudget } from '../../src/memory/budget.ts';
import { LinearMemory, type Region } from '../../src/memory/linear-memory.ts';

const MiB = 1024 * 1024;
const budgetOf = (limit: number, floor = limit / 4) => new MemoryBudget(limit, floor, new LinearMemory(limit, true));

describe('memory budget', () => {
  test('retained bytes stop below the floor, and nothing changes when they do', () => {
    const budget = budgetOf(8 * MiB);
    using state = budget.reserve('Sort');
    expect(state.tryGrow(6 * MiB)).toBe(true);
    expect(state.tryGrow(1)).toBe(false);
    expect(budget.usedBytes).toBe(6 * MiB);
  });

  test('is scarce before what operators may retain is used up', () => {
    const budget = budgetOf(8 * MiB);
    using state = budget.reserve('Sort');
    state.grow(5 * MiB);
    expect(budget.isScarce).toBe(false);
    state.grow(1);
    expect(budget.isScarce).toBe(true);
    state.shrink(1);
    expect(budget.isScarce).toBe(false);
  });

  test('an owner that cannot spill fails by name, with the bytes it holds and wants', () => {
    using state = budgetOf(8 * MiB).reserve('Sort');
    state.grow(5 * MiB);
    expect(() => state.grow(2 * MiB)).toThrow(
      expect.objectContaining({
        name: 'MemoryBudgetExceeded',
        message: expect.stringMatching(/Sort needs 2097152.*5242880/),
      }),
    );
  });

  test('what is spare is given back to who has to retain bytes, once', () => {
    const budget = budgetOf(8 * MiB);
    using kept = budget.reserve('Shared');
    using state = budget.reserve('Sort');
    kept.grow(2 * MiB);
    const gave: string[] = [];
    budget.spare(() => {
      gave.push('first');
      kept.release();
    });
    budget.spare(() => gave.push('second'))[Symbol.dispose]();
    expect(state.tryGrow(3 * MiB)).toBe(true);
    expect(gave).toEqual([]);
    expect(state.tryGrow(3 * MiB)).toBe(true);
    expect(gave).toEqual(['first']);
    expect(state.tryGrow(MiB)).toBe(false);
    expect(gave).toEqual(['first']);
  });

  test('what is spare makes room in linear memory too', () => {
    const budget = budgetOf(8 * MiB);
    using kept = budget.reserve('Shared');
    using state = budget.reserve('Sort');
    kept.allocate(2 * MiB);
    budget.spare(() => kept.release());
    expect(state.tryAllocate(5 * MiB)).toBeDefined();
  });

  test('a lease waits until there is room, and gets it', async () => {
    const budget = budgetOf(8 * MiB);
    const first = await budget.lease('Scan', 2 * MiB);
    using state = budget.reserve('Sort');
    state.grow(5 * MiB);
    let granted = false;
    const second = budget.lease('Scan', 2 * MiB).then((lease) => {
      granted = true;
      return lease;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(granted).toBe(false);
    first[Symbol.dispose]();
    (await second)[Symbol.dispose]();
    expect(budget.usedBytes).toBe(5 * MiB);
  });

  test('a lease larger than the floor is refused at once, because it might wait for ever', async () => {
    await expect(budgetOf(8 * MiB).lease('Scan', 3 * MiB)).rejects.toMatchObject({ name: 'MemoryBudgetExceeded' });
  });

  test('an aborted wait ends', async () => {
    const budget = budgetOf(8 * MiB);
    using state = budget.reserve('Sort');
    state.grow(6 * MiB);
    using _first = await budget.lease('Scan', 2 * MiB);
    const abort = new AbortController();
    const waiting = budget.lease('Scan', MiB, abort.signal);
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('a lease hands out no more than was leased', async () => {
    using lease = await budgetOf(8 * MiB).lease('Scan', MiB);
    expect(lease.tryAllocate(2 * MiB)).toBeUndefined();
    expect(lease.tryAllocate(MiB / 2)).toBeDefined();
    expect(lease.tryGrow(MiB)).toBe(false);
  });

  test('what a lease cannot do without is retained beyond it, up to the floor, and given back first', async () => {
    const budget = budgetOf(8 * MiB);
    const lease = await budget.lease('Scan', MiB, undefined, 'retained');
    expect(lease.tryAllocate(2 * MiB)).toBeUndefined();
    const large = lease.allocate(2 * MiB);
    expect(budget.usedBytes).toBe(LinearMemory.footprint(2 * MiB));
    expect(lease.tryGrow(1)).toBe(false);
    using state = budget.reserve('Sort');
    expect(state.tryGrow(5 * MiB)).toBe(false);
    expect(state.tryGrow(4 * MiB)).toBe(true);
    expect(() => lease.grow(MiB)).toThrow(/^Scan needs 1048576 bytes more and holds 2101248 already/);
    lease.free(large);
    expect(budget.usedBytes).toBe(5 * MiB);
    state.release();
    expect(lease.tryGrow(MiB)).toBe(true);
    expect(budget.usedBytes).toBe(MiB);
    lease.grow(MiB);
    expect(budget.usedBytes).toBe(2 * MiB);
    lease[Symbol.dispose]();
    expect(budget.usedBytes).toBe(0);
  });

  test('a lease becomes larger where there is room now, up to the floor, and never waits', async () => {
    const budget = budgetOf(8 * MiB);
    using holding = await budget.lease('Scan', MiB);
    using state = budget.reserve('Sort');
    state.grow(5 * MiB);
    expect(holding.lease?.tryEnlarge(2 * MiB + 1)).toBe(false);
    expect(holding.lease?.tryEnlarge(2 * MiB)).toBe(true);
    expect(budget.usedBytes).toBe(7 * MiB);
    expect(holding.tryGrow(2 * MiB)).toBe(true);
    expect(holding.lease?.tryEnlarge(MiB)).toBe(true);
    expect(holding.lease?.bytes).toBe(2 * MiB);
    expect(state.lease).toBeUndefined();
  });

  test('a lease is not enlarged by what others hold', async () => {
    const budget = budgetOf(8 * MiB);
    using holding = await budget.lease('Scan', MiB);
    using other = await budget.lease('Scan', 2 * MiB);
    using state = budget.reserve('Sort');
    state.grow(5 * MiB);
    expect(holding.lease?.tryEnlarge(MiB + 1)).toBe(false);
    other[Symbol.dispose]();
    expect(holding.lease?.tryEnlarge(2 * MiB)).toBe(true);
  });

  test('what is retained beyond a lease becomes part of it where it is enlarged', async () => {
    const budget = budgetOf(8 * MiB);
    const first = await budget.lease('Scan', MiB, undefined, 'retained');
    const second = first.lease?.open();
    first.grow(MiB + 10);
    expect(budget.usedBytes).toBe(MiB + 10);
    expect(second?.tryGrow(1)).toBe(false);
    expect(first.lease?.tryEnlarge(MiB + 4)).toBe(true);
    expect(budget.usedBytes).toBe(MiB + 10);
    expect(first.lease?.tryEnlarge(MiB + 20)).toBe(true);
    expect(budget.usedBytes).toBe(MiB + 20);
    expect(second?.tryGrow(10)).toBe(true);
    second?.grow(7);
    expect(budget.usedBytes).toBe(MiB + 27);
    first[Symbol.dispose]();
    expect(budget.usedBytes).toBe(MiB + 20);
    second?.[Symbol.dispose]();
    expect(budget.usedBytes).toBe(0);
  });

  test('holdings of one lease share it, and the last of them gives it back', async () => {
    const budget = budgetOf(8 * MiB);
    const first = await budget.lease('Scan', 2 * MiB);
    const second = first.lease?.open();
    expect(first.tryGrow(MiB)).toBe(true);
    expect(second?.tryGrow(MiB + 1)).toBe(false);
    expect(second?.tryAllocate(MiB / 2)).toBeDefined();
    expect(budget.usedBytes).toBe(2 * MiB);
    first[Symbol.dispose]();
    expect(second?.tryGrow(MiB)).toBe(true);
    expect(budget.usedBytes).toBe(2 * MiB);
    second?.[Symbol.dispose]();
    expect(budget.usedBytes).toBe(0);
    expect(budget.linear.usedBytes).toBe(0);
  });

  test('bytes outside linear memory must fit beside all it has grown to, even when its regions are free again', () => {
    const budget = budgetOf(8 * MiB);
    using sort = budget.reserve('Sort');
    sort.allocate(5 * MiB);
    sort.release();
    using write = budget.reserve('Write');
    expect(write.tryGrow(4 * MiB)).toBe(false);
    expect(write.tryGrow(2 * MiB)).toBe(true);
  });

  test('linear memory does not grow into what is held outside it', () => {
    const budget = budgetOf(8 * MiB);
    using write = budget.reserve('Write');
    write.grow(4 * MiB);
    using sort = budget.reserve('Sort');
    expect(sort.tryAllocate(5 * MiB)).toBeUndefined();
    expect(budget.linear.committedBytes).toBeLessThanOrEqual(4 * MiB);
  });

  test('gives everything back when holdings are disposed, whatever was taken and freed in between', () => {
    const step = fc.oneof(
      fc.record({ grow: fc.nat({ max: MiB }) }),
      fc.record({ allocate: fc.nat({ max: MiB }) }),
      fc.record({ free: fc.nat() }),
      fc.record({ reallocate: fc.nat({ max: MiB }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const budget = budgetOf(8 * MiB);
        const holding = budget.reserve('Test');
        const regions: Region[] = [];
        for (const one of steps) {
          if ('grow' in one) holding.tryGrow(one.grow);
          else if ('allocate' in one) {
            const region = holding.tryAllocate(one.allocate);
            if (region !== undefined) regions.push(region);
          } else if (regions.length > 0) {
            const [region] = regions.splice(('free' in one ? one.free : one.reallocate) % regions.length, 1);
            if ('free' in one) holding.free(region!);
            else if (holding.heldBytes + one.reallocate + 65_536 < 5 * MiB) {
              const before = budget.linear.u8.slice(
                region!.address,
                region!.address + Math.min(64, region!.byteLength),
              );
              const moved = holding.reallocate(region!, one.reallocate);
              const kept = budget.linear.u8.slice(
                moved.address,
                moved.address + Math.min(before.length, one.reallocate),
              );
              expect(kept).toEqual(before.slice(0, kept.length));
              regions.push(moved);
            } else regions.push(region!);
          }
          expect(budget.usedBytes).toBe(holding.heldBytes);
          expect(budget.usedBytes).toBeLessThanOrEqual(budget.limitBytes);
        }
        holding[Symbol.dispose]();
        expect(budget.usedBytes).toBe(0);
        expect(budget.linear.usedBytes).toBe(0);
        expect(budget.holders()).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  test('what grows where it lies is counted, and stays within the budget', () => {
    const budget = new MemoryBudget(4 * MiB, MiB);
    using holding = budget.reserve('Sort');
    const region = holding.allocate(MiB);
    expect(holding.tryExtend(region, 2 * MiB)).toBe(true);
    expect(holding.heldBytes).toBe(LinearMemory.footprint(2 * MiB));
    expect(holding.tryExtend(region, 3 * MiB)).toBe(false);
    expect(holding.heldBytes).toBe(LinearMemory.footprint(region.byteLength));
    holding.free(region);
    expect(budget.usedBytes).toBe(0);
  });

  test('names who holds what, largest first', () => {
    const budget = budgetOf(8 * MiB);
    using sort = budget.reserve('Sort');
    using write = budget.reserve('Write');
    sort.grow(10);
    write.grow(20);
    expect(budget.holders()).toEqual([
      { owner: 'Write', heldBytes: 20 },
      { owner: 'Sort', heldBytes: 10 },
    ]);
  });
});
