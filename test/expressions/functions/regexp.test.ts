import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, test } from 'vitest';
import type { Value } from '../../../src/columnar/value.ts';
import { InvalidPlan, InvalidValue } from '../../../src/errors.ts';
import { compileRegExp } from '../../../src/expressions/regexp/regular-expression.ts';
import { fuzzedCases, fuzzSeed } from '../../support/fuzz.ts';
import { anyPattern, anyText } from '../regexp/arbitrary-patterns.ts';
import { called, disagreements } from './texts.ts';

const TEXTS: readonly Value[] = [
  ...[null, '', 'a', 'PROMO BRASS', 'order 42 of 2024-05-17', 'https://www.example.com/a?b=1', 'john.doe@mail.org'],
  ...['x😀y😀z', 'naïve', 'two\nlines\r\nmore', 'K\u212a', 'aaa', 'tab\tand\u00a0more', '٣', `${'ab '.repeat(300)}c`],
];
/** None matches nothing: where one does, DuckDB finds more matches. */
const PATTERNS: readonly Value[] = [
  ...[null, 'a', '^a', 'a$', '\\d+', '(\\d+)-(\\d+)', '[A-Z]{2,}', '\\bof\\b', '(?i)brass', '😀', '.😀', '[^a-z]+'],
  ...[
    '^(https?)://([^/]+)/',
    '(\\w+)\\.(\\w+)@',
    '\\s',
    '\\w+',
    '.+',
    '(?s).+',
    '\\pL+',
    '[[:upper:]]',
    'a|aa',
    '(x)|(y)',
  ],
  ...['(?m)^\\w+$', '\\r', '\\W', '[\\d-]+', '(?U)a+', 'k', '(?i)k', '\\x{1F600}', '(?P<word>\\w)', 'a+?'],
];
const ANY_PATTERNS: readonly Value[] = [...PATTERNS, '', 'a*', '\\b', '^', '$', '(b)?', 'x*'];
const GROUPED = ['(\\d+)-(\\d+)', '(\\w)(\\d)?', '^(https?)://([^/]+)/', '(x)|(y)'];

type Case = [name: string, lists: readonly (readonly Value[])[], sql: string, ...literals: string[]];

describe('regular expressions are as DuckDB has them', () => {
  test.each<Case>([
    ['regexp_match', [TEXTS, ANY_PATTERNS], 'regexp_matches(a, b)'],
    ...['i', 's', 'l', 'is', 'c', 'ic', 'ci'].map(
      (flags): Case => ['regexp_match', [TEXTS, ANY_PATTERNS], `regexp_matches(a, b, '${flags}')`, flags],
    ),
    ['regexp_full_match', [TEXTS, ANY_PATTERNS], 'regexp_full_match(a, b)'],
    ['regexp_count', [TEXTS, PATTERNS], 'len(regexp_extract_all(a, b))'],
    ['regexp_extract', [TEXTS, PATTERNS], 'if(regexp_matches(a, b), regexp_extract(a, b), null)'],
    ...[1n, 2n].map(
      (group): Case => ['regexp_extract', [TEXTS, GROUPED, [group]], `nullif(regexp_extract(a, b, ${group}), '')`],
    ),
    ['regexp_extract_all', [TEXTS, PATTERNS], 'regexp_extract_all(a, b)'],
    ['regexp_extract_all', [TEXTS, GROUPED, [0n, 1n, 2n]], 'regexp_extract_all(a, b, c::int)'],
    // DuckDB takes ^ for the beginning of each part, and a null pattern for none.
    [
      'regexp_split',
      [TEXTS.slice(0, -1), PATTERNS.filter((p) => p !== null && p !== '^a')],
      'regexp_split_to_array(a, b)',
    ],
    ['regexp_replace', [TEXTS, ANY_PATTERNS, ['', '#', '[\\0]', '$1\\\\']], 'regexp_replace(a, b, c)'],
    ['regexp_replace', [TEXTS, GROUPED, ['<\\2\\1>']], 'regexp_replace(a, b, c)'],
    ...['g', 'gi', 'lg'].map(
      (flags): Case => [
        'regexp_replace',
        [TEXTS, ANY_PATTERNS, ['', '[\\0]']],
        `regexp_replace(a, b, c, '${flags}')`,
        flags,
      ],
    ),
    ['regexp_replace', [TEXTS, GROUPED, ['<\\2\\1>']], "regexp_replace(a, b, c, 'g')", 'g'],
  ])('%s, case %#', async (name, lists, sql, ...literals) => {
    expect(await disagreements(name, lists, sql, ...literals), sql).toEqual([]);
  });
});

