import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../src/columnar/data-type.ts';
import type { Value } from '../../../src/columnar/value.ts';
import { InvalidValue } from '../../../src/errors.ts';
import { call, col, evaluated } from './calls.ts';
import { compared } from './duckdb-agreement.ts';

const of = (name: string, ...given: readonly string[]): Value =>
  evaluated(
    given.map(() => utf8),
    given,
    call(name, ...given.map((_, n) => col('ab'.charAt(n)))),
  );

describe('parts of URLs', () => {
  test.each<[string, readonly (string | number | null)[] | null]>([
    [
      'https://user:pa%20ss@Example.COM:8443/a/../b?x=1&y#z',
      ['https', 'user', 'pa%20ss', 'example.com', 8443, '/b', 'x=1&y', 'z'],
    ],
    ['http://[2001:DB8::1]:80/', ['http', null, null, '[2001:db8::1]', null, '/', null, null]],
    ['https://bücher.example', ['https', null, null, 'xn--bcher-kva.example', null, '/', null, null]],
    ['mailto:a@b.c', ['mailto', null, null, null, null, 'a@b.c', null, null]],
    ['s3://bucket/a/b%2Fc d', ['s3', null, null, 'bucket', null, '/a/b%2Fc%20d', null, null]],
    ['file:///etc/x', ['file', null, null, null, null, '/etc/x', null, null]],
    ['https://a:65535/', ['https', null, null, 'a', 65535, '/', null, null]],
    ['https://a:65536/', null],
    ['https://', null],
    ['/relative', null],
    ['//a/b', null],
    ['', null],
  ])('%s', (url, parts) => {
    expect(of('url_parse', url)).toEqual(parts);
  });

  test.each([
    ['https://a/?q=a+b%21&q=c', 'q', 'a b!'],
    ['https://a/?q', 'q', ''],
    ['https://a/?%C3%A9=1', 'é', '1'],
    ['https://a/?q=1', 'Q', null],
    ['no url?q=1', 'q', null],
  ])('a parameter of %s', (url, name, value) => {
    expect(of('url_parameter', url, name)).toBe(value);
  });
});

describe('texts in URLs', () => {
  test('are written and read as DuckDB does', async () => {
    const rows = [
      ...fc.sample(fc.string({ unit: 'grapheme', maxLength: 20 }), { numRuns: 60, seed: 41 }),
      "a b+c/é!*()'~-_.",
      '100%',
      '%zz',
      '%4',
      '%C3%A9%',
    ].map((text) => [text]);
    for (const name of ['url_encode', 'url_decode']) {
      for (const { ours, theirs, row } of await compared({
        types: [utf8],
        rows,
        call: call(name, col('a')),
        sql: `${name}(a)`,
      })) {
        expect(ours, String(row[0])).toBe(theirs);
      }
    }
  });

  test('come back as they were', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => {
        expect(of('url_decode', of('url_encode', text) as string)).toBe(text);
      }),
      { numRuns: 50, seed: 42 },
    );
  });

  test.each(['%ff', '%C3', '%C3x', '%ED%A0%80'])('%s is no text', (text) => {
    expect(() => of('url_decode', text)).toThrow(InvalidValue);
  });
});
