import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Value } from '../../../src/columnar/value.ts';
import { InvalidValue } from '../../../src/errors.ts';
import { called, disagreements } from './texts.ts';

const NAMES: readonly Value[] = [
  ...[null, '', 'a', 'b', 'ab', 'ba', 'abc', 'ca', 'acb', 'MARTHA', 'MARHTA', 'DIXON', 'DICKSONX', 'CRATE', 'TRACE'],
  ...['kitten', 'sitting', 'duck', 'duckdb', 'abcdefghij', 'jihgfedcba', 'x'.repeat(70), `${'x'.repeat(69)}y`],
];

/** Of few letters, in ASCII: DuckDB compares bytes. */
const words = (seed: number): readonly string[] =>
  fc.sample(
    fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 9 }).map((letters) => letters.join('')),
    { numRuns: 60, seed },
  );

describe('distances in ASCII are as DuckDB has them', () => {
  test.each([
    ['levenshtein_distance', 'levenshtein(a, b)'],
    ['damerau_levenshtein_distance', 'damerau_levenshtein(a, b)'],
    ['hamming_distance_str', 'if(length(a) = length(b), if(a = b, 0, hamming(a, b)), null)'],
    ['jaro_similarity', 'jaro_similarity(a, b)'],
    ['jaro_winkler_similarity', 'jaro_winkler_similarity(a, b)'],
  ])('%s', async (name, sql) => {
    expect(await disagreements(name, [NAMES, NAMES], sql)).toEqual([]);
    expect(await disagreements(name, [words(1), words(2)], sql)).toEqual([]);
  });
});

test('characters are compared, not their bytes or halves', () => {
  expect(called('levenshtein_distance', 'naïve', 'naive')).toBe(1n);
  expect(called('levenshtein_distance', '😀b', '😁b')).toBe(1n);
  expect(called('damerau_levenshtein_distance', '😀😁', '😁😀')).toBe(1n);
  expect(called('hamming_distance_str', '😀b', '😁b')).toBe(1n);
  expect(called('jaro_similarity', '😀😁', '😀😁')).toBe(1);
});

test('distances are distances', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '😀'), maxLength: 12 });
  const distance = (name: string, a: string, b: string): number => Number(called(name, a, b));
  fc.assert(
    fc.property(text, text, text, (a, b, c) => {
      for (const name of ['levenshtein_distance', 'damerau_levenshtein_distance']) {
        expect(distance(name, a, b)).toBe(distance(name, b, a));
        expect(distance(name, a, a)).toBe(0);
        expect(distance(name, a, c)).toBeLessThanOrEqual(distance(name, a, b) + distance(name, b, c));
      }
      expect(distance('damerau_levenshtein_distance', a, b)).toBeLessThanOrEqual(
        distance('levenshtein_distance', a, b),
      );
    }),
    { seed: 5 },
  );
});

test('texts that are too long are refused', () => {
  for (const text of ['a'.repeat(65_537), '😀'.repeat(65_537)]) {
    expect(called('levenshtein_distance', text, 'a')).toBeInstanceOf(InvalidValue);
  }
  expect(called('levenshtein_distance', 'a'.repeat(65_536), 'a')).toBe(65_535n);
});

describe('soundex', () => {
  test.each([
    ['', ''],
    ['A', 'A000'],
    ['3M', '3M'],
    ['Émile', 'Émile'],
    ['Tymczak', 'T522'],
    ['Pfister', 'P236'],
    ['Honeyman', 'H555'],
    ['Ashcroft', 'A261'],
    ['Rubin', 'R150'],
    ['robert', 'R163'],
    ['S3S', 'S200'],
    ['Jackson', 'J250'],
    ['Washington', 'W252'],
    ['VanDeusen', 'V532'],
  ])('%s is %s', (name, code) => {
    expect(called('soundex', name)).toBe(code);
  });
});
