import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LinearMemory, PADDING_BYTES, type Region } from '../../src/memory/linear-memory.ts';

const MiB = 1024 * 1024;

describe('linear memory', () => {
  test('makes just the bytes zero that it is told to, wherever they begin and end', () => {
    const linear = new LinearMemory(MiB, false);
    const { address } = linear.allocate(64)!;
    for (let from = 0; from <= 24; from += 1) {
      for (let to = from; to <= 48; to += 1) {
        linear.u8.fill(1, address, address + 64);
        linear.zero(address + from, address + to);
        const expected = Array.from({ length: 64 }, (_, at) => (at >= from && at < to ? 0 : 1));
        expect([...linear.u8.subarray(address, address + 64)]).toEqual(expected);
      }
    }
  });

  test('hands out regions that do not overlap, padding included, however they are freed', () => {
    const commands = fc.array(
      fc.oneof(
        fc.record({ allocate: fc.integer({ min: 0, max: 300_000 }) }),
        fc.record({ freeNth: fc.nat({ max: 50 }) }),
        fc.record({ extendNth: fc.nat({ max: 50 }), by: fc.integer({ min: 0, max: 200_000 }) }),
      ),
      { maxLength: 120 },
    );
    fc.assert(
      fc.property(commands, (list) => {
        const linear = new LinearMemory(8 * MiB, true);
        const live: Region[] = [];
        for (const command of list) {
          if ('allocate' in command) {
            const region = linear.allocate(command.allocate);
            if (region !== undefined) live.push(region);
          } else if ('extendNth' in command) {
            const region = live[command.extendNth % live.length];
            if (region === undefined) continue;
            const { address, byteLength } = region;
            const extended = linear.tryExtend(region, byteLength + command.by);
            expect(region).toMatchObject({ address, byteLength: byteLength + (extended ? command.by : 0) });
            // Whether what is free behind it is still as it was left, debugging memory looks at itself.
            linear.u8.fill(1, address, address + region.byteLength + PADDING_BYTES);
          } else if (live.length > 0) {
            linear.free(live.splice(command.freeNth % live.length, 1)[0]!);
          }
          const ranges = live
            .map((region) => ({ start: region.address, end: region.address + region.byteLength + PADDING_BYTES }))
            .sort((a, b) => a.start - b.start);
          for (const [index, range] of ranges.entries()) {
            expect(range.start).toBeGreaterThanOrEqual(index === 0 ? 65_536 : ranges[index - 1]!.end);
            expect(range.end).toBeLessThanOrEqual(linear.memory.buffer.byteLength);
          }
          expect(linear.usedBytes).toBe(
            live.reduce((sum, region) => sum + LinearMemory.footprint(region.byteLength), 0),
          );
        }
      }),
      { numRuns: 60 },
    );
  });

  test('leaves what is free at the end alone while another place is large enough, so that it can grow', () => {
    const linear = new LinearMemory(4 * MiB, true);
    const first = linear.allocate(MiB);
    const kept = linear.allocate(100_000);
    linear.free(first!);
    // Behind what is kept less is free than in front of it.
    const small = linear.allocate(1000);
    expect(small!.address).toBeLessThan(kept!.address);
    expect(linear.allocate(4 * MiB - 2 * 65_536 - MiB - 100_000)).toBeDefined();
  });

  test('joins free neighbours, so that one large region fits where many small ones were', () => {
    const linear = new LinearMemory(4 * MiB, true);
    const small: Region[] = [];
    for (;;) {
      const region = linear.allocate(10_000);
      if (region === undefined) break;
      small.push(region);
    }
    expect(linear.allocate(3 * MiB)).toBeUndefined();
    // Every second one first, so that joining has to happen on both sides.
    for (const region of small.filter((_, index) => index % 2 === 0)) linear.free(region);
    for (const region of small.filter((_, index) => index % 2 === 1)) linear.free(region);
    expect(linear.allocate(3 * MiB)).toBeDefined();
  });

  test('makes a region larger where it lies, while nothing is behind it', () => {
    const linear = new LinearMemory(4 * MiB, true);
    const [first, second] = [linear.allocate(10_000), linear.allocate(10_000)] as [Region, Region];
    expect(linear.tryExtend(first, 20_000)).toBe(false);
    expect(linear.tryExtend(second, 3 * MiB)).toBe(true);
    expect(second.byteLength).toBe(3 * MiB);
    expect(linear.tryExtend(second, 5 * MiB)).toBe(false);
    linear.free(second);
    expect(linear.tryExtend(first, 3 * MiB)).toBe(true);
    expect(linear.tryExtend(first, 3.5 * MiB, 3 * MiB)).toBe(false);
    expect(linear.usedBytes).toBe(LinearMemory.footprint(3 * MiB));
  });

  test('never grows beyond its maximum, nor beyond the ceiling it is given', () => {
    const linear = new LinearMemory(4 * MiB);
    expect(linear.allocate(5 * MiB)).toBeUndefined();
    expect(linear.allocate(2 * MiB, MiB)).toBeUndefined();
    expect(linear.committedBytes).toBeLessThanOrEqual(MiB);
    expect(linear.allocate(2 * MiB)).toBeDefined();
  });

  test('takes its views anew after growth', () => {
    const linear = new LinearMemory(4 * MiB);
    const before = linear.u8;
    const region = linear.allocate(2 * MiB)!;
    linear.u8[region.address + MiB] = 7;
    expect(before.length).toBeLessThan(linear.u8.length);
    expect(linear.data.getUint8(region.address + MiB)).toBe(7);
  });

  test.each([0, 1, 65_536, Number.NaN, -1])('refuses a maximum of %d bytes', (bytes) => {
    expect(() => new LinearMemory(bytes)).toThrow(expect.objectContaining({ name: 'InvalidArgument' }));
  });

  describe('in debug mode', () => {
    test('finds a double free', () => {
      const linear = new LinearMemory(MiB, true);
      const region = linear.allocate(100)!;
      linear.free(region);
      expect(() => linear.free(region)).toThrow(/double free/);
    });

    test('finds the use of a freed region', () => {
      const linear = new LinearMemory(MiB, true);
      const region = linear.allocate(100)!;
      linear.free(region);
      expect(() => region.address).toThrow(/use after free/);
    });

    test('finds a write after free when the pages are handed out again', () => {
      const linear = new LinearMemory(MiB, true);
      const region = linear.allocate(100)!;
      const { address } = region;
      linear.free(region);
      linear.u8[address + 50] = 1;
      expect(() => linear.allocate(100)).toThrow(/write after free/);
    });

    test('refuses the region of another memory', () => {
      const region = { address: 65_536, byteLength: 10 };
      expect(() => new LinearMemory(MiB, true).free(region)).toThrow(/not a region/);
    });
  });
});
