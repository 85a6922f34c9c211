/** Frames of files: what `read…` find. */

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Decimal, Int32, makeData, Table, tableToIPC, Vector } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import { field } from '../../src/columnar/schema.ts';
import { ObjectNotFound } from '../../src/errors.ts';
import {
  col,
  fileUri,
  fromRows,
  range,
  readArrow,
  readCsv,
  readJson,
  readParquet,
  readText,
  readWarc,
  Session,
  types,
  type WarcRecord,
} from '../../src/index.ts';
import { cli } from '../cli/cli.ts';
import { query } from '../support/duckdb.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-reading-'));
beforeAll(() => {
  for (const day of ['1', '2']) {
    mkdirSync(join(directory, `day=${day}`));
    writeFileSync(join(directory, `day=${day}`, 'a.log'), gzipSync(`first of ${day}\n\nlast of ${day}\n`));
    writeFileSync(join(directory, `day=${day}`, 'a.csv'), `n\n${day}0\n`);
  }
  const record = [
    'WARC/1.0',
    'WARC-Type: response',
    'WARC-Record-ID: <urn:uuid:12345678-1234-1234-1234-123456789abc>',
    'WARC-Date: 2025-01-02T03:04:05Z',
    'WARC-Target-URI: https://example.org/',
    'Content-Length: 5',
  ].join('\r\n');
  writeFileSync(join(directory, 'one.warc'), `${record}\r\n\r\nhello\r\n\r\n`);
});
afterAll(() => rmSync(directory, { recursive: true }));

test('lines of text, and whole files', async () => {
  const lines = await readText(join(directory, '**/*.log'));
  expectTypeOf(await lines.toRows()).toEqualTypeOf<{ text: string }[]>();
  expect(await lines.toRows()).toEqual(
    ['first of 1', 'last of 1', 'first of 2', 'last of 2'].map((text) => ({ text })),
  );
  expect(await (await readText(join(directory, '**/*.log'), { skipBlankLines: false })).count()).toBe(6);
  const whole = await readText<{ text: string; day: bigint }>(join(directory, '**/*.log'), {
    wholeText: true,
    hivePartitioning: true,
  });
  expect(await whole.toRows()).toEqual([
    { text: 'first of 1\n\nlast of 1\n', day: 1n },
    { text: 'first of 2\n\nlast of 2\n', day: 2n },
  ]);
});

test('the file that each row is from', async () => {
  const rows = await readCsv(join(directory, '**/*.csv'), { hivePartitioning: true, filePathColumn: 'file' });
  expect(await rows.toRows()).toEqual(
    [1n, 2n].map((day) => ({ n: day * 10n, day, file: fileUri(join(directory, `day=${day}`, 'a.csv')) })),
  );
  await expect(readCsv(join(directory, 'nothing*.csv'))).rejects.toThrow(ObjectNotFound);
});

test('records of a crawl', async () => {
  const records = await readWarc(join(directory, 'one.warc'));
  expectTypeOf(await records.toRows()).toEqualTypeOf<WarcRecord[]>();
  expect(await records.select('WARC-Type', 'WARC-Date', 'WARC-Target-URI', 'warc_content').toRows()).toEqual([
    {
      'WARC-Type': 'response',
      'WARC-Date': '2025-01-02T03:04:05Z',
      'WARC-Target-URI': 'https://example.org/',
      warc_content: new Uint8Array(Buffer.from('hello')),
    },
  ]);
});

test('of a directory it is said how its files are named, and of no rows that they tell no columns', async () => {
  await expect(readCsv(directory)).rejects.toThrow(ObjectNotFound);
  await expect(readCsv(directory)).rejects.toThrow(
    `it is a directory, of which ${fileUri(directory)}/**/* would be all files`,
  );
  await expect(readCsv(join(directory, 'none.csv'))).rejects.toThrow(/none\.csv\.$/);
  expect(() => fromRows([])).toThrow('give a schema');
  expect(await range(3).toRows()).toEqual(await range(0, 3).toRows());
});

