import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parquetKernels, spreadOf } from '../../src/kernels/parquet-kernels.ts';
import { LinearMemory } from '../../src/memory/linear-memory.ts';

const linear = new LinearMemory(4 * 1024 * 1024);
const kernels = parquetKernels(linear);
const [repetitions, definitions, output, bits, values] = [1, 2, 3, 4, 5].map(
  () => linear.allocate(65_536)!.address,
) as [number, number, number, number, number];

interface Entry {
  readonly repetition: number;
  readonly definition: number;
}

/** Levels of a leaf in lists in lists. A few do not hang together. */
const entries = fc.array(fc.tuple(fc.nat(2), fc.nat(5), fc.nat(30)), { maxLength: 100, size: 'max' }).map((all) =>
  all.map(([repetition, definition, odd]): Entry => {
    // What goes on has a value as a rule.
    return { repetition, definition: repetition > 0 && odd > 0 ? Math.max(definition, repetition * 2) : definition };
  }),
);

function put(all: readonly Entry[]): void {
  // Behind the entries lies what would be seen.
  linear.u8.fill(0, repetitions, repetitions + 256).fill(9, definitions, definitions + 256);
  linear.u8.set(
    all.map(({ repetition }) => repetition),
    repetitions,
  );
  linear.u8.set(
    all.map(({ definition }) => definition),
    definitions,
  );
}

const bitsOf = (address: number, count: number): number[] =>
  Array.from({ length: count }, (_, bit) => ((linear.u8[address + (bit >> 3)] ?? 0) >> (bit & 7)) & 1);

describe('levels', () => {
  test('entries of some rows end where the next one begins', () => {
    fc.assert(
      fc.property(entries, fc.nat(60), (all, rows) => {
        put(all);
        const starts = all.flatMap(({ repetition }, at) => (repetition === 0 ? [at] : []));
        const count = kernels.entriesOfRows(repetitions, all.length, rows, output);
        expect(count).toBe(starts[rows] ?? all.length);
        expect(linear.u32[output / 4]).toBe(Math.min(rows, starts.length));
      }),
    );
  });

  test('a slot has a bit, which is 1 where there is a value', () => {
    fc.assert(
      fc.property(entries, fc.nat(2), fc.nat(5), fc.nat(5), fc.nat(20), (all, most, slot, value, first) => {
        put(all);
        linear.u8.fill(0, bits, bits + 64);
        const slots = all.filter(({ repetition, definition }) => repetition <= most && definition >= slot);
        const expected = slots.map(({ definition }) => (definition >= value ? 1 : 0));
        const found = kernels.slotBits(repetitions, definitions, all.length, most, slot, value, bits, first);
        expect(found).toBe(BigInt(slots.length) | (BigInt(expected.filter((bit) => bit === 1).length) << 32n));
        expect(bitsOf(bits, 200)).toEqual([...Array(first).fill(0), ...expected, ...Array(200).fill(0)].slice(0, 200));
      }),
    );
  });

  test('offsets of lists count their items', () => {
    fc.assert(
      fc.property(
        entries,
        fc.integer({ min: 1, max: 2 }),
        fc.nat(3),
        fc.nat(2),
        (any, repetition, slotLevel, broken) => {
          const all = broken === 0 ? any : mended(any, repetition, slotLevel + 2);
          put(all);
          const expected = offsetsOf(all, repetition, slotLevel, slotLevel + 2);
          const found = kernels.offsetsOfLevels(
            repetitions,
            definitions,
            all.length,
            repetition,
            slotLevel,
            slotLevel + 2,
            output,
          );
          expect(found).toBe(expected === undefined ? -1 : expected.length - 1);
          if (expected !== undefined)
            expect([...linear.u32.subarray(output / 4, output / 4 + found + 1)]).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('levels become bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(255), { maxLength: 100, size: 'max' }), (levels) => {
        linear.u32.set(levels, output / 4);
        kernels.narrowLevels(output, levels.length, definitions);
        expect([...linear.u8.subarray(definitions, definitions + levels.length)]).toEqual(levels);
      }),
    );
  });
});

/** What would go on in nothing begins a row instead. */
function mended(all: readonly Entry[], own: number, itemLevel: number): Entry[] {
  let hasItems = false;
  return all.map((entry) => {
    if (entry.repetition > own) return entry;
    const isItem = entry.definition >= itemLevel;
    const goesOn = entry.repetition === own && isItem && hasItems;
    if (!goesOn) hasItems = isItem;
    return goesOn || entry.repetition < own ? entry : { ...entry, repetition: 0 };
  });
}

/** Entry by entry; undefined where one goes on in nothing, or is none. */
function offsetsOf(all: readonly Entry[], own: number, slotLevel: number, itemLevel: number): number[] | undefined {
  const offsets: number[] = [];
  let items = 0;
  let hasItems = false;
  for (const { repetition, definition } of all.filter((entry) => entry.repetition <= own)) {
    const isItem = definition >= itemLevel;
    if (repetition === own) {
      if (!isItem || !hasItems) return undefined;
    } else {
      hasItems = isItem;
      if (definition >= slotLevel) offsets.push(items);
    }
    if (isItem) items += 1;
  }
  return [...offsets, items];
}

test('dense values are spread to the rows that have one, and zeros to the others', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(1, 2, 4, 8, 16, 24),
      fc.array(fc.boolean(), { maxLength: 70, size: 'max' }),
      fc.nat(20),
      (width, rows, first) => {
        linear.u8.fill(0xff, bits, bits + 64).fill(0xee, output, output + 4096);
        for (const [row, isThere] of rows.entries()) {
          const bit = first + row;
          if (!isThere) linear.u8[bits + (bit >> 3)]! &= ~(1 << (bit & 7));
        }
        for (let at = 0; at < 4096; at += 1) linear.u8[values + at] = 1 + (at % 251);
        spreadOf(kernels, width)(values, bits, first, rows.length, output);
        let next = 0;
        const expected = rows.flatMap((isThere) =>
          Array.from({ length: width }, () => (isThere ? 1 + (next++ % 251) : 0)),
        );
        // Rows behind are not touched.
        expect([...linear.u8.subarray(output, output + expected.length + 16)]).toEqual([
          ...expected,
          ...Array(16).fill(0xee),
        ]);
      },
    ),
  );
});
