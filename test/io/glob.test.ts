import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidArgument } from '../../src/errors.ts';
import { escapeGlob, listGlob, parseGlob } from '../../src/io/glob.ts';
import { memoryStore } from '../../src/io/memory-store.ts';

const matches = (glob: string, key: string) => parseGlob(`s3://b/${glob}`).matches(`s3://b/${key}`);

describe('a glob', () => {
  test.each([
    ['a/*.parquet', 'a/x.parquet', true],
    ['a/*.parquet', 'a/b/x.parquet', false],
    ['a/*.parquet', 'a/.parquet', false],
    ['a/*', 'a/', false],
    ['a/**', 'a/b/', false],
    ['a/**', 'a/x', true],
    ['a/**', 'a/b/c/x', true],
    ['a/**', 'a', false],
    ['a/**/x', 'a/x', true],
    ['a/**/x', 'a/b/c/x', true],
    ['a/**/x', 'a/bx', false],
    ['a/**/x', 'a/b//x', false],
    ['a/**/b/**/x', 'a/b/c/b/d/x', true],
    ['**/x', 'x', true],
    ['**', 'x/y', true],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['a?c', 'a🚂c', true],
    ['[a-c]x', 'bx', true],
    ['[!a-c]x', 'bx', false],
    ['[^a-c]x', 'dx', true],
    ['a[!b]c', 'a/c', false],
    ['[]]x', ']x', true],
    ['[a-]x', '-x', true],
    ['{a,b/c}/x', 'b/c/x', true],
    ['{a,b{1,2},}x', 'b2x', true],
    ['{a,b{1,2},}x', 'x', true],
    ['{a,b}x', 'abx', false],
    ['a,b}c'.slice(0, 3), 'a,b', true],
    ['[*]', '*', true],
    ['[*]', 'a', false],
  ])('%s on %s: %s', (glob, key, expected) => expect(matches(glob, key)).toBe(expected));

  test.each([
    ['*', '_x', false],
    ['*', '.x', false],
    ['?x', '_x', false],
    ['[_.]x', '_x', false],
    ['[_]x', '_x', true],
    ['[!a]x', '_x', false],
    ['**/*.json', '_millrace/j/a.json', false],
    ['**', 'a/_temporary/x', false],
    ['**', 'a/_x', false],
    ['_*', '_x', true],
    ['*_x', '_x', false],
    ['*_x', 'a_x', true],
    ['**/_x', '_x', true],
    ['{*,}_x', '_x', true],
    ['a/_m/**', 'a/_m/b/x', true],
    ['**/*', 'a/_day=3/x', true],
    ['a/*/x', 'a/_day=3/x', true],
    ['**/*', '_day=3/_x', false],
    ['**/*', '_m/day=3/x', false],
    ['**/*', '.day=3/x', false],
  ])('hides names with _ and . from all but literals: %s on %s: %s', (glob, key, expected) =>
    expect(matches(glob, key)).toBe(expected),
  );

  test('lists by its literal beginning', () => {
    const prefix = (glob: string) => parseGlob(`s3://b/${glob}`).prefix;
    expect(prefix('a/b*.parquet')).toBe('s3://b/a/b');
    expect(prefix('a/{b,c}')).toBe('s3://b/a/');
    expect(prefix('**/x')).toBe('s3://b/');
    expect(prefix(`${escapeGlob('a{1}/[x]*?')}/*`)).toBe('s3://b/a{1}/[x]*?/');
    expect(parseGlob('file:///data/*.parquet').prefix).toBe('file:///data/');
  });

  test('is only for its bucket', () => {
    const { matches } = parseGlob('s3://b/*');
    expect(matches('s3://b/x')).toBe(true);
    expect(matches('s3://c/x')).toBe(false);
    expect(matches('s3://bx')).toBe(false);
  });

  test.each([
    's3://b',
    's3://b*/x',
    's3://user:secret@b/*',
    'a/*.parquet',
    's3://b/a[x',
    's3://b/[]',
    's3://b/{a,b',
    's3://b/a}',
    's3://b/a**',
    's3://b/**a',
    's3://b/{**,a}',
    's3://b/[a/b]',
    `s3://b/${'{'.repeat(17)}${'}'.repeat(17)}`,
    `s3://b/${'a'.repeat(3000)}`,
  ])('%s is none', (glob) => {
    const error = (() => {
      try {
        return parseGlob(glob);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(InvalidArgument);
    expect(String(error)).not.toContain('secret');
  });

  test('takes its steps once per character, whatever it is', () => {
    // Any matcher that tries one way after the other needs longer than there is.
    expect(matches(`${'*a'.repeat(400)}b`, 'a'.repeat(1000))).toBe(false);
    expect(matches(`${'{a,aa,a*}'.repeat(150)}b`, 'a'.repeat(1000))).toBe(false);
    expect(matches(`${'**/a/'.repeat(100)}b`, `${'a/'.repeat(500)}a`)).toBe(false);
  });

  test('matches what a slow matcher by its definition matches', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'b', '_', '.', '{', '='), minLength: 1, maxLength: 3 });
    const key = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
    const piece = fc.constantFrom(
      'a',
      'b',
      '_',
      '.',
      '=',
      '*',
      '?',
      '[ab]',
      '[!a]',
      '{a,b*}',
      '{_,}',
      '{a/b,?}',
      '[{]',
    );
    const part = fc.oneof(
      {
        weight: 3,
        arbitrary: fc
          .array(piece, { minLength: 1, maxLength: 3 })
          .map((pieces) => pieces.join('').replaceAll(/\*+/g, '*')),
      },
      fc.constant('**'),
    );
    const glob = fc
      .array(part, { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join('/'))
      .filter((text) => !text.split('/').some((segment) => /^\.{1,2}$/.test(segment)));
    let both = 0;
    fc.assert(
      fc.property(glob, key, (text, path) => {
        fc.pre(!path.split('/').some((segment) => /^\.{1,2}$/.test(segment)));
        const expected = alternativesOf(text.replaceAll('**', '§')).some((one) =>
          slowMatch(one.split('/'), path.split('/')),
        );
        if (expected) both += 1;
        expect(matches(text, path), `${text} on ${path}`).toBe(expected);
      }),
      { numRuns: 20_000, seed: 7 },
    );
    expect(both).toBeGreaterThan(500);
  });
});