test('of what is no file it is said what it is', async () => {
  const at = (name: string): string => join(directory, 'no-files', name);
  mkdirSync(at('empty'), { recursive: true });
  symlinkSync('nowhere', at('link.csv'));
  symlinkSync('/dev/null', at('device.csv'));
  await expect(readCsv(at('empty'))).rejects.toThrow(/it is a directory without files/);
  await expect(readCsv(at('link.csv'))).rejects.toThrow(/it is a link that leads nowhere/);
  await expect(readCsv(at('device.csv'))).rejects.toThrow(/it is a pipe or a device, and only files are read/);
  writeFileSync(at('a\tb.csv'), 'n\n1\n');
  await expect(readCsv(at('a*.csv'))).rejects.toThrow(/a\tb\.csv is not a valid uri: it has a control character/);
  // @ts-expect-error A URL is percent-encoded, and a uri is not.
  await expect(readCsv(pathToFileURL(at('x y.csv')))).rejects.toThrow(/fileURLToPath\('file:.*x%20y\.csv'\)/);
  // @ts-expect-error As above.
  await expect(readCsv(new URL('https://example.com/a.csv'))).rejects.toThrow('not a URL: take its href.');
});

describe('columns that nobody has told', () => {
  const write = (name: string, content: string): string => {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  };
  const readDuck = (places: string, options = '') =>
    query(`select * from read_csv('${places}', header = true ${options})`);

  test('have names that differ, also where the file has none, or one twice', async () => {
    const path = write('names/index.csv', ',a,a,b\n0,1,2,3\n1,4,5,6\n');
    const frame = await readCsv(path);
    expect(frame.columns).toEqual(['column_1', 'a', 'a_1', 'b']);
    expect((await frame.toRows()).map((row) => Object.values(row))).toEqual(await readDuck(path));
    // Where the name of the second is that of another column, none of them takes the place of another.
    const tricky = await readCsv(write('names/tricky.csv', 'a,a,a_1,column_4,,column_4\n1,2,3,4,5,6\n'));
    expect(tricky.columns).toEqual(['a', 'a_2', 'a_1', 'column_4', 'column_5', 'column_4_1']);
    expect(Object.values((await tricky.toRows())[0] ?? {})).toEqual([1n, 2n, 3n, 4n, 5n, 6n]);
    expect(await tricky.select('a_1', 'column_4_1').toRows()).toEqual([{ a_1: 3n, column_4_1: 6n }]);
  });

  test('are told by files that have rows, and not by those that are empty', async () => {
    write('empty/a.csv', '');
    write('empty/b.csv', '\n');
    write('empty/c.csv', 'a,b\n1,\n');
    write('empty/d.csv', 'b,a,c\n2.5,2,2001-02-03\n');
    write('empty/e.csv', 'c,a\n');
    const places = join(directory, 'empty/*.csv');
    expect(await (await readCsv(places)).select('a').toRows()).toEqual([{ a: 1n }, { a: 2n }]);
    const all = await readCsv(places, { schemaFrom: 'all' });
    expect((await all.toRows()).map((row) => Object.values(row))).toEqual([
      [1n, null, null],
      [2n, 2.5, '2001-02-03'],
    ]);
    write('empty/a.json', '[]');
    write('empty/b.json', '{"a":null,"l":[]}');
    write('empty/c.json', '{"a":1,"l":[{"x":2}]}');
    const json = await readJson(join(directory, 'empty/*.json'), { schemaFrom: 'all' });
    expect(await json.toRows()).toEqual([
      { a: null, l: [] },
      { a: 1n, l: [{ x: 2n }] },
    ]);
    write('empty/0.csv', 'b,a\n');
    expect(await (await readCsv(places)).toRows()).toEqual([
      { a: 1n, b: null },
      { a: 2n, b: '2.5' },
    ]);
    expect((await readCsv(join(directory, 'empty/{0,e}.csv'))).columns).toEqual(['b', 'a']);
    await expect(readCsv(join(directory, 'empty/{a,b}.csv'))).rejects.toThrow(
      /a\.csv .*it is empty, and tells no columns, nor do the 1 files behind it/,
    );
  });

  test('are texts where they stand deeper in others than plans can say', async () => {
    const deep = (levels: number): string => `${'{"a":'.repeat(levels)}[1]${'}'.repeat(levels)}`;
    const frame = await readJson(write('deep.json', deep(400)));
    let unwrapped: unknown = (await frame.toRows())[0];
    for (let level = 0; level < 100; level += 1) unwrapped = (unwrapped as { a: unknown }).a;
    expect(unwrapped).toEqual({ a: deep(299) });
  });

  test('are found among thousands of others', async () => {
    const names = Array.from({ length: 5000 }, (_, at) => `c${at}`);
    const rows = Array.from({ length: 60 }, (_, row) => names.map((_, at) => (row === 59 ? 0.5 : at % 10)).join());
    const wide = await readCsv(write('wide.csv', `${names.join()}\n${rows.join('\n')}\n`));
    // The last row is beyond the first batch of them.
    expect(await wide.agg(col('c4999').sum().alias('sum')).toRows()).toEqual([{ sum: 59 * 9 + 0.5 }]);
  });

  test('are of a file with a name that looks like a glob', async () => {
    const path = write('names/sales [1] {a}.csv', 'n\n1\n');
    expect(await (await readCsv(path)).toRows()).toEqual([{ n: 1n }]);
    expect(await (await readCsv(join(directory, 'names/sales*.csv'))).count()).toBe(1);
  });

  test('not finite ones among numbers, as they were written', async () => {
    const rows = [{ x: 1.5 }, { x: NaN }, { x: Infinity }, { x: -Infinity }, { x: null }];
    await fromRows(rows).writeCsv(join(directory, 'floats'));
    expect(await (await readCsv(join(directory, 'floats/*.csv'))).toRows()).toEqual(rows);
    await fromRows(rows.map((row, n) => ({ ...row, n }))).writeCsv(join(directory, 'by-float'), { partitionBy: ['x'] });
    const parts = await readCsv(join(directory, 'by-float/**/*.csv'), {
      hivePartitioning: true,
      types: { x: types.float64 },
    });
    expect(await parts.sort('n').select('x').toRows()).toEqual(rows);
  });
});

