import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { list as listOf, utf8 } from '../../../src/columnar/data-type.ts';
import type { Value } from '../../../src/columnar/value.ts';
import { InvalidPlan, InvalidValue } from '../../../src/errors.ts';
import type { Expression } from '../../../src/expressions/expression.ts';
import type { Example } from '../../../src/expressions/functions/function-definition.ts';
import { COUNTS, called, disagreements, FEW_TEXTS, TEXTS } from './texts.ts';

const PATTERNS: readonly Value[] = [
  ...[null, '', '%', '_', '%%', '__', 'a%', '%a', '%a%', 'a_c', '%n_n%', '_%_', '%😀%', '%_😀', 'b%a', '%an%an%'],
  ...['PROMO%', '%RASS', '%O B%', 'a,_,%', '_\u0301%', 'ba%na%na', '%a%a%a%a%', '%\\%%'],
];

describe('functions of texts are as DuckDB has them', () => {
  test.each<[name: string, lists: readonly (readonly Value[])[], sql: string]>([
    ['starts_with', [FEW_TEXTS, FEW_TEXTS], 'starts_with(a, b)'],
    ['ends_with', [FEW_TEXTS, FEW_TEXTS], 'ends_with(a, b)'],
    ['contains', [FEW_TEXTS, FEW_TEXTS], 'contains(a, b)'],
    ['find', [FEW_TEXTS, FEW_TEXTS], 'strpos(a, b) - 1'],
    ['position', [FEW_TEXTS, FEW_TEXTS], 'strpos(a, b)'],
    ['length', [TEXTS], 'length(a)'],
    ['length_bytes', [TEXTS], 'strlen(a)'],
    ['ascii', [TEXTS], 'ascii(a)'],
    ['chr', [[null, 1n, 65n, 0xd7ffn, 0xe000n, 0x10ffffn]], 'chr(a::int)'],
    ['left', [TEXTS, COUNTS], '"left"(a, b)'],
    ['right', [TEXTS, COUNTS], '"right"(a, b)'],
    ['substring', [FEW_TEXTS, COUNTS, COUNTS], 'substring(a, b, c)'],
    ['substring', [TEXTS, COUNTS], 'substring(a, b)'],
    ['substr', [FEW_TEXTS, [0n, 1n, 2n, 5n, 1_000n], [0n, 1n, 2n, 1_000n]], 'substring(a, b + 1, c)'],
    ['substr', [TEXTS, [-1n, -2n, -7n]], 'substring(a, b)'],
    ['slice', [TEXTS, [0n, 1n, 5n]], 'substring(a, b + 1)'],
    ['slice', [TEXTS, [-1n, -2n, -7n]], 'substring(a, b)'],
    ['slice', [FEW_TEXTS, [0n, 1n, 2n], [2n, 3n, 9n]], 'substring(a, b + 1, c - b)'],
    ['split', [TEXTS, FEW_TEXTS.slice(1)], 'string_split(a, b)'],
    ['split_part', [FEW_TEXTS, FEW_TEXTS, COUNTS], 'split_part(a, b, c)'],
    ['lpad', [FEW_TEXTS, COUNTS, ['x', 'xyz', '😀']], 'lpad(a, b::int, c)'],
    ['rpad', [FEW_TEXTS, COUNTS, ['x', 'xyz', '😀']], 'rpad(a, b::int, c)'],
    ['strip', [['a', '  a b ', '\u00a0\u2003a\u3000', ' ', '', null]], 'trim(a)'],
    ['lstrip', [['a', '  a b ', '\u00a0\u2003a\u3000', ' ', '', null]], 'ltrim(a)'],
    ['rstrip', [['a', '  a b ', '\u00a0\u2003a\u3000', ' ', '', null]], 'rtrim(a)'],
    ['strip', [FEW_TEXTS, FEW_TEXTS], 'trim(a, b)'],
    ['lstrip', [FEW_TEXTS, FEW_TEXTS], 'ltrim(a, b)'],
    ['rstrip', [FEW_TEXTS, FEW_TEXTS], 'rtrim(a, b)'],
    ['repeat', [FEW_TEXTS, COUNTS], 'repeat(a, b)'],
    ['space', [COUNTS], "repeat(' ', a)"],
    ['lower', [TEXTS], 'lower(a)'],
    ['upper', [TEXTS], 'upper(a)'],
    [
      // DuckDB has none: each run of letters and digits by itself.
      'initcap',
      [['', 'hi THOMAS', "don't", 'a1b-2c__D  é ÉA', 'ÄÖ 9x']],
      "list_reduce(list_prepend('', regexp_extract_all(lower(a), '[\\p{L}\\p{N}]+|[^\\p{L}\\p{N}]+')), lambda x, y: x || upper(y[1]) || y[2:])",
    ],
    ['replace', [TEXTS, FEW_TEXTS, ['', 'x', '$&', 'é😀']], 'replace(a, b, c)'],
    ['translate', [TEXTS, ['', 'ab', 'aba', '😀,', 'xyz', null], ['', '1', '123', '😀é']], 'translate(a, b, c)'],
    ['reverse', [[...TEXTS, 'é\r\nb']], 'reverse(a)'],
    ['unicode_normalize', [TEXTS], 'nfc_normalize(a)'],
    ['concat', [FEW_TEXTS, FEW_TEXTS], 'a || b'],
    ['concat_ws', [[null, '', ', '], FEW_TEXTS, FEW_TEXTS], 'concat_ws(a, b, c)'],
    ['format', [['{}', '{} {}', '{1}{0}{1}', '{{{}}}', '', 'x}}'], ['', 'a', '{}', null], ['b']], 'format(a, b, c)'],
    ['like', [TEXTS, PATTERNS], 'a like b'],
    ['ilike', [TEXTS, PATTERNS], 'a ilike b'],
    [
      'ilike',
      [
        ['İ', 'Σας', 'ΣΑΣ', 'K', 'ß'],
        ['i%', 'σ%', '%σ', 'k', 'İ', 'ẞ', '_', '%ς'],
      ],
      'a ilike b',
    ],
    ['like', [['a%b', 'axb', 'a!b', 'a_b', '!'], ['a!%b', 'a!_b', 'a!!b', '%!_%'], ['!']], 'a like b escape c'],
  ])('%s, case %#', async (name, lists, sql) => {
    expect(await disagreements(name, lists, sql), sql).toEqual([]);
  });
});

