import { describe, expect, test } from 'vitest';
import { InvalidPlan } from '../../src/errors.ts';
import { MAX_PROBLEMS, Problems, pathOf, quoted } from '../../src/expressions/problems.ts';
import { closestWord, didYouMean } from '../../src/expressions/suggestion.ts';

describe('a suggestion', () => {
  test.each([
    ['dealy', ['origin', 'delay'], 'delay'],
    ['group_by', ['group-by', 'sort'], 'group-by'],
    ['Filter', ['filter'], 'filter'],
    ['filtr', ['limit', 'filter'], 'filter'],
    ['==', ['=', '<='], '='],
    ['b', ['a'], undefined],
    ['destination', ['origin'], undefined],
    ['', ['a'], undefined],
    ['x'.repeat(100_000), ['x'.repeat(100_000)], undefined],
  ])('for %j of %j', (word, candidates, expected) => {
    expect(closestWord(word, candidates)).toBe(expected);
  });

  test('is a sentence, or nothing', () => {
    expect(didYouMean('dealy', ['delay'])).toBe(' Did you mean "delay"?');
    expect(didYouMean('dealy', [])).toBe('');
  });
});

describe('problems', () => {
  test('are thrown together, and not without end', () => {
    const problems = new Problems();
    expect(() => problems.throwIfAny()).not.toThrow();
    for (let index = 0; index < MAX_PROBLEMS * 3; index += 1) problems.add(pathOf('$.a', index), 'is wrong');
    expect(problems.isFull).toBe(true);
    expect(() => problems.throwIfAny()).toThrow(InvalidPlan);
    expect(problems.found).toHaveLength(MAX_PROBLEMS);
    expect(problems.found[7]).toEqual({ path: '$.a[7]', message: 'is wrong' });
  });

  test('do not repeat long texts or raw control characters', () => {
    expect(quoted('a\nb')).toBe('"a\\nb"');
    expect(quoted('x'.repeat(1_000_000)).length).toBeLessThan(70);
    expect(pathOf('$', 'a b')).toBe('$["a b"]');
    expect(pathOf('$', 'k'.repeat(1_000_000)).length).toBeLessThan(70);
  });
});