test('a column that Millrace has no type for is not left out silently', async () => {
  const wide = makeData({ type: new Decimal(2, 50, 256), length: 2, data: new Uint32Array(16) });
  const numbers = makeData({ type: new Int32(), length: 2, data: Int32Array.of(1, 2) });
  const table = new Table({ n: new Vector([numbers]), wide: new Vector([wide]) });
  for (const [name, form] of [
    ['wide.arrow', 'file'],
    ['wide.arrows', 'stream'],
  ] as const) {
    const path = join(directory, name);
    writeFileSync(path, tableToIPC(table, form));
    await expect(readArrow(path)).rejects.toThrow(
      /cannot be read: its column wide holds a decimal of 50 digits.*Give a schema of the columns that are wanted/,
    );
    const { stdout, stderr } = await cli(['schema', path]);
    expect(stderr).toMatch(/^Left out of .*wide\.arrows?: column wide holds a decimal of 50 digits/);
    const others = { fields: JSON.parse(stdout) };
    expect(await (await readArrow(path, { schema: others })).toRows()).toEqual([{ n: 1 }, { n: 2 }]);
  }
});

/** What pyarrow wrote, of columns `a` int64, `a` int64, `b` text: 1, 2, 'x'. */
const TWICE = {
  'twice.arrows':
    'H4sIAAAAAAACA5VQwQ3CMAy8NmkbVXnkUaE+eDACI3QVmIAnQzAKYzACD0bhFy6uKyqLPjjJSc4+O7ZzzvkFIKGgR0SLBoEvovLkIAs8vZ6Ao11oR+V31qC4KTVG9Uk67Szci+856+qiG4zuRHtIHNUk/Qz8r0UnHSTtb87d/8gN1AWqg7onjbNkfut/BRE7nTBKZTgvPR+woCePMm3ZwU13U+GLDtsI5t7yJxNPJj6u5lvgDMcfvDa+62o/5f4AmkFMlggCAAA=',
  'twice.parquet':
    'H4sIAAAAAAACAwtwDDIUZREVEBXwEWUSZRBiYGBkgABRBlEhUSEdoKiAKJsomwxQiAmEGRmZGFB1MBGng0uUC9mOCvzKJX1MGSTYipMzUnMTRdmAAqpMEoyJCJoHRCepMviA9IkxScpI2qgxyAD1mTKwCUgClYgCRcVSxFLUTNQ4NHWA9jOIMoGcKACkbDTZJNXAtuHQM4NRLQe/Jh6YpiSwpjixOLVvjGoXGDF0Ad0G0ye2jEmMSY0DSDFoKBQkFhWWppboJhcU6CYWFeWXK5SlFhVn5ucpGJnpGegZStoAfQZBDPzAAAsAxhQA+nZ3Fq4BAAA=',
};