/** Texts and patterns of few letters, so that they often match. */
const dense = (letters: string, maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...letters), { maxLength }).map((all) => all.join(''));

test('LIKE agrees with DuckDB over random patterns', async () => {
  const texts = fc.sample(dense('aab😀', 9), { numRuns: 120, seed: 1 });
  const patterns = fc.sample(dense('aab😀%_', 7), { numRuns: 120, seed: 2 });
  expect(await disagreements('like', [texts, patterns], 'a like b')).toEqual([]);
});

describe('corners', () => {
  test.each<[name: string, given: readonly (string | bigint | boolean)[], result: Value]>([
    ['find', ['abc', ''], 0n],
    ['substr', ['abc', 1n, -1n], ''],
    ['substr', ['abc', -5n, 2n], 'ab'],
    ['slice', ['abc', 2n, 1n], ''],
    ['slice', ['a😀b', -2n, -1n], '😀'],
    ['slice', ['abc', -9n, -1n], 'ab'],
    ['left', ['abc', -(2n ** 63n)], ''],
    ['right', ['abc', -(2n ** 63n)], ''],
    ['left', ['abc', 2n ** 63n - 1n], 'abc'],
    ['substring_index', ['a.b.c', '.', -(2n ** 63n)], 'a.b.c'],
    ['substring_index', ['a.b.c', '.', 0n], ''],
    ['substring_index', ['a.b.c', '', 1n], ''],
    ['substring_index', ['a.b.c', '.', 3n], 'a.b.c'],
    ['substring_index', ['a.b.c', '.', -3n], 'a.b.c'],
    ['substring_index', ['aaaa', 'aa', 2n], 'aa'],
    ['substring_index', ['aaaa', 'aa', -1n], ''],
    ['substring_index', ['', '.', 1n], ''],
    ['strip', ['\t\r\n\u0085\u2028a\u200b\v\f'], 'a\u200b'],
    ['strip', ['😀a😀b😀', '😀'], 'a😀b'],
    ['strip', ['😀😀', '😀'], ''],
    ['upper', ['ŉ ﬁ ß ǆ'], 'ʼN FI SS Ǆ'],
    ['lower', ['ΟΔΟΣ İ'], 'οδος i̇'],
    ['capitalize', [''], ''],
    ['capitalize', ['ΑΣ'], 'Ας'],
    ['capitalize', ['ßEN'], 'SSen'],
    ['capitalize', ['ǆ😀X'], 'Ǆ😀x'],
    ['capitalize', ['😀X'], '😀x'],
    ['normalize', ['Ä! ', true, true, true, true], 'a\u0308'],
    ['normalize', [' a  !  b! ', true, false, false, true], 'a b'],
    ['unicode_normalize', ['Å', 'NFKD'], 'A\u030a'],
    ['concat', ['only'], 'only'],
    ['reverse', ['a\r\nb'], 'b\r\na'],
  ])('%s, corner %#', (name, given, result) => {
    expect(called(name, ...given), `${name} of ${given}`).toEqual(result);
  });
});