test('random patterns replace in random texts what DuckDB replaces', async () => {
  const texts = fc.sample(anyText, { numRuns: 12, seed: fuzzSeed });
  const patterns = fc
    .sample(anyPattern, { numRuns: fuzzedCases(60), seed: fuzzSeed + 1 })
    .filter((pattern) => isPattern(pattern));
  const sql = "regexp_replace(a, b, c, 'g')";
  const replaced = await disagreements('regexp_replace', [texts, patterns, ['<\\0>']], sql, 'g');
  // DuckDB's \B matches between the bytes of a character too, and what it gives then is no UTF-8 any more.
  const isUtf8 = (text: unknown): boolean => !String(text).includes('\uFFFD');
  expect(replaced.filter(({ ours, theirs }) => isUtf8(theirs) || !isUtf8(ours))).toEqual([]);
  expect(await disagreements('regexp_match', [texts, patterns], 'regexp_matches(a, b)')).toEqual([]);
  expect(await disagreements('regexp_full_match', [texts, patterns], 'regexp_full_match(a, b)')).toEqual([]);
});

function isPattern(pattern: string): boolean {
  try {
    compileRegExp(pattern, '');
    return true;
  } catch {
    return false;
  }
}

describe('corners', () => {
  test.each<[name: string, given: readonly (string | bigint)[], result: Value]>([
    ['regexp_extract', ['aXb', '(x)?b', 1n], null],
    ['regexp_extract', ['abc', '()', 1n], ''],
    ['regexp_extract_all', ['baac', 'a*'], ['', 'aa', '']],
    ['regexp_extract_all', ['😀a', ''], ['', '', '']],
    ['regexp_extract_all', ['b😀😀', '\\B'], ['', '']],
    ['regexp_extract_all', ['aba', '(a)(c)?', 2n], [null, null]],
    ['regexp_count', ['', ''], 1n],
    ['regexp_count', ['abc', ''], 4n],
    ['regexp_count', ['a\nb', '^', 'm'], 2n],
    ['regexp_match', ['a\nb', 'a$', 'm'], true],
    ['regexp_match', ['a\r', 'a$', 'm'], false],
    ['regexp_split', ['baac', 'a*'], ['b', 'c']],
    ['regexp_split', ['', ''], ['']],
    ['regexp_split', [',a,', ','], ['', 'a', '']],
    ['regexp_split', ['aaa', '^a'], ['', 'aa']],
    ['regexp_replace', ['abc', '(b)|(c)', '[\\2]'], 'a[]c'],
    ['regexp_replace', ['aaa', '^a', '', 'g'], 'aa'],
    ['regexp_replace', ['abc', 'x', 'y'], 'abc'],
    ['regexp_replace', ['', '^', 'y'], 'y'],
    ['regexp_replace', ['a.b', '.', '$&', 'l'], 'a$&b'],
    ['regexp_match', ['a\u2028b', 'a.b'], true],
    ['regexp_match', ['a\rb', '^a.b$'], true],
    ['regexp_match', ['a\u000bb', 'a\\sb'], false],
    ['regexp_match', ['ſ', '(?i)S'], true],
    ['regexp_match', ['a', '(?<n>a)'], true],
    ['regexp_match', ['A', 'a', 'ci'], true],
    ['regexp_match', ['A', 'a', 'ic'], false],
  ])('%s, corner %#', (name, given, result) => {
    expect(called(name, ...given), `${name} of ${given}`).toEqual(result);
  });
});