test.each(Object.entries(TWICE))('of two columns with one name none is read, in %s', async (name, gzipped) => {
  const path = join(directory, name);
  writeFileSync(path, gunzipSync(Buffer.from(gzipped, 'base64')));
  const read = name.endsWith('parquet') ? readParquet : readArrow;
  await expect(read(path)).rejects.toThrow(/its column a comes 2 times\. Give a schema/);
  const { stdout, stderr } = await cli(['schema', path]);
  expect(stderr).toMatch(/^Left out of .*: column a comes 2 times\.\n$/);
  expect(await (await read(path, { schema: { fields: JSON.parse(stdout) } })).toRows()).toEqual([{ b: 'x' }]);
});

describe('of a file of another format it is said what it is:', () => {
  /** Made by Python's and pyarrow's writers, of a table of one column `a` with the value 1. */
  test.each([
    ['bzip2', 'QlpoOTFBWSZTWR956Z4AAAHJAAAQIAAgACAAMMwMeoJxdyRThQkB956Z4A==', 'compressed with bzip2; gzip and zstd'],
    ['xz', '/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQADYQoxCgClldvDt76j8AABHARvLJzBH7bzfQEAAAAABFla', 'compressed with xz'],
    ['lz4', 'BCJNGGBAggQAAIBhCjEKAAAAAA==', 'compressed with LZ4'],
    [
      'zip',
      'UEsDBBQAAAAAALBZfl0AJMGJBAAAAAQAAAAFAAAAYS5jc3ZhCjEKUEsBAhQDFAAAAAAAsFl+XQAkwYkEAAAABAAAAAUAAAAAAAAAAAAAAIABAAAAAGEuY3N2UEsFBgAAAAABAAEAMwAAACcAAAAAAA==',
      'a zip archive',
    ],
    [
      'tar.gz',
      'H4sIAAAAAAACA+3NzQmEMBgE0O9sFVYgEUKsJ9iBf/UbPS17d2HxvcsMc5k6zOsRz0pNyfnO5jub/NGvvZQpR5/iB/Z1q0u7jHeq3dgFAAAAAAAAAAAAf+cEa42QhQAoAAA=',
      'a tar archive',
    ],
    [
      'parquet',
      'UEFSMRUEFRAVFEwVAhUAEgAACBwBAAAAAAAAABUAFRIVFiwVAhUQFQYVBhwAAAAJIAIAAAACAQECABUEGSw1ABgGc2NoZW1hFQIAFQQlAhgBYQAWAhkcGRwmABwVBBk1AAYQGRgBYRUCFgIWZBZsJjgmCCksFQQVABUCABUAFRAVAgA8KQYZJgACAAAAFmQWAiYIFmwAKCBwYXJxdWV0LWNwcC1hcnJvdyB2ZXJzaW9uIDI2LjAuMRkcHAAAAIQAAABQQVIx',
      'a file of Parquet',
    ],
    [
      'feather of old',
      'RkVBMQAAAAABAAAAAAAAABQAAAAAAAAADAAYAAAADAAEAAgADAAAABQAAAACAAAAAQAAAAAAAAAAAAAAAQAAAAwAAAAIAAwABAAIAAgAAAAIAAAAHAAAAAEAAABhAAAAEAAgAAcAAAAIABAAAAAYABAAAAAAAAAECAAAAAAAAAABAAAAAAAAAAgAAAAAAAAAgAAAAEZFQTE=',
      'Feather of version 1',
    ],
  ])('%s', async (name, base64, told) => {
    const path = join(directory, `other.${name}`);
    writeFileSync(path, Buffer.from(base64, 'base64'));
    for (const read of [readCsv, readJson, readArrow]) {
      await expect(read(path)).rejects.toThrow(`cannot be read: it is ${told}`);
    }
  });

  test('nothing, of a file of Arrow, and no columns, of one of Parquet', async () => {
    const [nothing, columns] = [join(directory, 'nothing.arrow'), join(directory, 'columns.parquet')];
    writeFileSync(nothing, '');
    await expect(readArrow(nothing)).rejects.toThrow(/it is empty/);
    const ofPyarrow =
      'UEFSMRUEGRw1ABgGc2NoZW1hFQAAFgAZHBkMFgAWACYAFgAAKCBwYXJxdWV0LWNwcC1hcnJvdyB2ZXJzaW9uIDI2LjAuMRkMAEUAAABQQVIx';
    writeFileSync(columns, Buffer.from(ofPyarrow, 'base64'));
    await expect(readParquet(columns)).rejects.toThrow(/cannot be read: it has no columns\./);
  });
});