describe('words', () => {
  test.each<[text: string, snake: string]>([
    ['', ''],
    ['--', ''],
    ['helloWorld', 'hello_world'],
    ['HTTPServer', 'http_server'],
    ['aHTTP', 'a_http'],
    ['XMLHttpRequest2', 'xml_http_request2'],
    ['abc123DEF456', 'abc123_def456'],
    ['SHOUTY_SNAKE', 'shouty_snake'],
    ['mixed-Kebab case.dots', 'mixed_kebab_case_dots'],
    ['ÄrgerÜber', 'ärger_über'],
    ['ABC', 'abc'],
    ['aB', 'a_b'],
    ['日本語Text', '日本語text'],
  ])('%s is %s', (text, snake) => {
    expect(called('to_snake_case', text)).toBe(snake);
    expect(called('to_kebab_case', text)).toBe(snake.replaceAll('_', '-'));
    expect(called('to_upper_snake_case', text)).toBe(snake.toUpperCase());
    const words = snake.split('_').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
    expect(called('to_title_case', text)).toBe(words.join(' '));
    expect(called('to_upper_camel_case', text)).toBe(words.join(''));
    expect(called('to_camel_case', text)).toBe(snake.split('_')[0] + words.slice(1).join(''));
  });
});

describe('what is refused', () => {
  test.each<[name: string, given: readonly (string | bigint)[], message: string]>([
    ['chr', [-1n], '-1 is no code point'],
    ['chr', [0xd800n], 'no code point'],
    ['chr', [0x110000n], 'no code point'],
    ['lpad', ['a', 3n, ''], 'nothing to fill it up with'],
    ['lpad', ['a', 10n ** 12n], 'are the most'],
    ['repeat', ['abcdefgh', 10n ** 9n], 'are the most'],
    ['space', [2n ** 40n], 'are the most'],
    ['replace', ['a'.repeat(10_000), 'a', 'b'.repeat(10_000)], 'are the most'],
  ])('%s, case %#', (name, given, message) => {
    const error = called(name, ...given);
    expect(error).toBeInstanceOf(InvalidValue);
    expect((error as Error).message).toContain(message);
  });

  test.each<[name: string, given: readonly string[], message: string]>([
    ['like', ['a', 'a!', '!'], 'does not end with its escape'],
    ['like', ['a', 'a', '!!'], 'an escape is one character'],
    ['format', ['{', 'a'], 'lone {'],
    ['format', ['{:>5!}', 'a'], 'no specification'],
    ['format', ['}', 'a'], 'lone }'],
    ['format', ['{} {}', 'a'], 'asks for argument 1'],
    ['format', ['{} {0}', 'a'], 'both {} and numbered'],
    ['unicode_normalize', ['a', 'NFX'], 'NFC, NFD, NFKC, NFKD'],
  ])('%s, case %#, when it is bound', (name, given, message) => {
    const error = called(name, ...given);
    expect(error).toBeInstanceOf(InvalidPlan);
    expect((error as Error).message).toContain(message);
  });
});

test('white space is what Unicode calls so', () => {
  const units = Array.from({ length: 0x10000 }, (_, unit) => String.fromCharCode(unit));
  const stripped = units.filter((unit) => /^[^\ud800-\udfff]$/.test(unit) && called('strip', unit) === '');
  expect(stripped).toEqual(units.filter((unit) => /^\p{White_Space}$/u.test(unit)));
});

describe('count_matches', () => {
  const list = (...value: readonly (string | null)[]): Expression => ({ kind: 'literal', type: listOf(utf8), value });
  test.each<[given: Example[0], count: bigint]>([
    [['', 'a'], 0n],
    [['aaa', 'aa'], 1n],
    [['a.b a+b', 'a.b'], 1n],
    [['aaa', ''], 0n],
    [['aaa', list()], 0n],
    [['aaa', list(null, 'a', '')], 3n],
    [['say hello world, hello', list('hello', 'world', 'hello world')], 2n],
    [['abcd', list('abcx', 'bcd')], 1n],
    [['brass brasserie', 'brass', true], 1n],
    [['ébrass brassé 1brass2', 'brass', true], 1n],
    [['😀brass😀', 'brass', true], 1n],
    [['Brass bRASS', 'brass'], 0n],
    [['Brass bRASS', 'brass', false, false], 2n],
    [['Éa éa', 'éa', false, false], 1n],
  ])('case %#', (given, count) => {
    expect(called('count_matches', ...given), String(given)).toBe(count);
  });
});
