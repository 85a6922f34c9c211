import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Schema, schemaText } from '../../../src/columnar/schema.ts';
import { fileStore } from '../../../src/io/file-store.ts';
import type { CsvReadOptions } from '../../../src/io/text/csv-reader.ts';
import { inferCsvSchema, inferJsonSchema } from '../../../src/io/text/infer-schema.ts';
import { settledSchema } from '../../../src/io/text/inferred-type.ts';
import { cli } from '../../cli/cli.ts';
import { fuzzed } from '../../support/fuzz.ts';
import { CSV, csvRows, jsonRows, textDirectory } from '../../support/text-files.ts';

const write = textDirectory();
const sampled = (path: string) => ({
  store: fileStore(),
  uri: `file://${path}`,
  signal: new AbortController().signal,
});
const EMPTY: Schema = { fields: [] };
const csvSchema = async (content: string | Uint8Array, options: Partial<CsvReadOptions> = {}) =>
  csvOf(write('sample.csv', content), options);
const csvOf = async (path: string, options: Partial<CsvReadOptions> = {}) =>
  settledSchema((await inferCsvSchema(sampled(path), { ...CSV, ...options })) ?? EMPTY);
const jsonOf = async (path: string) =>
  settledSchema((await inferJsonSchema(sampled(path), { invalidValues: 'error', maxRecordBytes: undefined })) ?? EMPTY);
const jsonSchema = (content: string) => jsonOf(write('sample.json', content));

describe('the values of a column of CSV tell', () => {
  test.each<[string, string]>([
    ['1|-2|+3|', 'int64'],
    ['1|2.5|.5', 'float64'],
    ['9223372036854775807|9223372036854775808', 'float64'],
    ['true|FALSE|', 'bool'],
    ['true|1', 'utf8'],
    ['2001-02-03|1999-12-31', 'date'],
    ['2001-02-30', 'utf8'],
    ['2001-02-03|2001-02-03 04:05:06', 'utf8'],
    ['2001-02-03 04:05|2001-02-03T04:05:06', 'timestamp(s)'],
    ['2001-02-03 04:05:06.123|2001-02-03 04:05:06.1234567', 'timestamp(ns)'],
    ['2001-02-03T04:05:06.123456Z|2001-02-03T04:05:06+01:00', 'timestamp(us, UTC)'],
    ['04:05:06|04:05:06.5', 'time(us)'],
    ['04:05:06|04:05:06.123456789', 'time(ns)'],
    [' 1|2 ', 'int64'],
    [' |1', 'utf8'],
    ['nan|1', 'float64'],
    ['Infinity|-inf|NaN', 'float64'],
    ['NA|1', 'utf8'],
    ['|', 'utf8'],
  ])('%s: %s', async (values, type) => {
    const { fields } = await csvSchema(
      `c,d\n${values
        .split('|')
        .map((value) => `${value},1`)
        .join('\n')}\n`,
    );
    expect(schemaText({ fields })).toBe(`c ${type}?, d int64?`);
  });

  test('bytes of another encoding, names where there are none, and files that are compressed', async () => {
    expect(schemaText(await csvSchema(Buffer.from('t\n\xff\n', 'latin1')))).toBe('t binary?');
    expect(schemaText(await csvSchema('1,x\n2,y\n', { names: [] }))).toBe('column_1 int64?, column_2 utf8?');
    expect(schemaText(await csvSchema(gzipSync('n\n1\n')))).toBe('n int64?');
    expect(schemaText(await csvSchema('n,t\n'))).toBe('n utf8?, t utf8?');
    expect(await csvSchema('')).toEqual(EMPTY);
  });
});

describe('the values of JSON tell', () => {
  test.each<[string, string]>([
    ['{"a":1}\n{"a":2.5,"b":true}', 'a float64?, b bool?'],
    ['{"a":18446744073709551615}', 'a uint64?'],
    ['{"a":18446744073709551615}{"a":-1}', 'a decimal(38, 0)?'],
    ['{"a":123456789012345678901234567890}', 'a decimal(38, 0)?'],
    ['{"d":"2001-02-03","t":"2001-02-03T04:05:06Z","n":"012"}', 'd date?, t timestamp(s, UTC)?, n utf8?'],
    ['[{"l":[{"x":1}]},{"l":[{"y":"z"},null]},{"l":null}]', 'l list(struct(x int64, y utf8))?'],
    ['{"l":[],"s":{},"n":null}', 'l list(utf8)?, s utf8?, n utf8?'],
    ['{"a":1}{"a":[1]}', 'a utf8?'],
    ['{"a":{"":1},"b":[{"__proto__":2}]}', 'a utf8?, b list(utf8)?'],
  ])('%s', async (content, expected) => expect(schemaText(await jsonSchema(content))).toBe(expected));
});

test('what a sample tells, fits the sample', async () => {
  const cell = fc.oneof(
    fc.constantFrom(
      '',
      '1',
      '2.5',
      'true',
      '2001-02-03',
      '2001-02-03 04:05:06.5',
      '04:05:06',
      'x',
      '9999999999999999999',
    ),
    fc.stringMatching(/^[-+.e0-9]{0,6}$/),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 12 }), async (rows) => {
      const path = write('fits.csv', `a,b\n${rows.map((row) => row.join(',')).join('\n')}\n`);
      const readSchema = await csvOf(path);
      expect((await csvRows(path, { readSchema })).rows).toHaveLength(rows.length);
    }),
    fuzzed(40),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue({ maxDepth: 3 })), {
        minLength: 1,
        maxLength: 8,
      }),
      async (records) => {
        const path = write('fits.json', records.map((one) => JSON.stringify({ ...one, always: 1 })).join('\n'));
        const readSchema = await jsonOf(path);
        expect((await jsonRows(path, { readSchema })).rows).toHaveLength(records.length);
      },
    ),
    fuzzed(40),
  );
});

test('millrace schema shows the columns of a file, as a scan takes them', async () => {
  const path = write('shown.data', 'n;t\n1;x\n');
  const { code, stdout } = await cli(['schema', path, '--format', '{"kind": "csv", "delimiter": ";"}']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual([
    { name: 'n', type: { kind: 'int64' }, nullable: true },
    { name: 't', type: { kind: 'utf8' }, nullable: true },
  ]);
  const lines = await cli(['schema', write('shown.txt', 'x')]);
  expect(JSON.parse(lines.stdout)).toEqual([{ name: 'text', type: { kind: 'utf8' }, nullable: false }]);
  const unknown = await cli(['schema', path]);
  expect(unknown.code).toBe(1);
  expect(unknown.stderr).toMatch(/shown\.data cannot be read: its name does not tell what it is/);
  const wrong = await cli(['schema', path, '--format', '{"kind": "csv", "encoding": "utf16"}']);
  expect(wrong.stderr).toMatch(/format\.encoding: expected one of "utf-8", "latin-1", found "utf16"/);
  expect((await cli(['schema', dirname(path)])).stderr).toMatch(
    /it is a directory, of which .*\*\*\/\* would be all files/,
  );
});