/** Braces of one level, spelled out. */
function alternativesOf(glob: string): string[] {
  const [, before = '', inside = '', after = ''] = /^((?:[^{[]|\[[^\]]*\])*)\{([^}]*)\}(.*)$/.exec(glob) ?? [];
  if (before === '' && inside === '' && after === '') return [glob];
  return inside.split(',').flatMap((one) => alternativesOf(before + one + after));
}

/** Also `_` begins what is hidden, but not a partition of Hive. */
const HIDDEN = /^(?:\.|_(?!.*=))/;

/** Directory by directory, each name by a regular expression; `§` stands for `**`, which braces could else put together. */
function slowMatch(glob: readonly string[], names: readonly string[]): boolean {
  const [first, ...rest] = glob;
  if (first === undefined) return names.length === 0;
  const isHidden = HIDDEN.test(names[0] ?? '');
  if (first === '§') {
    if (rest.length === 0) return names.length > 0 && names.every((name) => !HIDDEN.test(name));
    return slowMatch(rest, names) || (names.length > 0 && !isHidden && slowMatch(glob, names.slice(1)));
  }
  const [name] = names;
  if (name === undefined) return false;
  if (isHidden && /^(?:[*?]|\[[^{])/.test(first)) return false;
  const pattern = first
    .replaceAll(/[.]/g, '\\.')
    .replaceAll('[{]', '\\{')
    .replaceAll('[!', '[^')
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${pattern}$`).test(name) && slowMatch(rest, names.slice(1));
}

test('the objects of a glob are listed in order, others left out', async () => {
  const store = memoryStore();
  for (const key of ['b/2.parquet', 'a/1.parquet', 'a/_millrace/x.parquet', 'a/1.json', 'a/_SUCCESS', 'ab/3.parquet']) {
    await store.put(`mem://lake/${key}`, Buffer.from(key));
  }
  const found = await Array.fromAsync(listGlob(store, 'mem://lake/a*/**/*.parquet'), ({ uri }) => uri);
  expect(found).toEqual(['mem://lake/a/1.parquet', 'mem://lake/ab/3.parquet']);
});
