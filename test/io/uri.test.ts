import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidArgument } from '../../src/errors.ts';
import {
  compareUris,
  directoryPrefix,
  filePath,
  fileUri,
  formatUri,
  hiveSegment,
  joinUri,
  parseHiveSegment,
  parseUri,
  redactUri,
} from '../../src/io/uri.ts';

describe('uris', () => {
  test.each([
    ['file:///a/b c', { scheme: 'file', bucket: '', key: 'a/b c' }],
    ['file:///', { scheme: 'file', bucket: '', key: '' }],
    ['memory://tests/a/b/', { scheme: 'memory', bucket: 'tests', key: 'a/b/' }],
    ['s3://my-lake.eu/100%?#.parquet', { scheme: 's3', bucket: 'my-lake.eu', key: '100%?#.parquet' }],
  ])('%s is taken apart and put together again', (uri, parsed) => {
    expect(parseUri(uri)).toEqual(parsed);
    expect(formatUri(parsed)).toBe(uri);
  });

  test.each([
    'a/b',
    '/a/b',
    'file:/a',
    'file://host/a',
    'file:///a//b',
    's3:///a',
    's3://user:secret@bucket/a',
    's3://bucket/a/../b',
    's3://bucket/%2E%2e/b',
    'file:///a/./b',
    'file:///a\u0000b',
    'file:///a\u001b[31m',
    'file:///\ud800',
    '',
  ])('refuses %j', (uri) => {
    expect(() => parseUri(uri)).toThrow(InvalidArgument);
    expect(() => parseUri(uri)).not.toThrow(/secret/);
  });

  test.each(['/a', '', 'a//b', 'a/', '..', '../a', 'a/..', '%2e%2e/a', '.%2E/a', 'a\\b', '..\\a', 'a\u0007', '\ud800'])(
    'does not join %j to a base',
    (relative) => {
      expect(() => joinUri('memory://b/base', relative)).toThrow(InvalidArgument);
    },
  );

  test('a joined uri stays below its base, whatever the relative path', () => {
    const segment = fc.constantFrom('..', '.', '', '%2e%2e', '%2f', '\\', 'a', '…', '\u0000', '\u2025', 'x=..%2F');
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), (segments) => {
        try {
          const uri = joinUri('file:///base/dir', segments.join('/'));
          // The WHATWG parser is the most eager to resolve dots.
          expect(new URL(uri.replaceAll('…', 'x')).pathname.startsWith('/base/dir/')).toBe(true);
          expect(pathToFileURL(filePath(uri)).pathname.startsWith('/base/dir/')).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidArgument);
        }
      }),
    );
  });

  test('a base may end in a slash or not, or be a bucket', () => {
    expect(joinUri('memory://b/x/', 'y/z')).toBe('memory://b/x/y/z');
    expect(joinUri('memory://b/x', 'y')).toBe('memory://b/x/y');
    expect(joinUri('memory://b', 'y')).toBe('memory://b/y');
    expect(directoryPrefix('memory://b/x')).toBe('memory://b/x/');
    expect(directoryPrefix('memory://b/x/')).toBe('memory://b/x/');
    expect(directoryPrefix('memory://b')).toBe('memory://b/');
  });

  test('paths of the local file system go there and back', () => {
    expect(fileUri('/a b/c%20#?')).toBe('file:///a b/c%20#?');
    expect(filePath(fileUri('/a/../b'))).toBe('/b');
    expect(() => fileUri('a')).toThrow(InvalidArgument);
    expect(() => filePath('s3://b/a')).toThrow(InvalidArgument);
  });

  test('messages show neither credentials nor signed queries', () => {
    expect(redactUri('s3://key:secret@bucket/a')).toBe('s3://bucket/a');
    expect(redactUri('https://u:p@host/a?X-Amz-Signature=abc#f')).toBe('https://host/a');
    expect(redactUri('file:///a?b')).toBe('file:///a?b');
  });

  test('the order is that of UTF-8 bytes', () => {
    const unicode = fc.string({ unit: 'binary', maxLength: 4 });
    fc.assert(
      fc.property(unicode, unicode, (a, b) => {
        const expected = Buffer.compare(Buffer.from(a), Buffer.from(b));
        expect(Math.sign(compareUris(a, b))).toBe(expected);
      }),
    );
  });
});

describe('Hive segments', () => {
  test.each([
    ['month', '1', 'month=1'],
    ['day', '2026-01-01 00:00:00', 'day=2026-01-01%2000%3A00%3A00'],
    ['x', null, 'x=__HIVE_DEFAULT_PARTITION__'],
    ['x', '../../etc/passwd', 'x=..%2F..%2Fetc%2Fpasswd'],
    ['a=b/c', '', 'a%3Db%2Fc='],
  ])('%s = %j is %s', (name, value, segment) => {
    expect(hiveSegment(name, value)).toBe(segment);
    expect(parseHiveSegment(segment)).toEqual({ name, value });
  });

  test('every name and value survives, as one safe segment, and null is no text', () => {
    const text = fc.string({ unit: 'binary', maxLength: 6 }).filter((t) => t.isWellFormed());
    const value = fc.option(fc.oneof(text, fc.constant('__HIVE_DEFAULT_PARTITION__')));
    fc.assert(
      fc.property(
        text.filter((name) => name !== ''),
        value,
        (name, value) => {
          const segment = hiveSegment(name, value);
          expect(joinUri('memory://b/x', `${segment}/f`)).toBe(`memory://b/x/${segment}/f`);
          expect(parseHiveSegment(segment)).toEqual({ name, value });
        },
      ),
    );
  });

  test('reads what other writers leave unencoded, and refuses what is no Unicode', () => {
    expect(parseHiveSegment('a=100%')).toEqual({ name: 'a', value: '100%' });
    expect(parseHiveSegment('plain')).toBeUndefined();
    expect(() => hiveSegment('a', '\ud800')).toThrow(InvalidArgument);
    expect(() => hiveSegment('', 'a')).toThrow(InvalidArgument);
  });
});
