import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { columnFromValues } from '../../src/columnar/column-from-values.ts';
import { readColumn } from '../../src/columnar/column-values.ts';
import { uint32, utf8 } from '../../src/columnar/data-type.ts';
import { MemoryBudgetExceeded } from '../../src/errors.ts';
import type { Holding } from '../../src/memory/budget.ts';
import { GrowingRegion } from '../../src/state/growing-region.ts';
import { StringInterner } from '../../src/state/string-interner.ts';
import { expectAllReturned, testBudget } from '../support/task.ts';

function intern(interner: StringInterner, holding: Holding, texts: readonly string[]): number[] {
  const { values, bytes } = columnFromValues(holding, utf8, texts);
  const ids = columnFromValues(
    holding,
    uint32,
    texts.map(() => 0),
  );
  interner.intern(values, bytes, texts.length, ids.values);
  return readColumn(holding.linear, ids, texts.length) as number[];
}

/** Lengths around the words of 8 bytes that hashing and comparing go by, and texts that differ in one byte only. */
const text = fc.oneof(
  fc
    .tuple(fc.constantFrom(0, 1, 6, 7, 8, 9, 15, 16, 17, 24, 25, 40), fc.nat(40), fc.constantFrom('a', 'b', '\0'))
    .map(([length, at, other]) => [...'a'.repeat(length)].map((char, index) => (index === at ? other : char)).join('')),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
);

describe('a string interner', () => {
  test('finds the strings that it has, and no others', () => {
    const texts = fc.array(text, { maxLength: 60 });
    fc.assert(
      fc.property(texts, texts, (known, asked) => {
        using holding = testBudget().reserve('test');
        using interner = new StringInterner(holding);
        const ids = intern(interner, holding, known);
        const { values, bytes } = columnFromValues(holding, utf8, [...asked, ...known]);
        const found = holding.allocate((asked.length + known.length) * 4);
        interner.find(values, bytes, asked.length + known.length, found.address, new GrowingRegion(holding));
        const expected = [...asked, ...known].map((each) => ids[known.indexOf(each)] ?? 0xffff_ffff);
        expect([...holding.linear.u32.subarray(found.address / 4).slice(0, expected.length)]).toEqual(expected);
        expect(interner.count).toBe(new Set(known).size);
      }),
    );
  });

  test('numbers distinct strings in the order of first appearance, over any number of calls', () => {
    fc.assert(
      fc.property(fc.array(fc.array(text, { maxLength: 60 }), { maxLength: 5 }), (calls) => {
        using holding = testBudget().reserve('test');
        using interner = new StringInterner(holding);
        const numbers = new Map<string, number>();
        for (const texts of calls) {
          const expected = texts.map((each) => {
            const known = numbers.get(each) ?? numbers.size;
            numbers.set(each, known);
            return known;
          });
          expect(intern(interner, holding, texts)).toEqual(expected);
        }
        expect(interner.count).toBe(numbers.size);
        const { size, values } = interner.dictionary();
        expect(size).toBe(Math.max(1, numbers.size));
        expect(readColumn(holding.linear, values, size)).toEqual(numbers.size === 0 ? [''] : [...numbers.keys()]);
      }),
      { numRuns: 200 },
    );
  });

  test('gives a new dictionary id only when there are new strings', () => {
    using holding = testBudget().reserve('test');
    using interner = new StringInterner(holding);
    intern(interner, holding, ['a', 'b']);
    const { id } = interner.dictionary();
    intern(interner, holding, ['b', 'a']);
    expect(interner.dictionary().id).toBe(id);
    intern(interner, holding, ['c']);
    expect(interner.dictionary().id).not.toBe(id);
  });

  test('takes more strings than a batch has rows, in one call', () => {
    using holding = testBudget().reserve('test');
    using interner = new StringInterner(holding);
    const texts = Array.from({ length: 50_000 }, (_, row) => `text ${row % 40_000}`);
    expect(intern(interner, holding, texts)).toEqual(texts.map((_, row) => row % 40_000));
  });

  test('says by name that one string is too much for the budget', () => {
    const budget = testBudget(4 * 1024 * 1024);
    {
      using input = budget.reserve('input');
      using holding = budget.reserve('Interner');
      using interner = new StringInterner(holding);
      const texts = Array.from({ length: 3 }, (_, row) => String(row).repeat(600_000));
      expect(() => intern(interner, input, texts)).toThrow(MemoryBudgetExceeded);
    }
    expectAllReturned(budget);
  });
});