test('texts that are no UTF-8 are null where that is asked for', async () => {
  const path = join(directory, 'latin.log');
  writeFileSync(path, Buffer.from('a\n\xfc\n', 'latin1'));
  expect(await (await readText(path, { invalidValues: 'null' })).toRows()).toEqual([{ text: 'a' }, { text: null }]);
});

test('files of Parquet are read by parquet-wasm where that is asked for', async () => {
  const path = join(directory, 'some.parquet');
  await query(`copy (select i::int as n, 'text ' || i % 3 as t from range(1000) r(i)) to '${path}'`);
  const frame = await readParquet(path, { reader: 'parquet-wasm' });
  expect(frame.explain()).toContain(' by parquet-wasm columns n, t');
  expect(await frame.filter(col('n').ge(998)).toRows()).toEqual([
    { n: 998, t: 'text 2' },
    { n: 999, t: 'text 0' },
  ]);
  // It needs more memory than our own decoder does.
  await using small = new Session({ memory: 2 ** 21 });
  expect(await (await small.readParquet(path)).count()).toBe(1000);
  const byIt = await small.readParquet(path, { reader: 'parquet-wasm' });
  await expect(byIt.toRows()).rejects.toThrow(/parquet-wasm/);
  // @ts-expect-error There are no others.
  await expect(readParquet(path, { reader: 'hyparquet' })).rejects.toThrow(/format\.reader: expected "parquet-wasm"/);
});

describe('what is asked for wrongly is refused before any file is looked at', () => {
  const nowhere = join(directory, 'nowhere/*.csv');
  test.each<[string, object, RegExp]>([
    [
      'a word that is none',
      { encoding: 'utf-16' },
      /format\.encoding: expected one of "utf-8", "latin-1", found "utf-16"/,
    ],
    ['two characters', { quote: '""' }, /format\.quote: must be one character/],
    ['no number', { maxRecordBytes: -1 }, /format\.maxRecordBytes: expected at least/],
    ['no list', { nullTexts: 'NA' }, /format\.nullTexts: expected an array, found a string/],
    ['no type', { types: { a: 'int64' } }, /type: expected an object, found a string/],
    ['no schema', { schema: [] }, /A schema is \{ fields/],
    ['no word of schemaFrom', { schemaFrom: 'every' }, /schemaFrom is 'first' or 'all'/],
    ['hive', { hivePartitioning: 'yes' }, /hivePartitioning is true or false/],
    ['no options', null as unknown as object, /A read of csv takes options, as in \{ schema: … \}, and not null/],
  ])('%s', async (_, options, message) => {
    await expect(readCsv(nowhere, options)).rejects.toThrow(message);
  });

  test.each<[string, unknown, RegExp]>([
    ['no options', null, /fromRows takes options/],
    ['no schema', { schema: [] }, /A schema is \{ fields/],
    ['no type', { schema: { fields: [{ name: 'a', type: 'int64' }] } }, /type: expected an object, found a string/],
    ['another option', { types: {} }, /fromRows has no option types/],
  ])('of rows in memory: %s', (_, options, message) => {
    expect(() => fromRows([{ a: 1 }], options as object)).toThrow(message);
  });

  test('a value of a path that is none of its type, and types beside a schema', async () => {
    const path = join(directory, '**/a.csv');
    const hive = { hivePartitioning: true, types: { day: types.bool } };
    await expect(readCsv(path, hive)).rejects.toThrow(/day=1\/a\.csv .*the value of day in its path, 1, is no bool/);
    const twice = { schema: { fields: [field('n', types.int64)] }, types: { n: types.utf8 } };
    await expect(readCsv(path, twice)).rejects.toThrow(/types of n beside a schema/);
  });
});
