/** Frames of files: what `read…` find. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, expectTypeOf, test } from 'vitest';
import { ObjectNotFound } from '../../src/errors.ts';
import { fileUri, fromRows, range, readCsv, readText, readWarc, type WarcRecord } from '../../src/index.ts';

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