describe('what is refused when it is bound', () => {
  test.each<[name: string, given: readonly (string | bigint)[], message: string]>([
    ['regexp_match', ['a', '('], 'no regular expression'],
    ['regexp_match', ['a', '(a)\\1'], 'there is no escape \\1'],
    ['regexp_match', ['a', 'a(?=b)'], 'no looking around'],
    ['regexp_match', ['a', '(?<!b)a'], 'no looking around'],
    ['regexp_match', ['a', '\\p{Nonsense}'], 'no regular expression'],
    ['regexp_match', ['a', 'a', 'g'], 'there is no flag g'],
    ['regexp_extract', ['a', '(a)', 2n], 'has no group 2'],
    ['regexp_extract', ['a', '(a)', -1n], 'has no group -1'],
    ['regexp_replace', ['a', 'a', '\\1'], 'has no group 1'],
    ['regexp_replace', ['a', 'a', '\\q'], 'a backslash stands before a digit'],
    ['regexp_replace', ['a', 'a', 'b\\'], 'a backslash stands before a digit'],
    ['regexp_match', ['a', '(a{1000}){1000}'], 'it counts to too much'],
    ['regexp_match', ['a', 'a{1000}'.repeat(1_000)], 'it counts to too much'],
    ['regexp_match', ['a', `(?:${'a'.repeat(900)}){900}`], 'it counts to too much'],
    ['regexp_match', ['a', '((a{1,30}){1,30}){1,30}'], 'it counts to too much'],
    ['regexp_match', ['a', 'a{1001}'], 'counts to 1000 at most'],
    ['regexp_match', ['a', 'a'.repeat(10_001)], '10000 are the most'],
    ['regexp_match', ['a', '('.repeat(500) + ')'.repeat(500)], 'nested more than 200 deep'],
    ['regexp_match', ['a', '()'.repeat(101)], '101 groups'],
  ])('%s, case %#', (name, given, message) => {
    const error = called(name, ...given);
    expect(error, `${name} of ${given}`).toBeInstanceOf(InvalidPlan);
    expect((error as Error).message).toContain(message);
  });
});

test('a pattern of a column is refused where it is met, and growth too', async () => {
  const [good, bad] = await Promise.all([
    disagreements('regexp_match', [['a'], ['a']], 'true'),
    disagreements('regexp_match', [['a'], ['(']], 'true'),
  ]);
  expect(good).toEqual([]);
  expect(bad).toEqual([{ row: ['a', '('], ours: undefined, theirs: true }]);
  const error = called('regexp_replace', 'a'.repeat(10_000), 'a', 'b'.repeat(10_000), 'g');
  expect(error).toBeInstanceOf(InvalidValue);
});

test('texts too long for V8 are searched by the other engine, and give the same', () => {
  const long = `${'😀x'.repeat(40_000)}12${'é'.repeat(1_000)}34`;
  for (const pattern of ['\\d+', '^[^0-9]+(\\d\\d)', '^(?:.*)(34)$', 'é\\d']) {
    const short = long.slice(-60_000);
    const [inLong, inShort] = [called('regexp_extract', long, pattern), called('regexp_extract', short, pattern)];
    expect(String(inLong).slice(-10)).toBe(String(inShort).slice(-10));
    expect(called('regexp_count', long, pattern)).toBe(called('regexp_count', short, pattern));
  }
  expect(called('regexp_full_match', long, '.*')).toBe(true);
});

test('the states of a pattern stay within their bytes', () => {
  // 2^17 states, were they all kept.
  const pattern = compileRegExp('(?:a|b)*a(?:a|b){16}c', '');
  const random = fc.sample(fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 30_000, maxLength: 30_000 }), 1);
  expect(pattern.test(`${random[0]}c`)).toBe(random[0]?.at(-17) === 'a');
  const engine = RE2JS.compile('(?:a|b)*a(?:a|b){16}c') as unknown as { re2Input?: { dfa?: { stateBudget?: number } } };
  // The name by which the bytes are set: a version of the engine without it would do without the bound.
  expect(engine.re2Input?.dfa?.stateBudget).toBe(8 << 20);
});
